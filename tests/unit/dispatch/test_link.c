/* SPDX-License-Identifier: MIT
 *
 * Claims about a worker that the test plays itself, over real ZeroMQ: who is listened to,
 * what happens to garbage and to answers that come too late.
 */
#include "main.h"
#include "unit.h"
#include "world.h"

#include "base/clock.h"
#include "dispatch/codec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

static struct world w;

/* One played worker. */
struct fake {
    void *context, *socket;
    uint32_t slot, pid;
    Parley__Worker__ToWorker *got;
};

/* Returns when dispatch knows: a fake says that it is ready once, and would not be heard before. */
static void spawned(uint32_t slot, int pid)
{
    struct msg_worker *m = msg_new(MSG_DISPATCH_SPAWNED, 0);
    m->slot = slot;
    m->pid = pid;
    m->at_us = clock_mono_us();
    mailbox_post(w.topology.dispatch, &m->head);
    for (int i = 0; i < unit_patience_ms() / 10 && world_number(&w, slot, "pid") != pid; i++)
        world_pass(&w, 10);
    ck_assert_int_eq(world_number(&w, slot, "pid"), pid);
}

static void exited(uint32_t slot, int pid, int wait_status)
{
    struct msg_worker *m = msg_new(MSG_DISPATCH_EXITED, 0);
    m->slot = slot;
    m->pid = pid;
    m->wait_status = wait_status;
    mailbox_post(w.topology.dispatch, &m->head);
}

static void open_fake(struct fake *f, uint32_t slot, uint32_t pid)
{
    const int linger = 0;
    *f = (struct fake){.slot = slot, .pid = pid};
    f->context = zmq_ctx_new();
    f->socket = zmq_socket(f->context, ZMQ_DEALER);
    zmq_setsockopt(f->socket, ZMQ_LINGER, &linger, sizeof linger);
    ck_assert_int_eq(zmq_connect(f->socket, w.endpoint), 0);
}

static void close_fake(struct fake *f)
{
    if (f->got != NULL)
        parley__worker__to_worker__free_unpacked(f->got, NULL);
    zmq_close(f->socket);
    zmq_ctx_term(f->context);
}

static void say(struct fake *f, const Parley__Worker__ToServer *m)
{
    uint8_t bytes[8192];
    size_t len = parley__worker__to_server__pack(m, bytes);
    ck_assert_int_eq(zmq_send(f->socket, bytes, len, 0), (int)len);
}

static void say_ready(struct fake *f)
{
    Parley__Worker__Ready ready = PARLEY__WORKER__READY__INIT;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    ready.slot = f->slot;
    ready.pid = f->pid;
    ready.protocol = LINK_PROTOCOL;
    ready.runtime = "none";
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_READY;
    m.ready = &ready;
    say(f, &m);
}

static void say_heartbeat(struct fake *f)
{
    Parley__Worker__Heartbeat beat = PARLEY__WORKER__HEARTBEAT__INIT;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    beat.slot = f->slot;
    beat.pid = f->pid;
    beat.seq = 9;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_HEARTBEAT;
    m.heartbeat = &beat;
    say(f, &m);
}

/* An answer to that batch with n messages without labels. */
static void say_result(struct fake *f, uint64_t batch, size_t n)
{
    Parley__Worker__Labels none = PARLEY__WORKER__LABELS__INIT, *all[64];
    Parley__Worker__Result result = PARLEY__WORKER__RESULT__INIT;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    for (size_t i = 0; i < 64; i++)
        all[i] = &none;
    result.batch = batch;
    result.messages = all;
    result.n_messages = n;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_RESULT;
    m.result = &result;
    say(f, &m);
}

/* The next message from the server, within so long; NULL: none. */
static const Parley__Worker__ToWorker *hear(struct fake *f, unsigned ms)
{
    uint8_t bytes[65536];
    if (f->got != NULL)
        parley__worker__to_worker__free_unpacked(f->got, NULL);
    f->got = NULL;
    for (unsigned i = 0; i < ms / 10 + 1; i++) {
        int len = zmq_recv(f->socket, bytes, sizeof bytes, ZMQ_DONTWAIT);
        if (len >= 0) {
            f->got = parley__worker__to_worker__unpack(NULL, (size_t)len, bytes);
            ck_assert_ptr_nonnull(f->got);
            return f->got;
        }
        world_pass(&w, 10);
    }
    return NULL;
}

static const Parley__Worker__Batch *hear_batch(struct fake *f)
{
    const Parley__Worker__ToWorker *m = hear(f, (unsigned)unit_patience_ms());
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->body_case, PARLEY__WORKER__TO_WORKER__BODY_BATCH);
    return m->batch;
}

