/* SPDX-License-Identifier: MIT
 *
 * A room's members on this loop and the log that they read. A dense array, so that a fan-out walks
 * memory in order; a member is 24 bytes. Owner: the loop.
 */
#ifndef CHAT_ROSTER_H
#define CHAT_ROSTER_H

#include "chat/chat.h"
#include "chat/roomlog.h"

struct session;

/* One session in one room; on the session's list. Pending (roster NULL) until the home loop answers
 * the join; a leave that follows without waiting is kept until then, so that answers come in the
 * order of requests. */
struct membership {
    struct list in_session;
    struct roster *roster;
    uint64_t leave_request;  /* of that leave; 0: none */
    uint32_t index;          /* into roster->members */
    struct room_name room;
};

struct member {
    struct session *session;
    uint64_t at;             /* offset into the log: what comes next for this session */
    struct membership *membership;
};

/* So many events are a beat of their own: a send is full with them and those before the last beat;
 * what more would save is a tenth. */
#define ROSTER_GATHERS 8

struct roster {
    struct hash_node node;
    struct list dirty;       /* on chat->dirty_, waiting_ or due_rosters while there is news */
    struct room_name room;
    uint64_t top;            /* newest seq shown here */
    struct roomlog log;
    struct member *members;
    uint32_t count, cap;
    bool is_due;             /* being walked, … */
    uint32_t next;           /* … has come so far, … */
    uint64_t upto;           /* … for those who lack anything before this offset, … */
    uint64_t upto_asking;    /* … or before this one, when a reply of theirs is on its way */
    uint64_t mark, beat_us;  /* the log's end at the last beat; the next one (fanout.c) */
    uint64_t late, later;    /* the log's end one and two long waits ago … */
    uint64_t late_us;        /* … and when the next one is over */
    uint64_t marked_us, oldest_us; /* when the request behind the oldest event that waits was read:
                                      of those before the mark, and behind it; 0: none */
    uint64_t news_us, gap_us; /* when there was news last, and how far apart it comes, on average */
    uint32_t gathered;       /* durable frames since the mark */
    uint64_t counted_from, counted_len, counted; /* frames of the piece last written */
};

/* What rooms are found by: the hash of the name, and of a roster's node. */
uint64_t roster_key(const char *room);
struct roster *roster_find(struct chat *c, const char *room);
/* Adds the session at the log's end; 0 or E_NO_MEMORY. */
int roster_add(struct chat *c, struct session *s, struct membership *m);
/* Takes the member out; frees the roster when it was the last. */
void roster_remove(struct chat *c, struct membership *m);
struct member *roster_member(const struct membership *m);
/* Onto one of the lists of rosters with news (from another of them), and off them all. */
void roster_enlist(struct chat *c, struct roster *r, struct list *where);
void roster_delist(struct chat *c, struct roster *r);
/* To be walked at the end of the turn. */
void roster_set_dirty(struct chat *c, struct roster *r);
/* Appends a frame for all members; seq 0: ephemeral. */
void roster_append(struct chat *c, struct roster *r, const struct frame *f, uint64_t seq);

#endif
