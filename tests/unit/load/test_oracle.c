/* SPDX-License-Identifier: MIT */
/* oracle, order, roomlog: each rule fires on forged input, and only then. */
#include "oracle.h"
#include "roomlog.h"

#include "suite.h"

#include <string.h>

static struct oracle oracle;

static void feed(const uint64_t *numbers, size_t count)
{
    struct order order;

    memset(&oracle, 0, sizeof(oracle));
    order_start(&order, 1);
    for (size_t i = 0; i < count; i++)
        oracle_seq(&oracle, &order, numbers[i], 17, 3);
}

static void expect(uint64_t gaps, uint64_t duplicates, uint64_t disorder)
{
    ck_assert_uint_eq(oracle.rule[RULE_GAP].count, gaps);
    ck_assert_uint_eq(oracle.rule[RULE_DUPLICATE].count, duplicates);
    ck_assert_uint_eq(oracle.rule[RULE_ORDER].count, disorder);
    ck_assert_uint_eq(oracle_violations(&oracle), gaps + duplicates + disorder);
}

START_TEST(numbers_in_order_break_nothing)
{
    static const uint64_t numbers[] = {1, 2, 3, 4, 5};

    feed(numbers, COUNT(numbers));
    expect(0, 0, 0);
}
END_TEST

START_TEST(a_missing_number_is_a_gap_and_is_named)
{
    static const uint64_t numbers[] = {1, 2, 5};

    feed(numbers, COUNT(numbers));
    expect(2, 0, 0);
    ck_assert_str_eq(oracle.rule[RULE_GAP].first, "client 17, room 3: expected seq 3, got 5");
}
END_TEST

START_TEST(a_repeated_number_is_a_duplicate)
{
    static const uint64_t numbers[] = {1, 2, 2, 1, 3};

    feed(numbers, COUNT(numbers));
    expect(0, 2, 0);
}
END_TEST

START_TEST(a_late_number_is_disorder_and_no_gap)
{
    static const uint64_t numbers[] = {1, 3, 2, 4, 2};

    feed(numbers, COUNT(numbers));
    expect(0, 1, 1);
}
END_TEST

START_TEST(a_long_gap_keeps_the_memory_of_64_straight)
{
    struct order order;
    uint64_t skipped = 0;

    for (uint64_t gap = 1; gap < 130; gap++) {
        order_start(&order, 1);
        ck_assert_int_eq(order_note(&order, 1, &skipped), ORDER_NEXT);
        ck_assert_int_eq(order_note(&order, 2 + gap, &skipped), ORDER_SKIP);
        ck_assert_uint_eq(skipped, gap);
        ck_assert_int_eq(order_note(&order, 2 + gap, &skipped), ORDER_REPEAT);
        ck_assert_int_eq(order_note(&order, 1 + gap, &skipped), ORDER_LATE);
        ck_assert_int_eq(order_note(&order, 1 + gap, &skipped), ORDER_REPEAT);
        ck_assert_int_eq(order_note(&order, 1, &skipped), ORDER_REPEAT);
    }
}
END_TEST

START_TEST(what_came_before_the_start_counts_as_seen)
{
    struct order order;

    memset(&oracle, 0, sizeof(oracle));
    order_start(&order, 100);
    ck_assert(!oracle_seq(&oracle, &order, 99, 0, 0));
    ck_assert(oracle_seq(&oracle, &order, 100, 0, 0));
    expect(0, 1, 0);
}
END_TEST

static void feed_sender(const uint32_t *counters, size_t count, bool strict)
{
    struct order row;

    memset(&oracle, 0, sizeof(oracle));
    order_start(&row, 1);
    for (size_t i = 0; i < count; i++) {
        struct oracle_event event = {
            .seq = i, .ours = true, .publisher = 5, .counter = counters[i],
        };

        oracle_sender(&oracle, &row, &event, 17, strict);
    }
}

START_TEST(a_sender_out_of_order_or_twice)
{
    static const uint32_t counters[] = {1, 3, 2, 3};

    feed_sender(counters, COUNT(counters), true);
    expect(0, 1, 1);
    feed_sender(counters, COUNT(counters), false);
    expect(0, 1, 1);
}
END_TEST

START_TEST(a_missing_counter_is_a_gap_only_for_a_bare_server)
{
    static const uint32_t counters[] = {1, 4};

    feed_sender(counters, COUNT(counters), true);
    expect(2, 0, 0);
    feed_sender(counters, COUNT(counters), false);
    expect(0, 0, 0);
}
END_TEST

