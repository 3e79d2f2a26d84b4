/* SPDX-License-Identifier: MIT
 *
 * The table of workers: one row a slot, through all the processes that the slot sees.
 * Owner: the dispatch thread. State is judged from facts (spawned, heard, ready, batches in
 * flight and their age), never set by hand, except the two that need no process: stopped
 * and crashed.
 *
 * Two signs of life: the heartbeat comes from a C thread and says that the process runs;
 * the progress counter is moved by the analysis and says that it gets on. A frozen process
 * loses the first, a hanging analyzer only the second, which shows as a batch that grows
 * old.
 */
#ifndef DISPATCH_WORKERTAB_H
#define DISPATCH_WORKERTAB_H

#include "base/list.h"
#include "dispatch/ledger.h"
#include "dispatch/recent.h"
#include "dispatch/router.h"

#include <stdbool.h>
#include <stdint.h>

/*    tag               name on the wire */
#define WORKER_STATES(X)                                                             \
    X(WORKER_STOPPED,  "stopped")  /* no process, and none is wanted */               \
    X(WORKER_STARTING, "starting") /* spawned, not heard yet */                       \
    X(WORKER_WARMING,  "warming")  /* alive, loading its models */                    \
    X(WORKER_READY,    "ready")    /* waits for work */                               \
    X(WORKER_BUSY,     "busy")                                                        \
    X(WORKER_SLOW,     "slow")     /* batch or heartbeat later than it should be */   \
    X(WORKER_STUCK,    "stuck")    /* past its deadline: about to be killed */        \
    X(WORKER_DRAINING, "draining") /* ends its batch, then exits */                   \
    X(WORKER_CRASHED,  "crashed")  /* no process; the next one starts soon, or never */

enum worker_state {
#define X(tag, name) tag,
    WORKER_STATES(X)
#undef X
    N_WORKER_STATES
};

const char *worker_state_name(enum worker_state s);

/* All in microseconds. */
struct worker_limits {
    uint64_t first_beat; /* from spawn to the first heartbeat */
    uint64_t load;       /* from spawn to ready */
    uint64_t beat_late;  /* heartbeat: slow */
    uint64_t beat_lost;  /* heartbeat: stuck */
    uint64_t batch_slow;
    uint64_t deadline;   /* batch: stuck */
};

struct worker {
    unsigned slot;
    enum worker_state state;
    uint64_t since_us;       /* of the state */
    /* this process */
    int pid;                 /* 0: none */
    struct peer peer;        /* .len 0: not heard yet */
    uint64_t spawned_us, heard_us, ready_us; /* 0: not yet */
    uint64_t kill_asked_us;
    enum blame kill_blame;   /* for the batch in hand, when we asked for the kill */
    const char *kill_why;    /* a literal */
    bool draining;
    bool refuses;            /* its queue was full at the last send; until the next heartbeat */
    unsigned strikes;        /* messages that broke the rules */
    uint64_t progress, progress_us, rss_bytes;
    uint64_t mean_batch_us, mean_job_us;
    char runtime[24];
    uint64_t start_ms, load_ms;
    char failure[512];       /* why it said it cannot work, or "" */
    /* batches in flight; the first is in hand, as far as is known, then come those of the gate */
    struct list batches;
    unsigned n_batches, n_gate;
    uint64_t jobs_in_flight;
    uint64_t head_since_us;  /* when the first one became the first */
    /* this slot */
    bool given_up;
    bool vacant;             /* no process, and none is wanted: a spare for the next reload */
    uint32_t restarts, next_start_ms;
    uint64_t exited_us;      /* of the last process, when next_start_ms was told */
    char exit[128];          /* how the last process ended, or "" */
    char stack[STACK_TEXT_MAX]; /* … and where Python was then, or "" */
    uint64_t jobs, n_results, errors;
    struct rate rate;
    struct recent latency_us; /* batch sent -> result */
};

struct workertab {
    struct worker_limits limits;
    unsigned n;
    struct worker *workers;
};

int workertab_init(struct workertab *t, unsigned n, uint64_t deadline_us);
void workertab_fini(struct workertab *t);

struct worker *workertab_by_slot(struct workertab *t, unsigned slot);
struct worker *workertab_by_peer(struct workertab *t, const struct peer *peer);

void worker_spawned(struct worker *w, int pid, uint32_t restarts, uint64_t at_us);
/* Notes how the process ended, in words. */
void worker_describe_exit(struct worker *w, int wait_status);
/* The process is gone, and its batches have been taken from it. */
void worker_exited(struct worker *w, int wait_status, uint64_t now_us);

void worker_give(struct worker *w, struct batch *b, uint64_t now_us);
/* It has said that this batch is in hand. */
void worker_works_on(struct worker *w, uint64_t id, uint64_t since_us);
/* Takes back the batch of that id, or NULL when it has none. */
struct batch *worker_take(struct worker *w, uint64_t id, uint64_t now_us);
void worker_note_result(struct worker *w, const struct batch *b, uint64_t compute_us,
                        uint64_t now_us);

/* What the facts amount to now. *why is a reason to kill the process (with STUCK), else NULL. */
enum worker_state worker_judge(const struct worker *w, const struct worker_limits *l,
                               uint64_t now_us, const char **why);
/* Judges and keeps the state; true when it changed. */
bool worker_update(struct worker *w, const struct worker_limits *l, uint64_t now_us,
                   const char **why);
/* May be given another batch. */
bool worker_is_open(const struct worker *w);
/* The dispatch thread itself did not run for that long: what it did not hear then is
 * nobody's fault. */
void workertab_excuse(struct workertab *t, uint64_t us);
/* Was the process killed by a signal that people and kernels send, not by its own fault? */
bool worker_killed_from_outside(int wait_status);

#endif
