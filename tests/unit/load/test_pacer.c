/* SPDX-License-Identifier: MIT */
/* pacer, stamp: the timetable, and the text that carries it. */
#include "pacer.h"
#include "stamp.h"

#include "suite.h"

#include <math.h>
#include <string.h>

START_TEST(messages_fall_due_at_their_times_and_lanes_take_turns)
{
    struct pacer pacer = {.start_ns = 1000, .end_ns = 1950, .interval_ns = 100, .lanes = 3};
    uint32_t lane;
    uint64_t taken = 0, due;

    pacer_begin(&pacer);
    ck_assert(!pacer_take(&pacer, 999, &lane, &due));
    for (uint64_t now = 1000; now < 3000; now += 10) {
        while (pacer_take(&pacer, now, &lane, &due)) {
            ck_assert_uint_eq(lane, taken % 3);
            ck_assert_uint_eq(due, 1000 + taken * 100);
            ck_assert_uint_eq(now, due);
            taken++;
        }
    }
    ck_assert_uint_eq(taken, 10); /* 1000 .. 1900: none from end_ns on */
}
END_TEST

START_TEST(a_stall_loses_no_message_and_moves_no_time)
{
    struct pacer pacer = {.start_ns = 0, .end_ns = 1000000, .interval_ns = 333.25, .lanes = 7};
    uint64_t taken = 0, due;
    uint32_t lane;

    pacer_begin(&pacer);
    while (pacer_take(&pacer, 500000, &lane, &due)) {
        ck_assert_uint_eq(due, (uint64_t)((double)taken * 333.25));
        taken++;
    }
    ck_assert_uint_eq(taken, 1501);
}
END_TEST

START_TEST(without_lanes_nothing_is_due)
{
    struct pacer pacer = {.start_ns = 0, .end_ns = 1000, .interval_ns = 1};
    uint64_t due;
    uint32_t lane;

    pacer_begin(&pacer);
    ck_assert(!pacer_take(&pacer, 500, &lane, &due));
}
END_TEST

/* Arrivals of Poisson: gaps have mean and deviation of one interval; lanes get equal shares. */
START_TEST(poisson_arrivals_have_their_statistics)
{
    enum { N = 200000, LANES = 5 };
    struct pacer pacer = {.start_ns = 0, .end_ns = UINT64_MAX, .interval_ns = 1e6, .lanes = LANES,
                          .poisson = true, .random = 7};
    uint64_t due, before = 0;
    double sum = 0, squares = 0;
    unsigned of_lane[LANES] = {0}, longer = 0;
    uint32_t lane;

    pacer_begin(&pacer);
    for (unsigned i = 0; i < N; i++) {
        double gap;

        /* Check writes each of its claims to a file; so many take minutes on a slow disk. */
        if (!pacer_take(&pacer, UINT64_MAX - 1, &lane, &due))
            ck_abort_msg("nothing is due after %u", i);
        gap = (double)(due - before) / 1e6;
        sum += gap;
        squares += gap * gap;
        longer += gap > 1;
        of_lane[lane]++;
        before = due;
    }
    /* Six standard errors of each estimate. */
    ck_assert_double_eq_tol(sum / N, 1, 6 / sqrt(N));
    ck_assert_double_eq_tol(squares / N, 2, 6 * sqrt(20.0 / N));
    ck_assert_double_eq_tol((double)longer / N, exp(-1), 6 * sqrt(exp(-1) * (1 - exp(-1)) / N));
    for (unsigned i = 0; i < LANES; i++)
        ck_assert_double_eq_tol((double)of_lane[i] / N, 0.2, 6 * sqrt(0.16 / N));
}
END_TEST

START_TEST(bursts_bend_time_and_keep_counts)
{
    /* 10 times as much in the first fifth of each 1000, nothing else: 2 units of it a period. */
    const struct pacer_bursts on_off = {1000, 200, 10, 0}, factor = {1000, 500, 3, 1};

    ck_assert_double_eq_tol(pacer_bend(&on_off, 0), 0, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&on_off, 1000), 100, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&on_off, 1999), 199.9, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&on_off, 2000), 1000, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&on_off, 2500), 1050, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&factor, 1500), 500, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&factor, 1750), 750, 1e-9);
    ck_assert_double_eq_tol(pacer_bend(&factor, 2000), 1000, 1e-9);
    for (double x = 0, last = -1; x < 20000; x += 0.37) { /* time never runs backwards */
        double bent = pacer_bend(&on_off, x);

        ck_assert(bent >= last && fmod(bent, 1000) <= 200 + 1e-6);
        last = bent;
    }
}
END_TEST

START_TEST(bursts_change_when_not_how_much)
{
    struct pacer pacer = {.start_ns = 0, .end_ns = 10000000, .interval_ns = 100, .lanes = 3,
                          .bursts = {1000000, 100000, 5, 0.5}};
    uint64_t due, in_burst = 0, all = 0;
    uint32_t lane;

    pacer_begin(&pacer);
    while (pacer_take(&pacer, UINT64_MAX - 1, &lane, &due)) {
        all++;
        in_burst += due % 1000000 < 100000;
    }
    ck_assert_uint_eq(all, 10 * (5000 + 4500));
    ck_assert_uint_eq(in_burst, 10 * 5000);
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
        poisson_arrivals_have_their_statistics,
        bursts_bend_time_and_keep_counts,
        bursts_change_when_not_how_much,
        a_stamp_reads_back,
        any_changed_character_of_a_stamp_is_noticed_or_read,
    };

    return run_suite("pacer", tests, COUNT(tests));
}
