/* SPDX-License-Identifier: MIT */
/*
 * session, publisher: a client that a forged server talks to, frame by frame.
 * The worker is real but its thread does not run and there is no socket.
 */
#include "client.h"
#include "publisher.h"
#include "session.h"
#include "stamp.h"
#include "worker.h"

#include "suite.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RUN 0xabcd1234u

static struct options options;
static struct plan plan;
static struct worker *worker;
static struct client *c0, *c1;

static const char *filler = " the quick brown fox";

/* Two clients in room 0, of which the first sends; window 8. */
static void set_up(enum bare_mode bare, bool reconnect)
{
    options = (struct options){
        .clients = 2, .rooms = 1, .rooms_each = 1, .publishers = 1, .threads = 1, .window = 8,
        .size = (uint32_t)(STAMP_BYTES + strlen(filler)), .connect_timeout = 10,
        .room_prefix = "load-", .bare = bare, .reconnect = reconnect,
    };
    plan = (struct plan){
        .options = &options, .run = RUN, .base_ns = 1000, .check_senders = true,
        .pending_max = 64, .filler = (char *)filler, .slow_from = 2,
        .start_ns = 2000, .from_ns = 2000,
        .to_ns = 2000000,
    };
    plan.members = calloc(1, sizeof(*plan.members));
    ck_assert_int_eq(seats_init(&plan.seats, &options, NULL), 0);
    worker = calloc(1, sizeof(*worker));
    ck_assert_int_eq(worker_init(worker, &plan, 0), 0);
    worker->now = 5000;
    c0 = &worker->clients[0];
    c1 = &worker->clients[1];
}

static void tear_down(void)
{
    worker_free(worker);
    free(worker);
    seats_free(&plan.seats);
    free(plan.members);
}

__attribute__((format(printf, 2, 3)))
static void say(struct client *c, const char *format, ...)
{
    char text[2048];
    uint8_t frame[2100] = {0x81, 126};
    va_list args;
    size_t n, header = 2;

    va_start(args, format);
    n = (size_t)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 126) {
        frame[1] = (uint8_t)n;
    } else {
        frame[2] = (uint8_t)(n >> 8);
        frame[3] = (uint8_t)n;
        header = 4;
    }
    memcpy(frame + header, text, n);
    if (session_on_known(worker, c, frame, header + n) == 0)
        session_on_message(worker, c, (char *)frame + header, n, frame, header + n);
}

static const char *text_of(uint32_t publisher, uint32_t counter)
{
    static char text[128];
    struct stamp stamp = {RUN, publisher, counter, 1500};

    stamp_write(text, &stamp);
    snprintf(text + STAMP_BYTES, sizeof(text) - STAMP_BYTES, "%s", filler);
    return text;
}

static void say_message(struct client *c, uint64_t seq, uint32_t counter)
{
    say(c, "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":%" PRIu64 ",\"ts\":1,"
           "\"kind\":\"message\",\"user\":{\"id\":\"u\",\"name\":\"n\"},\"text\":\"%s\"}",
        seq, text_of(0, counter));
}

static void say_ack(uint32_t counter, uint64_t seq)
{
    say(c0, "{\"id\":%" PRIu32 ",\"type\":\"ok\",\"room\":\"load-0\",\"seq\":%" PRIu64
            ",\"ts\":1,\"state\":\"delivered\"}", REQUEST_SEND + counter, seq);
}

/* Both are in the room, whose top is 10; the load runs and 8 messages are out. */
static void join_both(void)
{
    for (struct client *c = c0; c <= c1; c++) {
        client_set_state(worker, c, CLIENT_UPGRADING);
        session_start(worker, c);
        ck_assert_int_eq(c->state, CLIENT_HELLO);
        say(c, "{\"id\":1,\"type\":\"ok\",\"session\":\"token%d\"}", (int)(c - c0));
        ck_assert_int_eq(c->state, CLIENT_JOINING);
        say(c, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e1\",\"seq\":10,"
               "\"recovered\":false,\"events\":[],\"members\":1}");
        ck_assert_int_eq(c->state, CLIENT_READY);
    }
    worker->phase = PHASE_RUN;
    worker->loading = true;
    publisher_pump(worker, c0->publisher);
    ck_assert_uint_eq(worker->count[CNT_SENT], 8);
}

static uint64_t broken(enum oracle_rule rule)
{
    return worker->oracle.rule[rule].count;
}