START_TEST(two_views_of_one_number_must_agree)
{
    struct oracle_event a = {.seq = 9, .ours = true, .publisher = 1, .counter = 2};
    struct oracle_event b = a, other = {.seq = 9};

    memset(&oracle, 0, sizeof(oracle));
    oracle_content(&oracle, &a, &b, 1, 0);
    oracle_content(&oracle, &other, &other, 1, 0);
    ck_assert_uint_eq(oracle_violations(&oracle), 0);
    b.counter = 3;
    oracle_content(&oracle, &a, &b, 1, 0);
    b = a;
    b.publisher = 7;
    oracle_content(&oracle, &a, &b, 1, 0);
    oracle_content(&oracle, &a, &other, 1, 0);
    oracle_content(&oracle, &other, &a, 1, 0);
    ck_assert_uint_eq(oracle.rule[RULE_CONTENT].count, 4);
}
END_TEST

START_TEST(reach_counts_the_lost_and_the_surplus)
{
    memset(&oracle, 0, sizeof(oracle));
    oracle_reach(&oracle, 1, 0, 10, 10, 0);
    oracle_reach(&oracle, 1, 0, 12, 10, 2);
    ck_assert_uint_eq(oracle_violations(&oracle), 0);
    oracle_reach(&oracle, 1, 0, 7, 10, 2);
    ck_assert_uint_eq(oracle.rule[RULE_LOST].count, 3);
    oracle_reach(&oracle, 1, 0, 13, 10, 2);
    ck_assert_uint_eq(oracle.rule[RULE_DUPLICATE].count, 1);
}
END_TEST

START_TEST(merging_keeps_counts_and_the_first_case)
{
    static struct oracle sum, other;

    oracle_note(&other, RULE_LOST, 2, "first %d", 1);
    oracle_note(&other, RULE_LOST, 1, "second");
    oracle_merge(&sum, &other);
    oracle_note(&sum, RULE_LOST, 0, "nothing");
    ck_assert_uint_eq(sum.rule[RULE_LOST].count, 3);
    ck_assert_str_eq(sum.rule[RULE_LOST].first, "first 1");
    for (unsigned i = 0; i < RULE_MAX; i++)
        ck_assert(oracle_rule_name(i) && oracle_rule_text(i));
}
END_TEST

START_TEST(a_room_log_knows_a_frame_by_its_bytes)
{
    static const uint8_t frame[] = "frame of event 5";
    struct oracle_event event = {.seq = 5, .ours = true, .publisher = 2, .counter = 1};
    struct roomlog log;

    ck_assert_int_eq(roomlog_init(&log, 4, 64), 0);
    ck_assert_ptr_null(roomlog_find(&log, 5));
    roomlog_keep(&log, &event, frame, sizeof(frame));
    ck_assert_ptr_nonnull(roomlog_match(&log, 5, frame, sizeof(frame)));
    ck_assert_ptr_null(roomlog_match(&log, 5, frame, sizeof(frame) - 1));
    ck_assert_ptr_null(roomlog_match(&log, 5, (const uint8_t *)"frame of event 6", 17));
    ck_assert_ptr_null(roomlog_match(&log, 1, frame, sizeof(frame)));
    ck_assert_uint_eq(roomlog_find(&log, 5)->publisher, 2);
    event.seq = 9; /* the same slot */
    roomlog_keep(&log, &event, frame, 100000);
    ck_assert_ptr_null(roomlog_find(&log, 5));
    ck_assert_ptr_null(roomlog_match(&log, 9, frame, sizeof(frame)));
    ck_assert_ptr_nonnull(roomlog_find(&log, 9));
    roomlog_free(&log);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_in_order_break_nothing,
        a_missing_number_is_a_gap_and_is_named,
        a_repeated_number_is_a_duplicate,
        a_late_number_is_disorder_and_no_gap,
        a_long_gap_keeps_the_memory_of_64_straight,
        what_came_before_the_start_counts_as_seen,
        a_sender_out_of_order_or_twice,
        a_missing_counter_is_a_gap_only_for_a_bare_server,
        two_views_of_one_number_must_agree,
        reach_counts_the_lost_and_the_surplus,
        merging_keeps_counts_and_the_first_case,
        a_room_log_knows_a_frame_by_its_bytes,
    };

    return run_suite("oracle", tests, COUNT(tests));
}
