/* SPDX-License-Identifier: MIT
 *
 * The dispatch thread: its loop, its messages, its clock. See dispatch.h.
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

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define TICK_MS 100
/* A worker that starts within this is worth waiting for. */
#define SOON_MS 1000
/* A turn that took this long did not run: the process was stopped, or the machine. */
#define STALL_US 1000000u
/* A worker that outlives its SIGKILL by this much (a process stuck in the kernel) loses its
 * batches. */
#define ABANDON_US 2000000u
/* A quarantine that the store could not keep is sent to it again after this. */
#define RETRY_US 1000000u

/* ---- workers ------------------------------------------------------------------------------- */

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

/* ---- messages ----------------------------------------------------------------------------- */

/* Takes the job. */
static void keep(struct dispatch *d, struct msg_job *job)
{
    int64_t id = job->id;
    int status = ledger_add(&d->ledger, job, d->now_us);
    if (status == 0) {
        intake_took(&d->intake, id);
        outcome_of_doomed(d);
        return;
    }
    if (status != E_EXISTS)
        intake_defer(&d->intake, id);
    msg_free(&job->head);
}

static uint32_t waiting(const struct dispatch *d)
{
    return d->ledger.lanes[JOB_BACKGROUND].n + d->ledger.suspected;
}

/* No worker lives or starts soon: who waits for an answer need not wait. */
static bool is_hopeless(const struct dispatch *d)
{
    for (unsigned i = 0; i < d->workers.n && d->problem[0] == '\0'; i++) {
        const struct worker *w = &d->workers.workers[i];
        if (w->pid != 0 || (!w->vacant && !w->given_up && w->next_start_ms <= SOON_MS))
            return false;
    }
    return true;
}

/* A job of the gate, or an ad-hoc one. */
static void on_asked(struct dispatch *d, struct msg_job *job)
{
    int status = 0;
    if (job->kind == JOB_GATE)
        d->gated_us = d->now_us;
    if (is_hopeless(d) || d->ledger.lanes[job->kind].n >= d->config.queue_max)
        status = E_UNAVAILABLE;
    job->id = --d->last_unnumbered;
    if (status == 0)
        status = ledger_add(&d->ledger, job, d->now_us);
    if (status != 0) {
        outcome_refuse(job, E_UNAVAILABLE);
        msg_free(&job->head);
    }
}

static void on_job(struct dispatch *d, struct msg_job *job)
{
    d->changed = true;
    if (job->kind != JOB_BACKGROUND) {
        on_asked(d, job);
        return;
    }
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
    w->vacant = w->given_up = false;
    d->reload_problem[0] = '\0';
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
        dispatch_release(d, w, blame, w->kill_asked_us != 0 ? BLAME_NOBODY : blame, w->exit);
    } else {
        snprintf(w->exit, sizeof w->exit, "%.127s", m->reason);
    }
    worker_exited(w, m->wait_status, d->now_us);
    w->given_up = m->given_up;
    w->vacant = m->vacant;
    if (m->vacant && m->given_up)
        snprintf(d->reload_problem, sizeof d->reload_problem, "%s", m->reason);
    w->next_start_ms = m->next_start_ms;
    w->exited_us = d->now_us;
    w->restarts = m->restarts;
    d->changed = true;
}

/* What the gate judged is for room analyzers only as people were shown it, if they were. */
static void on_shown(struct dispatch *d, struct msg_job *m)
{
    struct msg_verdict *v = m->judged;
    insights_observe(d, m, v);
    m->judged = NULL;
    mailbox_post(d->topology->loops[topology_home(d->topology, m->room.text)], &v->head);
}

static void on_msg(struct dispatch *d, struct msg *m)
{
    switch (m->tag) {
    case MSG_DISPATCH_JOB:
        on_job(d, (struct msg_job *)m);
        return;
    case MSG_DISPATCH_SHOWN:
        on_shown(d, (struct msg_job *)m);
        break;
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
    case MSG_DISPATCH_JOINED:
        insights_on_joined(d, (struct msg_joined *)m);
        break;
    case MSG_DISPATCH_INSIGHT_ASK:
        insights_on_ask(d, (struct msg_insight *)m);
        return;
    case MSG_DISPATCH_INSIGHT_LOADED:
        insights_on_loaded(d, (struct msg_insight *)m);
        return;
    case MSG_DISPATCH_RETURNED:
        insights_on_returned(d, (struct msg_verdict *)m);
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
        dispatch_release(d, w, w->kill_blame, BLAME_NOBODY, "the worker cannot be killed");
}

static void tick(struct dispatch *d)
{
    if (d->now_us - d->ticked_us < TICK_MS * 1000u)
        return;
    d->ticked_us = d->now_us;
    for (unsigned i = 0; i < d->workers.n; i++)
        judge(d, &d->workers.workers[i]);
    outcome_of_late(d, is_hopeless(d));
    quarantine_again(d);
    insights_tick(d);
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
        wait_us = assign_work(d);
        tick(d);
    }
    insights_save_all(d);
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
    insights_init(&d->insights);
    d->mailbox = mailbox_new();
    if (d->mailbox == NULL || intake_init(&d->intake, config->queue_max) < 0
        || workertab_init(&d->workers, WORKER_SLOTS(config->workers),
                          config->deadline_ms * 1000u) < 0)
        goto out;
    for (unsigned i = config->workers; i < d->workers.n; i++)
        d->workers.workers[i].vacant = true;
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
    insights_fini(&d->insights);
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
