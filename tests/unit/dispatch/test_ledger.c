/* SPDX-License-Identifier: MIT
 * Claims about the ledger: the books balance, order is kept, guilt is found. */
#include "jobs.h"
#include "unit.h"

#include "base/status.h"

static struct ledger l;
static struct list condemned;

static void start(int64_t jobs)
{
    ledger_init(&l);
    list_init(&condemned);
    add_jobs(&l, 1, jobs);
}

static void check_books(void)
{
    ck_assert_uint_eq(l.sent, l.done + l.failed + l.quarantined + l.in_flight);
}

static struct batch *send_some(uint32_t n)
{
    struct batch *b = ledger_take(&l, JOB_BACKGROUND, n, 1 << 20);
    ck_assert_ptr_nonnull(b);
    ledger_sent(&l, b, 5000);
    check_books();
    return b;
}

static struct batch *send_suspect(void)
{
    struct batch *b = ledger_take_suspect(&l);
    ck_assert_ptr_nonnull(b);
    ledger_sent(&l, b, 5000);
    check_books();
    return b;
}

static void give_back(struct batch *b, enum blame blame)
{
    ledger_return(&l, b, blame, &condemned);
    check_books();
}

static void quarantine_all(void)
{
    LIST_FOREACH(&condemned, link, after)
        ledger_quarantine(&l, container_of(link, struct job, link));
}

START_TEST(a_job_is_taken_once)
{
    start(2);
    struct msg_job *again = job_new(2, "text");
    ck_assert_int_eq(ledger_add(&l, again, 1), E_EXISTS);
    msg_free(&again->head);
    ck_assert(ledger_has(&l, 1));
    ck_assert(!ledger_has(&l, 3));
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 2);
    ck_assert_uint_eq(ledger_oldest_us(&l, JOB_BACKGROUND), 1001);
    ledger_fini(&l);
}
END_TEST

START_TEST(batches_are_bounded_by_number_and_bytes_but_never_empty)
{
    start(0);
    char big[5001];
    memset(big, 'x', 5000);
    big[5000] = '\0';
    ck_assert_int_eq(ledger_add(&l, job_new(1, big), 1), 0);
    add_jobs(&l, 2, 10);
    struct batch *b = ledger_take(&l, JOB_BACKGROUND, 8, 100);
    ck_assert_uint_eq(b->n, 1); /* larger than a batch may be, and alone */
    ledger_sent(&l, b, 1);
    ledger_done(&l, b);
    b = ledger_take(&l, JOB_BACKGROUND, 8, 12);
    ck_assert_uint_eq(b->n, 3); /* 4 bytes each */
    ledger_untake(&l, b);
    b = ledger_take(&l, JOB_BACKGROUND, 8, 1000);
    ck_assert_uint_eq(b->n, 8);
    ck_assert_int_eq(first_id(b), 2);
    ledger_untake(&l, b);
    ck_assert_uint_eq(l.sent, 1);
    check_books();
    ledger_fini(&l);
}
END_TEST

START_TEST(what_is_given_back_without_blame_comes_first_in_the_old_order)
{
    start(9);
    struct batch *a = send_some(3), *b = send_some(3);
    give_back(b, BLAME_NOBODY);
    give_back(a, BLAME_NOBODY);
    ck_assert_uint_eq(l.failed, 6);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 9);
    for (int64_t id = 1; id <= 9; id++) {
        struct batch *one = send_some(1);
        ck_assert_int_eq(first_id(one), id);
        ck_assert_uint_eq(first_job(one)->attempts, 1);
        ledger_done(&l, one);
    }
    ck_assert_uint_eq(l.redispatched, 6);
    ck_assert_uint_eq(l.done, 9);
    check_books();
    ledger_fini(&l);
}
END_TEST

/* Plays all suspects out, with the given jobs as killers. Returns how many batches died. */
static unsigned play(const bool *kills)
{
    unsigned deaths = 0;
    while (!list_is_empty(&l.suspects)) {
        struct batch *b = send_suspect();
        bool dies = false;
        LIST_FOREACH(&b->jobs, link, after)
            dies = dies || kills[container_of(link, struct job, link)->msg->id];
        deaths += dies;
        if (dies)
            give_back(b, BLAME_BATCH);
        else
            ledger_done(&l, b);
        check_books();
    }
    return deaths;
}

static unsigned count_condemned(void)
{
    unsigned n = 0;
    LIST_FOREACH(&condemned, link, after)
        n++;
    return n;
}

START_TEST(one_poisonous_job_is_found_alone_at_the_cost_of_three_workers)
{
    for (int64_t bad = 1; bad <= 64; bad++) {
        bool kills[65] = {false};
        kills[bad] = true;
        start(64);
        give_back(send_some(64), BLAME_BATCH);
        ck_assert_uint_eq(l.suspected, 64);
        ck_assert_uint_eq(1 + play(kills), 3);
        ck_assert_uint_eq(count_condemned(), 1);
        struct job *j = container_of(condemned.next, struct job, link);
        ck_assert_int_eq(j->msg->id, bad);
        ck_assert_uint_eq(j->attempts, ATTEMPTS_MAX);
        quarantine_all();
        ck_assert_uint_eq(l.done, 63);
        ck_assert_uint_eq(l.quarantined, 1);
        ck_assert_uint_eq(l.by_id.count, 0);
        ledger_fini(&l);
    }
}
END_TEST

START_TEST(several_poisonous_jobs_are_all_found_and_nobody_else)
{
    bool kills[1025] = {false};
    kills[3] = kills[4] = kills[500] = kills[1024] = true;
    start(1024);
    give_back(send_some(1024), BLAME_BATCH);
    play(kills);
    ck_assert_uint_eq(count_condemned(), 4);
    LIST_FOREACH(&condemned, link, after)
        ck_assert(kills[container_of(link, struct job, link)->msg->id]);
    quarantine_all();
    ck_assert_uint_eq(l.done, 1020);
    ledger_fini(&l);
}
END_TEST

