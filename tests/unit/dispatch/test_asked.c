/* SPDX-License-Identifier: MIT
 *
 * Claims about jobs that somebody waits for (the gate's, and ad-hoc ones), with real workers: each
 * is answered once, the gate's first, and nobody waits for what will not come.
 */
#include "main.h"
#include "world.h"

#include "base/status.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct world w;

static void start(unsigned workers)
{
    world_start(&w, &(struct world_options){.workers = workers});
    ck_assert(world_until(&w, world_is_ready));
}

static bool has_replies(struct world *world)
{
    return world->n_replies > 0;
}

static bool all_600_are_done(struct world *world)
{
    return dispatch_stats(world->dispatch)->done >= 600;
}

START_TEST(each_is_answered_once_with_every_label)
{
    start(2);
    for (int i = 0; i < 300; i++) {
        world_ask(&w, i % 2 == 0 ? JOB_GATE : JOB_ADHOC, "HELLO", 0);
        world_job(&w, "beside them");
    }
    ck_assert(world_until(&w, world_has_all_replies));
    ck_assert(world_until(&w, world_has_all_verdicts));
    for (uint32_t i = 0; i < w.n_asked; i++) {
        ck_assert_int_eq(w.replies[i].status, 0);
        ck_assert_int_eq(w.replies[i].tag, i % 2 == 0 ? MSG_ROOM_JUDGED : MSG_INQUIRY_JUDGED);
        ck_assert_uint_eq(w.replies[i].labels, 2);
    }
    ck_assert(world_until(&w, all_600_are_done));
    const struct dispatch_stats *s = dispatch_stats(w.dispatch);
    ck_assert_uint_eq(s->sent, s->done);
    ck_assert_uint_eq(s->done, 600);
    world_stop(&w);
}
END_TEST

START_TEST(the_gate_overtakes_what_lies_at_the_worker)
{
    start(1);
    for (int i = 0; i < 400; i++)
        world_job(&w, "wait 0.015");
    world_pass(&w, 100); /* batches lie at the worker */
    world_ask(&w, JOB_ADHOC, "later", 0);
    world_ask(&w, JOB_GATE, "now", 0);
    ck_assert(world_until(&w, has_replies));
    ck_assert_uint_eq(w.replies[0].n, 0);
    ck_assert_uint_eq(w.replies[1].n, 1);
    uint64_t before = w.verdicts;
    ck_assert_uint_lt(before, 200); /* the batch in hand, and no other */
    ck_assert(world_until(&w, world_has_all_replies));
    ck_assert_uint_lt(w.verdicts, 400);
    ck_assert(world_until(&w, world_has_all_verdicts));
    world_stop(&w);
}
END_TEST

START_TEST(a_text_that_kills_workers_is_refused_and_its_neighbours_are_judged)
{
    start(2);
    for (int i = 0; i < 20; i++)
        world_ask(&w, JOB_GATE, i == 11 ? "segfault" : "fine", 0);
    ck_assert(world_until(&w, world_has_all_replies));
    for (uint32_t i = 0; i < 20; i++)
        ck_assert_int_eq(w.replies[i].status, i == 11 ? E_REJECTED : 0);
    ck_assert_uint_eq(w.n_quarantines, 0);
    world_stop(&w);
}
END_TEST

START_TEST(what_was_not_begun_by_its_deadline_is_answered)
{
    start(1);
    pid_t pid = (pid_t)world_number(&w, 0, "pid");
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    for (int i = 0; i < 1000; i++)
        world_ask(&w, JOB_GATE, "nobody is there", 100);
    ck_assert(world_until(&w, world_has_all_replies));
    unsigned late = 0;
    for (uint32_t i = 0; i < w.n_asked; i++)
        late += w.replies[i].status == E_TIMEOUT;
    ck_assert_uint_ge(late, 1000 - 2 * 64); /* all but what its credits let it have */
    world_stop(&w);
}
END_TEST

TEST_MAIN("asked", 120,
          each_is_answered_once_with_every_label,
          the_gate_overtakes_what_lies_at_the_worker,
          a_text_that_kills_workers_is_refused_and_its_neighbours_are_judged,
          what_was_not_begun_by_its_deadline_is_answered)
