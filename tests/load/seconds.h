/* SPDX-License-Identifier: MIT */
/*
 * seconds: how latencies went second by second.  At the end of each second the
 * thread keeps what its histograms gained, in coarser buckets (16 an octave:
 * at most 6.25 % too high), so the path of a delivery pays nothing.
 * Owned by one worker thread; read when the threads ended.
 */
#ifndef PARLEY_LOAD_SECONDS_H
#define PARLEY_LOAD_SECONDS_H

#include "hist.h"

#include <stddef.h>

#define SECONDS_MAX     3600
#define SECONDS_BUCKETS (HIST_BUCKETS / 8)

struct second {
    uint32_t delivery[SECONDS_BUCKETS], ack[SECONDS_BUCKETS];
};

struct seconds {
    struct second *at[SECONDS_MAX];
    uint64_t delivery[SECONDS_BUCKETS], ack[SECONDS_BUCKETS]; /* kept so far */
};

/* Keeps what the histograms gained since the last time, as second 'index'. */
void seconds_keep(struct seconds *seconds, size_t index, const struct hist *delivery,
                  const struct hist *ack);

void seconds_free(struct seconds *seconds);

void seconds_add(struct second *into, const struct second *from);

/* The value that 'percent' do not exceed, of one of a second's two; 0 when empty. */
uint64_t seconds_value(const uint32_t *buckets, double percent);

#endif
