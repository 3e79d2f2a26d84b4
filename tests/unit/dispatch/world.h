/* SPDX-License-Identifier: MIT
 *
 * The rest of the server for tests of dispatch: a real dispatch thread and real worker
 * processes, and one thread (the test's) that plays main, the loops and the store by
 * emptying their mailboxes.
 */
#ifndef TESTS_DISPATCH_WORLD_H
#define TESTS_DISPATCH_WORLD_H

#include "dispatch/dispatch.h"
#include "dispatch/supervisor.h"

#include <stdbool.h>
#include <uv.h>

#define WORLD_LOOPS 2
#define WORLD_IDS 200000
#define WORLD_QUARANTINES 64
#define WORLD_REPLIES 4096

struct seen {
    uint8_t verdicts, quarantines, replays;
    uint8_t labels;
    bool word;            /* a label "word" with the span of the whole text */
    bool wrong_home;
    uint16_t text_len;    /* of the job */
    uint64_t posted_us, verdict_us;
};

/* To a gate or ad-hoc job. */
struct reply {
    uint8_t n;            /* answers: one */
    enum msg_tag tag;
    int status;
    size_t labels;
    uint64_t us;          /* from asking */
};

struct world {
    uv_loop_t loop;
    struct topology topology;
    struct dispatch *dispatch;
    struct supervisor *supervisor;
    char dir[64], endpoint[96];
    struct seen *seen;            /* by job id */
    int64_t next_id;
    uint64_t verdicts;            /* in all */
    uint64_t doubles;
    struct msg_quarantine quarantines[WORLD_QUARANTINES];
    unsigned n_quarantines;
    unsigned n_replays;
    unsigned refuse;              /* so many quarantines the store cannot keep */
    /* what the store holds as pending: ids from 1 on that have no verdict yet, when `pends` */
    bool pends;
    unsigned pages;
    struct reply *replies;        /* by number of the question */
    uint32_t n_asked, n_replies;
    char *board;                  /* newest, NUL-terminated */
    unsigned ready;               /* as the board's message says */
    bool was_slow, was_stuck;     /* worker 0, on any board so far */
    const char *awaited;          /* on the board */
    unsigned kills;
    bool stopped;
};

struct world_options {
    unsigned workers;
    unsigned batch_max, queue_max, deadline_ms; /* 0: 64, 10000, 10000 */
    const char *disable;          /* NULL: the built-in analyzers, so that only the drop-ins run */
    const char *python_path;      /* NULL: the real one */
    unsigned retry_ms;            /* 0: 600000 */
    bool no_workers;              /* no supervisor: the test plays the worker */
};

#define BUILT_IN                                                                    \
    "sentiment,sentiment-vader,emotion,toxicity,question,language,language-lingua,"   \
    "spam,pii,intent,trending,health,raid,near-duplicate"

void world_start(struct world *w, const struct world_options *o);
void world_stop(struct world *w);

/* Posts a job; returns its id. */
int64_t world_job(struct world *w, const char *text);
/* Asks about a text as the gate, or ad hoc; returns the number of the question. */
uint32_t world_ask(struct world *w, enum job_kind kind, const char *text, unsigned deadline_ms);
bool world_has_all_replies(struct world *w);
/* An operator has it tried again, perhaps with an analyzer that was mended: as another text. */
void world_replay(struct world *w, int64_t id, const char *text);
/* A message that only the store knows. */
int64_t world_pending_job(struct world *w);

/* Lets time pass until `done` says so; false when patience ends (unit.h). */
bool world_until(struct world *w, bool (*done)(struct world *));
/* Each message has its verdict, or is in quarantine. */
bool world_has_all_verdicts(struct world *w);
bool world_is_ready(struct world *w);
void world_pass(struct world *w, unsigned ms);

/* Of worker `slot` on the newest board; -1 when there is none. */
long world_number(const struct world *w, unsigned slot, const char *key);
/* Waits for a board with this text: it is posted twice a second at most. */
bool world_shows(struct world *w, const char *text);
bool world_state_is(const struct world *w, unsigned slot, const char *state);

/* Fails the test unless sent = done + failed + quarantined + in flight, and nothing is left. */
void world_check_books(struct world *w);

#endif
