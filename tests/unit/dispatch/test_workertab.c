/* SPDX-License-Identifier: MIT
 * Claims about the states of workers: each follows from facts and a clock. */
#include "jobs.h"
#include "unit.h"

#include "dispatch/workertab.h"

#include <signal.h>
#include <sys/wait.h>

#define S 1000000ull
#define T0 (100 * S)

static struct workertab tab;
static struct worker *w;
static struct ledger l;

static void start(void)
{
    ledger_init(&l);
    ck_assert_int_eq(workertab_init(&tab, 2, 10 * S), 0);
    w = workertab_by_slot(&tab, 1);
    worker_spawned(w, 4711, 3, T0);
}

static void stop(void)
{
    workertab_fini(&tab);
    ledger_fini(&l);
}

static void hear(uint64_t at)
{
    w->peer.len = 1;
    w->heard_us = at;
}

static void get_ready(uint64_t at)
{
    hear(at);
    w->ready_us = at;
}

static struct batch *give(uint64_t at)
{
    static int64_t id;
    id++;
    add_jobs(&l, id, id);
    struct batch *b = ledger_take(&l, JOB_BACKGROUND, 1, 100);
    ledger_sent(&l, b, at);
    worker_give(w, b, at);
    return b;
}

static void done(struct batch *b, uint64_t at)
{
    ck_assert_ptr_eq(worker_take(w, b->id, at), b);
    ledger_done(&l, b);
}

static enum worker_state state_at(uint64_t now, bool kill)
{
    const char *why;
    enum worker_state s = worker_judge(w, &tab.limits, now, &why);
    ck_assert((why != NULL) == kill);
    return s;
}

START_TEST(a_start_goes_through_starting_and_warming_to_ready)
{
    start();
    ck_assert_int_eq(state_at(T0 + 1 * S, false), WORKER_STARTING);
    ck_assert(!worker_is_open(w));
    hear(T0 + 2 * S);
    ck_assert_int_eq(state_at(T0 + 2 * S, false), WORKER_WARMING);
    ck_assert(!worker_is_open(w));
    get_ready(T0 + 3 * S);
    ck_assert_int_eq(state_at(T0 + 3 * S, false), WORKER_READY);
    ck_assert(worker_is_open(w));
    stop();
}
END_TEST

START_TEST(a_start_that_takes_too_long_is_stuck)
{
    start();
    ck_assert_int_eq(state_at(T0 + 11 * S, true), WORKER_STUCK);
    hear(T0 + 61 * S);
    ck_assert_int_eq(state_at(T0 + 61 * S, true), WORKER_STUCK);
    stop();
}
END_TEST

START_TEST(work_makes_busy_then_slow_then_stuck)
{
    start();
    get_ready(T0);
    struct batch *b = give(T0);
    w->heard_us = T0 + 20 * S; /* heartbeats come all the time */
    ck_assert_int_eq(state_at(T0 + 1 * S, false), WORKER_BUSY);
    ck_assert_int_eq(state_at(T0 + 3 * S, false), WORKER_SLOW);
    ck_assert_int_eq(state_at(T0 + 10 * S + 1, true), WORKER_STUCK);
    done(b, T0 + 11 * S);
    ck_assert_int_eq(state_at(T0 + 11 * S, false), WORKER_READY);
    stop();
}
END_TEST

START_TEST(a_batch_is_timed_from_when_it_was_first_in_line)
{
    start();
    get_ready(T0);
    struct batch *a = give(T0), *b = give(T0);
    w->heard_us = T0 + 20 * S;
    done(a, T0 + 9 * S);
    ck_assert_int_eq(state_at(T0 + 10 * S, false), WORKER_BUSY);
    ck_assert_int_eq(state_at(T0 + 19 * S + 1, true), WORKER_STUCK);
    done(b, T0 + 19 * S);
    ck_assert_uint_eq(w->n_batches, 0);
    ck_assert_uint_eq(w->jobs_in_flight, 0);
    ck_assert_ptr_null(worker_take(w, 12345, T0));
    stop();
}
END_TEST

START_TEST(silence_makes_slow_then_stuck)
{
    start();
    get_ready(T0);
    ck_assert_int_eq(state_at(T0 + 900000, false), WORKER_READY);
    ck_assert_int_eq(state_at(T0 + 1 * S + 1, false), WORKER_SLOW);
    ck_assert_int_eq(state_at(T0 + 3 * S + 1, true), WORKER_STUCK);
    stop();
}
END_TEST

