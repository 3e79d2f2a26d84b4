/* SPDX-License-Identifier: MIT
 *
 * A sender in a guarded room: what of his waits at the gate, and his steps on the ladder of
 * penalties. Owner: the room, on its home loop. The store keeps each sender's strikes and gives
 * them back when the room is opened, so that neither a restart nor an empty room forgives.
 */
#ifndef CHAT_LADDER_H
#define CHAT_LADDER_H

#include "chat/policy.h"
#include "chat/room.h"

/* Who is slowed down may write once in this time. */
#define LADDER_SLOW_MS 10000

struct sender {
    struct hash_node node;     /* in room.senders */
    struct list line;          /* struct waiting, oldest first (gate.c) */
    unsigned n_waiting;
    /* Monotonic, ms; below 0: before this machine started. */
    unsigned n_strikes;        /* newest POLICY_STRIKES_MAX of them, a ring */
    int64_t strikes_ms[POLICY_STRIKES_MAX];
    int64_t silent_until_ms;   /* timeout, kick */
    int64_t slow_until_ms, last_ms;
    char user_id[USER_ID_MAX + 1];
};

/* Makes it when missing; NULL when memory is short. */
struct sender *sender_get(struct room *r, const char *user_id);
/* How long he is to wait before he may publish this; 0: not at all. Counts it when he may. */
uint32_t ladder_wait_ms(struct sender *s, const struct msg_publication *m, int64_t now_ms);
/* Why, for him; a literal. */
const char *ladder_detail(const struct sender *s);
/* A strike. Returns the highest rung that he stands on now, or NULL. */
const struct rung *ladder_strike(struct sender *s, const struct policy *p, int64_t now_ms);
/* What the store has kept of a room that is opened. */
void ladder_restore(struct chat *c, struct room *r, const struct strikes *kept, uint32_t n);

#endif
