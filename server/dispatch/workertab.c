/* SPDX-License-Identifier: MIT
 * The table of workers; see workertab.h. Dispatch thread only. */
#include "dispatch/workertab.h"

#include "base/status.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SECOND 1000000u

static const char *const names[] = {
#define X(tag, name) [tag] = name,
    WORKER_STATES(X)
#undef X
};

const char *worker_state_name(enum worker_state s)
{
    return names[s];
}

int workertab_init(struct workertab *t, unsigned n, uint64_t deadline_us)
{
    t->limits = (struct worker_limits){
        .first_beat = 10 * SECOND,
        .load = 60 * SECOND,
        .beat_late = 1 * SECOND,
        .beat_lost = 3 * SECOND,
        .batch_slow = deadline_us / 4,
        .deadline = deadline_us,
    };
    t->n = n;
    t->workers = calloc(n, sizeof *t->workers);
    if (t->workers == NULL)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < n; i++) {
        t->workers[i].slot = i;
        list_init(&t->workers[i].batches);
    }
    return 0;
}

void workertab_fini(struct workertab *t)
{
    free(t->workers);
}

struct worker *workertab_by_slot(struct workertab *t, unsigned slot)
{
    return slot < t->n ? &t->workers[slot] : NULL;
}

struct worker *workertab_by_peer(struct workertab *t, const struct peer *peer)
{
    for (unsigned i = 0; i < t->n && peer->len > 0; i++)
        if (peer_equal(&t->workers[i].peer, peer))
            return &t->workers[i];
    return NULL;
}

static void set_state(struct worker *w, enum worker_state state, uint64_t now_us)
{
    w->state = state;
    w->since_us = now_us;
}

/* Forgets the process; the slot's own figures stay. */
static void forget_process(struct worker *w)
{
    w->pid = 0;
    w->peer.len = 0;
    w->spawned_us = w->heard_us = w->ready_us = w->kill_asked_us = 0;
    w->kill_blame = BLAME_NOBODY;
    w->draining = w->refuses = false;
    w->strikes = 0;
    w->progress = w->progress_us = w->rss_bytes = 0;
    w->mean_batch_us = w->mean_job_us = 0;
    w->head_since_us = 0;
}

void worker_spawned(struct worker *w, int pid, uint32_t restarts, uint64_t at_us)
{
    forget_process(w);
    w->pid = pid;
    w->restarts = restarts;
    w->spawned_us = at_us;
    w->failure[0] = w->stack[0] = '\0';
    w->start_ms = w->load_ms = 0;
    set_state(w, WORKER_STARTING, at_us);
}

void worker_describe_exit(struct worker *w, int status)
{
    bool ours = w->kill_asked_us != 0;
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
    if (WIFSIGNALED(status))
        snprintf(w->exit, sizeof w->exit, "killed by signal %d (SIG%s)%s%s", WTERMSIG(status),
                 name != NULL ? name : "?", ours ? " by the server: " : "",
                 ours ? w->kill_why : "");
    else
        snprintf(w->exit, sizeof w->exit, "exited with code %d", WEXITSTATUS(status));
}

void worker_exited(struct worker *w, int wait_status, uint64_t now_us)
{
    bool orderly = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 && w->draining;
    forget_process(w);
    set_state(w, orderly ? WORKER_STOPPED : WORKER_CRASHED, now_us);
}

static struct batch *batch_of(struct list *link)
{
    return container_of(link, struct batch, link);
}

void worker_give(struct worker *w, struct batch *b, uint64_t now_us)
{
    struct list *before = &w->batches; /* appending to a node inserts before it */
    if (b->kind == JOB_GATE && w->n_batches > 0) {
        before = w->batches.next->next;
        while (before != &w->batches && batch_of(before)->kind == JOB_GATE)
            before = before->next;
    }
    list_append(before, &b->link);
    if (w->n_batches++ == 0)
        w->head_since_us = now_us;
    w->n_gate += b->kind == JOB_GATE;
    w->jobs_in_flight += b->n;
}

