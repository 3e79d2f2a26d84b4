/* SPDX-License-Identifier: MIT */
/*
 * slo: what must hold of a run, as text:
 *
 *     terms = term { "," term }      term = metric op value [ "us" | "ms" | "s" ]
 *     op    = "<=" | "<" | ">=" | ">" | "="
 *
 * A metric is a quantile of a latency (p50 p90 p99 p99.9 max of deliveries, and
 * the same behind ack_, verdict_, connect_, resume_, slow_), whose unit is ms
 * when none is written, or a count or a rate by its name.  Main thread.
 */
#ifndef PARLEY_LOAD_SLO_H
#define PARLEY_LOAD_SLO_H

#include "run.h"

#include <stdbool.h>
#include <stddef.h>

#define SLO_MAX_TERMS 16

enum slo_op { SLO_AT_MOST, SLO_BELOW, SLO_AT_LEAST, SLO_ABOVE, SLO_EQUALS };

struct slo_term {
    unsigned metric;
    double percent; /* of a latency */
    enum slo_op op;
    double value;
    char text[48]; /* as it was written */
};

struct slo {
    struct slo_term term[SLO_MAX_TERMS];
    unsigned count;
};

/* 0, or -1 with what is wrong, and what would be right, in 'why'. */
int slo_parse(struct slo *slo, const char *text, char *why, size_t size);

/* The first term that does not hold, said in 'why'; true when all hold. */
bool slo_holds(const struct slo *slo, const struct run_result *result, char *why, size_t size);

#endif
