/* SPDX-License-Identifier: MIT
 *
 * Log-linear histogram of non-negative integers: 32 buckets a power of two, so a value is known to
 * 3 %. One thread records; any thread may read or sum (relaxed atomics; a reader sees each count as
 * of some recent moment).
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 1024 /* values up to 2^36; larger ones land in the last bucket */

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS];
    _Atomic uint64_t total;
    _Atomic uint64_t sum;
    _Atomic uint64_t max;
};

void histogram_record(struct histogram *h, uint64_t value);
/* Value at quantile q (0..1], upper edge of its bucket; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double q);
/* Adds what `from` holds to `to`. */
void histogram_add(struct histogram *to, const struct histogram *from);
/* to = now - before, for figures of a window; `before` becomes a copy of `now`. */
void histogram_window(struct histogram *to, const struct histogram *now, struct histogram *before);

#endif
