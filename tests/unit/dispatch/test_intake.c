/* SPDX-License-Identifier: MIT
 *
 * Claims about what is kept in memory and what is read back from the store: every job is
 * taken once. The store is played by a set of ids that still want a verdict.
 */
#include "unit.h"

#include "dispatch/intake.h"

#include <stdlib.h>
#include <string.h>

#define IDS 20000

static struct intake in;
static bool pending[IDS]; /* in the store, without a verdict */
static unsigned taken[IDS];
static uint32_t queued;

static void start(uint32_t queue_max)
{
    ck_assert_int_eq(intake_init(&in, queue_max), 0);
}

static void take(int64_t id)
{
    intake_took(&in, id);
    taken[id]++;
    queued++;
    ck_assert_uint_le(queued, in.queue_max);
}

/* A job straight from its room. */
static void arrive(int64_t id)
{
    if (!intake_knows(&in, id) && intake_admits(&in, id, queued))
        take(id);
}

static void commit(int64_t id)
{
    pending[id] = true;
    arrive(id);
}

struct page {
    int64_t ids[INTAKE_PAGE];
    uint32_t count, limit;
};

static struct page read_page(int64_t after, uint32_t limit)
{
    struct page p = {.limit = limit};
    for (int64_t id = after + 1; id < IDS && p.count < limit; id++)
        if (pending[id])
            p.ids[p.count++] = id;
    return p;
}

static void answer(const struct page *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (!intake_knows(&in, p->ids[i]))
            take(p->ids[i]);
    intake_page(&in, p->count, p->limit, p->count > 0 ? p->ids[p->count - 1] : 0);
}

/* Asks and gets its answer, if it wants to. */
static bool page(void)
{
    int64_t after;
    uint32_t limit;
    if (!intake_asks(&in, queued, &after, &limit))
        return false;
    struct page p = read_page(after, limit);
    answer(&p);
    return true;
}

static void check_each_taken_once(int64_t last)
{
    for (int64_t id = 1; id <= last; id++)
        ck_assert_msg(taken[id] == 1, "job %lld was taken %u times", (long long)id, taken[id]);
}

START_TEST(a_start_reads_what_was_left_then_opens)
{
    start(10000);
    for (int64_t id = 1; id <= 1200; id++)
        pending[id] = true;
    commit(1201);
    ck_assert_uint_eq(queued, 0);
    while (page())
        continue;
    check_each_taken_once(1201);
    commit(1202);
    check_each_taken_once(1202);
    intake_fini(&in);
}
END_TEST

START_TEST(the_queue_stays_bounded_and_all_are_taken_in_the_end)
{
    start(100);
    page();
    for (int64_t id = 1; id <= 5000; id++)
        commit(id);
    ck_assert_uint_eq(queued, 100);
    ck_assert_uint_eq(in.deferred, 4900);
    ck_assert(!page()); /* not before the queue is half empty */
    for (int rounds = 0; rounds < 200; rounds++) {
        queued = 0; /* worked off; the verdicts are not committed yet */
        page();
    }
    check_each_taken_once(5000);
    queued = 0;
    commit(5001);
    check_each_taken_once(5001);
    intake_fini(&in);
}
END_TEST

START_TEST(a_job_that_comes_late_from_another_room_is_neither_lost_nor_doubled)
{
    start(4);
    page();
    for (int64_t id = 1; id <= 20; id++)
        pending[id] = true;
    for (int64_t id = 1; id <= 6; id++) /* 5 and 6 are left out */
        arrive(id);
    queued = 0;
    page();       /* brings 5 to 8 */
    arrive(8);    /* from a slow loop: there already */
    arrive(9);    /* never seen */
    queued = 0;
    while (page())
        queued = 0;
    for (int64_t id = 20; id >= 10; id--)
        arrive(id);
    while (page())
        queued = 0;
    check_each_taken_once(20);
    intake_fini(&in);
}
END_TEST

