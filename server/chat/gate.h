/* SPDX-License-Identifier: MIT
 *
 * The gate of a room: messages that are judged before anybody sees them. A publication waits here
 * between ROOM_PUBLISH and STORE_APPEND until its verdict comes (ROOM_JUDGED) or its deadline, when
 * the room's choice is taken. A sender's publications leave in the order in which they came; other
 * senders are not held up. What waits is bounded, a room and a sender.
 *
 * What is refused goes to the store too: only there is known whether the cid was shown before, and
 * then it gets that answer.
 *
 * Also the ladder: strikes of a sender in this room, and what they cost him (ladder.h).
 *
 * Owner: the home loop; its thread only. A room whose policy asks for none of this (room.guarded
 * is false) never comes here.
 */
#ifndef CHAT_GATE_H
#define CHAT_GATE_H

#include "chat/policy.h"
#include "chat/room.h"

/* Publications that wait, at most. */
#define GATE_ROOM_MAX   4096
#define GATE_SENDER_MAX 64

void gate_fini(struct gate *g);

/* A publication for a guarded room; takes it. */
void gate_on_publish(struct chat *c, struct room *r, struct msg_publication *m);
/* MSG_ROOM_JUDGED; takes it. */
void gate_on_judged(struct chat *c, struct msg_verdict *v);
/* Takes the choice for what is past its deadline. Returns after how many ms it wants to be called
 * again; 0: nothing waits. */
unsigned gate_on_turn_end(struct chat *c);

/* A rule matched a message of this sender: a step on the ladder. */
void gate_strike(struct chat *c, struct room *r, const char *user_id);
/* The room goes. */
void gate_forget_senders(struct chat *c, struct room *r);
/* Forgets senders whose strikes are too old to matter; now and then. */
void gate_prune(struct chat *c, struct room *r);

#endif