void worker_works_on(struct worker *w, uint64_t id, uint64_t since_us)
{
    LIST_FOREACH(&w->batches, link, after) {
        if (batch_of(link)->id != id || w->batches.next == link)
            continue;
        list_remove(link);
        list_append(w->batches.next, link);
        w->head_since_us = since_us;
        return;
    }
}

struct batch *worker_take(struct worker *w, uint64_t id, uint64_t now_us)
{
    LIST_FOREACH(&w->batches, link, after) {
        struct batch *b = batch_of(link);
        if (b->id != id)
            continue;
        w->head_since_us = now_us; /* one at a time: no other can have been in hand before */
        list_remove(link);
        w->n_batches--;
        w->n_gate -= b->kind == JOB_GATE;
        w->jobs_in_flight -= b->n;
        return b;
    }
    return NULL;
}

void worker_note_result(struct worker *w, const struct batch *b, uint64_t compute_us,
                        uint64_t now_us)
{
    w->jobs += b->n;
    w->n_results++;
    w->mean_batch_us =
        w->mean_batch_us == 0 ? compute_us : (w->mean_batch_us * 7 + compute_us) / 8;
    uint64_t job_us = compute_us / b->n + 1;
    w->mean_job_us = w->mean_job_us == 0 ? job_us : (w->mean_job_us * 7 + job_us) / 8;
    recent_record(&w->latency_us, now_us, now_us - b->sent_us);
}

static uint64_t age(uint64_t since_us, uint64_t now_us)
{
    return now_us > since_us ? now_us - since_us : 0;
}

static enum worker_state judge_start(const struct worker *w, const struct worker_limits *l,
                                     uint64_t now_us, const char **why)
{
    uint64_t up = age(w->spawned_us, now_us);
    if (w->heard_us == 0) {
        *why = up > l->first_beat ? "no sign of life after its start" : NULL;
        return *why ? WORKER_STUCK : WORKER_STARTING;
    }
    *why = up > l->load ? "still not ready after its start" : NULL;
    return *why ? WORKER_STUCK : WORKER_WARMING;
}

enum worker_state worker_judge(const struct worker *w, const struct worker_limits *l,
                               uint64_t now_us, const char **why)
{
    *why = NULL;
    if (w->pid == 0)
        return w->state;
    if (w->heard_us != 0 && age(w->heard_us, now_us) > l->beat_lost) {
        *why = "no heartbeat";
        return WORKER_STUCK;
    }
    if (w->kill_asked_us != 0)
        return WORKER_STUCK;
    if (w->ready_us == 0)
        return judge_start(w, l, now_us, why);
    uint64_t head = w->n_batches > 0 ? age(w->head_since_us, now_us) : 0;
    if (head > l->deadline) {
        *why = "batch past its deadline";
        return WORKER_STUCK;
    }
    if (w->draining)
        return WORKER_DRAINING;
    if (head > l->batch_slow || age(w->heard_us, now_us) > l->beat_late)
        return WORKER_SLOW;
    return w->n_batches > 0 ? WORKER_BUSY : WORKER_READY;
}

bool worker_update(struct worker *w, const struct worker_limits *l, uint64_t now_us,
                   const char **why)
{
    enum worker_state state = worker_judge(w, l, now_us, why);
    if (state == w->state)
        return false;
    set_state(w, state, now_us);
    return true;
}

bool worker_is_open(const struct worker *w)
{
    return w->pid != 0 && w->peer.len > 0 && w->ready_us != 0 && w->kill_asked_us == 0
           && !w->draining && !w->refuses;
}

static void shift(uint64_t *at_us, uint64_t us)
{
    if (*at_us != 0)
        *at_us += us;
}

void workertab_excuse(struct workertab *t, uint64_t us)
{
    for (unsigned i = 0; i < t->n; i++) {
        struct worker *w = &t->workers[i];
        shift(&w->heard_us, us);
        shift(&w->head_since_us, us);
        shift(&w->spawned_us, us);
    }
}

bool worker_killed_from_outside(int wait_status)
{
    if (!WIFSIGNALED(wait_status))
        return false;
    switch (WTERMSIG(wait_status)) {
    case SIGKILL:
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
    case SIGQUIT:
        return true;
    default:
        return false;
    }
}
