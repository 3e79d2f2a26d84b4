/* SPDX-License-Identifier: MIT
 * A session's memberships by name; see by_room.h. */
#include "chat/by_room.h"

#include "base/status.h"
#include "chat/roster.h"

#include <stdlib.h>

static struct by_room_slot *find(struct by_room *t, uint32_t at, uint64_t hash)
{
    uint32_t mask = t->n_slots - 1;
    for (at &= mask; t->slots[at].membership != NULL; at = (at + 1) & mask) {
        if (t->slots[at].hash == hash)
            return &t->slots[at];
    }
    return NULL;
}

struct by_room_slot *by_room_first(struct by_room *t, uint64_t hash)
{
    return find(t, (uint32_t)hash, hash);
}

struct by_room_slot *by_room_next(struct by_room *t, const struct by_room_slot *slot)
{
    return find(t, (uint32_t)(slot - t->slots) + 1, slot->hash);
}

static void place(struct by_room *t, struct membership *m)
{
    uint64_t hash = roster_key(m->room.text);
    uint32_t mask = t->n_slots - 1, at = (uint32_t)hash & mask;
    while (t->slots[at].membership != NULL)
        at = (at + 1) & mask;
    t->slots[at] = (struct by_room_slot){hash, m};
}

/* Of the list rather than of the old table, so that those of one hash keep their order. */
static int make(struct by_room **t, const struct list *rooms, uint32_t n)
{
    uint32_t n_slots = 4 * BY_ROOM_MIN;
    while (n_slots < 3 * n)
        n_slots *= 2;
    struct by_room *made = calloc(1, sizeof *made + n_slots * sizeof made->slots[0]);
    if (made == NULL)
        return E_NO_MEMORY;
    made->n_slots = n_slots;
    LIST_FOREACH (rooms, node, after)
        place(made, container_of(node, struct membership, in_session));
    free(*t);
    *t = made;
    return 0;
}

int by_room_add(struct by_room **t, const struct list *rooms, uint32_t n)
{
    if (*t == NULL && n <= BY_ROOM_MIN)
        return 0;
    if (*t == NULL || 2 * n > (*t)->n_slots)
        return make(t, rooms, n);
    place(*t, container_of(rooms->prev, struct membership, in_session));
    return 0;
}

void by_room_remove(struct by_room *t, const struct membership *m)
{
    if (t == NULL)
        return;
    uint32_t mask = t->n_slots - 1, hole = (uint32_t)roster_key(m->room.text) & mask;
    while (t->slots[hole].membership != m)
        hole = (hole + 1) & mask;
    /* What was pushed on by it moves back, so that probing needs no tombstones. */
    for (uint32_t i = (hole + 1) & mask; t->slots[i].membership != NULL; i = (i + 1) & mask) {
        uint32_t home = (uint32_t)t->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole].membership = NULL;
}