START_TEST(a_faithful_server_breaks_nothing)
{
    set_up(BARE_NONE, false);
    join_both();
    for (uint32_t i = 1; i <= 100; i++) {
        say_ack(i, 10 + i);
        say_message(c0, 10 + i, i);
        say_message(c1, 10 + i, i);
    }
    ck_assert_uint_eq(worker->count[CNT_SENT], 108); /* the window stays full */
    ck_assert_uint_eq(worker->count[CNT_ACKED], 100);
    ck_assert_uint_eq(worker->count[CNT_EXPECTED], 200);
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 200);
    ck_assert_uint_eq(worker->count[CNT_PARSED], 100); /* the other half known by its bytes */
    ck_assert_uint_eq(worker->delivery.count, 200);
    ck_assert_uint_eq(worker->delivery.max, 5000 - 2500);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(events_that_are_no_messages_take_their_number)
{
    set_up(BARE_NONE, false);
    join_both();
    say_message(c1, 11, 1);
    say(c1, "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":12,\"kind\":\"verdict\","
            "\"items\":[]}");
    say(c1, "{\"type\":\"presence\",\"room\":\"load-0\",\"members\":2}");
    say_message(c1, 13, 2);
    ck_assert_uint_eq(worker->count[CNT_OTHER], 1);
    ck_assert_uint_eq(worker->count[CNT_VERDICTS], 0);
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 2);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(a_verdict_counts_once_a_message)
{
    static const char verdicts[] =
        "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":%d,\"kind\":\"verdict\",\"items\":["
        "{\"on\":11,\"action\":\"none\",\"labels\":[]},{\"on\":12,\"labels\":[{\"on\":1}]}]}";
    char text[300];

    set_up(BARE_NONE, false);
    join_both();
    for (struct client *c = c0; c <= c1; c++) {
        say_message(c, 11, 1);
        say_message(c, 12, 2);
        snprintf(text, sizeof(text), verdicts, 13);
        say(c, "%s", text);
    }
    ck_assert_uint_eq(worker->count[CNT_VERDICTS], 2);
    ck_assert_uint_eq(worker->verdict.count, 2);
    ck_assert_uint_eq(worker->verdict.max, 5000 - 2500);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    snprintf(text, sizeof(text), verdicts, 14);
    say(c1, "%s", text);
    ck_assert_uint_eq(broken(RULE_DUPLICATE), 2);
    tear_down();
}
END_TEST

START_TEST(gap_repeat_and_disorder_of_numbers)
{
    set_up(BARE_NONE, false);
    join_both();
    say_message(c1, 11, 1);
    say_message(c1, 14, 4);
    ck_assert_uint_eq(broken(RULE_GAP), 2);
    say_message(c1, 12, 2);
    ck_assert_uint_eq(broken(RULE_GAP), 1);
    ck_assert_uint_eq(broken(RULE_ORDER), 1);
    say_message(c1, 11, 1);
    ck_assert_uint_eq(broken(RULE_DUPLICATE), 1);
    ck_assert_uint_eq(c1->in[0].received, 3);
    tear_down();
}
END_TEST

START_TEST(one_message_under_two_numbers)
{
    set_up(BARE_NONE, false);
    join_both();
    say_message(c1, 11, 1);
    say_message(c1, 12, 1);
    ck_assert_uint_eq(broken(RULE_DUPLICATE), 1);
    tear_down();
}
END_TEST

START_TEST(a_sender_overtaking_itself)
{
    set_up(BARE_NONE, false);
    join_both();
    say_message(c1, 11, 2);
    say_message(c1, 12, 1);
    ck_assert_uint_eq(broken(RULE_ORDER), 1);
    ck_assert_uint_eq(broken(RULE_GAP), 0);
    tear_down();
}
END_TEST

START_TEST(two_clients_see_different_things)
{
    set_up(BARE_NONE, false);
    join_both();
    say_message(c0, 11, 1);
    say_message(c1, 11, 2);
    ck_assert_uint_eq(broken(RULE_CONTENT), 1);
    tear_down();
}
END_TEST

START_TEST(altered_text_and_foreign_room)
{
    char text[128];

    set_up(BARE_NONE, false);
    join_both();
    snprintf(text, sizeof(text), "%s", text_of(0, 1));
    text[STAMP_BYTES + 3] = 'X';
    say(c1, "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":11,\"kind\":\"message\","
            "\"text\":\"%s\"}", text);
    ck_assert_uint_eq(broken(RULE_TEXT), 1);
    say(c1, "{\"type\":\"event\",\"room\":\"load-7\",\"seq\":12,\"kind\":\"message\","
            "\"text\":\"%s\"}", text_of(0, 1));
    ck_assert_uint_eq(broken(RULE_ROOM), 1);
    tear_down();
}
END_TEST

