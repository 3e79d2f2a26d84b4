/* SPDX-License-Identifier: MIT */
/*
 * hist: a log-linear histogram in the manner of HdrHistogram.  128 buckets an
 * octave over the whole of uint64_t, so a value read back is at most 0.8 % too
 * high and never too low.  Owned by one thread; merged when the threads ended.
 */
#ifndef PARLEY_LOAD_HIST_H
#define PARLEY_LOAD_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 7
#define HIST_SUB      (1u << HIST_SUB_BITS)
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS - 1) * HIST_SUB + 2 * HIST_SUB)

struct hist {
    uint64_t count;
    uint64_t max;
    double sum;
    uint64_t bucket[HIST_BUCKETS];
};

/* The bucket of a value: 'shift' octaves up, then its 8 leading bits. */
static inline unsigned hist_index(uint64_t value)
{
    unsigned shift = 0;

    if (value >= 2 * HIST_SUB)
        shift = (unsigned)(63 - __builtin_clzll(value)) - HIST_SUB_BITS;
    return shift * HIST_SUB + (unsigned)(value >> shift);
}

static inline void hist_add(struct hist *h, uint64_t value)
{
    h->bucket[hist_index(value)]++;
    h->count++;
    h->sum += (double)value;
    if (value > h->max)
        h->max = value;
}

/* The greatest value that falls into a bucket. */
uint64_t hist_bucket_top(unsigned index);

void hist_merge(struct hist *into, const struct hist *from);

/* The value that 'percent' of all values do not exceed; 0 when empty. */
uint64_t hist_at(const struct hist *h, double percent);

double hist_mean(const struct hist *h);

#endif