static const Parley__Worker__Beat *hear_beat(struct fake *f)
{
    const Parley__Worker__ToWorker *m = hear(f, (unsigned)unit_patience_ms());
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->body_case, PARLEY__WORKER__TO_WORKER__BODY_BEAT);
    return m->beat;
}

static bool shows_stuck(struct world *world)
{
    return world->was_stuck;
}

static bool one_is_killed(struct world *world)
{
    return world->kills == 1;
}

static bool store_was_asked(struct world *world)
{
    return world->pages > 0;
}

static void start(unsigned workers)
{
    world_start(&w, &(struct world_options){.workers = workers, .no_workers = true});
    ck_assert(world_until(&w, store_was_asked)); /* nothing is left from before */
}

START_TEST(only_the_process_that_was_started_is_listened_to)
{
    struct fake stranger, real;
    start(1);
    spawned(0, 1001);
    open_fake(&stranger, 0, 1002);
    say_heartbeat(&stranger);
    ck_assert_ptr_null(hear(&stranger, 300));
    say_ready(&stranger);
    world_job(&w, "not for strangers");
    ck_assert_ptr_null(hear(&stranger, 300));
    say_result(&stranger, 1, 1);
    open_fake(&real, 0, 1001);
    say_heartbeat(&real);
    const Parley__Worker__Beat *beat = hear_beat(&real);
    ck_assert_uint_eq(beat->seq, 9);
    ck_assert(!beat->ready);
    say_ready(&real);
    const Parley__Worker__Batch *b = hear_batch(&real);
    ck_assert_str_eq(b->texts[0], "not for strangers");
    /* A second connection cannot take its place either. */
    stranger.pid = 1001;
    say_ready(&stranger);
    say_result(&stranger, b->id, 1);
    world_pass(&w, 200);
    ck_assert_uint_eq(w.verdicts, 0);
    say_result(&real, b->id, 1);
    ck_assert(world_until(&w, world_has_all_verdicts));
    world_check_books(&w);
    close_fake(&stranger);
    close_fake(&real);
    world_stop(&w);
}
END_TEST

START_TEST(a_worker_that_speaks_before_we_know_it_is_heard_when_it_repeats_itself)
{
    struct fake f;
    start(1);
    open_fake(&f, 0, 1001);
    say_heartbeat(&f);
    say_ready(&f);
    ck_assert_ptr_null(hear(&f, 200));
    spawned(0, 1001);
    world_pass(&w, 50);
    say_heartbeat(&f);
    ck_assert(!hear_beat(&f)->ready);
    say_ready(&f);
    say_heartbeat(&f);
    ck_assert(hear_beat(&f)->ready);
    close_fake(&f);
    world_stop(&w);
}
END_TEST

START_TEST(a_late_answer_is_ignored_and_the_first_one_counts)
{
    struct fake old, new;
    start(2);
    spawned(0, 1001);
    spawned(1, 1002);
    open_fake(&old, 0, 1001);
    say_ready(&old);
    world_job(&w, "twice");
    uint64_t id = hear_batch(&old)->id;
    exited(0, 1001, SIGKILL);
    open_fake(&new, 1, 1002);
    say_ready(&new);
    uint64_t again = hear_batch(&new)->id;
    ck_assert_uint_ne(id, again);
    say_result(&old, id, 1); /* its process is gone, as far as the server knows */
    world_pass(&w, 200);
    ck_assert_uint_eq(w.verdicts, 0);
    say_result(&new, again, 1);
    say_result(&new, again, 1);
    say_result(&new, id, 1);
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_msg(world_shows(&w, "\"late_results\":2"), "%s", w.board);
    world_check_books(&w);
    close_fake(&old);
    close_fake(&new);
    world_stop(&w);
}
END_TEST

START_TEST(garbage_costs_the_worker_its_life_and_the_message_an_attempt)
{
    struct fake f;
    start(1);
    spawned(0, 1001);
    open_fake(&f, 0, 1001);
    say_ready(&f);
    world_job(&w, "answered with nonsense");
    for (int attempt = 1; attempt <= 2; attempt++) {
        const Parley__Worker__Batch *b = hear_batch(&f);
        say_result(&f, b->id, 7); /* it was one message */
    }
    hear_batch(&f);
    ck_assert_uint_eq(w.kills, 0);
    zmq_send(f.socket, "no message of ours", 18, 0);
    ck_assert(world_until(&w, one_is_killed));
    exited(0, 1001, SIGKILL);
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_uint_eq(w.n_quarantines, 1);
    ck_assert_uint_eq(w.quarantines[0].attempts, 3);
    ck_assert_ptr_nonnull(strstr(w.quarantines[0].reason, "garbage"));
    world_check_books(&w);
    close_fake(&f);
    world_stop(&w);
}
END_TEST

