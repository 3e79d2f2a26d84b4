/* SPDX-License-Identifier: MIT
 *
 * The state of the dispatch thread, shared by dispatch.c (the thread and its messages), assign.c
 * (who gets what), outcome.c (what becomes of it), inbound.c (what workers send) and board.c (what
 * people see). Private to server/dispatch.
 */
#ifndef DISPATCH_IMPL_H
#define DISPATCH_IMPL_H

#include "dispatch/batcher.h"
#include "dispatch/dispatch.h"
#include "dispatch/insights.h"
#include "dispatch/intake.h"
#include "dispatch/ledger.h"
#include "dispatch/report.h"
#include "dispatch/router.h"
#include "dispatch/workertab.h"

#include <pthread.h>

#define PROBLEM_MAX 768

struct dispatch {
    struct dispatch_config config;
    const struct topology *topology;
    struct mailbox *mailbox;
    struct router *router;
    pthread_t thread;
    bool started;
    struct dispatch_stats stats;

    /* below: the dispatch thread's own */
    bool stopping;
    uint64_t now_us;         /* of this turn */
    uint64_t ticked_us, board_us;
    bool changed;            /* the board is out of date */
    struct ledger ledger;
    struct intake intake;
    struct batcher batcher;
    struct workertab workers;
    struct report report;
    struct insights insights;
    struct buf out;          /* scratch: the message being packed */
    unsigned next_slot;      /* where the search for a free worker starts */
    uint64_t emptied_us[N_JOB_KINDS]; /* when the last waiting jobs of each kind were sent */
    uint64_t gated_us;       /* when the last job of the gate came; 0: never */
    int64_t last_unnumbered; /* id given to the last job that has none of its own */
    struct msg *unkept;      /* quarantines that the store could not keep: sent again */
    uint64_t unkept_us;      /* when they were last */
    uint64_t late_results;   /* for batches that had been given to others */
    char problem[PROBLEM_MAX];
    char reload_problem[MSG_REASON_MAX]; /* why the newest analyzers do not run, or "" */
};

/* There is a gate for so long after its last job. */
#define GATED_US 10000000u

static inline bool dispatch_is_gated(const struct dispatch *d)
{
    return d->gated_us != 0 && d->now_us - d->gated_us < GATED_US;
}

/* outcome.c */

/* Every job in the batch gets its verdict; the batch is done. */
void dispatch_finish(struct dispatch *d, struct worker *w, struct batch *b,
                     const Parley__Worker__Result *r);
/* No result will come for this batch, which was taken from its worker. */
void dispatch_fail(struct dispatch *d, struct worker *w, struct batch *b, enum blame blame,
                   const char *what);
/* Takes all batches from the worker: the first is blamed as `first` says, the others as `rest`
 * does. The last one first, so that the jobs end up in the order they had. */
void dispatch_release(struct dispatch *d, struct worker *w, enum blame first, enum blame rest,
                      const char *what);
/* The job, which is not in the ledger, or no longer, is answered with this status. */
void outcome_refuse(const struct msg_job *job, int status);
/* What was in hand too often when servers died. */
void outcome_of_doomed(struct dispatch *d);
/* Jobs whose deadline is over before they were begun, or, when it is hopeless, all that somebody
 * waits for. */
void outcome_of_late(struct dispatch *d, bool hopeless);

/* assign.c: hands out what can be handed out. Returns how long until age alone makes another batch,
 * in µs. */
uint64_t assign_work(struct dispatch *d);

/* dispatch.c: `why` is a literal. */
void dispatch_kill(struct dispatch *d, struct worker *w, enum blame blame, const char *why);

/* inbound.c: takes in everything that workers have sent. */
void inbound_drain(struct dispatch *d);

/* board.c: brings stats up to date; posts the board to every loop when it is time. */
void board_tick(struct dispatch *d);

#endif
