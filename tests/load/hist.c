/* SPDX-License-Identifier: MIT */
/* hist: see hist.h.  Pure; no thread of its own. */
#include "hist.h"

#include <math.h>

uint64_t hist_bucket_top(unsigned index)
{
    unsigned shift = 0;

    if (index >= 2 * HIST_SUB)
        shift = index / HIST_SUB - 1;
    return (((uint64_t)index - shift * HIST_SUB + 1) << shift) - 1;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
    into->count += from->count;
    into->sum += from->sum;
    if (from->max > into->max)
        into->max = from->max;
}

uint64_t hist_at(const struct hist *h, double percent)
{
    uint64_t want, seen = 0;

    if (h->count == 0)
        return 0;
    want = (uint64_t)ceil(percent / 100.0 * (double)h->count);
    if (want == 0)
        want = 1;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= want) {
            uint64_t top = hist_bucket_top(i);
            return top < h->max ? top : h->max;
        }
    }
    return h->max;
}

double hist_mean(const struct hist *h)
{
    return h->count ? h->sum / (double)h->count : 0.0;
}
