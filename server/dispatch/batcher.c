/* SPDX-License-Identifier: MIT
 * How many jobs to send to whom, and when; see batcher.h. */
#include "dispatch/batcher.h"

/* A batch that takes less than this is over before the next one has crossed the link. */
#define QUICK_US 1000
#define SHORT_US 4000
/* History's batches may take about this part of a worker's time before they grow. */
#define REST_TIMES 10

unsigned batcher_credits(uint64_t mean_batch_us)
{
    if (mean_batch_us == 0) /* not known yet */
        return CREDITS_MIN;
    if (mean_batch_us < QUICK_US)
        return CREDITS_MAX;
    return mean_batch_us < SHORT_US ? CREDITS_MIN + 1 : CREDITS_MIN;
}

uint64_t batcher_pause_us(const struct batcher *b, uint32_t queued, uint64_t since_us,
                          uint64_t mean_batch_us)
{
    uint64_t rest_us = mean_batch_us * REST_TIMES;
    if (rest_us > b->delay_us)
        rest_us = b->delay_us;
    return queued >= b->batch_max || since_us >= rest_us ? 0 : rest_us - since_us;
}

uint64_t batcher_wait_us(const struct batcher *b, uint64_t oldest_age_us)
{
    return oldest_age_us >= b->delay_us ? 0 : b->delay_us - oldest_age_us;
}

uint32_t batcher_size(const struct batcher *b, uint32_t queued, uint64_t oldest_age_us,
                      unsigned in_flight, unsigned credits, unsigned idle)
{
    if (queued == 0 || in_flight >= credits)
        return 0;
    if (in_flight == 0) {
        /* What waits is shared among the idle: two at once are done sooner than one after
         * the other. */
        uint32_t share = idle > 1 ? (queued + idle - 1) / idle : queued;
        return share < b->batch_max ? share : b->batch_max;
    }
    if (queued >= b->batch_max)
        return b->batch_max;
    return batcher_wait_us(b, oldest_age_us) == 0 ? queued : 0;
}
