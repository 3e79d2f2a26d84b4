/* SPDX-License-Identifier: MIT
 * A limit each for many names; see rates.h. Any loop. */
#include "base/rates.h"

#include "base/bucket.h"
#include "base/hash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (1u << 18)

struct rates {
    _Atomic uint64_t arrivals_us[SLOTS]; /* a bucket each */
};

struct rates *rates_new(void)
{
    return calloc(1, sizeof(struct rates));
}

void rates_free(struct rates *r)
{
    free(r);
}

uint64_t rates_take(struct rates *r, const char *name, uint64_t now_us, double rate,
                    double burst)
{
    if (rate <= 0)
        return 0;
    _Atomic uint64_t *slot = &r->arrivals_us[hash_bytes(name, strlen(name)) % SLOTS];
    uint64_t seen = atomic_load_explicit(slot, memory_order_relaxed);
    for (;;) {
        struct bucket b = {seen};
        uint64_t wait_us = bucket_take(&b, now_us, rate, burst, 1);
        if (wait_us != 0
            || atomic_compare_exchange_weak_explicit(slot, &seen, b.arrival_us,
                                                     memory_order_relaxed, memory_order_relaxed))
            return wait_us;
    }
}
