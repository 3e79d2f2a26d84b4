/* SPDX-License-Identifier: MIT
 * Searches by words: what they find, what they must not, and what they are bounded by. */
#include "base/status.h"
#include "store/terms.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world world;
static unsigned cids;

static void begin(void)
{
    cids = 0;
    world_init(&world, DURABILITY_OS);
    world_open(&world);
}

static struct msg_publication *make(enum event_kind kind, uint64_t on, const char *text)
{
    char cid[16];
    snprintf(cid, sizeof cid, "c%u", ++cids);
    struct msg_publication *p = world_event(kind, "lobby", "ada", cid, text);
    p->on = on;
    return p;
}

static uint64_t say(const char *text)
{
    return world_send(&world, make(EVENT_MESSAGE, 0, text)).seq;
}

/* As the gate of a room hands it on. */
static uint64_t say_judged(enum event_kind kind, uint64_t on, const char *text, enum action action,
                           const char *shown)
{
    struct msg_publication *p = make(kind, on, text);
    p->judgement = calloc(1, sizeof *p->judgement);
    p->judgement->action = action;
    if (shown != NULL)
        buf_append_str(&p->judgement->shown, shown);
    return world_send(&world, p).seq;
}

static void await_index(void)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT value = (SELECT max(id) FROM events) FROM meta "
                              "WHERE key = 'search_to'");
    world_until(&world, sql, 1);
}

static struct msg_search *search(const char *room, const char *q, uint64_t before, uint32_t limit)
{
    struct msg_search *m = msg_new(MSG_STORE_SEARCH, 0);
    strncpy(m->room.text, room, ROOM_NAME_MAX);
    ck_assert_uint_le(strlen(q), SEARCH_Q_MAX);
    strcpy(m->q, q);
    m->reply = world.replies;
    m->before = before;
    m->limit = limit;
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_FOUND);
    buf_append_char(&m->hits, '\0');
    return m;
}

/* The seqs that a whole search finds, newest first: "5 3 1". In a static buffer. */
static const char *found(const char *q)
{
    static char seqs[4000];
    uint64_t before = 0;
    bool more = true;
    seqs[0] = '\0';
    while (more) {
        struct msg_search *m = search("lobby", q, before, 100);
        ck_assert_msg(m->ask.status == 0, "%s: %s", q, m->ask.detail);
        ck_assert(before == 0 || m->from < before);
        for (const char *at = m->hits.data; (at = strstr(at, "{\"seq\":")) != NULL; at++) {
            size_t len = strlen(seqs);
            snprintf(seqs + len, sizeof seqs - len, len > 0 ? " %d" : "%d", atoi(at + 7));
        }
        before = m->from;
        more = m->more;
        msg_free(&m->head);
    }
    return seqs;
}

/* Where the newest hit matches. In a static buffer. */
static const char *spans(const char *q)
{
    static char text[2000];
    struct msg_search *m = search("lobby", q, 0, 1);
    ck_assert_uint_eq(m->count, 1);
    const char *at = strstr(m->hits.data, "\"spans\":");
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%s", at + strlen("\"spans\":"));
    *strrchr(text, '}') = '\0';
    msg_free(&m->head);
    return text;
}

/* What a room never showed, no search may tell: not by finding it, not by its text. */
START_TEST(what_was_masked_is_found_by_what_was_shown)
{
    begin();
    say_judged(EVENT_MESSAGE, 0, "you vile toad", ACTION_MASK, "you ████ toad");
    say("a fair word");
    say_judged(EVENT_EDIT, 2, "a foul word", ACTION_MASK, "a ████ word");
    for (int indexed = 0; indexed < 2; indexed++) {
        ck_assert_str_eq(found("vile"), "");
        ck_assert_str_eq(found("foul"), "");
        ck_assert_str_eq(found("fair"), "");
        ck_assert_str_eq(found("toad"), "1");
        ck_assert_str_eq(found("word"), "2");
        ck_assert_str_eq(spans("toad"), "[[9,13]]");
        struct msg_search *m = search("lobby", "toad", 0, 10);
        ck_assert_ptr_null(strstr(m->hits.data, "vile"));
        ck_assert_ptr_nonnull(strstr(m->hits.data, "you ████ toad"));
        msg_free(&m->head);
        await_index();
    }
    /* Nor is it in the index, whoever may ask that. */
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM search WHERE search MATCH "
                                         "'vile OR foul'"), 0);
    world_fini(&world);
}
END_TEST

