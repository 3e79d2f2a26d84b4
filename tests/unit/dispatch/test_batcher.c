/* SPDX-License-Identifier: MIT
 * Claims about when batches leave and how large they are. */
#include "unit.h"

#include "dispatch/batcher.h"

static const struct batcher b = {.batch_max = 64, .delay_us = 5000};

START_TEST(an_idle_worker_gets_what_there_is_at_once)
{
    ck_assert_uint_eq(batcher_size(&b, 1, 0, 0, 2, 1), 1);
    ck_assert_uint_eq(batcher_size(&b, 10, 0, 0, 2, 1), 10);
    ck_assert_uint_eq(batcher_size(&b, 500, 0, 0, 2, 1), 64);
    ck_assert_uint_eq(batcher_size(&b, 0, 0, 0, 2, 1), 0);
}
END_TEST

START_TEST(idle_workers_share)
{
    ck_assert_uint_eq(batcher_size(&b, 10, 0, 0, 2, 2), 5);
    ck_assert_uint_eq(batcher_size(&b, 11, 0, 0, 2, 2), 6);
    ck_assert_uint_eq(batcher_size(&b, 1, 0, 0, 2, 4), 1);
}
END_TEST

START_TEST(a_busy_worker_gets_a_batch_when_full_or_old_whichever_is_first)
{
    ck_assert_uint_eq(batcher_size(&b, 10, 4999, 1, 2, 0), 0);
    ck_assert_uint_eq(batcher_size(&b, 10, 5000, 1, 2, 0), 10);
    ck_assert_uint_eq(batcher_size(&b, 64, 0, 1, 2, 0), 64);
    ck_assert_uint_eq(batcher_size(&b, 63, 0, 1, 2, 0), 0);
}
END_TEST

START_TEST(a_stream_leaves_in_batches_and_a_lone_message_at_once)
{
    const struct batcher paced = {64, 5000};
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 1000000, 500), 0);
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 2000, 500), 3000);
    ck_assert_uint_eq(batcher_pause_us(&paced, 63, 4999, 500), 1);
    ck_assert_uint_eq(batcher_pause_us(&paced, 64, 0, 500), 0);
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 5000, 500), 0);
}
END_TEST

START_TEST(the_rest_after_a_batch_grows_with_it_up_to_the_delay)
{
    const struct batcher paced = {64, 50000};
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 0, 0), 0);
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 0, 1500), 15000);
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 14000, 1500), 1000);
    ck_assert_uint_eq(batcher_pause_us(&paced, 1, 0, 20000), 50000);
}
END_TEST

START_TEST(credits_bound_what_lies_at_a_worker)
{
    ck_assert_uint_eq(batcher_size(&b, 1000, 1000000, 2, 2, 0), 0);
    ck_assert_uint_eq(batcher_credits(0), 2);
    ck_assert_uint_eq(batcher_credits(200), 4);
    ck_assert_uint_eq(batcher_credits(2000), 3);
    ck_assert_uint_eq(batcher_credits(50000), 2);
}
END_TEST

START_TEST(the_wait_ends_when_the_oldest_is_old_enough)
{
    ck_assert_uint_eq(batcher_wait_us(&b, 0), 5000);
    ck_assert_uint_eq(batcher_wait_us(&b, 4000), 1000);
    ck_assert_uint_eq(batcher_wait_us(&b, 9000), 0);
}
END_TEST

UNIT_MAIN("batcher", a_stream_leaves_in_batches_and_a_lone_message_at_once,
          the_rest_after_a_batch_grows_with_it_up_to_the_delay,
          an_idle_worker_gets_what_there_is_at_once, idle_workers_share,
          a_busy_worker_gets_a_batch_when_full_or_old_whichever_is_first,
          credits_bound_what_lies_at_a_worker, the_wait_ends_when_the_oldest_is_old_enough)
