/* SPDX-License-Identifier: MIT
 *
 * The dispatch thread: its loop, its messages, who gets which batch. See dispatch.h.
 *
 * A turn: wait for a worker, a message or the clock; take in what workers sent; take in
 * messages; hand out work; once in a while judge the workers and show the board. In that
 * order, because an answer that has come counts even when the news of its worker's death
 * came with it.
 */
#include "dispatch/impl.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dispatch/verdict.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define TICK_MS 100
/* A turn that took this long did not run: the process was stopped, or the machine. */
#define STALL_US 1000000u
/* A worker that outlives its SIGKILL by this much (a process stuck in the kernel) loses its
 * batches. */
#define ABANDON_US 2000000u
/* A quarantine that the store could not keep is sent to it again after this. */
#define RETRY_US 1000000u

/* ---- what becomes of a job ---------------------------------------------------------------- */

static void post_home(struct dispatch *d, struct msg_verdict *v)
{
    mailbox_post(d->topology->loops[topology_home(d->topology, v->room.text)], &v->head);
}

static void conclude(struct dispatch *d, const struct worker *w, const struct batch *b,
                     const struct job *j, const Parley__Worker__Labels *labels,
                     uint64_t compute_us)
{
    histogram_record(&d->stats.latency_us, d->now_us - j->arrived_us);
    struct msg_verdict *v = verdict_new(j->msg, labels);
    if (v == NULL) {
        log_error("dispatch", "verdict lost for want of memory id=%lld", (long long)j->msg->id);
        return;
    }
    v->worker = w->slot;
    v->queue_us = (uint32_t)(b->sent_us - j->arrived_us);
    v->compute_us = (uint32_t)compute_us;
    post_home(d, v);
}

void dispatch_finish(struct dispatch *d, struct worker *w, struct batch *b,
                     const Parley__Worker__Result *r)
{
    size_t i = 0;
    LIST_FOREACH(&b->jobs, link, after)
        conclude(d, w, b, container_of(link, struct job, link), r->messages[i++], r->compute_us);
    ledger_done(&d->ledger, b);
    d->changed = true;
}

/* The room hears nothing of it: the message has no verdict, unless an operator replays it and it
 * gets one then. */
static void quarantine(struct dispatch *d, struct job *j, const char *what, const char *stack)
{
    struct msg_quarantine *q = msg_new(MSG_STORE_QUARANTINE, 0);
    log_warn("dispatch", "message quarantined id=%lld room=%s seq=%llu attempts=%u: %s",
             (long long)j->msg->id, j->msg->room.text, (unsigned long long)j->msg->seq,
             j->attempts, what);
    if (q != NULL) {
        q->id = j->msg->id;
        q->room = j->msg->room;
        q->seq = j->msg->seq;
        q->attempts = j->attempts;
        q->ts_ms = clock_wall_ms();
        snprintf(q->reason, sizeof q->reason, "%s", what);
        snprintf(q->stack, sizeof q->stack, "%s", stack);
        mailbox_post(d->topology->store, &q->head);
    }
    ledger_quarantine(&d->ledger, j);
}

void dispatch_fail(struct dispatch *d, struct worker *w, struct batch *b, enum blame blame,
                   const char *what)
{
    struct list condemned;
    list_init(&condemned);
    ledger_return(&d->ledger, b, blame, &condemned);
    LIST_FOREACH(&condemned, link, after)
        quarantine(d, container_of(link, struct job, link), what, w->stack);
    d->changed = true;
}

/* What was in hand too often when servers died. */
static void quarantine_doomed(struct dispatch *d)
{
    LIST_FOREACH(&d->ledger.doomed, link, after)
        quarantine(d, container_of(link, struct job, link),
                   "the server died each time while this was being analysed", "");
}

/* Takes all batches from the worker: the first is blamed as `first` says, the others as
 * `rest` does. The last one first, so that the jobs end up in the order they had. */