START_TEST(what_nobody_may_see_is_not_found)
{
    begin();
    say_judged(EVENT_MESSAGE, 0, "a secret toad", ACTION_SHADOW, NULL);
    say_judged(EVENT_MESSAGE, 0, "a secret frog", ACTION_HOLD, NULL);
    struct msg_publication *p = make(EVENT_MESSAGE, 0, "a secret newt");
    p->judgement = calloc(1, sizeof *p->judgement);
    p->judgement->action = ACTION_BLOCK;
    p->judgement->refusal = E_REJECTED;
    ck_assert_int_eq(world_send(&world, p).status, E_REJECTED);
    uint64_t shown = say("an open toad");
    say_judged(EVENT_EDIT, shown, "a secret toad again", ACTION_SHADOW, NULL);
    uint64_t gone = say("a secret that is deleted");
    world_send(&world, make(EVENT_DELETE, gone, ""));
    for (int indexed = 0; indexed < 2; indexed++) {
        char only[8];
        snprintf(only, sizeof only, "%d", (int)shown);
        ck_assert_str_eq(found("secret"), "");
        ck_assert_str_eq(found("toad"), only);
        await_index();
    }
    world_fini(&world);
}
END_TEST

START_TEST(messages_are_found_as_they_now_read)
{
    begin();
    say("the quick brown fox");
    say("the lazy dog");
    ck_assert_str_eq(found("fox"), "1");
    ck_assert_str_eq(found("the"), "2 1");
    await_index();
    world_send(&world, make(EVENT_EDIT, 1, "the quick brown vixen"));
    ck_assert_str_eq(found("fox"), ""); /* the index may still say so; the log does not */
    await_index();
    ck_assert_str_eq(found("vixen"), "1");
    world_send(&world, make(EVENT_EDIT, 1, "the slow vixen"));
    await_index();
    ck_assert_str_eq(found("vixen quick"), "");
    ck_assert_str_eq(found("vixen slow"), "1");
    struct msg_search *m = search("lobby", "vixen", 0, 10);
    ck_assert_ptr_nonnull(strstr(m->hits.data, "\"text\":\"the slow vixen\",\"edited\":true,"));
    msg_free(&m->head);
    world_send(&world, make(EVENT_DELETE, 1, ""));
    ck_assert_str_eq(found("vixen"), "");
    await_index();
    ck_assert_str_eq(found("vixen"), "");
    /* In one room only. */
    world_send(&world, world_message("den", "eve", "d1", "a dog elsewhere"));
    await_index();
    ck_assert_str_eq(found("dog"), "2");
    m = search("nowhere", "dog", 0, 10);
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert(!m->known);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(all_words_count_whatever_their_case_order_and_accents)
{
    begin();
    say("Crème brûlée, déjà vu");
    say("naïve café CAFE");
    say("caf");
    for (int indexed = 0; indexed < 2; indexed++) {
        ck_assert_str_eq(found("creme"), "1");
        ck_assert_str_eq(found("VU BRULEE"), "1");
        ck_assert_str_eq(found("creme cafe"), "");
        ck_assert_str_eq(found("Café"), "2");
        ck_assert_str_eq(spans("cafe"), "[[6,10],[11,15]]");
        ck_assert_str_eq(spans("vu, deja!"), "[[14,18],[19,21]]");
        await_index();
    }
    say("👍 thumbs 👍 up");
    ck_assert_str_eq(spans("thumbs up"), "[[2,8],[11,13]]"); /* code points */
    world_fini(&world);
}
END_TEST

START_TEST(scripts_without_spaces_emoji_and_signs_are_found_too)
{
    begin();
    say("明天下午开会，别迟到");
    say("今日は会議があります");
    say("내일 회의에서 만나요");
    say("ship it 🚀🚀");
    say("C++ is not C#, :-) \"quoted\" 100%");
    for (int indexed = 0; indexed < 2; indexed++) {
        ck_assert_str_eq(found("开会"), "1");
        ck_assert_str_eq(spans("开会"), "[[4,6]]");
        ck_assert_str_eq(found("会議"), "2");
        ck_assert_str_eq(found("会"), "2 1");
        ck_assert_str_eq(found("회의"), "3");
        ck_assert_str_eq(found("🚀"), "4");
        ck_assert_str_eq(spans("🚀"), "[[8,9],[9,10]]");
        ck_assert_str_eq(found(" ship 🚀"), "4");
        ck_assert_str_eq(found(":-)"), "5");
        ck_assert_str_eq(found("++"), "5");
        ck_assert_str_eq(found("\"quoted\""), "5");
        await_index();
    }
    world_fini(&world);
}
END_TEST

/* Whatever is typed is no query of the index's language, and never an error. */
START_TEST(no_question_is_a_syntax_error)
{
    static const char *const odd[] = {
        "\"", "\"\"", "'", "*", "a*", "a AND", "AND", "OR NOT", "NEAR(a b)", "NEAR(", "text:a",
        "{text}:a", "-a", "^a", "a + b", "(a", "a)", "a\"b", "--", ";", "%", "_", "a;DROP TABLE",
        "\\", "\x01", "\u00a0", "\u0301", "a\u0301", "\U0010ffff", "{", "[1,2]", "rank:bm25",
    };
    static const char *const blank[] = {"", " ", "\t\n \r"};
    begin();
    say("a and b or not near text drop table rank bm25");
    for (int indexed = 0; indexed < 2; indexed++) {
        for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
            struct msg_search *m = search("lobby", odd[i], 0, 10);
            ck_assert_msg(m->ask.status == 0, "%s: %s", odd[i], m->ask.detail);
            msg_free(&m->head);
        }
        await_index();
    }
    ck_assert_str_eq(found("NOT"), "1");
    ck_assert_str_eq(found("near(text"), "1");
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        struct msg_search *m = search("lobby", blank[i], 0, 10);
        ck_assert_int_eq(m->ask.status, E_BAD_REQUEST);
        msg_free(&m->head);
    }
    struct msg_search *m = search("lobby", "a b c d e f g h i j k l m n o p A B", 0, 10);
    ck_assert_int_eq(m->ask.status, 0); /* 16, and two again */
    msg_free(&m->head);
    m = search("lobby", "a b c d e f g h i j k l m n o p q", 0, 10);
    ck_assert_int_eq(m->ask.status, E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(m->ask.detail, "16"));
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(pages_go_back_without_gap_or_repeat)
{
    enum { N = 60 };
    char all[400] = "";
    begin();
    for (int i = 1; i <= N; i++) {
        say(i % 3 == 0 ? "needle" : "hay");
        if (i % 3 == 0)
            snprintf(all + strlen(all), sizeof all - strlen(all), " %d", N + 3 - i);
    }
    for (int indexed = 0; indexed < 2; indexed++) {
        ck_assert_str_eq(found("needle"), all + 1);
        struct msg_search *m = search("lobby", "needle", 0, 7);
        ck_assert_uint_eq(m->count, 7);
        ck_assert_uint_eq(m->from, N - 6 * 3);
        ck_assert(m->more);
        msg_free(&m->head);
        m = search("lobby", "needle", 7, 7);
        ck_assert_uint_eq(m->count, 2);
        ck_assert_uint_eq(m->from, 1);
        ck_assert(!m->more);
        msg_free(&m->head);
        m = search("lobby", "needle", 1, 7);
        ck_assert_uint_eq(m->count, 0);
        ck_assert(!m->more);
        msg_free(&m->head);
        m = search("lobby", "needle", INT64_MAX, 1);
        ck_assert_ptr_nonnull(strstr(m->hits.data, "{\"seq\":60,"));
        msg_free(&m->head);
        await_index();
    }
    world_fini(&world);
}
END_TEST

