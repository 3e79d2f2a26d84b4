/* SPDX-License-Identifier: MIT
 *
 * What becomes of a job: a verdict to its room or to who asked, or quarantine. Dispatch thread.
 */
#include "dispatch/impl.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dispatch/verdict.h"

#include <stdio.h>
#include <string.h>

/* To the room's home loop, or to who asked. Takes the verdict. */
static void deliver(struct dispatch *d, const struct msg_job *job, struct msg_verdict *v)
{
    if (job->kind == JOB_BACKGROUND) {
        mailbox_post(d->topology->loops[topology_home(d->topology, v->room.text)], &v->head);
    } else {
        v->head.tag = job->reply_tag;
        mailbox_post(job->reply, &v->head);
    }
}

/* A call's answer is what it returned, or that it failed. */
static void conclude_call(struct msg_verdict *v, const char *returned)
{
    v->returned = returned[0] != '\0' ? strdup(returned) : NULL;
    v->status = v->returned != NULL ? 0 : E_INTERNAL;
}

static void conclude(struct dispatch *d, const struct worker *w, const struct batch *b,
                     const struct job *j, const Parley__Worker__Labels *labels,
                     const Parley__Worker__Result *r)
{
    histogram_record(&d->stats.latency_us, d->now_us - j->arrived_us);
    struct msg_verdict *v = verdict_new(j->msg, labels, &d->report);
    if (v == NULL) {
        log_error("dispatch", "verdict lost for want of memory id=%lld", (long long)j->msg->id);
        return;
    }
    v->worker = w->slot;
    v->pid = w->pid;
    v->batch = b->id;
    v->batch_size = b->n;
    v->queue_us = (uint32_t)(b->sent_us - j->arrived_us);
    v->compute_us = (uint32_t)r->compute_us;
    if (b->kind == JOB_CALL)
        conclude_call(v, r->returned);
    else if (b->kind == JOB_BACKGROUND && !j->msg->masked)
        insights_observe(d, j->msg, v);
    deliver(d, j->msg, v);
}

void dispatch_finish(struct dispatch *d, struct worker *w, struct batch *b,
                     const Parley__Worker__Result *r)
{
    size_t i = 0;
    LIST_FOREACH(&b->jobs, link, after)
        conclude(d, w, b, container_of(link, struct job, link), r->messages[i++], r);
    ledger_done(&d->ledger, b);
    d->changed = true;
}

void outcome_refuse(const struct msg_job *job, int status)
{
    struct msg_verdict *v = verdict_new(job, NULL, NULL);
    if (v == NULL) {
        log_error("dispatch", "no memory to answer a job; its asker waits for its own deadline");
        return;
    }
    v->status = status;
    v->head.tag = job->reply_tag;
    mailbox_post(job->reply, &v->head);
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
}

/* It killed every worker that had it. */
static void condemn(struct dispatch *d, struct job *j, const char *what, const char *stack)
{
    if (j->msg->kind == JOB_BACKGROUND) {
        quarantine(d, j, what, stack);
    } else {
        log_warn("dispatch", "a text to be judged killed %u workers room=%s: %s", j->attempts,
                 j->msg->room.text, what);
        outcome_refuse(j->msg, E_REJECTED);
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
        condemn(d, container_of(link, struct job, link), what, w->stack);
    d->changed = true;
}

void dispatch_release(struct dispatch *d, struct worker *w, enum blame first, enum blame rest,
                      const char *what)
{
    while (!list_is_empty(&w->batches)) {
        struct batch *b = container_of(w->batches.prev, struct batch, link);
        enum blame blame = w->batches.next == &b->link ? first : rest;
        worker_take(w, b->id, d->now_us);
        dispatch_fail(d, w, b, blame, what);
    }
}

void outcome_of_doomed(struct dispatch *d)
{
    LIST_FOREACH(&d->ledger.doomed, link, after)
        condemn(d, container_of(link, struct job, link),
                "the server died each time while this was being analysed", "");
}

void outcome_of_late(struct dispatch *d, bool hopeless)
{
    struct list expired;
    list_init(&expired);
    ledger_expire(&d->ledger, hopeless ? UINT64_MAX : d->now_us, &expired);
    LIST_FOREACH(&expired, link, after) {
        struct job *j = container_of(link, struct job, link);
        outcome_refuse(j->msg, hopeless ? E_UNAVAILABLE : E_TIMEOUT);
        ledger_drop(&d->ledger, j);
    }
}