static void release(struct dispatch *d, struct worker *w, enum blame first, enum blame rest,
                    const char *what)
{
    while (!list_is_empty(&w->batches)) {
        struct batch *b = container_of(w->batches.prev, struct batch, link);
        enum blame blame = w->batches.next == &b->link ? first : rest;
        worker_take(w, b->id, d->now_us);
        dispatch_fail(d, w, b, blame, what);
    }
}

void dispatch_kill(struct dispatch *d, struct worker *w, enum blame blame, const char *why)
{
    struct msg_worker *m = msg_new(MSG_MAIN_WORKER_KILL, 0);
    if (m == NULL)
        return; /* the next judgement asks again */
    if (w->kill_asked_us == 0) {
        log_warn("dispatch", "worker to be killed slot=%u pid=%d: %s", w->slot, w->pid, why);
        w->kill_asked_us = d->now_us;
        w->kill_blame = blame;
        w->kill_why = why;
    }
    m->slot = w->slot;
    m->pid = w->pid;
    m->at_us = d->now_us;
    snprintf(m->reason, sizeof m->reason, "%s", why);
    mailbox_post(d->topology->main, &m->head);
    d->changed = true;
}

/* ---- handing out work --------------------------------------------------------------------- */

/* False: the worker takes nothing now, and the batch waits again. */
static bool send_batch(struct dispatch *d, struct worker *w, struct batch *b)
{
    buf_clear(&d->out);
    codec_pack_batch(&d->out, b, d->config.deadline_ms);
    if (d->out.failed || router_send(d->router, &w->peer, d->out.data, d->out.len) < 0) {
        /* Full or gone. If gone, its exit or its missing heartbeat will tell. */
        if (d->out.failed)
            buf_fini(&d->out);
        w->refuses = true;
        ledger_untake(&d->ledger, b);
        return false;
    }
    ledger_sent(&d->ledger, b, d->now_us);
    worker_give(w, b, d->now_us);
    histogram_record(&d->stats.batch, b->n);
    atomic_fetch_add_explicit(&d->stats.batches, 1, memory_order_relaxed);
    d->changed = true;
    return true;
}

static bool has_suspect(const struct worker *w)
{
    return w->n_batches > 0 && container_of(w->batches.next, struct batch, link)->suspect;
}

/* The open worker with the fewest batches, those after the last choice first; NULL: none. */
static struct worker *pick(struct dispatch *d, const struct worker *except)
{
    struct worker *best = NULL;
    for (unsigned i = 0; i < d->workers.n; i++) {
        struct worker *w = &d->workers.workers[(d->next_slot + i) % d->workers.n];
        if (w == except || !worker_is_open(w) || has_suspect(w))
            continue;
        if (best == NULL || w->n_batches < best->n_batches)
            best = w;
    }
    return best;
}

/* Suspected batches run one at a time, each on a worker that has nothing else. Returns the
 * worker that is to become free for the next one, if any. */
static struct worker *assign_suspects(struct dispatch *d)
{
    if (list_is_empty(&d->ledger.suspects))
        return NULL;
    for (unsigned i = 0; i < d->workers.n; i++)
        if (has_suspect(&d->workers.workers[i]))
            return NULL;
    struct worker *w = pick(d, NULL);
    if (w != NULL && w->n_batches == 0) {
        send_batch(d, w, ledger_take_suspect(&d->ledger));
        return NULL;
    }
    return w;
}

static unsigned count_idle(const struct dispatch *d, const struct worker *except)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->workers.n; i++) {
        const struct worker *w = &d->workers.workers[i];
        n += w != except && worker_is_open(w) && w->n_batches == 0;
    }
    return n;
}

/* Hands out what can be handed out. Returns how long until age alone makes another batch,
 * in µs. */
