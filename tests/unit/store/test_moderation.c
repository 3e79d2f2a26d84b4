/* SPDX-License-Identifier: MIT
 * The review queue: claims, decisions with and without events, undo, audit, precision, labels. */
#include "base/status.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE "{\"label\":\"toxicity.toxic\",\"at\":0.9,\"action\":\"hold\"}"

static struct world world;

static void open_world(void)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
}

/* As the gate puts them; seq 0: held. */
static int64_t put(const char *cid, const char *text, uint64_t seq)
{
    char sql[1024], shown[24];
    snprintf(shown, sizeof shown, seq != 0 ? "%llu" : "NULL", (unsigned long long)seq);
    snprintf(sql, sizeof sql,
             "INSERT INTO review (kind, state, room, seq, event, user_id, user_name, user_role, "
             "cid, text, ts, labels, rule, action) VALUES ('%s', 'open', 'lobby', %s, 0, 'ada', "
             "'ada', 0, '%s', '%s', 1700000000000, '[]', '%s', 'hold')",
             seq != 0 ? "flagged" : "held", shown, cid, text, RULE);
    world_exec(&world, sql);
    return world_query(&world, "SELECT max(id) FROM review");
}

static struct msg_moderation *ask(enum moderation_act act, int64_t id, const char *actor)
{
    struct msg_moderation *m = msg_new(MSG_STORE_MODERATE, 0);
    m->act = act;
    m->id = id;
    m->limit = 100;
    m->reply = world.replies;
    snprintf(m->actor, sizeof m->actor, "%s", actor);
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_MODERATED);
    return m;
}

static int act_as(enum moderation_act act, int64_t id, const char *actor)
{
    struct msg_moderation *m = ask(act, id, actor);
    int status = m->ask.status;
    ck_assert(status == 0 || m->ask.detail != NULL);
    ck_assert_ptr_null(m->item);
    msg_free(&m->head);
    return status;
}

/* A decision that needs an event: publishes it as the asking side does. */
static struct outcome publish(enum moderation_act act, int64_t id, enum event_kind kind,
                              uint64_t on, const char *cid, const char *text)
{
    struct msg_publication *p = world_event(kind, "lobby", "ada", cid, text);
    p->on = on;
    p->moderator = true;
    p->decision = calloc(1, sizeof *p->decision);
    p->decision->review = id;
    p->decision->act = act;
    strcpy(p->decision->actor, "operator");
    return world_send(&world, p);
}

static void expect_state(int64_t id, const char *state)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM review WHERE id = %lld AND state = '%s'",
             (long long)id, state);
    ck_assert_msg(world_query(&world, sql) == 1, "item %lld is not %s", (long long)id, state);
}

static void expect_text(struct msg_moderation *m, const char *part)
{
    buf_append_char(&m->entries, '\0');
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert_msg(strstr(m->entries.data, part) != NULL, "no %s in %s", part, m->entries.data);
    msg_free(&m->head);
}

START_TEST(a_held_message_is_published_once_with_its_author)
{
    open_world();
    int64_t id = put("c1", "hello", 0);
    struct msg_moderation *m = ask(MODERATION_APPROVE, id, "operator");
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert_ptr_nonnull(m->item);
    ck_assert_str_eq(m->item->text, "hello");
    ck_assert_str_eq(m->item->user_id, "ada");
    ck_assert_str_eq(m->item->cid, "c1");
    ck_assert(m->item->held && m->item->seq == 0);
    msg_free(&m->head);
    expect_state(id, "open");

    struct outcome first = publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 0, "c1", "hello");
    ck_assert_int_eq(first.status, 0);
    ck_assert_uint_eq(first.seq, 1);
    expect_state(id, "approved");
    /* A second moderator who had read the item before: nothing is published. */
    struct outcome second = publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 0, "c1", "hello");
    ck_assert_int_eq(second.status, E_CONFLICT);
    ck_assert_uint_eq(world_top(&world, "lobby"), 1);
    /* The author's own retry gets the original's answer. */
    struct outcome retry = world_send(&world, world_message("lobby", "ada", "c1", "hello"));
    ck_assert(retry.duplicate && retry.seq == 1);
    m = ask(MODERATION_APPROVE, id, "operator");
    ck_assert(m->was_done && m->seq == 1 && m->item == NULL);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(a_refused_event_leaves_the_item_open)
{
    open_world();
    int64_t id = put("c1", "a reply", 0);
    struct outcome o = publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 17, "c1", "a reply");
    ck_assert_int_eq(o.status, E_NOT_FOUND);
    expect_state(id, "open");
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM audit"), 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_decision_and_its_event_outlive_a_crash_together)
{
    open_world();
    int64_t id = put("c1", "hello", 0), other = put("c2", "there", 0);
    ck_assert_int_eq(publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 0, "c1", "hello").status, 0);
    world_close(&world);
    world_open(&world);
    expect_state(id, "approved");
    expect_state(other, "open");
    ck_assert_int_eq(publish(MODERATION_APPROVE, other, EVENT_MESSAGE, 0, "c2", "there").status, 0);
    ck_assert_uint_eq(world_top(&world, "lobby"), 2);
    world_fini(&world);
}
END_TEST

