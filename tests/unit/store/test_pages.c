/* SPDX-License-Identifier: MIT
 * Pages of history. */
#include "base/status.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

#define N 50

static struct world world;

static void fill(void)
{
    char cid[16], text[32];
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    for (int i = 1; i <= N; i++) {
        snprintf(cid, sizeof cid, "c%d", i);
        snprintf(text, sizeof text, "text number %02d", i);
        world_send(&world, world_message("lobby", "ada", cid, text));
        world_send(&world, world_message("other", "bob", cid, "elsewhere"));
    }
}

/* A page must hold first..last, in order, as events joined by commas. */
static void expect(struct msg_read *m, uint64_t first, uint64_t last, bool more)
{
    struct buf expected = BUF_INIT;
    uint64_t count = first == 0 ? 0 : last - first + 1;
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert(m->known);
    ck_assert_uint_eq(m->count, count);
    ck_assert_uint_eq(m->first, first);
    ck_assert_uint_eq(m->last, last);
    ck_assert_uint_eq(m->top, N);
    ck_assert_uint_eq(m->oldest, 1);
    ck_assert_int_eq(m->more, more);
    const char *at = m->events.data;
    buf_append_char(&m->events, '\0');
    for (uint64_t seq = first; count > 0 && seq <= last; seq++) {
        char part[200];
        snprintf(part, sizeof part, "%s{\"type\":\"event\",\"room\":\"lobby\",\"seq\":%llu,\"ts\":",
                 seq > first ? "," : "", (unsigned long long)seq);
        ck_assert_msg(strncmp(at, part, strlen(part)) == 0, "not %s but %.80s", part, at);
        at += strlen(part);
        snprintf(part, sizeof part,
                 ",\"kind\":\"message\",\"user\":{\"id\":\"ada\",\"name\":\"ada\"},"
                 "\"text\":\"text number %02llu\",\"cid\":\"c%llu\"}",
                 (unsigned long long)seq, (unsigned long long)seq);
        at = strchr(at, ',');
        ck_assert_msg(strncmp(at, part, strlen(part)) == 0, "not %s but %.80s", part, at);
        at += strlen(part);
    }
    if (count > 0)
        ck_assert_int_eq(*at, '\0');
    buf_fini(&expected);
    msg_free(&m->head);
}

static struct msg_read *after(uint64_t seq, uint32_t limit, uint32_t bytes)
{
    return world_read(&world, "lobby", false, seq, limit, bytes);
}

static struct msg_read *before(uint64_t seq, uint32_t limit, uint32_t bytes)
{
    return world_read(&world, "lobby", true, seq, limit, bytes);
}

START_TEST(pages_go_forward)
{
    fill();
    expect(after(0, 10, 65536), 1, 10, true);
    expect(after(10, 10, 65536), 11, 20, true);
    expect(after(40, 10, 65536), 41, 50, false);
    expect(after(45, 10, 65536), 46, 50, false);
    expect(after(50, 10, 65536), 0, 0, false);
    expect(after(60, 10, 65536), 0, 0, false);
    expect(after(0, 1000, 65536), 1, 50, false);
    expect(after(UINT64_MAX, 10, 65536), 0, 0, false);
    world_fini(&world);
}
END_TEST

START_TEST(pages_go_backward)
{
    fill();
    expect(before(51, 10, 65536), 41, 50, true);
    expect(before(41, 10, 65536), 31, 40, true);
    expect(before(11, 10, 65536), 1, 10, false);
    expect(before(5, 10, 65536), 1, 4, false);
    expect(before(1, 10, 65536), 0, 0, false);
    expect(before(INT64_MAX, 3, 65536), 48, 50, true);
    expect(before(UINT64_MAX, 1000, 65536), 1, 50, false);
    world_fini(&world);
}
END_TEST

START_TEST(limit_zero_asks_for_no_events)
{
    fill();
    expect(after(0, 0, 65536), 0, 0, true);
    expect(after(50, 0, 65536), 0, 0, false);
    expect(before(51, 0, 65536), 0, 0, true);
    expect(before(1, 0, 65536), 0, 0, false);
    world_fini(&world);
}
END_TEST

