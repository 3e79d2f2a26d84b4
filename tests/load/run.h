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

/* One second of the course. */
struct run_sample {
    double at_s; /* since the load began */
    uint64_t sent, acked, deliveries, alive, cpu_ns, rss_bytes;
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
    struct hist delivery, ack, verdict, lag, turn, connect, resume;
    struct oracle oracle;
    struct tally errors;
    struct run_thread threads[256];
    double busiest;
    struct proc_watch servers[OPTIONS_MAX_LIST];
    unsigned server_count;
    struct run_sample samples[RUN_MAX_SAMPLES];
    unsigned sample_count;
};

/* 0 when the test ran (whatever it found), -1 with a message on stderr when it could not. */
int run_load(const struct options *options, struct run_result *result);

#endif