START_TEST(messages_of_others_are_counted_apart)
{
    set_up(BARE_NONE, false);
    join_both();
    say(c1, "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":11,\"kind\":\"message\","
            "\"text\":\"hi\"}");
    ck_assert_uint_eq(worker->count[CNT_FOREIGN], 1);
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 0);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(escaped_text_is_still_the_same_text)
{
    set_up(BARE_NONE, false);
    join_both();
    say(c1, "{\"type\":\"event\",\"room\":\"load-0\",\"seq\":11,\"kind\":\"message\","
            "\"text\":\"\\u0070%s\"}", text_of(0, 1) + 1);
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 1);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(reply_and_event_disagree)
{
    set_up(BARE_NONE, false);
    join_both();
    say_ack(1, 12);
    say_message(c0, 11, 1);
    ck_assert_uint_eq(broken(RULE_ACK_SEQ), 1);
    tear_down();
}
END_TEST

START_TEST(a_send_answered_twice_or_never)
{
    set_up(BARE_NONE, false);
    join_both();
    say_ack(1, 11);
    say_ack(1, 11);
    ck_assert_uint_eq(broken(RULE_DUPLICATE), 1);
    publisher_finish(worker, c0->publisher);
    ck_assert_uint_eq(broken(RULE_UNACKED), 7);
    ck_assert_uint_eq(broken(RULE_ACKED_LOST), 1); /* message 1 never came back */
    tear_down();
}
END_TEST

START_TEST(a_refused_send_is_owed_to_nobody)
{
    set_up(BARE_NONE, false);
    join_both();
    say(c0, "{\"id\":%d,\"type\":\"error\",\"code\":\"rate_limited\",\"message\":\"m\","
            "\"temporary\":true,\"retry_after_ms\":800}", REQUEST_SEND + 1);
    ck_assert_uint_eq(worker->count[CNT_REFUSED], 1);
    ck_assert_uint_eq(worker->count[CNT_EXPECTED], 0);
    ck_assert_str_eq(worker->errors.entry[0].name, "send: rate_limited");
    ck_assert_uint_eq(worker->count[CNT_SENT], 8); /* it waits 800 ms first */
    worker->now += 800000000;
    plan.to_ns = worker->now + 1;
    publisher_pump(worker, c0->publisher);
    ck_assert_uint_eq(worker->count[CNT_SENT], 9);
    ck_assert_uint_eq(broken(RULE_REFUSED), 1);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 1);
    tear_down();
}
END_TEST

START_TEST(what_is_due_and_cannot_leave_is_named)
{
    set_up(BARE_NONE, false);
    options.window = 0;
    options.rate = 1;
    worker->phase = PHASE_RUN;
    worker->loading = true;
    publisher_on_due(worker, c0->publisher, 2000); /* not joined: cannot send */
    publisher_on_due(worker, c0->publisher, 2100);
    ck_assert_uint_eq(worker->count[CNT_SENT], 0);
    ck_assert_uint_eq(worker->count[CNT_LATE_SENDS], 2);
    publisher_finish(worker, c0->publisher);
    ck_assert_uint_eq(broken(RULE_UNSENT), 2);
    client_set_state(worker, c0, CLIENT_READY);
    publisher_pump(worker, c0->publisher); /* now both leave, with the times they were due */
    ck_assert_uint_eq(worker->count[CNT_DUE], 0);
    ck_assert_uint_eq(c0->publisher->ring[1].intended_ns, 2000);
    ck_assert_uint_eq(c0->publisher->ring[2].intended_ns, 2100);
    tear_down();
}
END_TEST

START_TEST(garbage_drops_the_connection)
{
    static const char *const garbage[] = {"[1]", "{\"type\":1}", "{}", "{\"type\":\"event\"",
                                          "{\"type\":\"ok\",\"id\":77}"};

    for (size_t i = 0; i < COUNT(garbage); i++) {
        set_up(BARE_NONE, false);
        join_both();
        say(c1, "%s", garbage[i]);
        ck_assert_uint_eq(broken(RULE_FRAME), 1);
        ck_assert_uint_eq(broken(RULE_CLOSED), 1);
        ck_assert_int_eq(c1->state, CLIENT_DEAD);
        tear_down();
    }
}
END_TEST