START_TEST(pages_stay_within_their_bytes)
{
    fill();
    struct msg_read *one = after(20, 1, 65536);
    uint32_t len = (uint32_t)one->events.len;
    msg_free(&one->head);
    /* All of these events have the same length: two digits of seq, text and cid. */
    expect(after(20, 10, 3 * len + 2), 21, 23, true);
    expect(after(20, 10, 3 * len + 1), 21, 22, true);
    expect(before(31, 10, 3 * len + 2), 28, 30, true);
    expect(before(31, 10, 3 * len + 1), 29, 30, true);
    /* One event always fits: else a client could never page past a long one. */
    expect(after(20, 10, 1), 21, 21, true);
    expect(before(31, 10, 1), 30, 30, true);
    world_fini(&world);
}
END_TEST

START_TEST(an_unknown_room_has_no_history)
{
    fill();
    struct msg_read *m = world_read(&world, "nowhere", false, 0, 10, 65536);
    ck_assert_int_eq(m->ask.status, 0);
    ck_assert(!m->known);
    ck_assert_uint_eq(m->count + m->top + m->oldest, 0);
    ck_assert(!m->more);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(every_kind_reads_back_as_it_was)
{
    static const char *const parts[] = {
        "\"seq\":1,", "\"kind\":\"message\"", "\"text\":\"a \\\"quote\\\" and \\n\"",
        "\"kind\":\"message\"", "\"text\":\"re\",\"reply_to\":1",
        "\"kind\":\"edit\"", "\"on\":1,\"text\":\"edited\"",
        "\"kind\":\"reaction\"", "\"on\":1,\"emoji\":\"+1\",\"add\":true",
        "\"kind\":\"reaction\"", "\"on\":1,\"emoji\":\"+1\",\"add\":false",
        "\"kind\":\"delete\"", "\"on\":1",
        "\"kind\":\"verdict\"", "\"items\":[{\"on\":1}]",
        "\"kind\":\"notice\"", "\"text\":\"hear\"",
    };
    static const struct {
        enum event_kind kind;
        uint64_t on;
        bool add;
        const char *text;
    } events[] = {
        {EVENT_MESSAGE, 0, false, "a \"quote\" and \n"}, {EVENT_MESSAGE, 1, false, "re"},
        {EVENT_EDIT, 1, false, "edited"},                {EVENT_REACTION, 1, true, "+1"},
        {EVENT_REACTION, 1, false, "+1"},                {EVENT_DELETE, 1, false, ""},
        {EVENT_VERDICT, 0, false, "[{\"on\":1}]"},       {EVENT_NOTICE, 0, false, "hear"},
    };
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        char cid[8] = "";
        bool server = events[i].kind >= EVENT_VERDICT;
        if (!server)
            snprintf(cid, sizeof cid, "c%zu", i);
        struct msg_publication *p = world_event(events[i].kind, "lobby", server ? NULL : "ada", cid,
                                                events[i].text);
        p->on = events[i].on;
        p->add = events[i].add;
        struct outcome o = world_send(&world, p);
        ck_assert_msg(o.status == 0, "%zu: %s", i, o.detail);
    }
    struct msg_read *m = world_read(&world, "lobby", false, 0, 100, 65536);
    buf_append_char(&m->events, '\0');
    const char *at = m->events.data;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = strstr(at, parts[i]);
        ck_assert_msg(at != NULL, "no %s behind the others in %s", parts[i], m->events.data);
        at += strlen(parts[i]);
    }
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(a_read_sees_what_was_told)
{
    static const enum durability durabilities[] = {DURABILITY_FULL, DURABILITY_MEMORY};
    for (size_t d = 0; d < 2; d++) {
        world_init(&world, durabilities[d]);
        world_open(&world);
        for (int i = 1; i <= 20; i++) {
            char cid[8];
            snprintf(cid, sizeof cid, "c%d", i);
            world_send(&world, world_message("lobby", "ada", cid, "hi"));
            struct msg_read *m = world_read(&world, "lobby", true, INT64_MAX, 1, 65536);
            ck_assert_uint_eq(m->last, (uint64_t)i);
            ck_assert_uint_eq(m->top, (uint64_t)i);
            msg_free(&m->head);
        }
        world_fini(&world);
    }
}
END_TEST

UNIT_MAIN("store.pages", pages_go_forward, pages_go_backward, limit_zero_asks_for_no_events,
          pages_stay_within_their_bytes, an_unknown_room_has_no_history,
          every_kind_reads_back_as_it_was, a_read_sees_what_was_told)