static uint64_t assign(struct dispatch *d)
{
    struct ledger *l = &d->ledger;
    const struct worker *reserved = assign_suspects(d);
    while (l->queued > 0) {
        struct worker *w = pick(d, reserved);
        uint64_t age = d->now_us - ledger_oldest_us(l);
        if (w == NULL || w->n_batches >= batcher_credits(w->mean_batch_us))
            break;
        uint32_t n = batcher_size(&d->batcher, l->queued, age, w->n_batches,
                                  batcher_credits(w->mean_batch_us), count_idle(d, reserved));
        if (n == 0)
            return batcher_wait_us(&d->batcher, age);
        struct batch *b = ledger_take(l, n, BATCH_BYTES_MAX);
        if (b == NULL)
            break;
        if (send_batch(d, w, b))
            d->next_slot = w->slot + 1;
    }
    return UINT64_MAX;
}

/* ---- messages ----------------------------------------------------------------------------- */

/* Takes the job. */
static void keep(struct dispatch *d, struct msg_job *job)
{
    int64_t id = job->id;
    int status = ledger_add(&d->ledger, job, d->now_us);
    if (status == 0) {
        intake_took(&d->intake, id);
        quarantine_doomed(d);
        return;
    }
    if (status != E_EXISTS)
        intake_defer(&d->intake, id);
    msg_free(&job->head);
}

static uint32_t waiting(const struct dispatch *d)
{
    return d->ledger.queued + d->ledger.suspected;
}

static void on_job(struct dispatch *d, struct msg_job *job)
{
    d->changed = true;
    if (job->again)
        intake_forget(&d->intake, job->id);
    if (!intake_knows(&d->intake, job->id) && intake_admits(&d->intake, job->id, waiting(d)))
        keep(d, job);
    else
        msg_free(&job->head);
}

static void on_pending(struct dispatch *d, struct msg_pending *page)
{
    uint32_t count = 0;
    int64_t last = 0;
    while (page->jobs != NULL) {
        struct msg_job *job = (struct msg_job *)page->jobs;
        page->jobs = job->head.next;
        last = job->id;
        count++;
        if (intake_knows(&d->intake, job->id))
            msg_free(&job->head);
        else
            keep(d, job);
    }
    intake_page(&d->intake, count, page->limit, last);
    d->changed = true;
    msg_free(&page->head);
}

static void ask_store(struct dispatch *d)
{
    int64_t after;
    uint32_t limit;
    struct msg_pending *m = msg_new(MSG_STORE_PENDING, 0);
    if (m == NULL || !intake_asks(&d->intake, waiting(d), &after, &limit)) {
        free(m);
        return;
    }
    m->reply = d->mailbox;
    m->after = after;
    m->limit = limit;
    mailbox_post(d->topology->store, &m->head);
}

/* The disk refused: until it is kept there the message is neither done nor in quarantine. */
static void on_quarantined(struct dispatch *d, struct msg_quarantine *q)
{
    if (q->status == 0) {
        msg_free(&q->head);
        return;
    }
    q->head.next = d->unkept;
    d->unkept = &q->head;
}

static void quarantine_again(struct dispatch *d)
{
    if (d->now_us - d->unkept_us < RETRY_US)
        return;
    d->unkept_us = d->now_us;
    while (d->unkept != NULL) {
        struct msg *m = d->unkept;
        d->unkept = m->next;
        m->tag = MSG_STORE_QUARANTINE;
        mailbox_post(d->topology->store, m);
    }
}

static void on_spawned(struct dispatch *d, const struct msg_worker *m)
{
    struct worker *w = workertab_by_slot(&d->workers, m->slot);
    if (w == NULL)
        return;
    worker_spawned(w, m->pid, m->restarts, m->at_us);
    d->changed = true;
}

static enum blame blame_of(const struct worker *w, int wait_status)
{
    bool killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    if (killed && w->kill_asked_us != 0)
        return w->kill_blame;
    if (worker_killed_from_outside(wait_status))
        return BLAME_OUTSIDE;
    return wait_status == 0 && w->draining ? BLAME_NOBODY : BLAME_BATCH;
}

