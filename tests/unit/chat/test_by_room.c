/* SPDX-License-Identifier: MIT
 * A session's table of rooms against its list, which it must always agree with. */
#include "chat/by_room.h"

#include "chat/roster.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 60, OPS = 6000 };

static struct list rooms;
static uint32_t n_rooms;
static struct by_room *table;

static struct membership *nth_of(const char *room, unsigned n)
{
    LIST_FOREACH (&rooms, node, after) {
        struct membership *m = container_of(node, struct membership, in_session);
        if (strcmp(m->room.text, room) == 0 && n-- == 0)
            return m;
    }
    return NULL;
}

/* All of that name, the oldest first, and then nothing. */
static void expect_same(const char *room)
{
    struct by_room_slot *slot = by_room_first(table, roster_key(room));
    unsigned n = 0;
    for (; slot != NULL; slot = by_room_next(table, slot))
        ck_assert_ptr_eq(slot->membership, nth_of(room, n++));
    ck_assert_ptr_null(nth_of(room, n));
}

static void join(const char *room)
{
    struct membership *m = calloc(1, sizeof *m);
    strcpy(m->room.text, room);
    list_append(&rooms, &m->in_session);
    ck_assert_int_eq(by_room_add(&table, &rooms, ++n_rooms), 0);
}

static void leave(struct membership *m)
{
    by_room_remove(table, m);
    list_remove(&m->in_session);
    n_rooms--;
    free(m);
}

START_TEST(few_rooms_have_no_table)
{
    list_init(&rooms);
    for (unsigned i = 0; i < BY_ROOM_MIN; i++)
        join("lobby");
    ck_assert_ptr_null(table);
    leave(nth_of("lobby", 3));
    while (n_rooms > 0)
        leave(nth_of("lobby", 0));
}
END_TEST

START_TEST(the_table_says_what_the_list_says)
{
    char room[16];
    unsigned random = 1;
    list_init(&rooms);
    for (unsigned op = 0; op < OPS; op++) {
        random = random * 1664525 + 1013904223;
        /* Up to hundreds, down to none, and up again. */
        bool grows = (op / 1000) % 2 == 0;
        snprintf(room, sizeof room, "room-%u", (random >> 8) % NAMES);
        struct membership *m = nth_of(room, (random >> 20) % 3);
        if (m != NULL && (random >> 28) < (grows ? 5u : 15u))
            leave(m);
        else if (grows)
            join(room);
        if (table != NULL)
            expect_same(room);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(room, sizeof room, "room-%u", i);
        expect_same(room);
    }
    while (n_rooms > 0)
        leave(container_of(rooms.next, struct membership, in_session));
    free(table);
}
END_TEST

UNIT_MAIN("by_room", few_rooms_have_no_table, the_table_says_what_the_list_says)
