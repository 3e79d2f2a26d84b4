/* SPDX-License-Identifier: MIT
 *
 * A room on its home loop: who is in it and on which loops, its newest events, what is on its way
 * to the store. Events are numbered by the store; the room learns its top from it, in order, so all
 * that a room shows is on disk (or wherever the configured durability says).
 *
 * Owner: the home loop; its thread only. A room exists in memory from the first time that somebody
 * asks for it until a minute after the last has left.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "chat/chat.h"
#include "chat/policy.h"
#include "chat/ring.h"

struct room {
    struct hash_node node;
    struct list idle;              /* on chat->idle_rooms while nobody is in it */
    struct list timed;             /* on chat->timed_rooms while presence or verdicts wait */
    struct list due;               /* on chat->due_rooms: verdicts go out at the end of this turn */
    struct room_name name;
    bool is_open;                  /* the store has told the top and the policy */
    bool is_opening;               /* it was asked */
    bool is_direct;                /* open, and its policy wants nothing before the store */
    struct msg *waiting, **waiting_tail; /* what came before that, in its order */
    struct policy *policy;         /* reference; NULL: none at all */
    bool own_policy;               /* not the default */
    struct hash senders;           /* guarded rooms: struct sender by user id (ladder.h) */
    uint32_t n_waiting;            /* publications at the gate */
    struct flood *flood;           /* NULL until a rule needs it */
    uint64_t pruned_ms;            /* when senders were last gone through */
    uint64_t top;
    int64_t last_ts_ms;
    uint64_t idle_ms;              /* since when */
    struct ring ring;
    struct hash members;           /* struct room_member by user id */
    struct list member_order;      /* the same, by when they came */
    uint32_t n_members;            /* users present: members with sessions */
    struct list changed;           /* members whose presence others have not been told */
    uint64_t presence_ms;          /* not before: when presence may be told again */
    uint32_t asked;                /* reads and publications on their way; keeps the room */
    struct buf verdict_items;      /* gathered, joined by commas */
    int64_t *verdict_ids;
    struct finding *findings;      /* of each */
    uint32_t n_verdicts, cap_verdicts;
    uint64_t verdict_ms;           /* when the first of these came */
    uint64_t told_ms;              /* when the last verdicts left */
    struct msg *retry;             /* verdict events that the store could not take */
    uint64_t retry_ms;             /* not before */
    uint32_t attending[];          /* a loop: its sessions in this room */
};

struct room_member {
    struct hash_node node;
    struct list order;
    struct list changed;
    struct user *user;             /* reference */
    uint32_t sessions;
    bool announced;                /* what the others believe */
};

struct room *room_find(struct chat *c, const char *name);
/* Makes it when missing; NULL when memory is short. */
struct room *room_get(struct chat *c, const struct room_name *name);
void room_free(struct chat *c, struct room *r);
/* To be looked at on the next tick. */
void room_set_timed(struct chat *c, struct room *r);
/* Sends a frame to every loop that has members here; seq 0: ephemeral. Borrows the frame. */
void room_fanout(struct chat *c, struct room *r, struct frame *f, uint64_t seq,
                 uint64_t received_us);

/* To the store, to be numbered; takes it. */
void room_append(struct chat *c, struct room *r, struct msg_publication *m);
/* Answers a publication that will not be; takes it. */
void room_refuse(struct chat *c, struct msg_publication *m, int status, const char *detail);
/* Keeps the message until the room is open; takes it. */
void room_wait_open(struct room *r, struct msg *m);

/* room_policy.c */
/* The room's own policy, or NULL for the default; takes the reference. */
void room_set_policy(struct chat *c, struct room *r, struct policy *own);
/* After the policy, or what waits, has changed. */
void room_update_direct(struct room *r);
void room_on_policy(struct chat *c, struct msg_policy *m);
void room_on_policy_kept(struct chat *c, struct msg_policy *m);
/* Main has a new default, or the store's answer to an asker came. */
void loop_on_policy(struct chat *c, struct msg_policy *m);

/* Handlers; each takes its message. */
void room_on_publish(struct chat *c, struct msg_publication *m);
void room_on_committed(struct chat *c, struct msg_publication *m);
void room_on_opened(struct chat *c, struct msg_room_open *m);
void room_on_typing(struct chat *c, struct msg_typing *m);
void rooms_on_tick(struct chat *c);
/* The rooms homed here, into a listing. */
void rooms_fill(struct chat *c, struct msg_rooms *m);

/* room_members.c: who is here. */
void room_member_came(struct chat *c, struct room *r, unsigned loop, struct user *user);
void room_on_leave(struct chat *c, struct msg_leave *m);
void room_on_members(struct chat *c, struct msg_members *m);
/* Tells what changed; presence is gathered for a moment, and in large rooms it is only a count. */
void room_tell_presence(struct chat *c, struct room *r);
void room_members_free(struct room *r);

/* room_join.c */
void room_on_join(struct chat *c, struct msg_join *m);
void room_answer_join(struct chat *c, struct room *r, struct msg_join *m);
void room_on_read(struct chat *c, struct msg_read *m);

/* verdicts.c */
void room_on_verdict(struct chat *c, struct msg_verdict *m);
/* Of the rooms whose verdicts are due at the end of a turn. */
void verdicts_on_turn_end(struct chat *c);
/* A message of the room is on its way to the store: what waits goes with it. */
void room_verdicts_ride(struct chat *c, struct room *r);
void room_flush_verdicts(struct chat *c, struct room *r);
void room_verdict_failed(struct chat *c, struct room *r, struct msg_publication *m);

#endif
