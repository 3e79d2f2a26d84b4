/* SPDX-License-Identifier: MIT */
/*
 * find: --find-max: doubles the users, or the rate, until --slo breaks, then
 * halves the distance between what held and what broke.  Each step is a run of
 * its own.  Main thread.
 */
#ifndef PARLEY_LOAD_FIND_H
#define PARLEY_LOAD_FIND_H

#include "run.h"
#include "slo.h"

#define FIND_MAX_STEPS 40

enum find_verdict {
    FIND_HELD,
    FIND_BROKE,  /* the server: a term or a rule */
    FIND_CLIENT  /* a term broke while this tool itself was the bottleneck */
};

struct find_step {
    double size; /* users, or messages a second */
    enum find_verdict verdict;
    double p50, p99, deliveries_per_s;
    char why[256];
};

struct find {
    struct find_step step[FIND_MAX_STEPS];
    unsigned count;
    double held, broke;       /* largest that held (0: none), smallest that did not (0: none) */
    char why[512];            /* the answer in a sentence */
    struct options options;   /* of the largest that held, or of the last one run */
    struct run_result *result;
};

/* 0, or -1 when a step could not run. Each step is told on stderr. */
int find_max(const struct options *options, const struct slo *slo, struct find *find);

void find_free(struct find *find);

/* What comes after these: 0 when nothing does. Pure; steps go up by factors of 2, then halve. */
double find_next(double held, double broke, double start, double limit);

#endif
