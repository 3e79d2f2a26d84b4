/* SPDX-License-Identifier: MIT
 * Publications: numbers, cids, targets, verdicts. */
#include "base/status.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

static struct world world;

static struct outcome say(const char *room, const char *user, const char *cid, const char *text)
{
    return world_send(&world, world_message(room, user, cid, text));
}

static struct outcome change(enum event_kind kind, const char *user, const char *cid, uint64_t on,
                             const char *text)
{
    struct msg_publication *p = world_event(kind, "lobby", user, cid, text);
    p->on = on;
    p->add = true;
    return world_send(&world, p);
}

START_TEST(numbers_run_from_one_in_each_room)
{
    static const char *const rooms[] = {"lobby", "den", "attic"};
    char cid[16];
    int64_t last_id = 0;
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    for (int i = 0; i < 30; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        struct outcome o = say(rooms[i % 3], "ada", cid, "hi");
        ck_assert_int_eq(o.status, 0);
        ck_assert_uint_eq(o.seq, (uint64_t)i / 3 + 1);
        ck_assert_int_gt(o.id, last_id);
        ck_assert_int_gt(o.ts_ms, 1000000000000);
        last_id = o.id;
    }
    ck_assert_uint_eq(world_top(&world, "den"), 10);
    ck_assert_uint_eq(world_top(&world, "nowhere"), 0);
    world_close(&world);
    world_open(&world);
    ck_assert_uint_eq(world_top(&world, "den"), 10);
    struct outcome o = say("den", "ada", "later", "hi");
    ck_assert_uint_eq(o.seq, 11);
    ck_assert_int_gt(o.id, last_id);
    world_fini(&world);
}
END_TEST

START_TEST(a_batch_keeps_its_order)
{
    enum { N = 10000 };
    char cid[16], text[16];
    int home;
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    home = (int)topology_home(&world.topology, "lobby");
    for (int i = 1; i <= N; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        snprintf(text, sizeof text, "text %d", i);
        world_post(&world, &world_message("lobby", "ada", cid, text)->head);
    }
    for (int i = 1; i <= N; i++) {
        struct msg_publication *p = (struct msg_publication *)world_next(&world, home);
        snprintf(text, sizeof text, "text %d", i);
        ck_assert_int_eq(p->ask.status, 0);
        ck_assert_uint_eq(p->seq, (uint64_t)i);
        ck_assert_str_eq(p->text, text);
        msg_free(&p->head);
    }
    ck_assert_uint_eq(atomic_load(&store_stats(world.store)->events), N);
    ck_assert_uint_lt(atomic_load(&store_stats(world.store)->commits), N);
    ck_assert_uint_eq(atomic_load(&store_stats(world.store)->queue), 0);
    world_fini(&world);
}
END_TEST

START_TEST(stop_finishes_what_was_posted_before)
{
    enum { N = 5000 };
    char cid[16];
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    int home = (int)topology_home(&world.topology, "lobby");
    for (int i = 1; i <= N; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        world_post(&world, &world_message("lobby", "ada", cid, "hi")->head);
    }
    store_stop(world.store);
    for (int i = 1; i <= N; i++) {
        struct msg_publication *p = (struct msg_publication *)world_next(&world, home);
        ck_assert_int_eq(p->ask.status, 0);
        ck_assert_uint_eq(p->seq, (uint64_t)i);
        msg_free(&p->head);
    }
    world_close(&world);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM events"), N);
    world_fini(&world);
}
END_TEST

