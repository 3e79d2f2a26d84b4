/* SPDX-License-Identifier: MIT */
/* pacer, stamp: the timetable, and the text that carries it. */
#include "pacer.h"
#include "stamp.h"

#include "suite.h"

#include <string.h>

START_TEST(messages_fall_due_at_their_times_and_lanes_take_turns)
{
    struct pacer pacer = {.start_ns = 1000, .end_ns = 1950, .interval_ns = 100, .lanes = 3};
    uint32_t lane;
    uint64_t taken = 0;

    ck_assert(!pacer_take(&pacer, 999, &lane));
    for (uint64_t now = 1000; now < 3000; now += 10) {
        while (pacer_take(&pacer, now, &lane)) {
            ck_assert_uint_eq(lane, taken % 3);
            ck_assert_uint_eq(pacer_lane_time(&pacer, lane, taken / 3), 1000 + taken * 100);
            ck_assert_uint_eq(now, 1000 + taken * 100);
            taken++;
        }
    }
    ck_assert_uint_eq(taken, 10); /* 1000 .. 1900: none from end_ns on */
}
END_TEST

START_TEST(a_stall_loses_no_message_and_moves_no_time)
{
    struct pacer pacer = {.start_ns = 0, .end_ns = 1000000, .interval_ns = 333.25, .lanes = 7};
    uint64_t taken = 0;
    uint32_t lane;

    while (pacer_take(&pacer, 500000, &lane)) {
        ck_assert_uint_eq(pacer_lane_time(&pacer, lane, taken / 7),
                          (uint64_t)((double)taken * 333.25));
        taken++;
    }
    ck_assert_uint_eq(taken, 1501);
}
END_TEST

START_TEST(without_lanes_nothing_is_due)
{
    struct pacer pacer = {.start_ns = 0, .end_ns = 1000, .interval_ns = 1};
    uint32_t lane;

    ck_assert(!pacer_take(&pacer, 500, &lane));
}
END_TEST

START_TEST(a_stamp_reads_back)
{
    static const struct stamp stamps[] = {
        {0, 0, 0, 0},
        {0xffffffff, 0xffffff, 0xffffffff, 0xffffffffffff},
        {0x12ab34cd, 0x00beef, 0x89abcdef, 0x0123456789ab},
    };

    for (size_t i = 0; i < COUNT(stamps); i++) {
        char text[STAMP_BYTES + 1] = "";
        struct stamp back;

        stamp_write(text, &stamps[i]);
        ck_assert_uint_eq(strlen(text), STAMP_BYTES);
        ck_assert(stamp_read(text, STAMP_BYTES, &back));
        ck_assert_uint_eq(back.run, stamps[i].run);
        ck_assert_uint_eq(back.publisher, stamps[i].publisher);
        ck_assert_uint_eq(back.counter, stamps[i].counter);
        ck_assert_uint_eq(back.intended_ns, stamps[i].intended_ns);
    }
}
END_TEST

START_TEST(any_changed_character_of_a_stamp_is_noticed_or_read)
{
    struct stamp stamp = {1, 2, 3, 4}, back;
    char text[STAMP_BYTES];

    for (size_t i = 0; i < STAMP_BYTES; i++) {
        stamp_write(text, &stamp);
        text[i] = 'G';
        ck_assert(!stamp_read(text, STAMP_BYTES, &back));
    }
    stamp_write(text, &stamp);
    ck_assert(!stamp_read(text, STAMP_BYTES - 1, &back));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        messages_fall_due_at_their_times_and_lanes_take_turns,
        a_stall_loses_no_message_and_moves_no_time,
        without_lanes_nothing_is_due,
        a_stamp_reads_back,
        any_changed_character_of_a_stamp_is_noticed_or_read,
    };

    return run_suite("pacer", tests, COUNT(tests));
}
