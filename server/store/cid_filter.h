/* SPDX-License-Identifier: MIT
 *
 * Tells most keys that are not in table cids from those that may be, without a look into it: a
 * Bloom filter, four bits of one word a key. It may say "perhaps" of any key and never "no" of one
 * that is in the table.
 *
 * The high bits of a key choose its word, so words stand in the order of the table's keys: a
 * stretch of words can be made anew from a stretch of the table. At start every word says "perhaps"
 * and is made exact in idle moments; so is a filter that was doubled. Owned by the writer thread.
 */
#ifndef STORE_CID_FILTER_H
#define STORE_CID_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cid_filter {
    uint64_t *words; /* NULL: "perhaps" of all */
    size_t n_words;  /* a power of two, from 2 on */
    size_t stale_at; /* words from here on wait to be made exact */
};

void cid_filter_fini(struct cid_filter *f);
/* Makes it as large as so many keys ask for, but never smaller. When memory is short it stays as
 * it is, which is right for any number of keys, only less often a help. */
void cid_filter_fit(struct cid_filter *f, size_t n_keys);
/* Before, or in the transaction in which, the key comes into the table. */
void cid_filter_add(struct cid_filter *f, int64_t key);
bool cid_filter_may_have(const struct cid_filter *f, int64_t key);

bool cid_filter_is_stale(const struct cid_filter *f);
/* The keys, from *first to *last, of the next n_words that are stale: to be added now, all that are
 * in the table, when the words are to be exact. They say "no" to everything until then. */
void cid_filter_renew(struct cid_filter *f, size_t n_words, int64_t *first, int64_t *last);
/* Those words could not be made exact: "perhaps" of all again. */
void cid_filter_spoil(struct cid_filter *f, int64_t first, int64_t last);

#endif
