/* SPDX-License-Identifier: MIT
 * Sessions, rooms and fan-out over one and two loops, with time and message order in the test's
 * hands. */
#include "world.h"

#include "base/clock.h"
#include "base/status.h"
#include "base/utf8.h"
#include "chat/request.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct world w;
static struct client ada, bob, eve;

static void chat_over(unsigned loops)
{
    world_init(&w, loops);
    client_open(&w, 0, &ada);
    client_open(&w, loops - 1, &bob);
    client_enter(&w, &ada, "ada", "lobby");
    client_enter(&w, &bob, "bob", "lobby");
    client_say(&w, &ada, 10);
    const char *first = client_next(&ada);
    HAS(first, "\"id\":10,\"type\":\"ok\",\"room\":\"lobby\",\"cid\":\"c10\",\"seq\":1");
    HAS(first, "\"state\":\"delivered\"");
    client_expect(&ada, 1, 1);
    client_expect(&bob, 1, 1);
    for (unsigned i = 0; i < 50; i++)
        client_say(&w, i % 2 ? &ada : &bob, 100 + i);
    client_expect(&ada, 2, 51);
    client_expect(&bob, 2, 51);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}

START_TEST(two_clients_see_one_order_on_one_loop)
{
    chat_over(1);
}
END_TEST

START_TEST(two_clients_see_one_order_on_two_loops)
{
    chat_over(2);
}
END_TEST

