/* SPDX-License-Identifier: MIT
 *
 * The chat state of one loop: its clients, sessions, rosters, the rooms and names homed on it, and
 * what it was told about the rest (figures for the charts, picture of the workers). Pure logic: no
 * socket, no ZeroMQ, no SQLite, no Python; connections come in as struct conn_ops, other threads as
 * messages.
 *
 * Owner: the loop; its thread only. `struct chat_shared` is constant after start, read by all
 * loops.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include "base/hash.h"
#include "base/list.h"
#include "chat/arena.h"
#include "chat/clients.h"
#include "loop/loop_stats.h"
#include "loop/topology.h"

#include <stddef.h>

struct auth;
struct policy;
struct rates;

struct chat_limits {
    size_t text_max, frame_max;
    unsigned fragments_max;
    unsigned rooms_max;            /* a session may be in */
    unsigned heartbeat_ms;
    double rate_send, rate_send_burst; /* messages a second and user; 0 = no limit */
    unsigned flush_ms;             /* longest wait for more news to share a send; 0: none */
    size_t backlog_max;            /* bytes of a room's log on a loop */
    unsigned slow_after_ms;        /* no new low of the backlog for this long: closed */
    unsigned ring_events;
};

struct chat_shared {
    const struct topology *topology;
    const struct auth *auth;
    struct chat_limits limits;
    struct rates *rates;           /* of users, by id, whatever they send on */
    const char *policy;            /* text of the default policy's file; NULL: none */
    /* The experiment --analysis inline (dispatch/inline.h); NULL: workers analyse, or nobody. */
    struct msg_verdict *(*analyze_inline)(const struct msg_job *job);
};

#define SAMPLES_MAX 300 /* seconds kept for the charts */

/* What other threads sent last; for the pages. */
struct boards {
    struct frame *workers;          /* JSON of GET /api/v1/workers, or NULL before the first */
    uint32_t workers_configured, workers_ready;
    struct sample samples[SAMPLES_MAX];
    unsigned n_samples, next_sample; /* ring */
};

struct waiting;

/* Publications of the rooms homed here that are judged before they are shown; see gate.h. */
struct gate {
    struct hash by_ticket;     /* struct waiting */
    struct waiting **heap;     /* by deadline, the soonest first */
    size_t n, cap;
    uint64_t next_ticket;
};

struct chat {
    const struct chat_shared *shared;
    unsigned index;
    struct loop_stats *stats;
    struct clients clients;
    struct arena arena;     /* the frame being decoded */
    struct hash rooms;      /* struct room, homed here */
    struct hash rosters;    /* struct roster: rooms that sessions of this loop attend */
    struct hash names;      /* struct name_claim, homed here */
    struct hash tickets;    /* loop 0 only */
    struct list dirty_rosters;   /* have news for their members */
    struct list dirty_sessions;  /* have replies to write */
    struct list waiting_rosters; /* wait for more news until their beat, the soonest first */
    struct list due_rosters;     /* are being walked, some members a turn (fanout.c) */
    size_t n_news;               /* rosters on dirty_, waiting_ and due_ */
    uint64_t rested_us;          /* when the debt of the work so far is paid */
    uint64_t ended_us, worked_us; /* the last turn's end: then, and what the thread had used */
    uint64_t sends;              /* of this turn */
    struct list choked_sessions; /* their socket is full: watched for progress */
    struct list fresh;           /* sessions that have not said hello, oldest first */
    struct list sessions;        /* those that have, by their next ping */
    struct list closing;         /* told bye, kept until they have read it */
    struct list idle_rooms;      /* homed here, without members, by when they became so */
    struct list timed_rooms; /* homed here, with presence or verdicts waiting for their moment */
    struct gate gate;            /* publications that wait for their verdict (gate.h) */
    struct policy *default_policy; /* reference; NULL: none */
    struct list due_rooms;       /* homed here, whose verdicts go out at the end of this turn */
    struct buf scratch;          /* fields and events being encoded; free between messages */
    struct buf reply;            /* the frame being encoded from them */
    struct buf gather; /* what one session gets at the end of a turn, when from several sources */
    struct outbox to_store, to_dispatch, to_loops[LOOPS_MAX]; /* posted at the end of the turn */
    struct boards boards;
    uint64_t now_ms;             /* monotonic, as of the last tick or turn */
    bool draining;
    uint64_t drain_ms;           /* who still waits for answers then is closed all the same */
};

/* Main thread, before the loop starts; NULL when memory is short. */
struct chat *chat_new(const struct chat_shared *shared, unsigned index, struct loop_stats *stats);
void chat_free(struct chat *c);

/* On the loop's thread. */
void chat_on_msg(struct chat *c, struct msg *m);       /* takes it */
/* Returns after how many ms it wants to be called again at the latest; 0: need not. */
unsigned chat_on_turn_end(struct chat *c);
/* There is something that the end of a turn would do. */
bool chat_wants_turn(const struct chat *c);
void chat_on_tick(struct chat *c, uint64_t now_ms);
/* True once LOOP_DRAIN was handled and every session has gone or its time was up. */
bool chat_is_drained(const struct chat *c);

/* Sends to a loop: at once when it is this one, else at the end of the turn, with all that the turn
 * has for it. Takes the message. */
void chat_post_loop(struct chat *c, unsigned loop, struct msg *m);
/* To a room's, or a name's, home. */
void chat_post_home(struct chat *c, const char *key, struct msg *m);
void chat_post_store(struct chat *c, struct msg *m);
void chat_post_dispatch(struct chat *c, struct msg *m);
bool chat_has_dispatch(const struct chat *c);
/* This loop's mailbox, as the place for answers. */
struct mailbox *chat_mailbox(struct chat *c);

#endif