START_TEST(small_batches_split_down_to_single_jobs_by_the_last_attempt)
{
    for (uint32_t n = 1; n <= 40; n++) {
        start(n);
        give_back(send_some(n), BLAME_BATCH);
        while (!list_is_empty(&l.suspects)) {
            struct batch *b = send_suspect();
            if (first_job(b)->attempts == ATTEMPTS_MAX)
                ck_assert_uint_eq(b->n, 1);
            give_back(b, BLAME_BATCH);
        }
        ck_assert_uint_eq(count_condemned(), n);
        quarantine_all();
        ck_assert_uint_eq(l.quarantined, n);
        ledger_fini(&l);
    }
}
END_TEST

START_TEST(kills_from_outside_are_forgiven_but_not_for_ever)
{
    start(1);
    for (int i = 0; i < FORGIVEN_MAX; i++)
        give_back(send_some(1), BLAME_OUTSIDE);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 1);
    ck_assert_uint_eq(l.suspected, 0);
    give_back(send_some(1), BLAME_OUTSIDE); /* looks more like the out-of-memory killer by now */
    for (int i = 1; i < ATTEMPTS_MAX; i++)
        give_back(send_suspect(), BLAME_OUTSIDE);
    ck_assert_uint_eq(count_condemned(), 1);
    quarantine_all();
    ledger_fini(&l);
}
END_TEST

START_TEST(a_suspect_given_back_without_blame_stays_a_suspect)
{
    start(4);
    give_back(send_some(4), BLAME_BATCH);
    struct batch *b = send_suspect();
    ck_assert_uint_eq(b->n, 2);
    uint64_t id = b->id;
    give_back(b, BLAME_NOBODY);
    ck_assert_uint_eq(l.suspected, 4);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 0);
    b = send_suspect();
    ck_assert_uint_eq(first_job(b)->attempts, 2);
    ck_assert_uint_ne(b->id, id); /* a late answer to the old one finds nothing */
    ledger_done(&l, b);
    ledger_fini(&l);
}
END_TEST

static void ask(enum job_kind kind, int64_t id, uint64_t deadline_us)
{
    struct msg_job *job = job_new(id, "text");
    job->kind = kind;
    job->deadline_us = deadline_us;
    ck_assert_int_eq(ledger_add(&l, job, 1), 0);
}

START_TEST(kinds_wait_in_lanes_of_their_own)
{
    start(3);
    ask(JOB_GATE, -1, 0);
    ask(JOB_ADHOC, -2, 0);
    struct batch *b = ledger_take(&l, JOB_GATE, 10, 1 << 20);
    ck_assert_uint_eq(b->n, 1);
    ck_assert_int_eq(b->kind, JOB_GATE);
    ck_assert_int_eq(first_id(b), -1);
    ledger_untake(&l, b);
    ck_assert_uint_eq(l.lanes[JOB_GATE].n, 1);
    b = ledger_take(&l, JOB_ADHOC, 10, 1 << 20);
    ck_assert_int_eq(first_id(b), -2);
    ledger_sent(&l, b, 1);
    give_back(b, BLAME_BATCH);
    b = ledger_take_suspect(&l);
    ck_assert_int_eq(b->kind, JOB_ADHOC);
    ledger_sent(&l, b, 2);
    ledger_done(&l, b);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 3);
    ledger_fini(&l);
}
END_TEST

static int64_t drop_first(struct list *expired)
{
    struct job *j = container_of(expired->next, struct job, link);
    int64_t id = j->msg->id;
    ledger_drop(&l, j);
    return id;
}

START_TEST(only_what_has_a_deadline_and_was_not_sent_expires)
{
    struct list expired;
    list_init(&expired);
    start(2);
    ask(JOB_GATE, -1, 100);
    ask(JOB_GATE, -2, 0);
    ask(JOB_GATE, -3, 300);
    struct batch *b = ledger_take(&l, JOB_GATE, 1, 1 << 20);
    ledger_sent(&l, b, 1);
    ledger_expire(&l, 1000, &expired);
    ck_assert_int_eq(drop_first(&expired), -3);
    ck_assert(list_is_empty(&expired));
    give_back(b, BLAME_BATCH); /* suspected now, and waits */
    ck_assert_uint_eq(l.suspected, 1);
    ledger_expire(&l, 1000, &expired);
    ck_assert_int_eq(drop_first(&expired), -1);
    ck_assert_uint_eq(l.suspected, 0);
    ck_assert(list_is_empty(&l.suspects));
    ledger_expire(&l, UINT64_MAX, &expired);
    ck_assert_int_eq(drop_first(&expired), -2);
    ck_assert(list_is_empty(&expired));
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 2);
    check_books();
    ledger_fini(&l);
}
END_TEST

UNIT_MAIN("ledger", a_job_is_taken_once,
          batches_are_bounded_by_number_and_bytes_but_never_empty,
          what_is_given_back_without_blame_comes_first_in_the_old_order,
          one_poisonous_job_is_found_alone_at_the_cost_of_three_workers,
          several_poisonous_jobs_are_all_found_and_nobody_else,
          small_batches_split_down_to_single_jobs_by_the_last_attempt,
          kills_from_outside_are_forgiven_but_not_for_ever,
          a_suspect_given_back_without_blame_stays_a_suspect,
          kinds_wait_in_lanes_of_their_own,
          only_what_has_a_deadline_and_was_not_sent_expires)
