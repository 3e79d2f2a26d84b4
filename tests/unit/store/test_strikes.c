/* SPDX-License-Identifier: MIT
 * Strikes are kept a sender and room, given back when the room is opened, and bounded. */
#include "base/clock.h"
#include "world.h"

#include <string.h>

static struct world world;

static void strike(const char *room, const char *user, int64_t at_ms, int64_t until_ms)
{
    struct msg_strikes *m = msg_new(MSG_STORE_STRIKES, 0);
    strcpy(m->room.text, room);
    strcpy(m->who.user_id, user);
    for (m->who.n = 0; m->who.n < SENDER_STRIKES_MAX; m->who.n++)
        m->who.struck_ms[m->who.n] = at_ms + m->who.n;
    m->who.silent_until_ms = at_ms + 1000;
    m->who.slow_until_ms = at_ms + 2000;
    m->until_ms = until_ms;
    world_post(&world, &m->head);
}

static struct msg_room_open *open_room(const char *room)
{
    struct msg_room_open *m = msg_new(MSG_STORE_ROOM_OPEN, 0);
    strcpy(m->room.text, room);
    m->reply = world.replies;
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->status, 0);
    return m;
}

static void expect_senders(const char *room, uint32_t n)
{
    struct msg_room_open *m = open_room(room);
    ck_assert_uint_eq(m->n_strikes, n);
    msg_free(&m->head);
}

START_TEST(strikes_come_back_with_their_room)
{
    int64_t now_ms = clock_wall_ms();
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    strike("lobby", "ada", now_ms - 60000, now_ms + 60000);
    strike("lobby", "ada", now_ms, now_ms + 60000); /* in the place of the first */
    strike("lobby", "bob", now_ms, now_ms + 60000);
    strike("kitchen", "eve", now_ms, now_ms - 1); /* over already */
    expect_senders("lobby", 2);
    world_close(&world);
    world_open(&world);
    struct msg_room_open *m = open_room("lobby");
    ck_assert_uint_eq(m->n_strikes, 2);
    const struct strikes *s = &m->strikes[strcmp(m->strikes[0].user_id, "ada") == 0 ? 0 : 1];
    ck_assert_str_eq(s->user_id, "ada");
    ck_assert_uint_eq(s->n, SENDER_STRIKES_MAX);
    for (unsigned i = 0; i < s->n; i++)
        ck_assert_int_eq(s->struck_ms[i], now_ms + i);
    ck_assert_int_eq(s->silent_until_ms, now_ms + 1000);
    ck_assert_int_eq(s->slow_until_ms, now_ms + 2000);
    msg_free(&m->head);
    expect_senders("kitchen", 0);
    expect_senders("garden", 0);
    world_fini(&world);
}
END_TEST

START_TEST(what_is_over_goes_and_the_rest_is_bounded)
{
    int64_t now_ms = clock_wall_ms();
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    world_exec(&world, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                       "WHERE i < 70000) INSERT INTO strikes (room, user, struck, silent, slow, "
                       "until) SELECT 'big', 'u' || i, '', 0, 0, "
                       "CASE WHEN i <= 100 THEN 1 ELSE 9000000000000 + i END FROM n");
    strike("lobby", "ada", now_ms, now_ms + INT64_C(8000000000000));
    strike("lobby", "bob", now_ms, now_ms + INT64_C(8000000000000));
    expect_senders("big", 4096);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM strikes WHERE until = 1"), 0);
    int64_t kept = world_query(&world, "SELECT count(*) FROM strikes");
    ck_assert_int_le(kept, 65537); /* one came behind the look */
    ck_assert_int_ge(kept, 65536);
    world_fini(&world);
}
END_TEST

UNIT_MAIN("strikes", strikes_come_back_with_their_room,
          what_is_over_goes_and_the_rest_is_bounded)