START_TEST(a_client_that_never_gets_in)
{
    set_up(BARE_NONE, false);
    client_set_state(worker, c0, CLIENT_UPGRADING);
    session_start(worker, c0);
    say(c0, "{\"id\":1,\"type\":\"error\",\"code\":\"rate_limited\",\"message\":\"m\"}");
    ck_assert_uint_eq(broken(RULE_CONNECT), 1);
    ck_assert_uint_eq(worker->count[CNT_FAILED], 1);
    ck_assert_str_eq(worker->errors.entry[0].name, "hello: refused with rate_limited");
    tear_down();
}
END_TEST

/* Loses the connection of c0, and comes back as far as the reply to join. */
static void come_back(void)
{
    client_drop(worker, c0, "test");
    ck_assert_int_eq(c0->state, CLIENT_WAITING);
    client_set_state(worker, c0, CLIENT_UPGRADING);
    session_start(worker, c0);
    say(c0, "{\"id\":1,\"type\":\"ok\",\"session\":\"token0\"}");
    ck_assert_int_eq(c0->state, CLIENT_JOINING);
}

START_TEST(a_resume_replays_and_resends)
{
    set_up(BARE_NONE, true);
    join_both();
    say_ack(1, 11); /* 2 .. 8 unanswered; 2 was taken all the same */
    come_back();
    say(c0, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e1\",\"seq\":11,"
            "\"recovered\":true,\"events\":[{\"room\":\"load-0\",\"seq\":11,\"kind\":\"message\","
            "\"text\":\"%s\"}]}", text_of(0, 1));
    ck_assert_int_eq(c0->state, CLIENT_READY);
    ck_assert_uint_eq(c0->in[0].received, 1);
    ck_assert_uint_eq(worker->count[CNT_RECOVERED], 1);
    ck_assert_uint_eq(worker->count[CNT_RETRIED], 7);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(a_long_resume_pages_on_and_holds_pushes)
{
    set_up(BARE_NONE, true);
    join_both();
    come_back();
    say(c0, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e1\",\"seq\":12,"
            "\"more\":true,\"recovered\":true,\"events\":["
            "{\"room\":\"load-0\",\"seq\":11,\"kind\":\"message\",\"text\":\"%s\"}]}",
        text_of(0, 1));
    ck_assert(c0->in[0].catching_up);
    say_message(c0, 13, 3); /* held back: the next page has it */
    say(c0, "{\"id\":400,\"type\":\"ok\",\"more\":false,\"events\":["
            "{\"room\":\"load-0\",\"seq\":12,\"kind\":\"message\",\"text\":\"%s\"}]}",
        text_of(0, 2));
    ck_assert(c0->in[0].catching_up);
    say(c0, "{\"id\":400,\"type\":\"ok\",\"more\":false,\"events\":["
            "{\"room\":\"load-0\",\"seq\":13,\"kind\":\"message\",\"text\":\"%s\"}]}",
        text_of(0, 3));
    ck_assert(!c0->in[0].catching_up);
    say_message(c0, 13, 3); /* pushed after the page that held it: no repeat */
    say_message(c0, 14, 4);
    ck_assert_uint_eq(c0->in[0].received, 4);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    tear_down();
}
END_TEST

START_TEST(a_resume_that_lacks_events)
{
    set_up(BARE_NONE, true);
    join_both();
    come_back();
    say(c0, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e1\",\"seq\":13,"
            "\"recovered\":true,\"events\":[]}");
    ck_assert_uint_eq(broken(RULE_GAP), 3);
    tear_down();
}
END_TEST

START_TEST(a_resume_that_is_refused_or_of_another_epoch)
{
    set_up(BARE_NONE, true);
    join_both();
    come_back();
    say(c0, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e1\",\"seq\":10,"
            "\"recovered\":false,\"events\":[]}");
    ck_assert_uint_eq(broken(RULE_RESUME), 1);
    come_back();
    say(c0, "{\"id\":100,\"type\":\"ok\",\"room\":\"load-0\",\"epoch\":\"e2\",\"seq\":0,"
            "\"recovered\":true,\"events\":[]}");
    ck_assert_uint_eq(broken(RULE_RESUME), 2);
    ck_assert_uint_eq(broken(RULE_GAP), 0);
    tear_down();
}
END_TEST

START_TEST(a_bye_for_good_is_obeyed)
{
    set_up(BARE_NONE, true);
    join_both();
    say(c0, "{\"type\":\"bye\",\"code\":4003,\"reason\":\"kicked\",\"reconnect\":false}");
    client_drop(worker, c0, "test");
    ck_assert_int_eq(c0->state, CLIENT_DEAD);
    ck_assert_uint_eq(broken(RULE_CLOSED), 1);
    tear_down();
}
END_TEST

START_TEST(a_bare_server_is_checked_sender_by_sender)
{
    set_up(BARE_BROADCAST, false);
    for (struct client *c = c0; c <= c1; c++) {
        client_set_state(worker, c, CLIENT_UPGRADING);
        session_start(worker, c);
        ck_assert_int_eq(c->state, CLIENT_READY);
    }
    worker->phase = PHASE_RUN;
    worker->loading = true;
    publisher_pump(worker, c0->publisher);
    ck_assert_uint_eq(worker->count[CNT_EXPECTED], 16);
    for (uint32_t i = 1; i <= 3; i++)
        for (struct client *c = c0; c <= c1; c++)
            say(c, "%s", text_of(0, i));
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 6);
    ck_assert_uint_eq(worker->count[CNT_PARSED], 3);
    ck_assert_uint_eq(worker->count[CNT_SENT], 11);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    say(c1, "%s", text_of(0, 3));
    ck_assert_uint_eq(broken(RULE_DUPLICATE), 1);
    say(c1, "{\"wrapped\":\"%s\"}", text_of(0, 5));
    ck_assert_uint_eq(broken(RULE_GAP), 1);
    tear_down();
}
END_TEST