START_TEST(a_cid_is_one_message)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    struct outcome first = say("lobby", "ada", "c1", "hi");
    say("lobby", "bob", "c1", "hi too"); /* another user's cid is another cid */
    for (int i = 0; i < 3; i++) {
        struct outcome again = say("lobby", "ada", "c1", "hi");
        ck_assert_int_eq(again.status, 0);
        ck_assert(again.duplicate);
        ck_assert_uint_eq(again.seq, first.seq);
        ck_assert_int_eq(again.id, first.id);
        ck_assert_int_eq(again.ts_ms, first.ts_ms);
        if (i == 1) {
            world_close(&world);
            world_open(&world);
        }
    }
    ck_assert_int_eq(say("lobby", "ada", "c1", "ho").status, E_CONFLICT);
    ck_assert_int_eq(say("den", "ada", "c1", "hi").status, E_CONFLICT);
    ck_assert_int_eq(change(EVENT_EDIT, "ada", "c1", 1, "hi").status, E_CONFLICT);
    struct outcome bob = say("lobby", "bob", "c1", "hi too");
    ck_assert(bob.duplicate);
    ck_assert_uint_eq(bob.seq, 2);
    ck_assert_uint_eq(world_top(&world, "lobby"), 2);
    ck_assert_uint_eq(world_top(&world, "den"), 0);
    ck_assert_uint_gt(atomic_load(&store_stats(world.store)->duplicates), 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_cid_is_one_message_within_a_batch)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    int home = (int)topology_home(&world.topology, "lobby");
    /* Behind enough others to arrive together. */
    for (int i = 0; i < 200; i++) {
        char cid[16];
        snprintf(cid, sizeof cid, "c%d", i / 2);
        world_post(&world, &world_message("lobby", "ada", cid, "hi")->head);
    }
    for (int i = 0; i < 200; i++) {
        struct msg_publication *p = (struct msg_publication *)world_next(&world, home);
        ck_assert_int_eq(p->ask.status, 0);
        ck_assert_uint_eq(p->seq, (uint64_t)i / 2 + 1);
        ck_assert_int_eq(p->duplicate, i % 2);
        msg_free(&p->head);
    }
    world_fini(&world);
}
END_TEST

START_TEST(a_user_keeps_cids_under_a_new_name)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    say("lobby", "ada", "c1", "hi");
    struct msg_publication *p = world_message("lobby", "ada", "c1", "hi");
    user_unref(p->user);
    p->user = user_new("ada", "Countess", ROLE_MODERATOR);
    ck_assert(world_send(&world, p).duplicate);
    p = world_message("lobby", "ada", "c2", "as another");
    user_unref(p->user);
    p->user = user_new("ada", "Countess", ROLE_MODERATOR);
    ck_assert_uint_eq(world_send(&world, p).seq, 2);
    /* What was said under the old name stays under it. */
    struct msg_read *page = world_read(&world, "lobby", false, 0, 10, 65536);
    buf_append_char(&page->events, '\0');
    ck_assert_ptr_nonnull(strstr(page->events.data, "\"name\":\"ada\"},\"text\":\"hi\""));
    ck_assert_ptr_nonnull(
        strstr(page->events.data, "\"name\":\"Countess\",\"role\":\"moderator\""));
    msg_free(&page->head);
    world_fini(&world);
}
END_TEST

START_TEST(targets_must_be_messages_of_the_room)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    say("lobby", "ada", "c1", "hi");                                      /* 1 */
    say("den", "ada", "c2", "there");
    say("den", "ada", "c3", "there");
    ck_assert_uint_eq(change(EVENT_REACTION, "bob", "c4", 1, ":)").seq, 2);
    ck_assert_int_eq(change(EVENT_REACTION, "bob", "c5", 3, ":)").status, E_NOT_FOUND);
    ck_assert_int_eq(change(EVENT_REACTION, "bob", "c6", 0, ":)").status, E_NOT_FOUND);
    ck_assert_int_eq(change(EVENT_REACTION, "bob", "c7", 2, ":)").status, E_NOT_FOUND);
    ck_assert_int_eq(change(EVENT_MESSAGE, "bob", "c8", 9, "re").status, E_NOT_FOUND);
    ck_assert_int_eq(change(EVENT_MESSAGE, "bob", "c9", UINT64_MAX, "re").status, E_NOT_FOUND);
    ck_assert_uint_eq(change(EVENT_MESSAGE, "bob", "c10", 1, "re").seq, 3);
    struct msg_publication *p = world_event(EVENT_EDIT, "nowhere", "ada", "c11", "x");
    p->on = 1;
    ck_assert_int_eq(world_send(&world, p).status, E_NOT_FOUND);
    /* A refused publication leaves no trace: its cid is free, its room was not made. */
    ck_assert_uint_eq(change(EVENT_REACTION, "bob", "c5", 1, ":)").seq, 4);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM rooms"), 2);
    world_fini(&world);
}
END_TEST