START_TEST(it_opens_again_under_constant_load)
{
    start(1000);
    for (int64_t id = 1; id <= 5; id++)
        pending[id] = true;
    int64_t id = 5;
    for (int round = 0; round < 50; round++) {
        int64_t after;
        uint32_t limit;
        bool asked = intake_asks(&in, queued, &after, &limit);
        struct page p = asked ? read_page(after, limit) : (struct page){.limit = 1};
        commit(++id); /* always one more while the page is on its way */
        if (asked)
            answer(&p);
        commit(++id);
        queued = 0;
    }
    ck_assert_uint_lt(in.deferred, 5);
    while (page())
        queued = 0;
    check_each_taken_once(id);
    intake_fini(&in);
}
END_TEST

START_TEST(a_message_that_wants_no_verdict_any_more_holds_nothing_up)
{
    start(2);
    page();
    for (int64_t id = 1; id <= 6; id++)
        commit(id);
    for (int64_t id = 3; id <= 6; id++)
        pending[id] = false; /* deleted meanwhile */
    queued = 0;
    while (page())
        queued = 0;
    queued = 0;
    commit(7);
    ck_assert_uint_eq(taken[7], 1);
    intake_fini(&in);
}
END_TEST

START_TEST(random_floods_take_each_job_once)
{
    for (unsigned seed = 1; seed <= 30; seed++) {
        srand(seed);
        memset(pending, 0, sizeof pending);
        memset(taken, 0, sizeof taken);
        queued = 0;
        start(1 + (uint32_t)rand() % 50);
        int64_t next = 1, waiting[8];
        int n_waiting = 0;
        struct page p = {.limit = 1};
        while (next < 3000) {
            int64_t after;
            uint32_t limit;
            switch (rand() % 5) {
            case 0: /* committed, but its news is on the way */
                pending[next] = true;
                if (n_waiting < 8)
                    waiting[n_waiting++] = next++;
                else
                    arrive(next++);
                break;
            case 1:
                if (n_waiting > 0) {
                    int i = rand() % n_waiting;
                    arrive(waiting[i]);
                    waiting[i] = waiting[--n_waiting];
                }
                break;
            case 2:
                if (in.asked)
                    answer(&p);
                else if (intake_asks(&in, queued, &after, &limit))
                    p = read_page(after, limit);
                break;
            case 3:
                commit(next++);
                break;
            default: /* some are done; some of their verdicts are on disk */
                queued -= queued > 0 ? (uint32_t)rand() % queued : 0;
                for (int64_t id = 1; id < next; id++)
                    if (taken[id] && rand() % 4 == 0)
                        pending[id] = false;
            }
        }
        while (n_waiting > 0)
            arrive(waiting[--n_waiting]);
        if (in.asked)
            answer(&p);
        queued = 0;
        while (page())
            queued = 0;
        check_each_taken_once(next - 1);
        intake_fini(&in);
    }
}
END_TEST

START_TEST(the_window_forgets_old_numbers_only)
{
    start(10);
    intake_took(&in, 5);
    ck_assert(intake_knows(&in, 5));
    intake_took(&in, 5 + INTAKE_WINDOW - 1);
    ck_assert(intake_knows(&in, 5));
    intake_took(&in, 5 + INTAKE_WINDOW);
    ck_assert(!intake_knows(&in, 5));
    ck_assert(intake_knows(&in, 5 + INTAKE_WINDOW));
    ck_assert(intake_knows(&in, 5 + INTAKE_WINDOW - 1));
    intake_took(&in, 10 * (int64_t)INTAKE_WINDOW);
    ck_assert(!intake_knows(&in, 9 * (int64_t)INTAKE_WINDOW + 5));
    intake_fini(&in);
}
END_TEST

UNIT_MAIN("intake", a_start_reads_what_was_left_then_opens,
          the_queue_stays_bounded_and_all_are_taken_in_the_end,
          a_job_that_comes_late_from_another_room_is_neither_lost_nor_doubled,
          it_opens_again_under_constant_load,
          a_message_that_wants_no_verdict_any_more_holds_nothing_up,
          random_floods_take_each_job_once, the_window_forgets_old_numbers_only)
