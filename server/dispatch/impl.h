/* SPDX-License-Identifier: MIT
 *
 * The state of the dispatch thread, shared by dispatch.c (the thread and its messages), inbound.c
 * (what workers send) and board.c (what people see). Private to server/dispatch.
 */
#ifndef DISPATCH_IMPL_H
#define DISPATCH_IMPL_H

#include "dispatch/batcher.h"
#include "dispatch/dispatch.h"
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
    struct buf out;          /* scratch: the message being packed */
    unsigned next_slot;      /* where the search for a free worker starts */
    struct msg *unkept;      /* quarantines that the store could not keep: sent again */
    uint64_t unkept_us;      /* when they were last */
    uint64_t late_results;   /* for batches that had been given to others */
    char problem[PROBLEM_MAX];
};

/* dispatch.c */

/* Every job in the batch gets its verdict; the batch is done. */
void dispatch_finish(struct dispatch *d, struct worker *w, struct batch *b,
                     const Parley__Worker__Result *r);
/* No result will come for this batch, which was taken from its worker. */
void dispatch_fail(struct dispatch *d, struct worker *w, struct batch *b, enum blame blame,
                   const char *what);
/* `why` is a literal. */
void dispatch_kill(struct dispatch *d, struct worker *w, enum blame blame, const char *why);

/* inbound.c: takes in everything that workers have sent. */
void inbound_drain(struct dispatch *d);

/* board.c: brings stats up to date; posts the board to every loop when it is time. */
void board_tick(struct dispatch *d);

#endif
