/* SPDX-License-Identifier: MIT */
/*
 * worker: one thread of the load tester: an epoll loop over its share of the
 * clients.  The structures of this header belong to that thread while it runs;
 * 'struct plan' is how the main thread steers, and the published counters are
 * how it watches.  After the thread was joined everything is the main thread's.
 */
#ifndef PARLEY_LOAD_WORKER_H
#define PARLEY_LOAD_WORKER_H

#include "bytes.h"
#include "hist.h"
#include "oracle.h"
#include "options.h"
#include "pacer.h"
#include "roomlog.h"
#include "script.h"
#include "seats.h"
#include "seconds.h"
#include "tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Counters, and at their end gauges, that a thread publishes ten times a second. */
enum counter {
    CNT_UPGRADED,    /* WebSocket handshakes done */
    CNT_READY,       /* clients that got in (first time) */
    CNT_FAILED,      /* clients that never got in */
    CNT_SENT,        /* messages sent, retries not counted */
    CNT_RETRIED,     /* messages sent again after a reconnect */
    CNT_ACKED,       /* sends answered with ok */
    CNT_REFUSED,     /* sends answered with an error */
    CNT_HELD,        /* acked as held for a moderator: delivered to nobody yet */
    CNT_LATE_SENDS,  /* sends held back by the server (socket full, too many unacked) */
    CNT_DELIVERIES,  /* messages of this run, each counted at each receiver */
    CNT_EXPECTED,    /* deliveries owed for what was accepted */
    CNT_FOREIGN,     /* messages of others */
    CNT_OTHER,       /* numbered events that are no messages */
    CNT_VERDICTS,    /* messages of this thread's publishers that a verdict came for */
    CNT_TYPING,      /* typing indicators sent */
    CNT_TYPING_SEEN, /* and seen, each counted at each receiver */
    CNT_CUT,         /* connections cut by --storm */
    CNT_LEFT,        /* people of --replay who left */
    CNT_ROGUE,       /* malformed things sent by --bad */
    CNT_ROGUE_ANSWERED, /* as the protocol promises */
    CNT_PARSED,      /* events that took the full parser */
    CNT_BYTES,       /* received */
    CNT_DISCONNECTS,
    CNT_RECONNECTS,
    CNT_RECOVERED,   /* reconnects answered with recovered:true */
    CNT_ALIVE,       /* gauge: connected, connecting or about to reconnect */
    CNT_UNSETTLED,   /* gauge: of these, not ready right now */
    CNT_DUE,         /* gauge: messages due but held back */
    CNT_OUTSTANDING, /* gauge: sends not answered yet */
    CNT_MAX
};

enum phase { PHASE_CONNECT, PHASE_RUN, PHASE_DRAIN, PHASE_CLOSE };

/* Shared by all threads; what is not atomic is written before the phase that uses it. */
struct plan {
    const struct options *options;
    struct sockaddr_storage address;
    socklen_t address_len;
    uint32_t run;     /* random: tells this run's messages from others' */
    uint64_t base_ns; /* stamps count from here */
    char *filler;     /* what follows the stamp in every text */
    const struct script *script; /* or a log does; NULL without --replay */
    struct seats seats;
    struct tls_context *tls; /* NULL: ws:// */
    uint32_t slow_from;      /* this client and those behind it read slowly */
    unsigned source_spread;
    bool check_senders; /* bare: a row a client and publisher fits into memory */
    uint32_t pending_max;

    _Atomic int phase;
    uint64_t start_ns, from_ns, to_ns; /* load starts, measured from, to */
    _Atomic uint32_t *members;         /* of each room; fixed from PHASE_RUN on */
};

enum client_state {
    CLIENT_NEW,
    CLIENT_CONNECTING, /* TCP */
    CLIENT_SECURING,   /* TLS */
    CLIENT_UPGRADING,  /* HTTP */
    CLIENT_HELLO,
    CLIENT_JOINING,
    CLIENT_READY,
    CLIENT_WAITING,    /* lost its connection, will come back at 'timer_ns' */
    CLIENT_DEAD
};

/* A client in one of its rooms. */
struct member {
    struct room *room;
    struct order order;   /* of the room's numbers (bare: how many messages came) */
    uint64_t received;    /* messages of this run */
    uint64_t missed;      /* catching up: newest number pushed meanwhile */
    uint64_t replayed_to; /* newest number that 'history' gave */
    bool joined, catching_up;
};

