/* SPDX-License-Identifier: MIT
 * Analysis on the event loop; see inline.h. Thread: main to open, then the loop's. */
#include "dispatch/inline.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dispatch/verdict.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

/* As in workers/host/inline.h, which belongs to the other side of dlopen(). */
struct inline_options {
    const char *python_path, *venv, *analyzers_dir, *disable;
};
typedef bool start_function(const struct inline_options *o);
typedef const uint8_t *analyze_function(const char *text, const char *room, const char *user,
                                        int64_t time_ms, size_t *len);

/* One interpreter a process, so its state is the file's. */
static struct {
    struct inline_config config;
    start_function *start;
    analyze_function *analyze;
    bool is_started, has_failed;
} inlined;

int inline_open(const struct inline_config *config, char *err, size_t err_len)
{
    /* Global: NumPy's own libraries look for Python's symbols in the process. */
    void *library = dlopen(config->library, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
        snprintf(err, err_len, "--analysis inline: %s", dlerror());
        return E_IO;
    }
    *(void **)&inlined.start = dlsym(library, "parley_inline_start");
    *(void **)&inlined.analyze = dlsym(library, "parley_inline_analyze");
    inlined.config = *config;
    if (inlined.start != NULL && inlined.analyze != NULL)
        return 0;
    snprintf(err, err_len, "--analysis inline: %s is of another version", config->library);
    return E_IO;
}

static bool is_ready(void)
{
    if (inlined.is_started || inlined.has_failed)
        return inlined.is_started;
    const struct inline_options options = {
        .python_path = inlined.config.python_path,
        .venv = inlined.config.venv,
        .analyzers_dir = inlined.config.analyzers_dir,
        .disable = inlined.config.disable,
    };
    inlined.is_started = inlined.start(&options);
    inlined.has_failed = !inlined.is_started;
    return inlined.is_started;
}

struct msg_verdict *inline_analyze(const struct msg_job *job)
{
    size_t len;
    if (!is_ready())
        return NULL;
    uint64_t began_us = clock_mono_us();
    const uint8_t *packed =
        inlined.analyze(job->text, job->room.text, job->user_id, job->ts_ms, &len);
    Parley__Worker__Result *result = parley__worker__result__unpack(NULL, len, packed);
    struct msg_verdict *v = NULL;
    if (result != NULL && result->n_messages == 1)
        v = verdict_new(job, result->messages[0], NULL);
    if (v != NULL)
        v->compute_us = (uint32_t)(clock_mono_us() - began_us);
    if (result != NULL)
        parley__worker__result__free_unpacked(result, NULL);
    return v;
}
