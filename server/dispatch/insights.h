/* SPDX-License-Identifier: MIT
 *
 * What room analyzers (workers/parley/rooms) know of each room: trends, mood, raids. Workers are
 * pure here: a call takes a room's states and what was said since, and returns the new states and
 * what there is to tell. So a room has one owner, this table, whichever worker computes; a crash
 * costs what was said since the last call, and nothing else.
 *
 * Owner: the dispatch thread. States are kept in the store (INSIGHT_LOAD, INSIGHT_SAVE) every
 * SAVE_US, and forgotten here when a room has been silent for a while.
 */
#ifndef DISPATCH_INSIGHTS_H
#define DISPATCH_INSIGHTS_H

#include "base/hash.h"
#include "base/list.h"
#include "loop/msg.h"

struct insights {
    struct hash rooms;       /* struct insight */
    struct list eager;       /* with something new for the analyzers */
    struct list calling;     /* in the call that a worker has */
    struct list idle;        /* neither; the longest silent first */
    uint64_t call;           /* ticket of that call; 0: none */
    uint64_t calls;
    uint64_t swept_us;
    uint64_t missed;         /* messages that no room analyzer saw: too many, or the call failed */
};

struct dispatch;

void insights_init(struct insights *n);
void insights_fini(struct insights *n);

/* A message that people were shown was judged. Both are borrowed. */
void insights_observe(struct dispatch *d, const struct msg_job *job, const struct msg_verdict *v);
/* Somebody came into a room. */
void insights_on_joined(struct dispatch *d, const struct msg_joined *m);
/* A loop asks, or the store answers. They take the message. */
void insights_on_ask(struct dispatch *d, struct msg_insight *m);
void insights_on_loaded(struct dispatch *d, struct msg_insight *m);
/* The call's answer. Borrowed. */
void insights_on_returned(struct dispatch *d, const struct msg_verdict *v);
/* Every tick: calls, saves, forgets. */
void insights_tick(struct dispatch *d);
/* Before the end: everything that is not on disk yet. */
void insights_save_all(struct dispatch *d);

#endif
