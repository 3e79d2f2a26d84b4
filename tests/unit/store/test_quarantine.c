/* SPDX-License-Identifier: MIT
 * The quarantine: kept, listed, shown, replayed, dropped; and each message judged once at most. */
#include "base/status.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct world world;

/* Dispatch's answers come to w->replies, too. */
static void open_world(void)
{
    world_open(&world);
    world.topology.dispatch = world.replies;
}

static int64_t say(const char *cid, const char *text)
{
    struct msg_publication *p = world_message("lobby", "ada", cid, text);
    p->analyse = true;
    struct outcome o = world_send(&world, p);
    ck_assert_int_eq(o.status, 0);
    return o.id;
}

/* As dispatch does; gives what it is told. */
static int give_up(int64_t id, const char *reason, const char *stack)
{
    struct msg_quarantine *q = msg_new(MSG_STORE_QUARANTINE, 0);
    q->id = id;
    q->attempts = 3;
    q->ts_ms = 1700000000000;
    snprintf(q->reason, sizeof q->reason, "%s", reason);
    snprintf(q->stack, sizeof q->stack, "%s", stack);
    world_post(&world, &q->head);
    ck_assert_ptr_eq(world_next(&world, -1), q);
    ck_assert_int_eq(q->head.tag, MSG_DISPATCH_QUARANTINED);
    int status = q->status;
    msg_free(&q->head);
    return status;
}

static struct msg_review *post_review(enum review_act act, int64_t id, uint32_t limit)
{
    struct msg_review *m = msg_new(MSG_STORE_REVIEW, 0);
    m->act = act;
    m->id = id;
    m->limit = limit;
    m->reply = world.replies;
    world_post(&world, &m->head);
    return m;
}

static struct msg_review *review(enum review_act act, int64_t id, uint32_t limit)
{
    struct msg_review *m = post_review(act, id, limit);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_REVIEWED);
    return m;
}

static void expect_status(enum review_act act, int64_t id, int status)
{
    struct msg_review *m = review(act, id, 0);
    ck_assert_int_eq(m->ask.status, status);
    ck_assert(status == 0 || m->ask.detail != NULL);
    msg_free(&m->head);
}

static void expect_entries(struct msg_review *m, uint64_t total, const char *json)
{
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert_uint_eq(m->total, total);
    buf_append_char(&m->entries, '\0');
    ck_assert_str_eq(m->entries.data, json);
    msg_free(&m->head);
}

static uint32_t count_pending(void)
{
    struct msg_pending *m = world_pending(&world, 0, 100);
    uint32_t n = m->count;
    msg_free(&m->head);
    return n;
}

static int judge(int64_t id)
{
    struct msg_publication *p = world_event(EVENT_VERDICT, "lobby", NULL, "", "[]");
    p->done = malloc(sizeof id);
    memcpy(p->done, &id, sizeof id);
    p->n_done = 1;
    return world_send(&world, p).status;
}

/* The wall clock of a message, which no test can know. */
static long long sent_ts(int64_t id)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT ts FROM events WHERE id = %lld", (long long)id);
    return world_query(&world, sql);
}

START_TEST(what_was_given_up_is_listed_and_shown)
{
    char json[1024];
    world_init(&world, DURABILITY_FULL);
    open_world();
    int64_t a = say("c1", "first \"poison\""), b = say("c2", "second");
    say("c3", "harmless");
    expect_entries(review(REVIEW_LIST, 0, 10), 0, "");
    ck_assert_int_eq(give_up(a, "killed by signal 11 (SIGSEGV)", "File \"x.py\", line 1"), 0);
    ck_assert_int_eq(give_up(b, "exited with code 3", ""), 0);
    ck_assert_uint_eq(count_pending(), 1);
    snprintf(json, sizeof json,
             "{\"id\":%lld,\"room\":\"lobby\",\"seq\":2,\"user\":{\"id\":\"ada\",\"name\":\"ada\"},"
             "\"sent_ts\":%lld,\"ts\":1700000000000,\"attempts\":3,"
             "\"reason\":\"exited with code 3\"}", (long long)b, sent_ts(b));
    expect_entries(review(REVIEW_LIST, 0, 1), 2, json);
    snprintf(json, sizeof json,
             "{\"id\":%lld,\"room\":\"lobby\",\"seq\":1,\"user\":{\"id\":\"ada\",\"name\":\"ada\"},"
             "\"sent_ts\":%lld,\"ts\":1700000000000,\"attempts\":3,"
             "\"reason\":\"killed by signal 11 (SIGSEGV)\",\"text\":\"first \\\"poison\\\"\","
             "\"stack\":\"File \\\"x.py\\\", line 1\"}", (long long)a, sent_ts(a));
    expect_entries(review(REVIEW_SHOW, a, 0), 2, json);
    expect_status(REVIEW_SHOW, 3, E_NOT_FOUND);
    expect_status(REVIEW_SHOW, 99, E_NOT_FOUND);
    world_close(&world);
    open_world();
    expect_entries(review(REVIEW_SHOW, a, 0), 2, json);
    world_fini(&world);
}
END_TEST

