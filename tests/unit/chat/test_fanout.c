/* SPDX-License-Identifier: MIT
 * When events leave: the pace of a loop in debt, and walks in slices. Time is the test's. */
#include "chat/fanout.h"

#include "base/clock.h"
#include "unit.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

static struct world w;
static struct client ada, bob;

static void beat(struct chat *c)
{
    LIST_FOREACH (&c->waiting_rosters, node, after)
        container_of(node, struct roster, dirty)->beat_us = 0;
    world_settle(&w);
}

/* As after many sends. */
static void run_up_debt(struct chat *c)
{
    c->rested_us = clock_mono_us() + c->shared->limits.flush_ms * 1000ull;
}

/* Two in a room whose news may wait for a minute. */
static void set_up(void)
{
    world_init(&w, 1);
    w.shared.limits.flush_ms = 60000;
    client_open(&w, 0, &ada);
    client_open(&w, 0, &bob);
    client_enter(&w, &ada, "ada", "lobby");
    client_enter(&w, &bob, "bob", "lobby");
}

static void tear_down(void)
{
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}

START_TEST(dense_news_wait_replies_and_full_sends_do_not)
{
    set_up();
    client_forget(&bob);
    client_say(&w, &ada, 10); /* at once: the room was quiet */
    client_expect(&ada, 1, 1);
    client_expect(&bob, 1, 1);
    client_say(&w, &ada, 11); /* so is this one: two sends are no dense traffic */
    client_expect(&bob, 2, 2);
    run_up_debt(w.chats[0]);
    client_forget(&ada);
    for (unsigned i = 0; i < 2 * ROSTER_GATHERS - 1; i++) {
        client_say(&w, &ada, 20 + i);
        HAS(client_next(&ada), "\"type\":\"ok\"");
        client_expect(&ada, 3 + i, 3 + i); /* the reply's send takes them along */
        ck_assert_ptr_null(client_next(&bob));
    }
    client_say(&w, &ada, 40);
    client_expect(&bob, 3, 2 + 2 * ROSTER_GATHERS);
    run_up_debt(w.chats[0]);
    client_say(&w, &ada, 41);
    ck_assert_ptr_null(client_next(&bob));
    beat(w.chats[0]);
    ck_assert_ptr_null(client_next(&bob));
    beat(w.chats[0]);
    client_expect(&bob, 3 + 2 * ROSTER_GATHERS, 3 + 2 * ROSTER_GATHERS);
    tear_down();
}
END_TEST

START_TEST(in_debt_a_room_whose_news_are_far_apart_is_told_at_once)
{
    set_up();
    client_forget(&bob);
    run_up_debt(w.chats[0]);
    client_say(&w, &ada, 10);
    ck_assert_ptr_null(client_next(&bob));
    beat(w.chats[0]);
    beat(w.chats[0]);
    client_expect(&bob, 1, 1);
    struct roster *r = roster_find(w.chats[0], "lobby");
    r->gap_us = 2 * 60000000ull;
    client_say(&w, &ada, 11);
    client_expect(&bob, 2, 2);
    r->gap_us = 60000000ull; /* as far apart as they may wait, which may save something */
    client_say(&w, &ada, 12);
    ck_assert_ptr_null(client_next(&bob));
    tear_down();
}
END_TEST

START_TEST(in_debt_who_waits_for_a_reply_gets_the_news_with_it_or_after_a_long_wait)
{
    set_up();
    client_forget(&bob);
    run_up_debt(w.chats[0]);
    session_load(bob.session, LOAD_LIGHT); /* as with a request that is not answered yet */
    client_say(&w, &ada, 10);
    for (unsigned i = 0; i < 4; i++)
        beat(w.chats[0]);
    ck_assert_ptr_null(client_next(&bob));
    session_load(bob.session, -LOAD_LIGHT);
    session_reply_ok(bob.session, 77, NULL);
    world_settle(&w);
    HAS(client_next(&bob), "\"id\":77,");
    client_expect(&bob, 1, 1);
    session_load(bob.session, LOAD_LIGHT); /* this time the answer does not come */
    client_say(&w, &ada, 11);
    struct roster *r = roster_find(w.chats[0], "lobby");
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_ptr_null(client_next(&bob));
        r->late_us = 0; /* a long wait is over */
        beat(w.chats[0]);
    }
    client_expect(&bob, 2, 2);
    session_load(bob.session, -LOAD_LIGHT);
    tear_down();
}
END_TEST

START_TEST(the_ok_comes_before_its_event_although_another_room_waits)
{
    set_up();
    client_send(&w, &ada, "{\"id\":3,\"type\":\"join\",\"room\":\"quiet\"}");
    client_say(&w, &bob, 10);
    run_up_debt(w.chats[0]);
    client_forget(&ada);
    client_say(&w, &bob, 11); /* waits for ada */
    ck_assert_ptr_null(client_next(&ada));
    client_send(&w, &ada,
                "{\"id\":12,\"type\":\"send\",\"room\":\"quiet\",\"cid\":\"q\",\"text\":\"x\"}");
    HAS(client_next(&ada), "\"id\":12,\"type\":\"ok\"");
    HAS(client_next(&ada), "\"room\":\"lobby\",\"seq\":2,");
    HAS(client_next(&ada), "\"room\":\"quiet\",\"seq\":1,");
    ck_assert_ptr_null(client_next(&ada));
    tear_down();
}
END_TEST