START_TEST(messages_of_many_frames_none_or_too_many_bytes_do_no_harm)
{
    struct fake f, good;
    start(2);
    spawned(0, 1001);
    spawned(1, 1002);
    open_fake(&f, 0, 1001);
    say_heartbeat(&f);
    hear_beat(&f);
    zmq_send(f.socket, "a", 1, ZMQ_SNDMORE);
    zmq_send(f.socket, "b", 1, ZMQ_SNDMORE);
    zmq_send(f.socket, "c", 1, 0);
    zmq_send(f.socket, "", 0, 0);
    world_pass(&w, 200);
    ck_assert_uint_eq(w.kills, 0);
    void *large = calloc(1, LINK_FROM_WORKER_MAX + 1);
    zmq_send(f.socket, large, LINK_FROM_WORKER_MAX + 1, 0); /* ends the connection */
    free(large);
    open_fake(&good, 1, 1002);
    say_ready(&good);
    world_job(&w, "still works");
    say_result(&good, hear_batch(&good)->id, 1);
    ck_assert(world_until(&w, world_has_all_verdicts));
    world_check_books(&w);
    close_fake(&f);
    close_fake(&good);
    world_stop(&w);
}
END_TEST

static bool all_are_known(struct world *world)
{
    const struct dispatch_stats *s = dispatch_stats(world->dispatch);
    return s->in_flight + s->queued == 1000;
}

START_TEST(credits_bound_what_a_worker_holds)
{
    struct fake f;
    start(1);
    spawned(0, 1001);
    open_fake(&f, 0, 1001);
    say_ready(&f);
    for (int i = 0; i < 1000; i++)
        world_job(&w, "many");
    hear_batch(&f);
    hear_batch(&f);
    ck_assert_ptr_null(hear(&f, 300));
    ck_assert(world_until(&w, all_are_known));
    ck_assert_uint_le(dispatch_stats(w.dispatch)->in_flight, 128);
    close_fake(&f);
    world_stop(&w);
}
END_TEST

START_TEST(a_silent_worker_is_shown_as_slow_then_killed_and_its_jobs_go_on_unblamed)
{
    struct fake f, other;
    start(2);
    spawned(0, 1001);
    open_fake(&f, 0, 1001);
    say_ready(&f);
    world_job(&w, "forgotten");
    hear_batch(&f);
    ck_assert(world_until(&w, shows_stuck));
    ck_assert(w.was_slow);
    ck_assert(world_until(&w, one_is_killed));
    /* Even a process that SIGKILL does not end gives its work back after a while. */
    spawned(1, 1002);
    open_fake(&other, 1, 1002);
    say_ready(&other);
    say_result(&other, hear_batch(&other)->id, 1);
    ck_assert(world_until(&w, world_has_all_verdicts));
    ck_assert_uint_eq(w.n_quarantines, 0);
    world_check_books(&w);
    close_fake(&f);
    close_fake(&other);
    world_stop(&w);
}
END_TEST

START_TEST(a_socket_that_cannot_be_bound_is_explained)
{
    struct dispatch *d;
    char err[256], endpoint[200] = "ipc:///tmp/";
    memset(endpoint + strlen(endpoint), 'x', 180);
    struct dispatch_config config = {
        .workers = 1, .batch_max = 1, .queue_max = 1, .deadline_ms = 1000, .endpoint = endpoint};
    ck_assert_int_lt(dispatch_open(&d, &config, err, sizeof err), 0);
    ck_assert_ptr_null(d);
    ck_assert_ptr_nonnull(strstr(err, "shorter path"));
    config.endpoint = "ipc:///nonexistent/workers.sock";
    ck_assert_int_lt(dispatch_open(&d, &config, err, sizeof err), 0);
    ck_assert_ptr_nonnull(strstr(err, "No such file or directory: ipc:///nonexistent/"));
}
END_TEST

TEST_MAIN("link", 120,
          a_socket_that_cannot_be_bound_is_explained,
          only_the_process_that_was_started_is_listened_to,
          a_worker_that_speaks_before_we_know_it_is_heard_when_it_repeats_itself,
          a_late_answer_is_ignored_and_the_first_one_counts,
          garbage_costs_the_worker_its_life_and_the_message_an_attempt,
          messages_of_many_frames_none_or_too_many_bytes_do_no_harm,
          credits_bound_what_a_worker_holds,
          a_silent_worker_is_shown_as_slow_then_killed_and_its_jobs_go_on_unblamed)
