/* SPDX-License-Identifier: MIT */
/*
 * order: watches one row of numbers that should come as 1, 2, 3 ... and names
 * each departure.  It remembers which of the last 64 numbers came, so a late
 * one is told from a repeated one.  Pure; any thread.
 */
#ifndef PARLEY_LOAD_ORDER_H
#define PARLEY_LOAD_ORDER_H

#include <stdint.h>

struct order {
    uint64_t next; /* the number expected */
    uint64_t seen; /* bit i: number next-1-i came */
};

enum order_verdict {
    ORDER_NEXT,   /* the expected one */
    ORDER_SKIP,   /* ahead: *skipped numbers are missing so far */
    ORDER_LATE,   /* one of the missing, out of order */
    ORDER_REPEAT  /* came before (or is too old to tell) */
};

/* Nothing below 'first' is expected any more. */
static inline void order_start(struct order *order, uint64_t first)
{
    order->next = first;
    order->seen = ~(uint64_t)0;
}

static inline enum order_verdict order_note(struct order *order, uint64_t number,
                                            uint64_t *skipped)
{
    uint64_t distance;

    if (number == order->next) {
        order->next++;
        order->seen = order->seen << 1 | 1;
        return ORDER_NEXT;
    }
    if (number > order->next) {
        *skipped = number - order->next;
        order->seen = *skipped < 63 ? order->seen << (*skipped + 1) | 1 : 1;
        order->next = number + 1;
        return ORDER_SKIP;
    }
    distance = order->next - 1 - number;
    if (distance >= 64 || order->seen >> distance & 1)
        return ORDER_REPEAT;
    order->seen |= (uint64_t)1 << distance;
    return ORDER_LATE;
}

#endif
