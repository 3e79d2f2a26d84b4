/* SPDX-License-Identifier: MIT
 * Log-linear histogram; see histogram.h. */
#include "base/histogram.h"

#include <stddef.h>

#define SUB_BITS 5 /* 32 buckets a power of two */

static size_t bucket_of(uint64_t value)
{
    if (value < (1u << SUB_BITS))
        return (size_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
    size_t index =
        ((size_t)(shift + 1) << SUB_BITS) + (size_t)((value >> shift) - (1u << SUB_BITS));
    return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

static uint64_t upper_edge(size_t index)
{
    if (index < (1u << SUB_BITS))
        return index;
    unsigned shift = (unsigned)(index >> SUB_BITS) - 1;
    uint64_t base = (index & ((1u << SUB_BITS) - 1)) + (1u << SUB_BITS);
    return ((base + 1) << shift) - 1;
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add(_Atomic uint64_t *counter, uint64_t value)
{
    /* One writer: a plain add in two halves is enough, and cheaper than a locked one. */
    atomic_store_explicit(counter, get(counter) + value, memory_order_relaxed);
}

static void set(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

void histogram_record(struct histogram *h, uint64_t value)
{
    add(&h->counts[bucket_of(value)], 1);
    add(&h->total, 1);
    add(&h->sum, value);
    if (value > get(&h->max))
        set(&h->max, value);
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
    uint64_t total = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += get(&h->counts[i]);
    if (total == 0)
        return 0;
    uint64_t rank = (uint64_t)(q * (double)total + 0.5);
    if (rank < 1)
        rank = 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += get(&h->counts[i]);
        if (seen >= rank) {
            uint64_t edge = upper_edge(i), max = get(&h->max);
            return max != 0 && edge > max ? max : edge;
        }
    }
    return get(&h->max);
}

void histogram_add(struct histogram *to, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        add(&to->counts[i], get(&from->counts[i]));
    add(&to->total, get(&from->total));
    add(&to->sum, get(&from->sum));
    if (get(&from->max) > get(&to->max))
        set(&to->max, get(&from->max));
}

void histogram_window(struct histogram *to, const struct histogram *now, struct histogram *before)
{
    uint64_t max = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t count = get(&now->counts[i]);
        uint64_t fresh = count - get(&before->counts[i]);
        set(&to->counts[i], fresh);
        set(&before->counts[i], count);
        if (fresh != 0)
            max = upper_edge(i);
    }
    set(&to->total, get(&now->total) - get(&before->total));
    set(&to->sum, get(&now->sum) - get(&before->sum));
    set(&to->max, max < get(&now->max) ? max : get(&now->max));
    set(&before->total, get(&now->total));
    set(&before->sum, get(&now->sum));
}