START_TEST(a_resume_gets_exactly_what_was_missed)
{
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 1; i <= 9; i++)
        client_say(&w, &ada, i);
    client_open(&w, 1, &bob);
    client_send(&w, &bob, "{\"id\":1,\"type\":\"hello\",\"name\":\"bob\"}");
    client_forget(&bob);
    client_send(&w, &bob,
                "{\"id\":2,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",\"seq\":6}");
    const char *ok = client_next(&bob);
    HAS(ok, "\"recovered\":true");
    HAS(ok, "\"seq\":7,");
    HAS(ok, "\"seq\":9,");
    HAS(ok, "\"more\":false");
    ck_assert_ptr_null(strstr(ok, "\"seq\":6,"));
    client_send(&w, &bob,
                "{\"id\":3,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"old\",\"seq\":6}");
    HAS(client_find(&bob, "\"id\":3"), "\"recovered\":false");
    client_send(&w, &bob,
                "{\"id\":4,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",\"seq\":10}");
    HAS(client_find(&bob, "\"id\":4"), "\"recovered\":false");
    client_send(
        &w, &bob,
        "{\"id\":5,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",\"seq\":9,\"limit\":0}");
    HAS(client_find(&bob, "\"id\":5"), "\"recovered\":true,\"events\":[],\"more\":false");
    client_forget(&bob);
    client_say(&w, &ada, 11);
    client_expect(&bob, 10, 10);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(events_shown_while_the_store_reads_come_with_the_page)
{
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 1; i <= 150; i++) /* the ring holds 100 */
        client_say(&w, &ada, i);
    client_open(&w, 1, &bob);
    client_send(&w, &bob, "{\"id\":1,\"type\":\"hello\",\"name\":\"bob\"}");
    client_forget(&bob);
    w.hold_reads = true;
    client_send(&w, &bob,
                "{\"id\":2,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",\"seq\":10}");
    ck_assert_ptr_null(client_next(&bob));
    for (unsigned i = 151; i <= 160; i++)
        client_say(&w, &ada, i);
    world_release(&w);
    const char *ok = client_next(&bob);
    HAS(ok, "\"recovered\":true");
    for (unsigned seq = 11; seq <= 160; seq++) {
        char part[32];
        snprintf(part, sizeof part, seq <= 150 ? "\"seq\":%u}" : "\"seq\":%u,", seq);
        HAS(ok, part);
    }
    HAS(ok, "\"more\":false");
    client_say(&w, &ada, 161);
    client_expect(&bob, 161, 161);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(a_page_ends_where_the_pushes_begin)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 1; i <= 150; i++) /* the ring holds 100 */
        client_say(&w, &ada, i);
    client_open(&w, 0, &bob);
    client_send(&w, &bob, "{\"id\":1,\"type\":\"hello\",\"name\":\"bob\"}");
    client_forget(&bob);
    w.hold_commits = true; /* 151 is on disk, but the room has not heard of it */
    client_say(&w, &ada, 151);
    client_send(&w, &bob,
                "{\"id\":2,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",\"seq\":10}");
    const char *ok = client_next(&bob);
    HAS(ok, "\"recovered\":true");
    HAS(ok, "\"seq\":150}");
    ck_assert_ptr_null(strstr(ok, "\"seq\":151"));
    world_release(&w);
    client_expect(&bob, 151, 151);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(what_retention_took_is_never_passed_over_in_silence)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 1; i <= 150; i++) /* the ring holds 100 */
        client_say(&w, &ada, i);
    w.oldest = 40;
    client_open(&w, 0, &bob);
    client_send(&w, &bob, "{\"id\":1,\"type\":\"hello\",\"name\":\"bob\"}");
    const char *const joins[][2] = {
        {"\"seq\":10", "\"recovered\":false"},
        {"\"seq\":10,\"limit\":0", "\"recovered\":false"},
        {"\"seq\":45,\"limit\":0", "\"recovered\":true,\"events\":[],\"more\":true"},
        {"\"seq\":45", "\"recovered\":true,\"events\":[{\"seq\":46}"},
        {"\"seq\":140,\"limit\":0", "\"recovered\":true,\"events\":[],\"more\":true"},
        {"\"seq\":150,\"limit\":0", "\"recovered\":true,\"events\":[],\"more\":false"},
    };
    for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) {
        char json[128];
        snprintf(json, sizeof json,
                 "{\"id\":9,\"type\":\"join\",\"room\":\"lobby\",\"epoch\":\"e1\",%s}",
                 joins[i][0]);
        client_forget(&bob);
        client_send(&w, &bob, json);
        HAS(client_find(&bob, "\"id\":9"), joins[i][1]);
    }
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(a_commit_that_fails_is_told_and_not_shown)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    w.store_fails = true;
    client_say(&w, &ada, 10);
    const char *error = client_find(&ada, "\"id\":10");
    HAS(error, "\"code\":\"unavailable\"");
    HAS(error, "\"temporary\":true");
    w.store_fails = false;
    client_say(&w, &ada, 11);
    client_expect(&ada, 1, 1);
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(a_slow_client_is_cut_and_others_are_not)
{
    static char text[4200], json[4400];
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_open(&w, 0, &bob);
    client_enter(&w, &ada, "ada", "lobby");
    client_enter(&w, &bob, "bob", "lobby");
    memset(text, 'x', 4000);
    bob.is_full = true;
    for (unsigned i = 0; i < 40; i++) {
        snprintf(json, sizeof json,
                 "{\"id\":%u,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"%u\",\"text\":\"%s\"}",
                 10 + i, i, text);
        client_send(&w, &ada, json);
    }
    ck_assert_int_eq(bob.session->state, SESSION_CLOSING);
    ck_assert_int_eq(bob.session->close_code, 4008);
    client_expect(&ada, 1, 40);
    /* It keeps its socket for 5 s, gets its bye when it reads again, and nothing else of the room.
     */
    ck_assert_int_eq(bob.close_code, 0);
    bob.is_full = false;
    client_forget(&bob);
    session_on_writable(bob.session);
    HAS(client_next(&bob), "\"type\":\"bye\",\"code\":4008");
    ck_assert_ptr_null(client_next(&bob));
    world_wait(&w, 4900);
    ck_assert_int_eq(bob.close_code, 0);
    world_wait(&w, 200);
    ck_assert_int_eq(bob.close_code, 4008);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(a_backlog_without_progress_is_cut_one_that_shrinks_is_not)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_open(&w, 0, &bob);
    client_enter(&w, &ada, "ada", "lobby");
    client_enter(&w, &bob, "bob", "lobby");
    bob.is_full = true;
    bob.unsent = 100000;
    client_say(&w, &ada, 10);
    client_say(&w, &ada, 11);
    for (int i = 0; i < 60; i++) {
        client_send(&w, &ada, "{\"type\":\"pong\"}");
        client_send(&w, &bob, "{\"type\":\"pong\"}");
        bob.unsent -= 1000;
        world_wait(&w, 1000);
    }
    ck_assert_int_eq(bob.session->state, SESSION_READY);
    for (int i = 0; i < 31; i++) {
        client_send(&w, &ada, "{\"type\":\"pong\"}");
        client_send(&w, &bob, "{\"type\":\"pong\"}");
        world_wait(&w, 1000);
    }
    ck_assert_int_eq(bob.session->close_code, 4008);
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(names_are_refused_while_borne_and_free_after)
{
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_open(&w, 1, &bob);
    client_send(&w, &ada, "{\"id\":1,\"type\":\"hello\",\"name\":\"Ada\"}");
    const char *ok = client_next(&ada);
    char token[AUTH_TOKEN_MAX], hello[AUTH_TOKEN_MAX + 64], id[32];
    ck_assert_int_eq(sscanf(strstr(ok, "\"session\":\""), "\"session\":\"%511[^\"]", token), 1);
    ck_assert_int_eq(sscanf(strstr(ok, "\"user\":{\"id\":\""), "\"user\":{\"id\":\"%31[^\"]", id),
                     1);
    client_send(&w, &bob, "{\"id\":1,\"type\":\"hello\",\"name\":\"ada\"}");
    const char *error = client_next(&bob);
    HAS(error, "\"code\":\"conflict\"");
    HAS(error, "\"suggest\":\"ada2\"");
    /* The same user again, by token, is welcome beside itself. */
    client_open(&w, 1, &eve);
    snprintf(hello, sizeof hello, "{\"id\":1,\"type\":\"hello\",\"token\":\"%s\"}", token);
    client_send(&w, &eve, hello);
    HAS(client_next(&eve), id);
    client_close(&w, &ada);
    client_send(&w, &bob, "{\"id\":2,\"type\":\"hello\",\"name\":\"ada\"}");
    HAS(client_next(&bob), "\"conflict\"");
    client_close(&w, &eve);
    client_send(&w, &bob, "{\"id\":3,\"type\":\"hello\",\"name\":\"ada\"}");
    HAS(client_next(&bob), "\"type\":\"ok\"");
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(a_forged_token_is_refused)
{
    struct user *user = user_new("u1", "ada lovelace", ROLE_MODERATOR), *got;
    char token[AUTH_TOKEN_MAX];
    world_init(&w, 1);
    auth_sign_session(w.auth, user, token);
    ck_assert_int_eq(auth_check_session(w.auth, token, &got), 0);
    ck_assert_str_eq(got->name, "ada lovelace");
    ck_assert_int_eq(got->role, ROLE_MODERATOR);
    user_unref(got);
    for (size_t i = 0; i < strlen(token); i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        /* The last character of either part holds unused bits, which decode must not let through
         * either. */
        ck_assert_int_eq(auth_check_session(w.auth, token, &got), E_UNAUTHENTICATED);
        token[i] = kept;
    }
    ck_assert_int_eq(auth_check_bearer(w.auth, token), RIGHT_READ_ROOM);
    auth_sign_ops(w.auth, token);
    ck_assert_int_eq(auth_check_bearer(w.auth, token), RIGHT_OPERATE);
    ck_assert_int_eq(auth_check_session(w.auth, token, &got), E_UNAUTHENTICATED);
    ck_assert_int_eq(auth_check_bearer(w.auth, "x"), RIGHT_NONE);
    ck_assert_int_eq(auth_check_bearer(w.auth, NULL), RIGHT_NONE);
    user_unref(user);
    world_fini(&w);
}
END_TEST

START_TEST(presence_is_gathered_and_tells_what_is)
{
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    world_wait(&w, 200);
    client_forget(&ada);
    client_open(&w, 1, &bob);
    client_enter(&w, &bob, "bob", "lobby");
    world_wait(&w, 200);
    HAS(client_find(&ada, "presence"), "\"online\":true");
    client_close(&w, &bob);
    client_open(&w, 1, &bob); /* gone and back before anybody was told: nothing to tell */
    client_open(&w, 1, &eve);
    client_enter(&w, &eve, "eve", "lobby");
    client_close(&w, &eve);
    world_wait(&w, 200);
    HAS(client_find(&ada, "presence"), "\"online\":false");
    ck_assert_ptr_null(client_find(&ada, "\"eve\""));
    client_close(&w, &ada);
    client_close(&w, &bob);
    world_fini(&w);
}
END_TEST

START_TEST(silence_is_pinged_then_closed)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    client_say(&w, &ada, 10);
    client_forget(&ada);
    world_wait(&w, 25100);
    HAS(client_find(&ada, "\"ping\""), "\"tops\":{\"lobby\":1}");
    client_send(&w, &ada, "{\"type\":\"pong\"}");
    world_wait(&w, 40000);
    ck_assert_int_eq(ada.session->state, SESSION_READY);
    world_wait(&w, 40000);
    HAS(client_find(&ada, "\"bye\""), "\"reconnect\":true");
    client_close(&w, &ada);
    client_open(&w, 0, &ada); /* and who never says hello has 10 s */
    world_wait(&w, 10100);
    HAS(client_find(&ada, "\"bye\""), "4001");
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(bad_frames_are_told_and_three_in_a_row_close)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_send(&w, &ada, "{\"id\":1,\"type\":\"send\"}");
    HAS(client_next(&ada), "\"id\":1,\"type\":\"error\",\"code\":\"unauthenticated\"");
    client_send(&w, &ada, "[1]");
    client_send(&w, &ada, "nonsense");
    client_send(&w, &ada, "{\"id\":2,\"type\":\"hello\",\"name\":\"ada\"}");
    client_send(&w, &ada, "{\"id\":9");
    client_send(&w, &ada, "{\"id\":7,\"kind\":1}");
    HAS(client_find(&ada, "\"id\":7"), "bad_request");
    ck_assert_int_eq(ada.session->state, SESSION_READY);
    client_send(&w, &ada,
                "{\"id\":8,\"type\":"
                "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80x\"}");
    const char *cut = client_find(&ada, "\"id\":8");
    ck_assert(cut != NULL && utf8_is_valid(cut, strlen(cut)));
    client_send(&w, &ada, "[1]");
    client_send(&w, &ada, "[2]");
    client_send(&w, &ada, "null");
    HAS(client_find(&ada, "\"bye\""), "\"code\":4000,");
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(a_wrong_field_is_named)
{
    const char *cases[][2] = {
        {"{\"id\":5,\"type\":\"join\",\"room\":\"Lobby\"}", "'room' must match"},
        {"{\"id\":5,\"type\":\"send\",\"room\":\"lobby\",\"text\":\"x\"}", "'cid' is missing"},
        {"{\"id\":5,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"1\",\"text\":\"\"}", "'text'"},
        {"{\"id\":5,\"type\":\"send\",\"room\":\"other\",\"cid\":\"1\",\"text\":\"x\"}",
         "\"forbidden\""},
        {"{\"id\":5,\"type\":\"history\",\"room\":\"lobby\",\"limit\":201}", "'limit' must be"},
        {"{\"id\":5,\"type\":\"history\",\"room\":\"lobby\",\"before\":1,\"after\":1}", "not both"},
        {"{\"id\":5,\"type\":\"dance\"}", "unknown type 'dance'"},
        {"{\"id\":5,\"type\":\"hello\",\"name\":\"x\"}", "already"},
        {"{\"id\":5,\"type\":\"typing\",\"room\":\"lobby\",\"active\":1}",
         "'active' must be true or false"},
        {"{\"id\":0,\"type\":\"ping\"}", "'id' must be"},
        {"{\"id\":5,\"type\":\"join\",\"room\":\"a\\u0000b\"}", "\"id\":5,\"type\":\"error\""},
        {"{\"id\":5,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"1\",\"text\":\"a\\u0000b\"}",
         "U+0000"},
    };
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        client_forget(&ada);
        client_send(&w, &ada, cases[i][0]);
        HAS(client_next(&ada), cases[i][1]);
    }
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(too_many_unanswered_requests_stop_the_reading)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 0; i < 64; i++) {
        char json[128];
        snprintf(json, sizeof json,
                 "{\"id\":%u,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"%u\",\"text\":\"x\"}",
                 10 + i, i);
        ck_assert(!ada.is_paused);
        session_on_frame(ada.session, json, strlen(json));
    }
    ck_assert(ada.is_paused);
    world_settle(&w);
    ck_assert(!ada.is_paused);
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(requests_may_follow_each_other_without_waiting)
{
    const char *requests[] = {
        "{\"id\":1,\"type\":\"hello\",\"name\":\"ada\"}",
        "{\"id\":2,\"type\":\"join\",\"room\":\"x\"}",
        "{\"id\":3,\"type\":\"leave\",\"room\":\"x\"}",
        "{\"id\":4,\"type\":\"join\",\"room\":\"x\"}",
        "{\"id\":5,\"type\":\"join\",\"room\":\"x\"}",
        "{\"id\":6,\"type\":\"send\",\"room\":\"x\",\"cid\":\"c\",\"text\":\"hi\"}",
    };
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_send(&w, &ada, requests[0]);
    for (size_t i = 1; i < sizeof requests / sizeof requests[0]; i++)
        session_on_frame(ada.session, requests[i], strlen(requests[i]));
    world_settle(&w);
    for (unsigned id = 1; id <= 6; id++) {
        char part[32];
        snprintf(part, sizeof part, "{\"id\":%u,\"type\":\"ok\"", id);
        HAS(client_find(&ada, "\"id\":"), part);
    }
    client_expect(&ada, 1, 1);
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(draining_answers_then_says_goodbye)
{
    world_init(&w, 2);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    client_forget(&ada);
    const char *json =
        "{\"id\":10,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"1\",\"text\":\"last words\"}";
    session_on_frame(ada.session, json, strlen(json));
    for (unsigned i = 0; i < 2; i++)
        chat_on_msg(w.chats[i], msg_new(MSG_LOOP_DRAIN, 0));
    chat_on_tick(w.chats[0], w.chats[0]->now_ms + 50);
    ck_assert_int_eq(ada.session->state, SESSION_READY); /* an answer is owed */
    world_wait(&w, 200);
    HAS(client_find(&ada, "\"id\":10"), "\"ok\"");
    HAS(client_find(&ada, "\"bye\""), "\"code\":1001,");
    ck_assert_int_eq(ada.close_code, 1001);
    ck_assert(!chat_is_drained(w.chats[0]));
    client_close(&w, &ada);
    ck_assert(chat_is_drained(w.chats[0]));
    world_fini(&w);
}
END_TEST

START_TEST(verdicts_are_gathered_into_numbered_events)
{
    world_init(&w, 1);
    client_open(&w, 0, &ada);
    client_enter(&w, &ada, "ada", "lobby");
    for (unsigned i = 0; i < 3; i++)
        client_say(&w, &ada, 10 + i);
    client_forget(&ada);
    struct msg *jobs = mailbox_take(w.topology.dispatch);
    unsigned n_jobs = 0;
    for (struct msg *m = jobs, *next; m != NULL; m = next) {
        next = m->next;
        if (m->tag != MSG_DISPATCH_JOB) { /* that somebody came */
            msg_free(m);
            continue;
        }
        const struct msg_job *job = (const struct msg_job *)m;
        struct msg_verdict *v = msg_new(MSG_ROOM_VERDICT, sizeof(struct label));
        v->id = job->id;
        v->room = job->room;
        v->seq = job->seq;
        v->n_labels = 1;
        v->labels = (struct label *)(v + 1);
        *v->labels = (struct label){.analyzer = "toxicity",
                                    .version = "1",
                                    .label = "toxic",
                                    .score = 0.5f,
                                    .flagged = n_jobs == 1};
        chat_on_msg(w.chats[0], &v->head);
        msg_free(m);
        n_jobs++;
    }
    ck_assert_uint_eq(n_jobs, 3);
    world_settle(&w);
    const char *event = client_find(&ada, "\"kind\":\"verdict\"");
    HAS(event, "\"seq\":4,");
    HAS(event, "{\"on\":1,\"action\":\"none\",\"labels\":[]}");
    HAS(event, "{\"on\":2,\"action\":\"flag\",\"labels\":[{\"analyzer\":\"toxicity\"");
    HAS(event, "{\"on\":3,");
    ck_assert_ptr_null(client_find(&ada, "verdict"));
    client_close(&w, &ada);
    world_fini(&w);
}
END_TEST

START_TEST(room_names_are_checked)
{
    ck_assert(room_name_is_valid("a", 1));
    ck_assert(room_name_is_valid("a.b_c:d-9", 9));
    ck_assert(!room_name_is_valid("", 0));
    ck_assert(!room_name_is_valid("-a", 2));
    ck_assert(!room_name_is_valid("A", 1));
    ck_assert(!room_name_is_valid("a/b", 3));
    char long_name[66];
    memset(long_name, 'a', sizeof long_name);
    ck_assert(room_name_is_valid(long_name, 64));
    ck_assert(!room_name_is_valid(long_name, 65));
}
END_TEST

UNIT_MAIN("chat", two_clients_see_one_order_on_one_loop, two_clients_see_one_order_on_two_loops,
          a_resume_gets_exactly_what_was_missed,
          events_shown_while_the_store_reads_come_with_the_page,
          a_page_ends_where_the_pushes_begin, what_retention_took_is_never_passed_over_in_silence,
          a_commit_that_fails_is_told_and_not_shown, a_slow_client_is_cut_and_others_are_not,
          a_backlog_without_progress_is_cut_one_that_shrinks_is_not,
          names_are_refused_while_borne_and_free_after, a_forged_token_is_refused,
          presence_is_gathered_and_tells_what_is, silence_is_pinged_then_closed,
          bad_frames_are_told_and_three_in_a_row_close, a_wrong_field_is_named,
          too_many_unanswered_requests_stop_the_reading,
          requests_may_follow_each_other_without_waiting,
          draining_answers_then_says_goodbye, verdicts_are_gathered_into_numbered_events,
          room_names_are_checked)