/* As another loop's room would show it, without the end of the turn. */
static void show(unsigned seq)
{
    char json[64];
    int len = snprintf(json, sizeof json, "{\"type\":\"event\",\"seq\":%u,\"x\":0}", seq);
    struct msg_fanout *m = msg_new(MSG_LOOP_FANOUT, 0);
    strcpy(m->room.text, "lobby");
    m->frame = frame_new(json, (size_t)len);
    m->seq = seq;
    chat_on_msg(w.chats[0], &m->head);
}

START_TEST(a_walk_of_many_is_sliced_and_keeps_no_reply_waiting)
{
    enum { CROWD = 2 * FANOUT_SLICE + 50 };
    static struct client crowd[CROWD];
    unsigned reached = 0;
    world_init(&w, 1);
    for (unsigned i = 0; i < CROWD; i++) {
        char name[16];
        snprintf(name, sizeof name, "guest%u", i);
        client_open(&w, 0, &crowd[i]);
        client_enter(&w, &crowd[i], name, "lobby");
    }
    for (unsigned i = 0; i < CROWD; i++)
        client_forget(&crowd[i]);
    struct client *last = &crowd[CROWD - 1];
    w.chats[0]->rested_us = 0; /* no debt: all are due at once */
    show(1);
    chat_on_turn_end(w.chats[0]);
    ck_assert(chat_wants_turn(w.chats[0]));
    for (unsigned i = 0; i < CROWD; i++)
        reached += crowd[i].read_at < crowd[i].in.len;
    ck_assert_uint_eq(reached, FANOUT_SLICE);
    /* Between slices: a reply, which takes the news along. */
    session_reply_ok(last->session, 77, NULL);
    chat_on_turn_end(w.chats[0]);
    ck_assert(chat_wants_turn(w.chats[0]));
    HAS(client_next(last), "\"id\":77,");
    /* And one who goes, whose place the last one takes, behind the walk; and another event. */
    show(2);
    client_close(&w, &crowd[0]);
    while (!list_is_empty(&w.chats[0]->waiting_rosters))
        beat(w.chats[0]);
    for (unsigned i = 1; i < CROWD; i++) {
        client_expect(&crowd[i], 1, 2);
        client_close(&w, &crowd[i]);
    }
    world_fini(&w);
}
END_TEST

/* Nothing else happens in the room, so nothing but the socket can remind the server. */
START_TEST(what_came_while_the_socket_was_full_follows_when_it_takes_more)
{
    set_up();
    client_forget(&bob);
    bob.is_full = true;
    client_say(&w, &ada, 10); /* fills it */
    client_expect(&bob, 1, 1);
    run_up_debt(w.chats[0]);
    client_say(&w, &ada, 11);
    beat(w.chats[0]);
    beat(w.chats[0]);
    ck_assert(list_is_empty(&w.chats[0]->waiting_rosters));
    ck_assert_ptr_null(client_next(&bob));
    bob.is_full = false;
    session_on_writable(bob.session);
    world_settle(&w);
    client_expect(&bob, 2, 2);
    tear_down();
}
END_TEST

/* Bob is in more rooms than are looked through one by one; `busy` of them have news for him. */
static void reply_in_many_rooms(unsigned rooms, unsigned busy)
{
    char request[128];
    set_up();
    for (unsigned i = 0; i < rooms; i++) {
        snprintf(request, sizeof request, "{\"id\":3,\"type\":\"join\",\"room\":\"r%u\"}", i);
        client_send(&w, &bob, request);
        client_send(&w, &ada, request);
    }
    client_send(&w, &ada, "{\"id\":3,\"type\":\"join\",\"room\":\"without-bob\"}");
    client_forget(&bob);
    run_up_debt(w.chats[0]);
    for (unsigned i = 0; i < busy; i++) {
        snprintf(request, sizeof request,
                 "{\"id\":4,\"type\":\"send\",\"room\":\"r%u\",\"cid\":\"%u\",\"text\":\"x\"}", i,
                 i);
        client_send(&w, &ada, request);
    }
    client_send(&w, &ada, "{\"id\":4,\"type\":\"send\",\"room\":\"without-bob\",\"cid\":\"w\","
                          "\"text\":\"x\"}");
    ck_assert_uint_eq(w.chats[0]->n_news, busy + 1);
    ck_assert_ptr_null(client_next(&bob));
    client_send(&w, &bob, "{\"id\":77,\"type\":\"ping\"}");
    HAS(client_next(&bob), "\"id\":77,");
    for (unsigned i = 0; i < busy; i++)
        HAS(client_next(&bob), "\"seq\":1,");
    ck_assert_ptr_null(client_next(&bob));
    tear_down();
}

START_TEST(a_reply_takes_the_news_of_many_rooms_along)
{
    reply_in_many_rooms(4, 3);   /* looked through one by one */
    reply_in_many_rooms(40, 3);  /* by what has news */
    reply_in_many_rooms(40, 40); /* by the session's rooms */
}
END_TEST

UNIT_MAIN("fanout", in_debt_who_waits_for_a_reply_gets_the_news_with_it_or_after_a_long_wait,
          dense_news_wait_replies_and_full_sends_do_not,
          in_debt_a_room_whose_news_are_far_apart_is_told_at_once,
          the_ok_comes_before_its_event_although_another_room_waits,
          a_walk_of_many_is_sliced_and_keeps_no_reply_waiting,
          what_came_while_the_socket_was_full_follows_when_it_takes_more,
          a_reply_takes_the_news_of_many_rooms_along)
