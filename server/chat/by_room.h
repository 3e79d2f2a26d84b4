/* SPDX-License-Identifier: MIT
 *
 * A session's memberships by the room's name, for sessions of many rooms: open addressing with
 * linear probing. Those of one hash stand in the order in which they came. Few rooms need none and
 * have none, so that an idle connection pays nothing. Owner: the session.
 */
#ifndef CHAT_BY_ROOM_H
#define CHAT_BY_ROOM_H

#include "base/list.h"

#include <stdint.h>

struct membership;

struct by_room_slot {
    uint64_t hash;                 /* roster_key() of the room */
    struct membership *membership; /* NULL: free */
};

struct by_room {
    uint32_t n_slots; /* a power of two; at least half of them are free */
    struct by_room_slot slots[];
};

/* So many rooms are looked through one by one. */
#define BY_ROOM_MIN 8

/* The newest of `rooms`, which now are n, joins *t, which is made or made larger as needed. 0 or
 * E_NO_MEMORY, with nothing changed. */
int by_room_add(struct by_room **t, const struct list *rooms, uint32_t n);
/* `t` may be NULL. */
void by_room_remove(struct by_room *t, const struct membership *m);
/* The oldest whose hash equals, and the next one; NULL at the end. The caller compares names. */
struct by_room_slot *by_room_first(struct by_room *t, uint64_t hash);
struct by_room_slot *by_room_next(struct by_room *t, const struct by_room_slot *slot);

#endif