static void on_exited(struct dispatch *d, const struct msg_worker *m)
{
    struct worker *w = workertab_by_slot(&d->workers, m->slot);
    if (w == NULL)
        return;
    inbound_drain(d); /* what it said before it died */
    if (m->pid != 0 && m->pid == w->pid) {
        worker_describe_exit(w, m->wait_status);
        snprintf(w->stack, sizeof w->stack, "%s", m->stack);
        if (w->stack[0] != '\0')
            report_crash(&d->report, w);
        enum blame blame = blame_of(w, m->wait_status);
        /* A process that died by itself may have lost answers on their way, so which batch
         * it had in hand is not certain: all are tried again with care. A process that we
         * killed was alive. */
        release(d, w, blame, w->kill_asked_us != 0 ? BLAME_NOBODY : blame, w->exit);
    } else {
        snprintf(w->exit, sizeof w->exit, "%s", m->reason);
    }
    worker_exited(w, m->wait_status, d->now_us);
    w->given_up = m->given_up;
    w->next_start_ms = m->next_start_ms;
    w->restarts = m->restarts;
    d->changed = true;
}

static void on_msg(struct dispatch *d, struct msg *m)
{
    switch (m->tag) {
    case MSG_DISPATCH_JOB:
        on_job(d, (struct msg_job *)m);
        return;
    case MSG_DISPATCH_PENDING:
        on_pending(d, (struct msg_pending *)m);
        return;
    case MSG_DISPATCH_QUARANTINED:
        on_quarantined(d, (struct msg_quarantine *)m);
        return;
    case MSG_DISPATCH_SPAWNED:
        on_spawned(d, (struct msg_worker *)m);
        break;
    case MSG_DISPATCH_EXITED:
        on_exited(d, (struct msg_worker *)m);
        break;
    case MSG_DISPATCH_STOP:
        d->stopping = true;
        break;
    default:
        log_error("dispatch", "unexpected message %s", msg_name(m->tag));
        break;
    }
    msg_free(m);
}

static void drain_mailbox(struct dispatch *d)
{
    struct msg *m = mailbox_take(d->mailbox);
    while (m != NULL) {
        struct msg *next = m->next;
        on_msg(d, m);
        m = next;
    }
}

/* ---- the clock ---------------------------------------------------------------------------- */

static void judge(struct dispatch *d, struct worker *w)
{
    const char *why;
    if (worker_update(w, &d->workers.limits, d->now_us, &why))
        d->changed = true;
    if (w->pid == 0)
        return;
    if (why != NULL && w->kill_asked_us == 0) {
        /* No heartbeat means that the process as a whole was stopped, which no analyzer can do. */
        bool silent = d->now_us > w->heard_us
                      && d->now_us - w->heard_us > d->workers.limits.beat_late;
        dispatch_kill(d, w, silent ? BLAME_OUTSIDE : BLAME_BATCH, why);
    }
    if (w->kill_asked_us != 0 && d->now_us - w->kill_asked_us > ABANDON_US)
        release(d, w, w->kill_blame, BLAME_NOBODY, "the worker cannot be killed");
}

static void tick(struct dispatch *d)
{
    if (d->now_us - d->ticked_us < TICK_MS * 1000u)
        return;
    d->ticked_us = d->now_us;
    for (unsigned i = 0; i < d->workers.n; i++)
        judge(d, &d->workers.workers[i]);
    quarantine_again(d);
    board_tick(d);
}

static int wait_ms(uint64_t wait_us)
{
    uint64_t ms = wait_us / 1000 + 1;
    return ms < TICK_MS ? (int)ms : TICK_MS;
}

