/* SPDX-License-Identifier: MIT */
/* seconds: see seconds.h. */
#include "seconds.h"

#include <math.h>
#include <stdlib.h>

static void keep_gain(uint32_t *gain, uint64_t *kept, const struct hist *h)
{
    for (unsigned i = 0; i < SECONDS_BUCKETS; i++) {
        uint64_t sum = 0;

        for (unsigned k = 0; k < 8; k++)
            sum += h->bucket[i * 8 + k];
        gain[i] = (uint32_t)(sum - kept[i]);
        kept[i] = sum;
    }
}

void seconds_keep(struct seconds *s, size_t index, const struct hist *delivery,
                  const struct hist *ack)
{
    if (index >= SECONDS_MAX)
        return;
    if (!s->at[index])
        s->at[index] = calloc(1, sizeof(**s->at));
    if (!s->at[index])
        return; /* a gap in a chart */
    keep_gain(s->at[index]->delivery, s->delivery, delivery);
    keep_gain(s->at[index]->ack, s->ack, ack);
}

void seconds_free(struct seconds *s)
{
    for (size_t i = 0; i < SECONDS_MAX; i++)
        free(s->at[i]);
}

void seconds_add(struct second *into, const struct second *from)
{
    for (unsigned i = 0; i < SECONDS_BUCKETS; i++) {
        into->delivery[i] += from->delivery[i];
        into->ack[i] += from->ack[i];
    }
}

uint64_t seconds_value(const uint32_t *buckets, double percent)
{
    uint64_t count = 0, seen = 0, want;

    for (unsigned i = 0; i < SECONDS_BUCKETS; i++)
        count += buckets[i];
    if (count == 0)
        return 0;
    want = (uint64_t)ceil(percent / 100.0 * (double)count);
    for (unsigned i = 0; i < SECONDS_BUCKETS; i++) {
        seen += buckets[i];
        if (seen >= want && buckets[i] > 0)
            return hist_bucket_top(i * 8 + 7);
    }
    return 0;
}
