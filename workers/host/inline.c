/* SPDX-License-Identifier: MIT
 *
 * The same interpreter and analyzers as a worker's, with a link that leads nowhere: it hands over
 * the one batch that is waiting, and keeps the answer. See inline.h. Thread: the caller's.
 */
#include "inline.h"

#include "base/log.h"
#include "link.h"
#include "pyhost.h"

#include <stdlib.h>

struct link {
    Parley__Worker__Batch *next; /* to be taken; NULL: none, stop serving */
    uint64_t batches;
    uint8_t *answer;
    size_t len, cap;
};

static struct link only; /* one interpreter a process */

Parley__Worker__Batch *link_take(struct link *l)
{
    Parley__Worker__Batch *b = l->next;
    l->next = NULL;
    return b;
}

void link_answer(struct link *l, const Parley__Worker__Result *r)
{
    size_t len = parley__worker__result__get_packed_size(r);
    l->len = 0;
    if (len > l->cap) {
        uint8_t *bigger = realloc(l->answer, len);
        if (bigger == NULL)
            return; /* the caller gets an empty result: no labels */
        l->answer = bigger;
        l->cap = len;
    }
    l->len = parley__worker__result__pack(r, l->answer);
}

/* Nobody waits for these: loading was waited for, and pyhost has logged what failed. */
void link_ready(struct link *l, const Parley__Worker__Ready *r)
{
    (void)l;
    (void)r;
}

void link_failed(struct link *l, const char *reason, const char *traceback)
{
    (void)l;
    (void)reason;
    (void)traceback;
}

void link_tick(struct link *l)
{
    (void)l;
}

bool parley_inline_start(const struct inline_options *o)
{
    const struct options options = {
        .python_path = o->python_path,
        .venv = o->venv,
        .analyzers_dir = o->analyzers_dir,
        .disable = o->disable,
        .log_level = LOG_WARN,
    };
    pyhost_prepare();
    return pyhost_start(&options, &only);
}

/* pyhost frees the batch as one that came off the wire, so it is made like one. */
static Parley__Worker__Batch *make_batch(const char *text, const char *room, const char *user,
                                         int64_t time_ms)
{
    char *texts[] = {(char *)(uintptr_t)text};
    char *rooms[] = {(char *)(uintptr_t)room};
    char *users[] = {(char *)(uintptr_t)user};
    int64_t id = 1;
    Parley__Worker__Batch b = PARLEY__WORKER__BATCH__INIT;
    b.id = ++only.batches;
    b.n_ids = b.n_texts = b.n_rooms = b.n_users = b.n_times_ms = 1;
    b.ids = &id;
    b.texts = texts;
    b.rooms = rooms;
    b.users = users;
    b.times_ms = &time_ms;
    size_t len = parley__worker__batch__get_packed_size(&b);
    uint8_t *packed = malloc(len);
    if (packed == NULL)
        return NULL;
    parley__worker__batch__pack(&b, packed);
    Parley__Worker__Batch *made = parley__worker__batch__unpack(NULL, len, packed);
    free(packed);
    return made;
}

const uint8_t *parley_inline_analyze(const char *text, const char *room, const char *user,
                                     int64_t time_ms, size_t *len)
{
    only.len = 0;
    only.next = make_batch(text, room, user, time_ms);
    pyhost_serve(&only); /* until the link has no more: one batch */
    *len = only.len;
    return only.answer;
}