/* Says the same many times, without waiting for each. */
static void fill(unsigned n, const char *text)
{
    int home = (int)topology_home(&world.topology, "lobby");
    for (unsigned i = 0; i < n; i++)
        world_post(&world, &make(EVENT_MESSAGE, 0, text)->head);
    for (unsigned i = 0; i < n; i++)
        msg_free(world_next(&world, home));
}

START_TEST(one_search_does_a_bounded_amount_of_work)
{
    enum { N = 10000, WORK = 4096 };
    begin();
    say("the one 会議");
    fill(N, "nothing of the kind");
    await_index();
    /* Whoever asks on comes to the end; what the index cannot tell is read, so many at a time. */
    ck_assert_str_eq(found("one"), "1");
    ck_assert_str_eq(found("one nothing"), "");
    struct msg_search *m = search("lobby", "会議", 0, 10);
    ck_assert_uint_eq(m->count, 0);
    ck_assert_uint_eq(m->from, N + 2 - WORK);
    ck_assert(m->more);
    msg_free(&m->head);
    ck_assert_str_eq(found("会議"), "1");
    /* Long texts make a page of fewer. */
    static char text[8001];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "long ", 5);
    fill(60, text);
    m = search("lobby", "long", 0, 100);
    ck_assert_uint_gt(m->count, 10);
    ck_assert_uint_lt(m->count, 40);
    ck_assert(m->more);
    ck_assert_uint_eq(m->from, N + 2 + 60 - m->count);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