START_TEST(a_socketio_server_lets_in_pings_and_carries)
{
    set_up(BARE_SOCKETIO, false);
    for (struct client *c = c0; c <= c1; c++) {
        client_set_state(worker, c, CLIENT_UPGRADING);
        session_start(worker, c);
        say(c, "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000}");
        ck_assert_int_eq(c->state, CLIENT_JOINING);
        say(c, "40{\"sid\":\"y\"}");
        ck_assert_int_eq(c->state, CLIENT_READY);
    }
    worker->phase = PHASE_RUN;
    worker->loading = true;
    publisher_pump(worker, c0->publisher);
    ck_assert_uint_eq(worker->count[CNT_EXPECTED], 16);
    for (uint32_t i = 1; i <= 3; i++)
        for (struct client *c = c0; c <= c1; c++) {
            say(c, "42[\"message\",\"%s\"]", text_of(0, i));
            say(c, "2");
        }
    ck_assert_uint_eq(worker->count[CNT_DELIVERIES], 6);
    ck_assert_uint_eq(worker->count[CNT_PARSED], 3);
    ck_assert_uint_eq(oracle_violations(&worker->oracle), 0);
    say(c1, "42[\"message\",\"%s\"]", text_of(0, 5));
    ck_assert_uint_eq(broken(RULE_GAP), 1);
    say(c1, "41");
    ck_assert_uint_eq(broken(RULE_CLOSED), 1);
    say(c0, "hello");
    ck_assert_uint_eq(broken(RULE_FRAME), 1);
    tear_down();
}
END_TEST

START_TEST(an_echo_for_somebody_else)
{
    set_up(BARE_ECHO, false);
    for (struct client *c = c0; c <= c1; c++) {
        client_set_state(worker, c, CLIENT_UPGRADING);
        session_start(worker, c);
    }
    say(c1, "%s", text_of(0, 1));
    ck_assert_uint_eq(broken(RULE_ROOM), 1);
    tear_down();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_faithful_server_breaks_nothing,
        events_that_are_no_messages_take_their_number,
        a_verdict_counts_once_a_message,
        gap_repeat_and_disorder_of_numbers,
        one_message_under_two_numbers,
        a_sender_overtaking_itself,
        two_clients_see_different_things,
        altered_text_and_foreign_room,
        messages_of_others_are_counted_apart,
        escaped_text_is_still_the_same_text,
        reply_and_event_disagree,
        a_send_answered_twice_or_never,
        a_refused_send_is_owed_to_nobody,
        what_is_due_and_cannot_leave_is_named,
        garbage_drops_the_connection,
        a_client_that_never_gets_in,
        a_resume_replays_and_resends,
        a_long_resume_pages_on_and_holds_pushes,
        a_resume_that_lacks_events,
        a_resume_that_is_refused_or_of_another_epoch,
        a_bye_for_good_is_obeyed,
        a_bare_server_is_checked_sender_by_sender,
        a_socketio_server_lets_in_pings_and_carries,
        an_echo_for_somebody_else,
    };

    return run_suite("session", tests, COUNT(tests));
}