START_TEST(a_rejected_message_is_never_shown_until_that_is_undone)
{
    open_world();
    int64_t id = put("c1", "hello", 0);
    ck_assert_int_eq(act_as(MODERATION_REJECT, id, "operator"), 0);
    expect_state(id, "rejected");
    ck_assert_int_eq(act_as(MODERATION_REJECT, id, "operator"), 0); /* it stands so already */
    ck_assert_int_eq(act_as(MODERATION_MASK, id, "operator"), E_CONFLICT);
    ck_assert_int_eq(publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 0, "c1", "hello").status,
                     E_CONFLICT);
    ck_assert_uint_eq(world_top(&world, "lobby"), 0);
    struct msg_moderation *m = ask(MODERATION_UNDO, id, "operator");
    ck_assert(m->ask.status == 0 && m->restored);
    msg_free(&m->head);
    ck_assert_int_eq(act_as(MODERATION_UNDO, id, "operator"), E_CONFLICT);
    ck_assert_int_eq(publish(MODERATION_APPROVE, id, EVENT_MESSAGE, 0, "c1", "hello").status, 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_shown_message_is_deleted_or_edited_by_the_moderator)
{
    open_world();
    uint64_t seq = world_send(&world, world_message("lobby", "ada", "c1", "bad")).seq;
    int64_t id = put("c1", "bad", seq);
    ck_assert_int_eq(publish(MODERATION_MASK, id, EVENT_EDIT, seq, "", "###").status, 0);
    expect_state(id, "masked");
    struct msg_moderation *m = ask(MODERATION_UNDO, id, "operator");
    ck_assert_ptr_nonnull(m->item); /* its text comes back by an edit */
    msg_free(&m->head);
    ck_assert_int_eq(publish(MODERATION_UNDO, id, EVENT_EDIT, seq, "", "bad").status, 0);
    expect_state(id, "open");
    ck_assert_int_eq(publish(MODERATION_REJECT, id, EVENT_DELETE, seq, "", "").status, 0);
    m = ask(MODERATION_UNDO, id, "operator");
    ck_assert(m->ask.status == 0 && m->item == NULL && !m->restored);
    msg_free(&m->head);
    ck_assert_int_eq(act_as(MODERATION_APPROVE, id, "operator"), 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_claim_keeps_others_away_for_ten_minutes)
{
    open_world();
    int64_t id = put("c1", "hello", 0);
    ck_assert_int_eq(act_as(MODERATION_CLAIM, id, "ops-1"), 0);
    ck_assert_int_eq(act_as(MODERATION_CLAIM, id, "ops-2"), E_CONFLICT);
    ck_assert_int_eq(act_as(MODERATION_REJECT, id, "ops-2"), E_CONFLICT);
    ck_assert_int_eq(act_as(MODERATION_RELEASE, id, "ops-2"), E_CONFLICT);
    ck_assert_int_eq(act_as(MODERATION_CLAIM, id, "ops-1"), 0);
    ck_assert_int_eq(act_as(MODERATION_RELEASE, id, "ops-1"), 0);
    ck_assert_int_eq(act_as(MODERATION_CLAIM, id, "ops-2"), 0);
    world_exec(&world, "UPDATE review SET claimed_ts = claimed_ts - 600001");
    ck_assert_int_eq(act_as(MODERATION_REJECT, id, "ops-1"), 0);
    ck_assert_int_eq(act_as(MODERATION_CLAIM, 99, "ops-1"), E_NOT_FOUND);
    world_fini(&world);
}
END_TEST

START_TEST(an_item_comes_with_five_events_before_and_behind_it)
{
    char cid[16];
    open_world();
    for (int i = 1; i <= 20; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        world_send(&world, world_message("lobby", "bob", cid, "talk"));
    }
    struct msg_moderation *m = ask(MODERATION_SHOW, put("c10", "talk", 10), "operator");
    buf_append_char(&m->entries, '\0');
    ck_assert_ptr_nonnull(strstr(m->entries.data, "\"context\":[{\"type\":\"event\",\"room\":"
                                                  "\"lobby\",\"seq\":5,"));
    ck_assert_ptr_nonnull(strstr(m->entries.data, "\"seq\":15,"));
    ck_assert_ptr_null(strstr(m->entries.data, "\"seq\":4,"));
    ck_assert_ptr_null(strstr(m->entries.data, "\"seq\":16,"));
    msg_free(&m->head);
    ck_assert_int_eq(act_as(MODERATION_SHOW, 99, "operator"), E_NOT_FOUND);
    world_fini(&world);
}
END_TEST

START_TEST(the_queue_is_oldest_first_and_the_record_newest_first)
{
    open_world();
    int64_t a = put("c1", "one", 0), b = put("c2", "two", 0), c = put("c3", "three", 0);
    struct msg_moderation *m = ask(MODERATION_LIST, 0, "operator");
    buf_append_char(&m->entries, '\0');
    ck_assert_uint_eq(m->total, 3);
    ck_assert(strstr(m->entries.data, "one") < strstr(m->entries.data, "three"));
    msg_free(&m->head);
    ck_assert_int_eq(act_as(MODERATION_REJECT, a, "operator"), 0);
    ck_assert_int_eq(act_as(MODERATION_REJECT, b, "operator"), 0);
    m = msg_new(MSG_STORE_MODERATE, 0);
    m->act = MODERATION_LIST;
    m->limit = 1;
    m->reply = world.replies;
    strcpy(m->state, "rejected");
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_uint_eq(m->total, 2);
    expect_text(m, "\"text\":\"two\"");
    expect_state(c, "open");
    world_fini(&world);
}
END_TEST

START_TEST(decisions_give_precision_labels_and_an_audit)
{
    open_world();
    int64_t a = put("c1", "fine", 0), b = put("c2", "vile", 0), c = put("c3", "mean", 0);
    put("c4", "open", 0);
    ck_assert_int_eq(publish(MODERATION_APPROVE, a, EVENT_MESSAGE, 0, "c1", "fine").status, 0);
    ck_assert_int_eq(publish(MODERATION_MASK, b, EVENT_MESSAGE, 0, "c2", "####").status, 0);
    ck_assert_int_eq(act_as(MODERATION_REJECT, c, "ops-1"), 0);
    expect_text(ask(MODERATION_PRECISION, 0, "operator"),
                "{\"rule\":" RULE ",\"approved\":1,\"rejected\":1,\"masked\":1,\"open\":1,"
                "\"precision\":0.6667}");
    expect_text(ask(MODERATION_LABELS, 0, "operator"),
                "\"text\":\"vile\",\"decision\":\"masked\",\"harmful\":true");
    expect_text(ask(MODERATION_AUDIT, 0, "operator"),
                "\"actor\":\"ops-1\",\"act\":\"reject\",\"room\":\"lobby\",\"seq\":null");
    world_fini(&world);
}
END_TEST

UNIT_MAIN("moderation", a_held_message_is_published_once_with_its_author,
          a_refused_event_leaves_the_item_open,
          a_decision_and_its_event_outlive_a_crash_together,
          a_rejected_message_is_never_shown_until_that_is_undone,
          a_shown_message_is_deleted_or_edited_by_the_moderator,
          a_claim_keeps_others_away_for_ten_minutes,
          an_item_comes_with_five_events_before_and_behind_it,
          the_queue_is_oldest_first_and_the_record_newest_first,
          decisions_give_precision_labels_and_an_audit)