/* Words that are common and never meet, and a rare one beyond several stretches of the index. */
START_TEST(words_are_met_wherever_they_are)
{
    begin();
    say("common uncommon rarity");
    for (int i = 0; i < 5; i++) {
        fill(700, "common alone");
        fill(700, "uncommon alone");
    }
    say("rarity of the common");
    fill(700, "neither");
    await_index();
    ck_assert_str_eq(found("rarity"), "7002 1");
    ck_assert_str_eq(found("common rarity"), "7002 1");
    ck_assert_str_eq(found("common uncommon"), "1");
    ck_assert_str_eq(found("uncommon rarity common"), "1");
    ck_assert_str_eq(found("common neither"), "");
    world_fini(&world);
}
END_TEST

START_TEST(what_retention_deleted_is_not_found)
{
    begin();
    world_close(&world);
    world.config.retain_events = 10;
    world_open(&world);
    fill(50, "needle");
    world_until(&world, "SELECT count(*) FROM events", 10);
    await_index();
    ck_assert_str_eq(found("needle"), "50 49 48 47 46 45 44 43 42 41");
    ck_assert_str_eq(found("nee"), "");
    world_fini(&world);
}
END_TEST

START_TEST(a_damaged_index_is_done_without)
{
    begin();
    say("needle");
    say("hay");
    await_index();
    world_close(&world);
    world_exec(&world, "UPDATE search_data SET block = x'ffffffffffffffff' WHERE id > 10");
    world_open(&world);
    ck_assert_str_eq(found("needle"), "1");
    ck_assert_str_eq(found("hay"), "2");
    world_fini(&world);
}
END_TEST

/* Folding that changes lengths must not move what is marked. */
START_TEST(marks_are_whole_words_of_the_text)
{
    struct terms t = {0};
    struct buf spans_of = BUF_INIT;
    sqlite3 *db = NULL;
    const char *text = "e\u0301te\u0301 e\u0301te\u0301s été";
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(terms_init(&t, db), SQLITE_OK);
    ck_assert_ptr_null(terms_ask(&t, "ETE", 3));
    ck_assert(terms_find(&t, text, strlen(text), &spans_of));
    buf_append_char(&spans_of, '\0');
    ck_assert_str_eq(spans_of.data, "[[0,5],[13,16]]");
    buf_clear(&spans_of);
    ck_assert(!terms_find(&t, "no", 2, &spans_of));
    ck_assert_uint_eq(spans_of.len, 0);
    /* Many matches: the first are told. */
    char many[MARKS_MAX * 8 + 1] = "";
    for (int i = 0; i < 2 * MARKS_MAX; i++)
        strcat(many, "ete ");
    ck_assert(terms_find(&t, many, strlen(many), &spans_of));
    buf_append_char(&spans_of, '\0');
    unsigned marks = 0;
    for (const char *at = spans_of.data; (at = strstr(at, "],[")) != NULL; at++)
        marks++;
    ck_assert_uint_eq(marks, MARKS_MAX - 1);
    buf_fini(&spans_of);
    terms_fini(&t);
    sqlite3_close(db);
}
END_TEST

UNIT_MAIN("store.search", what_was_masked_is_found_by_what_was_shown,
          what_nobody_may_see_is_not_found, messages_are_found_as_they_now_read,
          all_words_count_whatever_their_case_order_and_accents,
          scripts_without_spaces_emoji_and_signs_are_found_too, no_question_is_a_syntax_error,
          pages_go_back_without_gap_or_repeat, one_search_does_a_bounded_amount_of_work,
          words_are_met_wherever_they_are, what_retention_deleted_is_not_found,
          a_damaged_index_is_done_without, marks_are_whole_words_of_the_text)