struct client {
    int fd;
    uint32_t index; /* of all clients of the run */
    uint8_t state;
    bool joined_before, fragmented, dirty, watching_out, bye_final;
    bool slow, held;    /* held: the socket is not watched for input */
    bool away;          /* --replay: has left, and does not come back by itself */
    bool leaving;       /* does so once all it said is settled */
    bool was_away;      /* what it is told of the time before is no latency */
    struct member *in;   /* seats.each of them */
    struct member *last; /* the room of the last event, where the next is looked for first */
    struct publisher *publisher; /* NULL: only listens */
    struct order *senders;       /* bare: a row a publisher of the room */
    struct tls *tls;             /* NULL: plain */
    struct bytes rest, out, message; /* partial frame; unsent; fragments so far */
    char *session;               /* token that makes the same user again */
    uint64_t timer_ns;           /* give up connecting, or reconnect, at this time */
    uint64_t since_ns;           /* started to connect, or lost the connection */
    double allowance;            /* slow: bytes that may be read now */
    uint32_t attempts, spread_ms;
    uint32_t joining;            /* replies to join still to come */
    uint32_t typing_open;        /* replies to typing still to come */
};

/* A send that is not finished: it waits for its reply and for its own event. */
struct pending {
    uint64_t intended_ns;
    uint64_t acked_seq, seen_seq; /* 0: not yet */
    bool acked, seen, finished;
};

struct publisher {
    struct client *client;
    uint32_t index;       /* of all publishers of the run; the client has the same */
    uint32_t lane;        /* of this thread */
    uint32_t first, next; /* counters: oldest unfinished, next to be given */
    uint32_t waiting;     /* sent, not finished */
    uint64_t *late;       /* ring: intended times of messages due but not sent */
    uint32_t late_first, late_count, late_size;
    uint64_t paused_until;
    bool typing;          /* said that it types */
    struct pending *ring;
    uint32_t ring_size;
};

/* A room as this thread sees it. */
struct room {
    uint32_t index;
    struct roomlog log;
    struct order *senders; /* what the room says of each publisher */
    uint64_t top;          /* highest number judged by oracle_sender */
    uint64_t accepted;     /* sends of this thread that were acked */
    uint64_t unknown;      /* and those never answered */
    char epoch[20];
};

struct worker {
    struct plan *plan;
    const struct options *options;
    unsigned id;
    pthread_t thread;
    int epoll;
    struct client *clients;
    struct member *members; /* of all clients here */
    uint32_t client_count, started, connecting;
    struct publisher *publishers;
    uint32_t publisher_count;
    struct room *rooms; /* all of the run; a log only where this thread has a member */
    struct pacer pacer, typing;
    uint64_t script_at;    /* --replay: the next line of the script */
    uint64_t next_storm_ns, slow_seen_ns;
    struct client **dirty; /* have something to write at the end of the turn */
    uint32_t dirty_count;
    uint8_t *rx;           /* received bytes, of one client at a time */
    char *scratch;         /* a request while it is written, a text while it is decoded */
    uint64_t random, now;
    int phase;
    bool loading; /* the load has begun */
    bool paused;  /* some publisher waits out a refusal */
    uint64_t next_sweep_ns, next_publish_ns, next_second_ns;
    uint32_t second;

    struct hist delivery, slow_delivery, ack, verdict, lag, turn, connect, resume;
    struct seconds seconds;
    struct oracle oracle;
    struct tally errors;
    uint64_t count[CNT_MAX];
    _Atomic uint64_t published[CNT_MAX];

    /* Taken when this thread first saw the measured time begin and end. */
    struct mark {
        bool taken;
        uint64_t wall_ns, cpu_ns, count[CNT_MAX];
    } from, to;
    uint64_t first_connect_ns, last_upgrade_ns, last_ready_ns;
    bool out_of_memory;
};

/* Of one frame, and of one recv(). */
#define WORKER_MAX_FRAME (1024u * 1024u)
#define WORKER_RX_CHUNK  (128u * 1024u)
#define WORKER_SCRATCH   (WORKER_MAX_FRAME / 4)

/* 0, or -1 with errno. 'id' of options->threads. */
int worker_init(struct worker *worker, struct plan *plan, unsigned id);
int worker_start(struct worker *worker);
void worker_free(struct worker *worker);

/* Whether a moment lies in the measured time. */
static inline bool worker_measures(const struct worker *worker, uint64_t when_ns)
{
    return when_ns - worker->plan->from_ns < worker->plan->to_ns - worker->plan->from_ns;
}

uint64_t worker_clock(void);

/* Whether the client is one of this thread's. */
static inline struct client *worker_client(const struct worker *worker, uint32_t index)
{
    uint32_t threads = worker->options->threads;

    return index % threads == worker->id ? &worker->clients[index / threads] : NULL;
}

/* This client has output to be written at the end of the turn. */
void worker_mark_dirty(struct worker *worker, struct client *client);

#endif
