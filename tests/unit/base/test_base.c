/* SPDX-License-Identifier: MIT
 * The small things of base/: hash, histogram, bucket, UTF-8, status, buffer. */
#include "base/bucket.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/histogram.h"
#include "base/rates.h"
#include "base/status.h"
#include "base/utf8.h"

#include "unit.h"

#include <string.h>

struct item {
    struct hash_node node;
    uint64_t value;
};

START_TEST(hash_finds_what_was_put_and_not_what_was_taken)
{
    enum { N = 1000 };
    static struct item items[N];
    struct hash h = HASH_INIT;
    for (uint64_t i = 0; i < N; i++) {
        items[i].value = i;
        ck_assert_int_eq(hash_insert(&h, &items[i].node, hash_u64(i)), 0);
    }
    for (uint64_t i = 0; i < N; i += 2)
        hash_remove(&h, &items[i].node);
    for (uint64_t i = 0; i < N; i++) {
        struct hash_node *n = hash_first(&h, hash_u64(i));
        while (n != NULL && container_of(n, struct item, node)->value != i)
            n = hash_next(n);
        ck_assert(i % 2 == 0 ? n == NULL : n != NULL);
    }
    size_t seen = 0;
    HASH_FOREACH (&h, node, after) {
        hash_remove(&h, node);
        seen++;
    }
    ck_assert_uint_eq(seen, N / 2);
    ck_assert_uint_eq(h.count, 0);
    hash_fini(&h);
}
END_TEST

START_TEST(nodes_of_one_hash_are_all_found)
{
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    struct hash h = HASH_INIT;
    uint64_t sum = 0;
    for (int i = 0; i < 3; i++)
        hash_insert(&h, &items[i].node, 42);
    for (struct hash_node *n = hash_first(&h, 42); n != NULL; n = hash_next(n))
        sum += container_of(n, struct item, node)->value;
    ck_assert_uint_eq(sum, 6);
    hash_fini(&h);
}
END_TEST

START_TEST(quantiles_are_within_their_bucket)
{
    static struct histogram h;
    for (uint64_t v = 1; v <= 100000; v++)
        histogram_record(&h, v);
    const double quantiles[] = {0.01, 0.5, 0.99, 0.999};
    for (size_t i = 0; i < 4; i++) {
        double right = quantiles[i] * 100000, got = (double)histogram_quantile(&h, quantiles[i]);
        ck_assert_msg(got >= right * 0.99 && got <= right * 1.04, "q=%g gave %g", quantiles[i],
                      got);
    }
    ck_assert_uint_eq(histogram_quantile(&h, 1.0), 100000);
}
END_TEST

START_TEST(a_window_holds_only_what_came_since)
{
    static struct histogram now, before, window, empty;
    ck_assert_uint_eq(histogram_quantile(&empty, 0.5), 0);
    histogram_record(&now, 1000000);
    histogram_window(&window, &now, &before);
    histogram_record(&now, 7);
    histogram_window(&window, &now, &before);
    ck_assert_uint_eq(window.total, 1);
    ck_assert_uint_eq(histogram_quantile(&window, 0.99), 7);
}
END_TEST

START_TEST(a_bucket_gives_its_burst_then_its_rate)
{
    struct bucket b = {0};
    uint64_t now = 1000000;
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(bucket_take(&b, now, 10, 5, 1), 0);
    uint64_t wait = bucket_take(&b, now, 10, 5, 1);
    ck_assert_uint_eq(wait, 100000);
    ck_assert_uint_ne(bucket_take(&b, now + wait - 1, 10, 5, 1), 0);
    ck_assert_uint_eq(bucket_take(&b, now + wait, 10, 5, 1), 0);
    ck_assert_uint_eq(bucket_take(&b, now, 0, 0, 1), 0);
}
END_TEST

START_TEST(each_name_has_a_limit_of_its_own)
{
    struct rates *r = rates_new();
    ck_assert_ptr_nonnull(r);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(rates_take(r, "ada", 1000000, 2, 3), 0);
    ck_assert_uint_eq(rates_take(r, "ada", 1000000, 2, 3), 500000);
    ck_assert_uint_eq(rates_take(r, "bob", 1000000, 2, 3), 0);
    ck_assert_uint_eq(rates_take(r, "ada", 1500000, 2, 3), 0);
    ck_assert_uint_gt(rates_take(r, "ada", 1500000, 2, 3), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(rates_take(r, "ada", 1500000, 0, 3), 0); /* no limit */
    rates_free(r);
}
END_TEST

START_TEST(utf8_is_checked_strictly)
{
    const char *good[] = {
        "", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    const char *bad[] = {"\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                         "\xff",     "\xe2\x82",     "\x80",         "\xc3("};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert(!utf8_is_valid(bad[i], strlen(bad[i])));
    const char *text = "a\xc3\xa9\xf0\x9f\x98\x80";
    size_t at = 0;
    ck_assert_uint_eq(utf8_count(text, strlen(text)), 3);
    ck_assert_uint_eq(utf8_next(text, strlen(text), &at), 'a');
    ck_assert_uint_eq(utf8_next(text, strlen(text), &at), 0xe9);
    ck_assert_uint_eq(utf8_next(text, strlen(text), &at), 0x1f600);
    ck_assert_uint_eq(at, strlen(text));
}
END_TEST

START_TEST(status_speaks_the_wire_names)
{
    ck_assert_str_eq(status_wire(E_RATE_LIMITED), "rate_limited");
    ck_assert(status_is_temporary(E_RATE_LIMITED));
    ck_assert(!status_is_temporary(E_CONFLICT));
    ck_assert_int_eq(status_http(E_CONFLICT), 409);
    ck_assert_str_eq(status_name(E_IO), "E_IO");
    ck_assert_str_eq(status_name(-999), "E_?");
}
END_TEST

START_TEST(a_buffer_consumes_from_the_front)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "hello ");
    buf_printf(&b, "%s %d", "world", 7);
    buf_consume(&b, 6);
    ck_assert_uint_eq(b.len, 7);
    ck_assert_mem_eq(b.data, "world 7", 7);
    buf_consume(&b, 7);
    ck_assert_uint_eq(b.len, 0);
    buf_fini(&b);
}
END_TEST

UNIT_MAIN("base", hash_finds_what_was_put_and_not_what_was_taken, nodes_of_one_hash_are_all_found,
          quantiles_are_within_their_bucket, a_window_holds_only_what_came_since,
          a_bucket_gives_its_burst_then_its_rate, each_name_has_a_limit_of_its_own,
          utf8_is_checked_strictly,
          status_speaks_the_wire_names, a_buffer_consumes_from_the_front)
