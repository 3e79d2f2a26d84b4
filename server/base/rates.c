/* SPDX-License-Identifier: MIT
 * Rates of users over HTTP; see rates.h. Any loop. */
#include "net/rates.h"

#include "base/bucket.h"
#include "base/hash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 16384

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

uint64_t rates_take(struct rates *r, const char *user_id, uint64_t now_us, double rate,
                    double burst)
{
    _Atomic uint64_t *slot = &r->arrivals_us[hash_bytes(user_id, strlen(user_id)) % SLOTS];
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
