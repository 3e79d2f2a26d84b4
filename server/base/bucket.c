/* SPDX-License-Identifier: MIT
 * GCRA rate limit; see bucket.h. */
#include "base/bucket.h"

uint64_t bucket_take(struct bucket *b, uint64_t now_us, double rate, double burst, double cost)
{
    if (rate <= 0)
        return 0;
    uint64_t step = (uint64_t)(1e6 * cost / rate);
    uint64_t tolerance = (uint64_t)(1e6 * burst / rate);
    uint64_t arrival = b->arrival_us > now_us ? b->arrival_us : now_us;
    if (arrival + step > now_us + tolerance)
        return arrival + step - now_us - tolerance;
    b->arrival_us = arrival + step;
    return 0;
}
