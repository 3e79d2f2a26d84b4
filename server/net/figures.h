/* SPDX-License-Identifier: MIT
 *
 * What the server counts, gathered for one answer of /metrics, /readyz or /api/v1/stats: pointers
 * to the figures of other threads (relaxed atomics, see loop_stats.h) and copies of the rest. Made
 * on a request's loop, used at once.
 */
#ifndef NET_FIGURES_H
#define NET_FIGURES_H

#include "loop/loop_stats.h"
#include "loop/topology.h"

#include <stdbool.h>

struct store_stats;
struct dispatch_stats;

struct figures {
    int64_t started_ms, now_ms;
    const char *durability;
    unsigned n_loops;
    const struct loop_stats *const *loops;
    const struct store_stats *store;
    const struct dispatch_stats *dispatch; /* NULL: no analysis */
    uint32_t workers, workers_ready;
    const struct sample *samples;          /* ring of samples_max */
    unsigned samples_max, n_samples, next_sample;
    uint64_t rss_bytes;
    double cpu_s;
};

/* Fills in the process' own memory and processor time. */
void figures_read_process(struct figures *f);

/* Connections that are (still) HTTP: the two counters may be a moment apart. */
uint64_t figures_http_connections(const struct loop_stats *l);

/* Sums over the loops. */
struct loop_totals {
    uint64_t connections, sessions, rooms;
    uint64_t http_connections, http_requests[N_HTTP_CLASSES];
    uint64_t frames_in, events, messages, deliveries, bytes_out, errors;
};
struct loop_totals figures_total(const struct figures *f);

/* New connections are welcome: the last commit succeeded (the store tries again with each batch)
 * and, where workers are configured, one of them at least is ready. */
bool figures_ready(const struct figures *f);

#endif
