/* SPDX-License-Identifier: MIT
 * Figures of the last minute or so; see recent.h. Dispatch thread only. */
#include "dispatch/recent.h"

#include <math.h>
#include <string.h>

#define RATE_MEMORY_US 3e6

static void turn(struct recent *r, uint64_t now_us)
{
    if (now_us - r->turned_us < RECENT_HALF_US)
        return;
    if (now_us - r->turned_us >= 2u * RECENT_HALF_US)
        memset(&r->half[r->newer], 0, sizeof r->half[0]);
    r->newer = !r->newer;
    memset(&r->half[r->newer], 0, sizeof r->half[0]);
    r->turned_us = now_us;
}

void recent_record(struct recent *r, uint64_t now_us, uint64_t value)
{
    turn(r, now_us);
    histogram_record(&r->half[r->newer], value);
}

uint64_t recent_quantile(struct recent *r, uint64_t now_us, double q)
{
    static _Thread_local struct histogram both;
    turn(r, now_us);
    both = r->half[0];
    histogram_add(&both, &r->half[1]);
    return histogram_quantile(&both, q);
}

double rate_update(struct rate *r, uint64_t now_us, uint64_t count)
{
    double passed = (double)(now_us - r->last_us);
    if (r->last_us == 0)
        passed = 0;
    if (passed > 0) {
        double weight = 1 - exp(-passed / RATE_MEMORY_US);
        double now = (double)(count - r->last_count) * 1e6 / passed;
        r->per_s += (now - r->per_s) * weight;
        if (r->per_s < 0.05)
            r->per_s = 0;
    }
    r->last_us = now_us;
    r->last_count = count;
    return r->per_s;
}
