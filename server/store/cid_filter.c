/* SPDX-License-Identifier: MIT
 * Which keys cannot be in table cids; see cid_filter.h. Writer thread. */
#include "store/cid_filter.h"

#include <stdlib.h>
#include <string.h>

/* Doubled above this: one key in 25 is then said to be there perhaps, and one in 170 right after
 * doubling. A byte to two a key. */
#define KEYS_A_WORD 8
#define WORDS_MIN   1024
#define WORDS_MAX   ((size_t)1 << 23) /* 64 MB: with more than 67 million keys it helps less */

/* Keys are signed, and the table is in their order. */
static uint64_t to_rank(int64_t key)
{
    return (uint64_t)key ^ UINT64_C(1) << 63;
}

static int64_t to_key(uint64_t rank)
{
    return (int64_t)(rank ^ UINT64_C(1) << 63);
}

static unsigned shift_of(const struct cid_filter *f)
{
    return 64 - (unsigned)__builtin_ctzll(f->n_words);
}

static uint64_t *word_of(const struct cid_filter *f, int64_t key)
{
    return &f->words[to_rank(key) >> shift_of(f)];
}

/* Keys are good hashes: any of their bits are as good as random. */
static uint64_t bits_of(int64_t key)
{
    uint64_t k = (uint64_t)key, one = 1;
    return one << (k & 63) | one << (k >> 6 & 63) | one << (k >> 12 & 63) | one << (k >> 18 & 63);
}

void cid_filter_fini(struct cid_filter *f)
{
    free(f->words);
    *f = (struct cid_filter){0};
}

/* Both halves of a word's keys: what it said of them. */
static void spread(uint64_t *words, size_t n_old, size_t n_new)
{
    size_t times = n_new / n_old;
    for (size_t i = n_new; i > 0; i--)
        words[i - 1] = words[(i - 1) / times];
}

void cid_filter_fit(struct cid_filter *f, size_t n_keys)
{
    size_t n_words = f->words != NULL ? f->n_words : WORDS_MIN;
    while (n_words < WORDS_MAX && n_words * KEYS_A_WORD < n_keys)
        n_words *= 2;
    if (f->words != NULL && n_words == f->n_words)
        return;
    uint64_t *words = realloc(f->words, n_words * sizeof *words);
    if (words == NULL)
        return;
    if (f->words == NULL)
        memset(words, 0xff, n_words * sizeof *words);
    else
        spread(words, f->n_words, n_words);
    *f = (struct cid_filter){.words = words, .n_words = n_words};
}

void cid_filter_add(struct cid_filter *f, int64_t key)
{
    if (f->words != NULL)
        *word_of(f, key) |= bits_of(key);
}

bool cid_filter_may_have(const struct cid_filter *f, int64_t key)
{
    uint64_t bits = bits_of(key);
    return f->words == NULL || (*word_of(f, key) & bits) == bits;
}

bool cid_filter_is_stale(const struct cid_filter *f)
{
    return f->words != NULL && f->stale_at < f->n_words;
}

void cid_filter_renew(struct cid_filter *f, size_t n_words, int64_t *first, int64_t *last)
{
    size_t left = f->n_words - f->stale_at;
    if (n_words > left)
        n_words = left;
    *first = to_key((uint64_t)f->stale_at << shift_of(f));
    memset(f->words + f->stale_at, 0, n_words * sizeof *f->words);
    f->stale_at += n_words;
    *last = to_key(((uint64_t)f->stale_at << shift_of(f)) - 1); /* at the end 0 - 1: the highest */
}

void cid_filter_spoil(struct cid_filter *f, int64_t first, int64_t last)
{
    uint64_t *from = word_of(f, first), *to = word_of(f, last);
    memset(from, 0xff, (size_t)(to - from + 1) * sizeof *from);
    f->stale_at = (size_t)(from - f->words);
}
