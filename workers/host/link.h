/* SPDX-License-Identifier: MIT
 *
 * The worker's link to the server: the only ZeroMQ here, in a thread of its own that never
 * touches Python and so can be held up by nothing that analysis does. It receives batches,
 * sends results, sends a heartbeat every 250 ms, tells the analysing thread when its time
 * is up, and takes signals.
 *
 * Functions below are called by the analysing (main) thread. The rest is the link's
 * thread's.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include "worker.pb-c.h"

#include <stdint.h>

struct link;

struct link_config {
    const char *endpoint;
    unsigned slot;
    uint32_t soft_timeout_ms;         /* 0: half of a batch's deadline */
    /* Called in the link's thread when the batch in hand has taken too long, and then again
     * and again: must be safe without Python's lock. */
    void (*interrupt)(uint64_t batch);
};

/* Blocks signals that the link is to take, in this thread and all that it starts. NULL: no
 * link; *why. */
struct link *link_start(const struct link_config *config, const char **why);

/* Waits for a batch, the gate's before others; NULL: there will be none, drain. It is in hand from
 * now on. The caller frees it with parley__worker__batch__free_unpacked(). */
Parley__Worker__Batch *link_take(struct link *l);
/* The batch in hand is answered. */
void link_answer(struct link *l, const Parley__Worker__Result *r);
/* Repeated until the server has taken note. */
void link_ready(struct link *l, const Parley__Worker__Ready *r);
void link_failed(struct link *l, const char *reason, const char *traceback);
/* Analysis got a step further. */
void link_tick(struct link *l);

/* Sends what there is to send, and ends the thread. */
void link_stop(struct link *l);

#endif
