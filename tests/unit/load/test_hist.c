/* SPDX-License-Identifier: MIT */
/* hist: buckets are exact where they say so and within 0.8 % everywhere. */
#include "hist.h"

#include "suite.h"

#include <string.h>

static struct hist h;

START_TEST(every_value_lies_in_its_bucket)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int delta = -1; delta <= 1; delta++) {
            uint64_t value = ((uint64_t)1 << bit) + (uint64_t)delta;
            unsigned index = hist_index(value);

            ck_assert_uint_lt(index, HIST_BUCKETS);
            ck_assert_uint_ge(hist_bucket_top(index), value);
            if (index > 0)
                ck_assert_uint_lt(hist_bucket_top(index - 1), value);
        }
    }
    ck_assert_uint_eq(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
    ck_assert_uint_eq(hist_bucket_top(HIST_BUCKETS - 1), UINT64_MAX);
}
END_TEST

START_TEST(a_bucket_is_at_most_one_128th_wide)
{
    for (uint64_t value = 1; value < (uint64_t)1 << 62; value += value / 3 + 1) {
        uint64_t top = hist_bucket_top(hist_index(value));

        ck_assert_msg(top - value <= value / 128, "%llu reads as %llu",
                      (unsigned long long)value, (unsigned long long)top);
    }
}
END_TEST

START_TEST(percentiles_of_1_to_100)
{
    memset(&h, 0, sizeof(h));
    for (uint64_t i = 1; i <= 100; i++)
        hist_add(&h, i);
    ck_assert_uint_eq(hist_at(&h, 50), 50);
    ck_assert_uint_eq(hist_at(&h, 99), 99);
    ck_assert_uint_eq(hist_at(&h, 99.9), 100);
    ck_assert_uint_eq(hist_at(&h, 100), 100);
    ck_assert_uint_eq(hist_at(&h, 0), 1);
    ck_assert_double_eq_tol(hist_mean(&h), 50.5, 1e-9);
}
END_TEST

START_TEST(never_above_the_greatest_value)
{
    memset(&h, 0, sizeof(h));
    hist_add(&h, 1000001);
    ck_assert_uint_eq(hist_at(&h, 50), 1000001);
    ck_assert_uint_eq(h.max, 1000001);
}
END_TEST

START_TEST(empty_is_zero)
{
    memset(&h, 0, sizeof(h));
    ck_assert_uint_eq(hist_at(&h, 99), 0);
    ck_assert_double_eq(hist_mean(&h), 0.0);
}
END_TEST

START_TEST(merging_adds_up)
{
    static struct hist other;

    memset(&h, 0, sizeof(h));
    for (uint64_t i = 1; i <= 50; i++) {
        hist_add(&h, i);
        hist_add(&other, i + 50);
    }
    hist_merge(&h, &other);
    ck_assert_uint_eq(h.count, 100);
    ck_assert_uint_eq(h.max, 100);
    ck_assert_uint_eq(hist_at(&h, 75), 75);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_value_lies_in_its_bucket, a_bucket_is_at_most_one_128th_wide,
        percentiles_of_1_to_100,        never_above_the_greatest_value,
        empty_is_zero,                  merging_adds_up,
    };

    return run_suite("hist", tests, COUNT(tests));
}