static void *run(void *arg)
{
    struct dispatch *d = arg;
    uint64_t wait_us = 0;
    d->now_us = clock_mono_us();
    for (unsigned i = 0; i < d->workers.n; i++)
        d->workers.workers[i].since_us = d->now_us;
    while (!d->stopping) {
        uint64_t before = d->now_us;
        router_wait(d->router, mailbox_fd(d->mailbox), wait_ms(wait_us));
        d->now_us = clock_mono_us();
        if (d->now_us - before > STALL_US)
            workertab_excuse(&d->workers, d->now_us - before);
        inbound_drain(d);
        drain_mailbox(d);
        ask_store(d);
        wait_us = assign(d);
        tick(d);
    }
    return NULL;
}

/* ---- the main thread's side --------------------------------------------------------------- */

int dispatch_open(struct dispatch **out, const struct dispatch_config *config, char *err,
                  size_t err_len)
{
    int status = E_NO_MEMORY;
    *out = NULL;
    struct dispatch *d = calloc(1, sizeof *d);
    if (d == NULL)
        goto out;
    d->config = *config;
    d->batcher = (struct batcher){config->batch_max, config->batch_delay_ms * 1000u};
    ledger_init(&d->ledger);
    report_init(&d->report);
    d->mailbox = mailbox_new();
    if (d->mailbox == NULL || intake_init(&d->intake, config->queue_max) < 0
        || workertab_init(&d->workers, config->workers, config->deadline_ms * 1000u) < 0)
        goto out;
    status = router_open(&d->router, config->endpoint, err, err_len);
    if (status < 0)
        goto out;
    *out = d;
    return 0;
out:
    if (status == E_NO_MEMORY)
        snprintf(err, err_len, "not enough memory for analysis");
    dispatch_free(d);
    return status;
}

struct mailbox *dispatch_mailbox(struct dispatch *d)
{
    return d->mailbox;
}

const struct dispatch_stats *dispatch_stats(const struct dispatch *d)
{
    return &d->stats;
}

void dispatch_set_problem(struct dispatch *d, const char *text)
{
    snprintf(d->problem, sizeof d->problem, "%s", text != NULL ? text : "");
}

/* Chat and analysis can do without. */
static void open_flight(struct dispatch *d)
{
    char err[512];
    const char *path = d->config.flight_path;
    if (path != NULL
        && flight_open(&d->ledger.flight, path, d->topology->epoch, err, sizeof err) != 0)
        log_warn("dispatch", "%s: a message that ends the server is not found out", err);
}

int dispatch_start(struct dispatch *d, const struct topology *topology)
{
    sigset_t all, before;
    d->topology = topology;
    open_flight(d);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    d->started = pthread_create(&d->thread, NULL, run, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!d->started)
        return E_NO_MEMORY;
    pthread_setname_np(d->thread, "dispatch");
    return 0;
}

void dispatch_stop(struct dispatch *d)
{
    if (!d->started)
        return;
    struct msg_signal *stop = msg_new(MSG_DISPATCH_STOP, 0);
    if (stop == NULL)
        fatal("dispatch", "no memory to stop");
    mailbox_post(d->mailbox, &stop->head);
    pthread_join(d->thread, NULL);
    d->started = false;
}

/* What is not done yet stays pending in the store; only the memory is given back. */
static void forget_batches(struct dispatch *d)
{
    struct list none;
    list_init(&none);
    for (unsigned i = 0; d->workers.workers != NULL && i < d->workers.n; i++)
        LIST_FOREACH(&d->workers.workers[i].batches, link, after)
            ledger_return(&d->ledger, container_of(link, struct batch, link), BLAME_NOBODY, &none);
}

void dispatch_free(struct dispatch *d)
{
    if (d == NULL)
        return;
    forget_batches(d);
    struct flight *flight = d->ledger.flight;
    ledger_fini(&d->ledger);
    flight_close(flight);
    while (d->unkept != NULL) {
        struct msg *next = d->unkept->next;
        msg_free(d->unkept);
        d->unkept = next;
    }
    report_fini(&d->report);
    intake_fini(&d->intake);
    workertab_fini(&d->workers);
    router_close(d->router);
    mailbox_free(d->mailbox);
    buf_fini(&d->out);
    free(d);
}
