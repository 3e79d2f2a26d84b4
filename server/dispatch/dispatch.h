/* SPDX-License-Identifier: MIT
 *
 * Analysis by worker processes. One thread of its own, with the only ZeroMQ socket of the
 * process (a ROUTER, mandatory): jobs in flight, credits, deadlines, heartbeats, the table
 * of workers.
 *
 * Jobs come as DISPATCH_JOB; each ends as one ROOM_VERDICT to the room's home loop, or in
 * quarantine, never both. The ledger holds at every moment: sent = done + failed + quarantined + in
 * flight. When more jobs wait than queue_max, new ones are not kept: the store has them as
 * pending, and dispatch asks for them (STORE_PENDING) when it has caught up. So nothing is
 * lost and memory is bounded.
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "base/histogram.h"
#include "loop/topology.h"

#include <stddef.h>

/* Rows of the table of workers: those wanted, and spares in which their successors start when
 * the analyzers change. */
#define WORKER_SLOTS(workers) ((workers) + ((workers) < 4 ? (workers) : 4))

struct dispatch_config {
    unsigned workers;          /* wanted; there are WORKER_SLOTS of them */
    unsigned batch_max;        /* messages a batch */
    unsigned batch_delay_ms;   /* a batch leaves at this age, even if small */
    unsigned queue_max;        /* jobs waiting in memory */
    unsigned deadline_ms;      /* a batch older than this gets its worker killed */
    const char *endpoint;      /* ipc://… in a 0700 directory */
    const char *flight_path;   /* see flight.h; NULL: no notes. Must last until dispatch_start */
};

/* Written by the dispatch thread, read by any (relaxed). */
struct dispatch_stats {
    _Atomic uint64_t sent, done, failed, quarantined, in_flight; /* the ledger, in jobs */
    _Atomic uint64_t queued, oldest_ms, deferred, redispatched, batches;
    _Atomic uint64_t workers_ready, workers_given_up;
    struct histogram latency_us;  /* job: arrived -> verdict */
    struct histogram batch;       /* jobs a batch */
};

struct dispatch;

/* Main thread. Binds the socket; on failure err says why (chat can run without). */
int dispatch_open(struct dispatch **out, const struct dispatch_config *config, char *err,
                  size_t err_len);
struct mailbox *dispatch_mailbox(struct dispatch *d);
const struct dispatch_stats *dispatch_stats(const struct dispatch *d);
/* A text that an operator can act on ("worker binary … is missing: build it with …"), shown
 * on /ops; NULL clears it. Before dispatch_start only; later problems come as
 * DISPATCH_EXITED with given_up. */
void dispatch_set_problem(struct dispatch *d, const char *text);
int dispatch_start(struct dispatch *d, const struct topology *topology);
void dispatch_stop(struct dispatch *d);
void dispatch_free(struct dispatch *d);

#endif
