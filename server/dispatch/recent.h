/* SPDX-License-Identifier: MIT
 *
 * Figures of the last minute or so: two histograms, each of 30 s; the older one is dropped
 * when the newer is full of time. Owner: the dispatch thread.
 */
#ifndef DISPATCH_RECENT_H
#define DISPATCH_RECENT_H

#include "base/histogram.h"

#define RECENT_HALF_US 30000000u

struct recent {
    struct histogram half[2];
    unsigned newer;
    uint64_t turned_us;
};

void recent_record(struct recent *r, uint64_t now_us, uint64_t value);
/* 0 when nothing was recorded lately. */
uint64_t recent_quantile(struct recent *r, uint64_t now_us, double q);

/* Events a second, smoothed over a few seconds. */
struct rate {
    uint64_t last_us, last_count;
    double per_s;
};

/* The rate now that the counter stands at `count`; call it regularly. */
double rate_update(struct rate *r, uint64_t now_us, uint64_t count);

#endif
