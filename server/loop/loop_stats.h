/* SPDX-License-Identifier: MIT
 *
 * Figures of one loop. One writer, the loop's thread; any thread may read them at any time: relaxed
 * atomics, so a reader sees each figure as of some recent moment. (The one place, with the store's
 * and dispatch's like it, where threads look at each other's memory.)
 */
#ifndef LOOP_LOOP_STATS_H
#define LOOP_LOOP_STATS_H

#include "base/action.h"
#include "base/histogram.h"

/* What HTTP requests are about (net/route). */
enum http_class {
    HTTP_PAGES,    /* the pages, and what is nowhere */
    HTTP_HEALTH,   /* /healthz, /readyz, /metrics */
    HTTP_ROOMS,    /* reading rooms: lists, events, traces, insights */
    HTTP_MESSAGES, /* saying something in a room */
    HTTP_ANALYSIS, /* texts of other programs */
    HTTP_OPERATION, /* what operators and moderators do */
    N_HTTP_CLASSES
};

/* Written by the loop's thread, read by any (relaxed). */
struct loop_stats {
    _Atomic uint64_t connections, sessions, rooms;
    _Atomic uint64_t frames_in, events, messages, deliveries, bytes_out, errors;
    _Atomic uint64_t sockets; /* open, before an upgrade too; the rest of connections is HTTP */
    _Atomic uint64_t http_requests[N_HTTP_CLASSES];
    _Atomic uint64_t closed_slow, accepted, refused, dropped_ephemeral;
    _Atomic uint64_t gate_judged, gate_open, gate_closed; /* in time; else the choice */
    _Atomic uint64_t gate_actions[N_ACTIONS];
    struct histogram gate_us;     /* of those judged: sent -> verdict */
    struct histogram
        lag_us; /* how late the 50 ms timer came: the time a client may wait for its turn */
    struct histogram deliver_us;  /* request read -> event written to this loop's members */
};

#define STAT_ADD(counter, n)                                                                    \
    atomic_store_explicit(&(counter),                                                           \
                          atomic_load_explicit(&(counter), memory_order_relaxed) + (uint64_t)(n), \
                          memory_order_relaxed)
#define STAT_SET(counter, n) atomic_store_explicit(&(counter), (uint64_t)(n), memory_order_relaxed)
#define STAT_GET(counter) atomic_load_explicit(&(counter), memory_order_relaxed)

#endif
