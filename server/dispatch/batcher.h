/* SPDX-License-Identifier: MIT
 *
 * How many jobs to send to whom, and when. Pure: figures in, a decision out. Dispatch thread.
 *
 * Latency first: a worker with nothing to do gets what there is at once, so an idle system adds no
 * delay. But a batch has a price of its own (a message alone costs five times as much as one of
 * many): when history's messages come one behind the other, whose verdicts nobody waits for, one
 * batch is filled before the next is begun, and after it there is a rest of several times what a
 * batch takes, at most the delay: so batches grow with the load. So do the gate's, with a delay of
 * a few milliseconds (assign.c). While all are busy jobs gather, and what has gathered goes ahead
 * to a busy worker as one batch when it is full or its oldest job has waited for the delay,
 * whichever comes first; credits bound how much may lie at a worker, since what lies there is lost
 * time when it dies.
 */
#ifndef DISPATCH_BATCHER_H
#define DISPATCH_BATCHER_H

#include <stdint.h>

#define CREDITS_MIN 2
#define CREDITS_MAX 4
/* Text in one batch, at most; a single job always fits. About a second of the shipped analyzers'
 * work: far below a batch's deadline, on a busy machine too. */
#define BATCH_BYTES_MAX (1u << 18)

struct batcher {
    uint32_t batch_max;
    uint64_t delay_us;
};

/* Batches that may lie at a worker: more when it is done with one before the next could arrive. */
unsigned batcher_credits(uint64_t mean_batch_us);

/* Jobs to send now to a worker that has `in_flight` batches; 0: none yet. `idle` counts the
 * workers that have none, this one included. */
uint32_t batcher_size(const struct batcher *b, uint32_t queued, uint64_t oldest_age_us,
                      unsigned in_flight, unsigned credits, unsigned idle);

/* How long history's next batch is to wait for company; 0: it leaves now. `since_us`: since the
 * last one left. `mean_batch_us`: what one takes; 0: not known yet. */
uint64_t batcher_pause_us(const struct batcher *b, uint32_t queued, uint64_t since_us,
                          uint64_t mean_batch_us);

/* How long until the oldest job's age alone makes a batch; 0: now. */
uint64_t batcher_wait_us(const struct batcher *b, uint64_t oldest_age_us);

#endif
