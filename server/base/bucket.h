/* SPDX-License-Identifier: MIT
 *
 * Rate limit by GCRA: one time stamp a limit, no timer (the theoretical arrival time algorithm of
 * ATM Forum TM 4.0, "virtual scheduling"). Owned by the struct that embeds it.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdint.h>

struct bucket {
    uint64_t arrival_us; /* theoretical arrival time of the next conforming request */
};

/* Takes `cost` tokens of a limit of `rate` a second with `burst` at once. Returns 0 when it
 * conforms, else the microseconds after which it would (nothing is taken then). rate 0 = no limit.
 */
uint64_t bucket_take(struct bucket *b, uint64_t now_us, double rate, double burst, double cost);

#endif