START_TEST(only_authors_and_moderators_change_messages)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    say("lobby", "ada", "c1", "hi");
    ck_assert_int_eq(change(EVENT_EDIT, "bob", "c2", 1, "ho").status, E_FORBIDDEN);
    ck_assert_int_eq(change(EVENT_DELETE, "bob", "c3", 1, "").status, E_FORBIDDEN);
    ck_assert_uint_eq(change(EVENT_EDIT, "ada", "c4", 1, "hi!").seq, 2);
    struct msg_publication *p = world_event(EVENT_DELETE, "lobby", "mod", "c5", "");
    p->on = 1;
    p->moderator = true;
    ck_assert_uint_eq(world_send(&world, p).seq, 3);
    ck_assert_int_eq(change(EVENT_EDIT, "ada", "c6", 1, "again").status, E_CONFLICT);
    ck_assert_int_eq(change(EVENT_DELETE, "ada", "c7", 1, "").status, E_CONFLICT);
    ck_assert_int_eq(change(EVENT_REACTION, "ada", "c8", 1, ":(").status, E_CONFLICT);
    /* The retry of an edit that came before the deletion still gets its answer. */
    struct outcome again = change(EVENT_EDIT, "ada", "c4", 1, "hi!");
    ck_assert(again.duplicate);
    ck_assert_uint_eq(again.seq, 2);
    world_fini(&world);
}
END_TEST

static struct outcome judge(const int64_t *ids, size_t n)
{
    struct msg_publication *p = world_event(EVENT_VERDICT, "lobby", NULL, "", "[]");
    p->done = malloc(n * sizeof *ids);
    memcpy(p->done, ids, n * sizeof *ids);
    p->n_done = n;
    return world_send(&world, p);
}

static int64_t say_pending(const char *cid, const char *text)
{
    struct msg_publication *p = world_message("lobby", "ada", cid, text);
    p->analyse = true;
    struct outcome o = world_send(&world, p);
    ck_assert_int_eq(o.status, 0);
    return o.id;
}

static void expect_pending(int64_t after, uint32_t limit, const int64_t *ids, uint32_t n)
{
    struct msg_pending *m = world_pending(&world, after, limit);
    ck_assert_uint_eq(m->count, n);
    struct msg *job = m->jobs;
    for (uint32_t i = 0; i < n; i++, job = job->next) {
        ck_assert_int_eq(job->tag, MSG_DISPATCH_JOB);
        ck_assert_int_eq(((struct msg_job *)job)->id, ids[i]);
    }
    ck_assert_ptr_null(job);
    msg_free(&m->head);
}

START_TEST(messages_wait_until_their_verdict_is_stored)
{
    int64_t ids[4];
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    for (int i = 0; i < 4; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "c%d", i);
        ids[i] = say_pending(cid, "judge me");
    }
    say("lobby", "ada", "plain", "not analysed");
    expect_pending(0, 10, ids, 4);
    expect_pending(0, 2, ids, 2);
    expect_pending(ids[1], 10, ids + 2, 2);
    ck_assert_uint_eq(judge(ids, 2).seq, 6);
    expect_pending(0, 10, ids + 2, 2);
    world_close(&world);
    world_open(&world);
    expect_pending(0, 10, ids + 2, 2);
    /* One item a message: a repeat is refused, and tells so. */
    ck_assert_int_eq(judge(ids, 2).status, E_EXISTS);
    ck_assert_uint_eq(world_top(&world, "lobby"), 6);
    ck_assert_uint_eq(judge(ids + 2, 2).seq, 7);
    expect_pending(0, 10, ids, 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_job_says_what_is_to_be_judged)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    int64_t id = say_pending("c1", "h\xc3\xa9llo");
    struct msg_pending *m = world_pending(&world, 0, 10);
    struct msg_job *job = (struct msg_job *)m->jobs;
    ck_assert_int_eq(job->id, id);
    ck_assert_str_eq(job->room.text, "lobby");
    ck_assert_uint_eq(job->seq, 1);
    ck_assert_str_eq(job->user_id, "ada");
    ck_assert_str_eq(job->text, "h\xc3\xa9llo");
    ck_assert_uint_eq(job->text_len, 6);
    ck_assert_int_gt(job->ts_ms, 0);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(a_quarantined_message_is_offered_no_more)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    int64_t ids[2] = {say_pending("c1", "poison"), say_pending("c2", "harmless")};
    struct msg_quarantine *q = msg_new(MSG_STORE_QUARANTINE, 0);
    q->id = ids[0];
    q->attempts = 3;
    q->ts_ms = 1;
    strcpy(q->reason, "killed by signal 11");
    world_post(&world, &q->head);
    expect_pending(0, 10, ids + 1, 1);
    ck_assert_int_eq(world_query(&world, "SELECT attempts FROM quarantine WHERE text = 'poison' "
                                         "AND reason = 'killed by signal 11' AND seq = 1"), 3);
    world_fini(&world);
}
END_TEST

