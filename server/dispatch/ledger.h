/* SPDX-License-Identifier: MIT
 *
 * The jobs that dispatch holds: waiting, suspected, in flight. Owner: the dispatch thread.
 *
 * Counted in dispatches of jobs, at every moment:
 *
 *     sent = done + failed + quarantined + in flight
 *
 * (calls are not counted). A dispatch ends as done (a result came), as failed (the worker was lost:
 * the job is dispatched again, which is the next `sent`) or as quarantined (the worker was lost for
 * the last time).
 *
 * Who is to blame for a dead worker? A job's attempt is counted before it is sent. The
 * batches that a worker had when it died are suspected and tried again in groups of the
 * square root of their size; a group that kills again is tried one by one. A suspected
 * group has its worker for itself, so from then on a death accuses nobody else. Thus one
 * poisonous job costs at most ATTEMPTS_MAX workers, is found alone at its last attempt, and
 * its neighbours are all done by theirs.
 *
 * Jobs of each kind wait in lanes of their own and are never mixed in a batch. All but history's
 * have ids below 0, may have a deadline, and are noted nowhere.
 *
 * The same goes for the death of the server itself, which the next one learns from the notes in
 * `flight`: what was in flight then is first forgiven, then suspected, each job alone, and in the
 * end condemned without another try.
 */
#ifndef DISPATCH_LEDGER_H
#define DISPATCH_LEDGER_H

#include "base/hash.h"
#include "base/list.h"
#include "dispatch/flight.h"
#include "loop/msg.h"

#define ATTEMPTS_MAX 3
/* A kill from outside is not the job's fault; but the kernel's out-of-memory killer looks
 * the same, so a job that was there at more kills than this is charged after all. */
#define FORGIVEN_MAX 2

struct job {
    struct list link;        /* in a lane or in a batch */
    struct hash_node node;   /* in ledger.by_id */
    struct msg_job *msg;     /* owned */
    uint64_t arrived_us;
    uint32_t dispatches;
    uint8_t attempts;        /* dispatches charged, the one in flight included */
    uint8_t forgiven;        /* kills from outside of a worker that had it */
    uint32_t place;          /* of its note in flight; 0: none */
};

struct batch {
    struct list link;        /* in ledger.suspects, or wherever its holder keeps it */
    struct list jobs;
    uint64_t id;
    enum job_kind kind;      /* of its jobs */
    uint32_t n;
    bool suspect;
    uint64_t sent_us;
};

/* Fresh jobs of a kind, oldest first. */
struct lane {
    struct list jobs;
    uint32_t n;
};

struct ledger {
    struct hash by_id;
    struct lane lanes[N_JOB_KINDS];
    struct list suspects;    /* batches to be tried alone */
    struct list doomed;      /* jobs condemned by what the last server noted of them */
    struct flight *flight;   /* NULL: nothing is noted */
    uint32_t suspected;      /* jobs in suspects */
    uint64_t next_batch;
    uint64_t sent, done, failed, quarantined, in_flight, redispatched;
};

/* Why a batch comes back without a result. */
enum blame {
    BLAME_NOBODY,  /* it was certainly not in hand */
    BLAME_OUTSIDE, /* the worker was killed from outside */
    BLAME_BATCH,   /* it may have been in hand when the worker died, hung, or answered nonsense */
};

void ledger_init(struct ledger *l);
/* Frees all that waits; its notes stay. Batches in flight must have been given back before. */
void ledger_fini(struct ledger *l);

/* Takes the job into the queue, or where the last server's note of it says. E_EXISTS: it is here
 * already; then, and with E_NO_MEMORY, the caller keeps the message. */
int ledger_add(struct ledger *l, struct msg_job *msg, uint64_t now_us);
bool ledger_has(const struct ledger *l, int64_t id);
/* When the oldest fresh job of the kind arrived; 0 when there is none. */
uint64_t ledger_oldest_us(const struct ledger *l, enum job_kind kind);
/* Until when it must have begun; 0: there is none, or it may wait. */
uint64_t ledger_due_us(const struct ledger *l, enum job_kind kind);

/* The next suspected batch, or NULL. Its attempt is counted. */
struct batch *ledger_take_suspect(struct ledger *l);
/* Up to n of the oldest fresh jobs of the kind with at most max_bytes of text (one always fits);
 * NULL when there are none, or memory is short. Their attempt is counted. */
struct batch *ledger_take(struct ledger *l, enum job_kind kind, uint32_t n, size_t max_bytes);
/* Moves the waiting jobs that are not history's and whose deadline is over, or all of them
 * when now_us is UINT64_MAX, to `expired` (for ledger_drop). */
void ledger_expire(struct ledger *l, uint64_t now_us, struct list *expired);
/* Frees a job that was expired. */
void ledger_drop(struct ledger *l, struct job *j);
/* Taken but not sent after all. */
void ledger_untake(struct ledger *l, struct batch *b);
/* Taken and handed to a worker. */
void ledger_sent(struct ledger *l, struct batch *b, uint64_t now_us);

/* A result came: the batch and its jobs are freed. */
void ledger_done(struct ledger *l, struct batch *b);
/* No result will come. Jobs that have used up their attempts are appended to `condemned` (for
 * ledger_quarantine); the others wait again, in front of all fresh ones. Frees the batch. */
void ledger_return(struct ledger *l, struct batch *b, enum blame blame, struct list *condemned);
/* Frees a condemned or doomed job. */
void ledger_quarantine(struct ledger *l, struct job *j);

#endif
