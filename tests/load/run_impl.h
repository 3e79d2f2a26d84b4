/* SPDX-License-Identifier: MIT */
/* run_impl: what run.c, prepare.c and gather.c share.  Main thread. */
#ifndef PARLEY_LOAD_RUN_IMPL_H
#define PARLEY_LOAD_RUN_IMPL_H

#include "rogues.h"
#include "run.h"

struct run {
    const struct options *options;
    struct run_result *result;
    struct plan plan;
    struct worker *workers;
    struct rogues *rogues;
    unsigned started;
    uint64_t last[CNT_MAX]; /* what the progress line said before */
    uint64_t last_ns, shown_ns;
    bool show, terminal;
};

/* 0, or -1 with a message on stderr. */
int prepare_plan(struct run *run);
void prepare_free(struct run *run);

/* After the threads ended: what they found, together. */
void gather(struct run *run);

#endif
