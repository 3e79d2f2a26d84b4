/* SPDX-License-Identifier: MIT
 *
 * What workers send: who is it, is it well-formed, what follows. Dispatch thread.
 *
 * A worker is known by its connection. The connection becomes a slot's with the first
 * message that names the slot and the pid which the supervisor started there; before that,
 * and from anybody else, nothing is taken (a worker repeats itself until it is answered).
 */
#include "dispatch/impl.h"

#include "base/log.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

/* Messages taken in before others have their turn. */
#define BUDGET 1024
#define STRIKES_MAX 3

static struct worker *identify(struct dispatch *d, const struct peer *peer, uint32_t slot,
                               uint32_t pid)
{
    struct worker *w = workertab_by_slot(&d->workers, slot);
    if (w == NULL || w->pid == 0 || (uint32_t)w->pid != pid)
        return NULL;
    if (w->peer.len == 0)
        w->peer = *peer;
    return peer_equal(&w->peer, peer) ? w : NULL;
}

static void on_heartbeat(struct dispatch *d, struct worker *w, const Parley__Worker__Heartbeat *m)
{
    w->heard_us = d->now_us;
    w->refuses = false;
    w->rss_bytes = m->rss_bytes;
    if (m->progress != w->progress || w->progress_us == 0)
        w->progress_us = d->now_us;
    w->progress = m->progress;
    if (m->batch != 0 && m->batch_age_ms < d->now_us / 1000)
        worker_works_on(w, m->batch, d->now_us - m->batch_age_ms * 1000);
    if (m->draining && !w->draining) {
        w->draining = true;
        d->changed = true;
        log_info("dispatch", "worker drains slot=%u pid=%d", w->slot, w->pid);
    }
    buf_clear(&d->out);
    codec_pack_beat(&d->out, m->seq, w->ready_us != 0);
    /* A beat that cannot be sent is missed by its worker alone; the next one tells it again. */
    if (!d->out.failed)
        router_send(d->router, &w->peer, d->out.data, d->out.len);
}

/* The supervisor may have been waiting for it, to let another one go. */
static void tell_ready(struct dispatch *d, const struct worker *w)
{
    struct msg_worker *m = msg_new(MSG_MAIN_WORKER_READY, 0);
    if (m == NULL) {
        log_error("dispatch", "no memory to tell that a worker is ready slot=%u", w->slot);
        return;
    }
    m->slot = w->slot;
    m->pid = w->pid;
    m->at_us = d->now_us;
    mailbox_post(d->topology->main, &m->head);
}

static void on_ready(struct dispatch *d, struct worker *w, const Parley__Worker__Ready *m)
{
    w->heard_us = d->now_us;
    if (w->ready_us != 0)
        return;
    w->ready_us = d->now_us;
    snprintf(w->runtime, sizeof w->runtime, "%s", m->runtime);
    w->start_ms = (d->now_us - w->spawned_us) / 1000;
    w->load_ms = m->load_ms;
    report_ready(&d->report, m);
    tell_ready(d, w);
    d->changed = true;
    log_info("dispatch",
             "worker ready slot=%u pid=%d start_ms=%llu load_ms=%llu analyzers=%zu runtime=%s",
             w->slot, w->pid, (unsigned long long)w->start_ms, (unsigned long long)w->load_ms,
             m->n_analyzers, w->runtime);
}

static void on_failed(struct dispatch *d, struct worker *w, const Parley__Worker__Failed *m)
{
    snprintf(w->failure, sizeof w->failure, "%.500s", m->reason);
    /* The cut may have halved a character. */
    for (size_t len = strlen(w->failure); len > 0 && ((unsigned char)w->failure[len - 1] & 0x80);)
        w->failure[--len] = '\0';
    d->changed = true;
    log_error("dispatch", "worker cannot work slot=%u pid=%d: %s", w->slot, w->pid, w->failure);
    Parley__Worker__Error e = PARLEY__WORKER__ERROR__INIT;
    e.index = -1;
    e.type = "Failed";
    e.message = m->reason;
    e.traceback = m->traceback;
    report_exception(&d->report, &e, w);
}

/* Something that worker.proto forbids. Logged once a process. */
static void strike(struct dispatch *d, struct worker *w, const char *what)
{
    if (w->strikes++ == 0)
        log_error("dispatch", "worker sent garbage slot=%u pid=%d: %s", w->slot, w->pid, what);
    w->errors++;
    d->changed = true;
    if (w->strikes == STRIKES_MAX)
        dispatch_kill(d, w, BLAME_BATCH, "it keeps sending garbage");
}

static void on_result(struct dispatch *d, struct worker *w, const Parley__Worker__Result *m)
{
    struct batch *b = worker_take(w, m->batch, d->now_us);
    if (b == NULL) {
        d->late_results++;
        return;
    }
    const char *why = codec_check_result(m, b);
    if (why == NULL) {
        report_result(&d->report, m, w, d->now_us);
        worker_note_result(w, b, m->compute_us, d->now_us);
        dispatch_finish(d, w, b, m);
        return;
    }
    dispatch_fail(d, w, b, BLAME_BATCH, why);
    strike(d, w, why);
}

static void on_message(struct dispatch *d, const struct peer *from, const void *data, size_t len)
{
    const char *why;
    struct worker *w = workertab_by_peer(&d->workers, from);
    Parley__Worker__ToServer *m = codec_unpack(data, len, &why);
    if (m == NULL) {
        if (w != NULL)
            strike(d, w, why);
        return;
    }
    switch (m->body_case) {
    case PARLEY__WORKER__TO_SERVER__BODY_HEARTBEAT:
        w = identify(d, from, m->heartbeat->slot, m->heartbeat->pid);
        if (w != NULL)
            on_heartbeat(d, w, m->heartbeat);
        break;
    case PARLEY__WORKER__TO_SERVER__BODY_READY:
        w = identify(d, from, m->ready->slot, m->ready->pid);
        if (w != NULL)
            on_ready(d, w, m->ready);
        break;
    case PARLEY__WORKER__TO_SERVER__BODY_FAILED:
        w = identify(d, from, m->failed->slot, m->failed->pid);
        if (w != NULL)
            on_failed(d, w, m->failed);
        break;
    case PARLEY__WORKER__TO_SERVER__BODY_RESULT:
        if (w != NULL)
            on_result(d, w, m->result);
        break;
    default:
        break;
    }
    codec_free(m);
}

void inbound_drain(struct dispatch *d)
{
    struct peer from;
    const void *data;
    size_t len;
    for (unsigned n = 0; n < BUDGET && router_receive(d->router, &from, &data, &len); n++) {
        if (data == NULL)
            data = "", len = 0;
        on_message(d, &from, data, len);
    }
}
