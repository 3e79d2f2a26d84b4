/* SPDX-License-Identifier: MIT
 *
 * Claims about dispatch with real worker processes: work gets done, and what is measured here is
 * printed (time to a ready worker, messages a second, latency added).
 */
#include "main.h"
#include "world.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct world w;

static void start(unsigned workers)
{
    world_start(&w, &(struct world_options){.workers = workers});
    ck_assert_msg(world_until(&w, world_is_ready), "no worker gets ready: %s", w.board);
}

static bool both_worked(struct world *world)
{
    return world_number(world, 0, "jobs") > 0 && world_number(world, 1, "jobs") > 0;
}

START_TEST(every_message_gets_one_verdict_at_its_home)
{
    start(2);
    for (int i = 0; i < 500; i++)
        world_job(&w, i % 3 == 0 ? "ALL CAPITALS" : "quiet");
    ck_assert(world_until(&w, world_has_all_verdicts));
    world_check_books(&w);
    for (int64_t id = 1; id < w.next_id; id++) {
        ck_assert(w.seen[id].word);
        ck_assert_uint_eq(w.seen[id].labels, 2);
    }
    ck_assert(world_until(&w, both_worked));
    world_stop(&w);
}
END_TEST

START_TEST(an_exception_is_reported_and_harms_nobody)
{
    start(1);
    world_job(&w, "fine");
    world_job(&w, "raise");
    world_job(&w, "raise");
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_msg(world_shows(&w, "\"count\":2"), "%s", w.board);
    ck_assert_ptr_nonnull(strstr(w.board, "\"type\":\"ValueError\""));
    ck_assert_ptr_nonnull(strstr(w.board, "this text is not to my taste"));
    ck_assert_ptr_nonnull(strstr(w.board, "trouble.py"));
    world_check_books(&w);
    world_stop(&w);
}
END_TEST

START_TEST(what_the_last_run_left_is_done_first)
{
    world_start(&w, &(struct world_options){.workers = 1, .queue_max = 20});
    for (int i = 0; i < 300; i++)
        world_pending_job(&w);
    w.pends = true;
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_uint_gt(w.pages, 10);
    world_check_books(&w);
    world_stop(&w);
}
END_TEST

START_TEST(a_flood_beyond_the_queue_is_left_to_the_store_and_done_later)
{
    world_start(&w, &(struct world_options){.workers = 2, .queue_max = 200});
    w.pends = true;
    ck_assert(world_until(&w, world_is_ready));
    for (int i = 0; i < 2; i++) {
        world_job(&w, "wait 0.3");
        world_pass(&w, 20);
    }
    for (int i = 0; i < 5000; i++)
        world_job(&w, "flood");
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_uint_gt(dispatch_stats(w.dispatch)->deferred, 0);
    for (int i = 0; i < 100; i++)
        world_job(&w, "after");
    ck_assert(world_until(&w, world_has_all_verdicts));
    world_check_books(&w);
    world_stop(&w);
}
END_TEST

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* How much later than asked for the machine lets a thread run again. */
static uint64_t lateness_us(void)
{
    uint64_t start_us = clock_mono_us();
    usleep(1000);
    return clock_mono_us() - start_us - 1000;
}

static void measure_idle(const char *title)
{
    enum { N = 300 };
    uint64_t took[N], late[N];
    for (int i = 0; i < N; i++) {
        late[i] = lateness_us();
        int64_t id = world_job(&w, "how long does one message take when nothing else happens?");
        ck_assert(world_until(&w, world_has_all_verdicts));
        took[i] = w.seen[id].verdict_us - w.seen[id].posted_us;
    }
    qsort(took, N, sizeof *took, by_size);
    qsort(late, N, sizeof *late, by_size);
    printf("%s: idle, job posted -> verdict: p50 %llu us, p99 %llu us\n", title,
           (unsigned long long)took[N / 2], (unsigned long long)took[N * 99 / 100]);
    /* There and back four threads are woken. */
    ck_assert_uint_lt(took[N / 2], 100000 + 4 * late[N / 2]);
}

static void measure_flood(const char *title, int n)
{
    uint64_t verdicts = w.verdicts;
    for (int round = 0; round < 4; round++) {
        uint64_t start_us = clock_mono_us();
        for (int i = 0; i < n; i++)
            world_job(&w, "You are all invited to look at this message, which is of a usual "
                          "length, is it not? I hope that nobody is an idiot about it, thanks!");
        ck_assert(world_until(&w, world_has_all_verdicts));
        double s = (double)(clock_mono_us() - start_us) / 1e6;
        if (round > 0)
            printf("%s: %.0f messages/s\n", title, n / s);
    }
    ck_assert_uint_eq(w.verdicts - verdicts, 4 * (uint64_t)n);
}

START_TEST(figures_with_a_trivial_analyzer)
{
    start(1);
    printf("one worker, trivial analyzers: start_ms %ld of which load_ms %ld\n",
           world_number(&w, 0, "start_ms"), world_number(&w, 0, "load_ms"));
    measure_idle("one worker, trivial analyzers");
    measure_flood("one worker, trivial analyzers", 8000);
    world_check_books(&w);
    world_stop(&w);
}
END_TEST

START_TEST(figures_with_the_real_analyzers)
{
    world_start(&w, &(struct world_options){.workers = 2, .disable = "trouble,picky"});
    ck_assert(world_until(&w, world_is_ready));
    printf("two workers, real analyzers: start_ms %ld of which load_ms %ld\n",
           world_number(&w, 0, "start_ms"), world_number(&w, 0, "load_ms"));
    ck_assert_ptr_nonnull(strstr(w.board, "\"name\":\"toxicity\""));
    measure_idle("two workers, real analyzers");
    measure_flood("two workers, real analyzers", 2000);
    world_check_books(&w);
    world_stop(&w);
}
END_TEST

TEST_MAIN("workers", 300,
          every_message_gets_one_verdict_at_its_home,
          an_exception_is_reported_and_harms_nobody,
          what_the_last_run_left_is_done_first,
          a_flood_beyond_the_queue_is_left_to_the_store_and_done_later,
          figures_with_a_trivial_analyzer,
          figures_with_the_real_analyzers)
