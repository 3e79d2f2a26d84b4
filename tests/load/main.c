/* SPDX-License-Identifier: MIT */
/* parley-load: a load tester for chat that checks what it measures.  Main thread. */
#include "find.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "stamp.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_VIOLATED = 1, EXIT_USAGE = 2, EXIT_COULD_NOT = 3 };

/* A log says who, where and how long. */
static struct script *load_script(struct options *o)
{
    struct script *script = script_load(o->replay, o->speed, stderr);

    if (!script)
        return NULL;
    o->clients = o->publishers = script->person_count;
    o->rooms = script->log_count;
    o->size = (uint32_t)(STAMP_BYTES + script->longest);
    if (o->threads > o->clients)
        o->threads = o->clients;
    if (!options_given(o, "duration"))
        o->duration = fmax(1, ceil(script->seconds));
    return script;
}

/* 'find' is NULL, or what --find-max found. */
static int report(const struct options *options, const struct run_result *result,
                  const struct slo *slo, const struct find *find)
{
    FILE *out = options->json && strcmp(options->json, "-") == 0 ? stderr : stdout;
    bool good = oracle_violations(&result->oracle) == 0;
    char why[256];

    report_print(out, options, result);
    if (find) {
        fprintf(out, "  FOUND       %s\n", find->why);
        good = find->held > 0;
    } else if (slo->count > 0) {
        bool holds = slo_holds(slo, result, why, sizeof(why));

        fprintf(out, "  slo         %s: %s\n", holds ? "PASS" : "FAIL", holds ? options->slo : why);
        good &= holds;
    }
    if (options->json && report_write_json(options->json, options, result, find) != 0)
        return EXIT_COULD_NOT;
    if (options->html && report_write_html(options->html, options, result, find) != 0)
        return EXIT_COULD_NOT;
    return good ? EXIT_SUCCESS : EXIT_VIOLATED;
}

static int search(const struct options *options, const struct slo *slo)
{
    struct find *find = calloc(1, sizeof(*find));
    int status = EXIT_COULD_NOT;

    if (!find)
        perror("parley-load");
    else if (find_max(options, slo, find) == 0)
        status = report(&find->options, find->result, slo, find);
    if (find)
        find_free(find);
    free(find);
    return status;
}

static int load_once(const struct options *options, const struct script *script,
                     const struct slo *slo)
{
    struct run_result *result = calloc(1, sizeof(*result));
    int status = EXIT_COULD_NOT;

    if (!result)
        perror("parley-load");
    else if (run_load(options, script, result) == 0)
        status = report(options, result, slo, NULL);
    run_result_free(result);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct script *script = NULL;
    struct slo slo = {0};
    char why[512];
    int status = EXIT_COULD_NOT;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    switch (options_parse(&options, argc, argv, stdout, stderr)) {
    case OPTIONS_BAD:
        status = EXIT_USAGE;
        break;
    case OPTIONS_DONE:
        status = EXIT_SUCCESS;
        break;
    case OPTIONS_RUN:
        if (options.slo && slo_parse(&slo, options.slo, why, sizeof(why)) != 0) {
            fprintf(stderr, "parley-load: %s\n", why);
            status = EXIT_USAGE;
            break;
        }
        if (report_check("json", options.json) != 0 || report_check("html", options.html) != 0)
            break;
        if (options.replay && !(script = load_script(&options)))
            break;
        status = options.find_max ? search(&options, &slo) : load_once(&options, script, &slo);
        break;
    }
    script_free(script);
    options_free(&options);
    return status;
}
