/* SPDX-License-Identifier: MIT
 * How many newcomers a loop takes at once; see admission.h. Thread: the loop's. */
#include "net/admission.h"

#define BURST_S         1.0 /* what a second brings may come at once */
#define ANSWERED_FACTOR 4
#define SPREAD_MIN_MS   1000
#define SPREAD_MAX_MS   30000

void admission_init(struct admission *a, double rate)
{
    *a = (struct admission){.rate = rate};
}

bool admission_answers(struct admission *a, uint64_t now_us)
{
    double rate = a->rate * ANSWERED_FACTOR;
    return bucket_take(&a->answered, now_us, rate, rate * BURST_S, 1) == 0;
}

bool admission_welcomes(struct admission *a, uint64_t now_us)
{
    return bucket_take(&a->welcomed, now_us, a->rate, a->rate * BURST_S, 1) == 0;
}

uint32_t admission_spread_ms(struct admission *a, uint64_t now_us)
{
    double served = (double)(now_us - a->turned_us) / 1e6 * a->rate;
    a->turned_away = (a->turned_away > served ? a->turned_away - served : 0) + 1;
    a->turned_us = now_us;
    double ms = SPREAD_MIN_MS + 1000 * a->turned_away / a->rate;
    return ms < SPREAD_MAX_MS ? (uint32_t)ms : SPREAD_MAX_MS;
}