static struct msg_read_mark *mark(const char *user, const char *room, uint64_t seq)
{
    struct msg_read_mark *m = msg_new(MSG_STORE_READ_MARK, 0);
    strcpy(m->room.text, room);
    m->reply = world.replies;
    m->user = user_new(user, user, ROLE_GUEST);
    m->seq = seq;
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_READ_MARKED);
    return m;
}

static void expect_mark(const char *user, uint64_t seq, int status, uint64_t now)
{
    struct msg_read_mark *m = mark(user, "lobby", seq);
    ck_assert_int_eq(m->ask.status, status);
    if (status == 0)
        ck_assert_uint_eq(m->seq, now);
    msg_free(&m->head);
}

START_TEST(read_marks_only_move_forward)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    expect_mark("eve", 0, 0, 0); /* nothing there yet, nothing read */
    for (int i = 0; i < 5; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "c%d", i);
        say("lobby", "ada", cid, "hi");
    }
    expect_mark("eve", 3, 0, 3);
    expect_mark("eve", 2, 0, 3);
    expect_mark("ada", 1, 0, 1);
    expect_mark("eve", 6, E_BAD_REQUEST, 0);
    world_close(&world);
    world_open(&world);
    expect_mark("eve", 1, 0, 3);
    expect_mark("eve", 5, 0, 5);
    world_fini(&world);
}
END_TEST

START_TEST(rooms_are_listed_newest_first)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    say("a", "ada", "c1", "hi");
    say("b", "ada", "c2", "hi");
    say("c", "ada", "c3", "hi");
    say("a", "ada", "c4", "hi");
    for (int round = 0; round < 2; round++) {
        struct msg_rooms *m = msg_new(MSG_STORE_ROOMS, 0);
        m->reply = world.replies;
        m->limit = 2;
        world_post(&world, &m->head);
        ck_assert_ptr_eq(world_next(&world, -1), m);
        ck_assert_int_eq(m->head.tag, MSG_LOOP_ROOMS);
        ck_assert_uint_eq(m->count, 2);
        ck_assert_str_eq(m->rows[0].room.text, "a");
        ck_assert_uint_eq(m->rows[0].seq, 2);
        ck_assert_str_eq(m->rows[1].room.text, "c");
        msg_free(&m->head);
        if (round == 0) {
            /* Wall-clock milliseconds order rooms after a restart. */
            world_close(&world);
            world_exec(&world, "UPDATE rooms SET last_ts = last_ts + 1000 * (name = 'a') "
                               "+ 500 * (name = 'c')");
            world_open(&world);
        }
    }
    world_fini(&world);
}
END_TEST

UNIT_MAIN("store.append", numbers_run_from_one_in_each_room, a_batch_keeps_its_order,
          stop_finishes_what_was_posted_before, a_cid_is_one_message,
          a_cid_is_one_message_within_a_batch, a_user_keeps_cids_under_a_new_name,
          targets_must_be_messages_of_the_room, only_authors_and_moderators_change_messages,
          messages_wait_until_their_verdict_is_stored, a_job_says_what_is_to_be_judged,
          a_quarantined_message_is_offered_no_more, read_marks_only_move_forward,
          rooms_are_listed_newest_first)