START_TEST(a_replayed_message_goes_to_dispatch_and_is_judged_once)
{
    world_init(&world, DURABILITY_FULL);
    open_world();
    int64_t id = say("c1", "poison");
    give_up(id, "exited with code 3", "");
    struct msg_review *m = post_review(REVIEW_REPLAY, id, 0);
    struct msg_job *job = (struct msg_job *)world_next(&world, -1);
    ck_assert_int_eq(job->head.tag, MSG_DISPATCH_JOB);
    ck_assert_int_eq(job->id, id);
    ck_assert(job->again);
    ck_assert_str_eq(job->text, "poison");
    msg_free(&job->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->ask.status, 0);
    msg_free(&m->head);
    ck_assert_uint_eq(count_pending(), 1);
    expect_status(REVIEW_REPLAY, id, E_NOT_FOUND);
    /* It kills again … */
    ck_assert_int_eq(give_up(id, "exited with code 3", ""), 0);
    ck_assert_uint_eq(count_pending(), 0);
    /* … and, somebody having mended the analyzer, not the third time. */
    post_review(REVIEW_REPLAY, id, 0);
    msg_free(world_next(&world, -1));
    msg_free(world_next(&world, -1));
    ck_assert_int_eq(judge(id), 0);
    ck_assert_int_eq(judge(id), E_EXISTS);
    ck_assert_int_eq(give_up(id, "too late", ""), 0);
    expect_entries(review(REVIEW_LIST, 0, 10), 0, "");
    world_fini(&world);
}
END_TEST

START_TEST(a_dropped_message_is_never_offered_again)
{
    world_init(&world, DURABILITY_FULL);
    open_world();
    int64_t id = say("c1", "poison");
    expect_status(REVIEW_DROP, id, E_NOT_FOUND);
    ck_assert_uint_eq(count_pending(), 1);
    give_up(id, "exited with code 3", "");
    expect_status(REVIEW_DROP, id, 0);
    expect_status(REVIEW_DROP, id, E_NOT_FOUND);
    expect_status(REVIEW_REPLAY, id, E_NOT_FOUND);
    world_close(&world);
    open_world();
    ck_assert_uint_eq(count_pending(), 0);
    ck_assert_int_eq(judge(id), E_EXISTS);
    ck_assert_uint_eq(world_top(&world, "lobby"), 1);
    world_fini(&world);
}
END_TEST

START_TEST(retention_takes_from_the_quarantine_too)
{
    world_init(&world, DURABILITY_FULL);
    world.config.retain_events = 10;
    open_world();
    int64_t id = say("c1", "poison");
    give_up(id, "exited with code 3", "");
    for (int i = 0; i < 20; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "n%d", i);
        say(cid, "newer");
    }
    world_until(&world, "SELECT count(*) FROM quarantine", 0);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM pending WHERE state = 2"), 0);
    expect_status(REVIEW_REPLAY, id, E_NOT_FOUND);
    world_fini(&world);
}
END_TEST

START_TEST(a_file_of_the_first_schema_is_brought_up)
{
    world_init(&world, DURABILITY_FULL);
    open_world();
    int64_t id = say("c1", "poison");
    world_close(&world);
    world_exec(&world, "ALTER TABLE quarantine DROP COLUMN stack; "
                       "DROP TABLE keys; DROP TABLE review; DROP TABLE audit; "
                       "DROP TABLE policies; DROP TABLE traces; DROP TABLE altered; "
                       "DROP TABLE insights; DROP TABLE strikes; PRAGMA user_version = 1");
    open_world();
    ck_assert_int_eq(give_up(id, "exited with code 3", "somewhere"), 0);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM quarantine "
                                         "WHERE stack = 'somewhere'"), 1);
    world_fini(&world);
}
END_TEST

UNIT_MAIN("quarantine", what_was_given_up_is_listed_and_shown,
          a_replayed_message_goes_to_dispatch_and_is_judged_once,
          a_dropped_message_is_never_offered_again, retention_takes_from_the_quarantine_too,
          a_file_of_the_first_schema_is_brought_up)