START_TEST(our_own_standstill_is_not_held_against_workers)
{
    start();
    get_ready(T0);
    struct batch *b = give(T0);
    workertab_excuse(&tab, 60 * S);
    ck_assert_int_eq(state_at(T0 + 60 * S, false), WORKER_BUSY);
    done(b, T0 + 60 * S);
    stop();
}
END_TEST

START_TEST(draining_and_refusing_workers_get_nothing_more)
{
    start();
    get_ready(T0);
    w->refuses = true;
    ck_assert(!worker_is_open(w));
    w->refuses = false;
    w->draining = true;
    ck_assert(!worker_is_open(w));
    ck_assert_int_eq(state_at(T0, false), WORKER_DRAINING);
    stop();
}
END_TEST

START_TEST(an_exit_is_described_and_forgets_the_process)
{
    start();
    get_ready(T0);
    worker_describe_exit(w, SIGSEGV);
    ck_assert_str_eq(w->exit, "killed by signal 11 (SIGSEGV)");
    worker_exited(w, SIGSEGV, T0 + S);
    ck_assert_int_eq(state_at(T0 + 2 * S, false), WORKER_CRASHED);
    ck_assert(!worker_is_open(w));
    ck_assert_int_eq(w->pid, 0);
    struct peer peer = {.len = 1};
    ck_assert_ptr_null(workertab_by_peer(&tab, &peer));

    worker_spawned(w, 4712, 4, T0 + 3 * S);
    get_ready(T0 + 4 * S);
    w->draining = true;
    worker_describe_exit(w, 0);
    ck_assert_str_eq(w->exit, "exited with code 0");
    worker_exited(w, 0, T0 + 5 * S);
    ck_assert_int_eq(state_at(T0 + 6 * S, false), WORKER_STOPPED);

    worker_spawned(w, 4713, 5, T0 + 7 * S);
    w->kill_asked_us = T0 + 8 * S;
    w->kill_why = "batch past its deadline";
    worker_describe_exit(w, SIGKILL);
    ck_assert_str_eq(w->exit,
                     "killed by signal 9 (SIGKILL) by the server: batch past its deadline");
    stop();
}
END_TEST

START_TEST(signals_that_people_send_are_told_from_faults)
{
    ck_assert(worker_killed_from_outside(SIGKILL));
    ck_assert(worker_killed_from_outside(SIGTERM));
    ck_assert(!worker_killed_from_outside(SIGSEGV));
    ck_assert(!worker_killed_from_outside(SIGABRT));
    ck_assert(!worker_killed_from_outside(W_EXITCODE(3, 0)));
}
END_TEST

START_TEST(the_gates_batches_come_behind_the_one_in_hand)
{
    start();
    get_ready(T0);
    struct batch *hand = give(T0), *last = give(T0);
    struct msg_job *job = job_new(-1, "text");
    job->kind = JOB_GATE;
    ck_assert_int_eq(ledger_add(&l, job, T0), 0);
    struct batch *gate = ledger_take(&l, JOB_GATE, 1, 100);
    ledger_sent(&l, gate, T0);
    worker_give(w, gate, T0 + 1);
    ck_assert_ptr_eq(w->batches.next, &hand->link);
    ck_assert_ptr_eq(hand->link.next, &gate->link);
    ck_assert_uint_eq(w->n_gate, 1);
    /* Its heartbeat knows better which one it began. */
    worker_works_on(w, gate->id, T0 + 5);
    ck_assert_ptr_eq(w->batches.next, &gate->link);
    ck_assert_uint_eq(w->head_since_us, T0 + 5);
    done(gate, T0 + 9);
    ck_assert_uint_eq(w->n_gate, 0);
    ck_assert_uint_eq(w->head_since_us, T0 + 9);
    ck_assert_ptr_eq(w->batches.next, &hand->link);
    done(hand, T0 + 10);
    done(last, T0 + 11);
    stop();
}
END_TEST

UNIT_MAIN("workertab", a_start_goes_through_starting_and_warming_to_ready,
          a_start_that_takes_too_long_is_stuck, work_makes_busy_then_slow_then_stuck,
          a_batch_is_timed_from_when_it_was_first_in_line, silence_makes_slow_then_stuck,
          our_own_standstill_is_not_held_against_workers,
          draining_and_refusing_workers_get_nothing_more,
          an_exit_is_described_and_forgets_the_process,
          signals_that_people_send_are_told_from_faults,
          the_gates_batches_come_behind_the_one_in_hand)
