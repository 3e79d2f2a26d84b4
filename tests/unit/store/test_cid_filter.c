/* SPDX-License-Identifier: MIT
 * The filter of cids: never "no" of what was added, seldom "perhaps" of what was not. */
#include "store/cid_filter.h"

#include "unit.h"

#include <string.h>

enum { KEYS = 65536 };

/* SplitMix64: the nth key of a series, as good a hash as the real ones. */
static int64_t nth(uint64_t series, uint64_t n)
{
    uint64_t x = (series << 32 | n) * 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return (int64_t)(x ^ x >> 31);
}

static unsigned count(const struct cid_filter *f, uint64_t series, unsigned n)
{
    unsigned have = 0;
    for (unsigned i = 0; i < n; i++)
        have += cid_filter_may_have(f, nth(series, i));
    return have;
}

/* As the table would give them: those of the first n that are in the stretch. */
static void renew(struct cid_filter *f, size_t n_words, unsigned n)
{
    int64_t first, last;
    cid_filter_renew(f, n_words, &first, &last);
    ck_assert(first < last);
    for (unsigned i = 0; i < n; i++) {
        if (nth(1, i) >= first && nth(1, i) <= last)
            cid_filter_add(f, nth(1, i));
    }
}

START_TEST(says_perhaps_until_made_exact)
{
    struct cid_filter f = {0};
    ck_assert(cid_filter_may_have(&f, 7)); /* as without memory */
    ck_assert(!cid_filter_is_stale(&f));
    cid_filter_fit(&f, KEYS);
    ck_assert_uint_eq(f.n_words, KEYS / 8);
    ck_assert_uint_eq(count(&f, 2, KEYS), KEYS);
    unsigned before = KEYS;
    while (cid_filter_is_stale(&f)) {
        renew(&f, 1000, KEYS); /* the last stretch is shorter */
        ck_assert_uint_eq(count(&f, 1, KEYS), KEYS);
        unsigned now = count(&f, 2, KEYS);
        ck_assert_uint_lt(now, before);
        before = now;
    }
    ck_assert_uint_lt(before, KEYS / 20);
    ck_assert(!cid_filter_may_have(&f, INT64_MIN) || !cid_filter_may_have(&f, INT64_MAX));
    cid_filter_fini(&f);
}
END_TEST

START_TEST(grows_without_forgetting)
{
    struct cid_filter f = {0};
    cid_filter_fit(&f, 0);
    while (cid_filter_is_stale(&f))
        renew(&f, 512, 0);
    ck_assert_uint_eq(count(&f, 2, KEYS), 0);
    for (unsigned n = 0; n < KEYS; n++) {
        if (n % 5000 == 0) {
            cid_filter_fit(&f, n + 5000);
            ck_assert_uint_eq(count(&f, 1, n), n);
            if (n % 3 == 0 && cid_filter_is_stale(&f))
                renew(&f, 700, n); /* not all of it, as when it soon grows again */
            ck_assert_uint_eq(count(&f, 1, n), n);
        }
        cid_filter_add(&f, nth(1, n));
    }
    while (cid_filter_is_stale(&f))
        renew(&f, 4096, KEYS);
    ck_assert_uint_eq(count(&f, 1, KEYS), KEYS);
    ck_assert_uint_lt(count(&f, 2, KEYS), KEYS / 20);
    cid_filter_fit(&f, 0); /* never smaller */
    ck_assert_uint_eq(count(&f, 1, KEYS), KEYS);
    ck_assert(!cid_filter_is_stale(&f));
    cid_filter_fini(&f);
}
END_TEST

START_TEST(a_stretch_that_could_not_be_read_says_perhaps)
{
    struct cid_filter f = {0};
    int64_t first, last;
    cid_filter_fit(&f, KEYS);
    while (cid_filter_is_stale(&f)) {
        cid_filter_renew(&f, 512, &first, &last);
        cid_filter_spoil(&f, first, last);
        ck_assert(cid_filter_may_have(&f, first));
        ck_assert(cid_filter_may_have(&f, last));
        renew(&f, 512, KEYS);
    }
    ck_assert_int_eq(last, INT64_MAX);
    ck_assert_uint_eq(count(&f, 1, KEYS), KEYS);
    cid_filter_fini(&f);
}
END_TEST

UNIT_MAIN("cid_filter", says_perhaps_until_made_exact, grows_without_forgetting,
          a_stretch_that_could_not_be_read_says_perhaps)
