/* SPDX-License-Identifier: MIT */
/*
 * run: one load test from the first connection to the last: steers the worker
 * threads through their phases, samples the server, and gathers the result.
 * Main thread.
 */
#ifndef PARLEY_LOAD_RUN_H
#define PARLEY_LOAD_RUN_H

#include "proc.h"
#include "worker.h"

#define RUN_MAX_SAMPLES 3600 /* seconds of the course that the JSON report shows */

struct run_quantiles {
    double p50, p90, p99, p99_9; /* ms */
};

/* One second of the course: totals at its end, latencies within it. */
struct run_sample {
    double at_s; /* since the load began */
    uint64_t sent, acked, deliveries, alive;
    struct run_quantiles delivery, ack;
};

struct run_server_sample {
    uint64_t cpu_ns, rss_bytes;
};

struct run_thread {
    double busy;        /* CPU time by wall time while measured, 0 .. 1 */
};

struct run_result {
    bool interrupted, all_lost, measured, senders_checked;
    uint64_t count[CNT_MAX];    /* of the whole run */
    uint64_t window[CNT_MAX];   /* of the measured time */
    double measured_s, upgrade_s, ready_s;
    uint64_t lost_on_dead;      /* deliveries lost on connections that had ended */
    struct hist delivery, slow_delivery, ack, verdict, lag, turn, connect, resume;
    struct oracle oracle;
    struct tally errors;
    struct run_thread threads[256];
    double busiest;
    struct proc_watch servers[OPTIONS_MAX_LIST];
    unsigned server_count;
    struct run_sample samples[RUN_MAX_SAMPLES];
    struct run_server_sample *server_samples; /* [sample * server_count + server] */
    unsigned sample_count;
};

static inline struct run_server_sample *run_server_sample(const struct run_result *result,
                                                          unsigned sample, unsigned server)
{
    return &result->server_samples[sample * result->server_count + server];
}

/*
 * 0 when the test ran (whatever it found), -1 with a message on stderr when it
 * could not.  'script' is what --replay plays, else NULL.
 */
int run_load(const struct options *options, const struct script *script,
             struct run_result *result);

void run_result_free(struct run_result *result);

/* Open files that a run takes, and the clients for which the hard limit leaves room. */
uint64_t run_descriptors_needed(const struct options *options);
uint32_t run_clients_that_fit(const struct options *options);

#endif
