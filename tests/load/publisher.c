/* SPDX-License-Identifier: MIT */
/* publisher: see publisher.h.  Runs on its worker's thread. */
#include "publisher.h"

#include "client.h"
#include "socketio.h"
#include "stamp.h"
#include "worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX   (64u * 1024u)           /* unsent bytes that hold a publisher back */
#define REFUSAL_NS   UINT64_C(100000000)     /* closed loop: pause after a refusal */
#define CID_BYTES    27                      /* run, publisher and counter of the stamp */

static struct pending *pending_at(const struct publisher *p, uint32_t counter)
{
    return &p->ring[counter & (p->ring_size - 1)];
}

/* Doubles the ring; counters keep their places modulo the new size. */
static int grow_ring(struct publisher *p, uint32_t limit)
{
    uint32_t size = p->ring_size ? p->ring_size * 2 : 16;
    struct pending *ring;

    if (size > limit)
        return -1;
    ring = calloc(size, sizeof(*ring));
    if (!ring)
        return -1;
    for (uint32_t counter = p->first; counter != p->next; counter++)
        ring[counter & (size - 1)] = *pending_at(p, counter);
    free(p->ring);
    p->ring = ring;
    p->ring_size = size;
    return 0;
}

static bool wants_to_send(const struct worker *w, const struct publisher *p)
{
    if (!w->options->window)
        return p->due > 0;
    return p->waiting < w->options->window && w->phase == PHASE_RUN && w->loading &&
           w->now < w->plan->to_ns;
}

static bool may_send(struct worker *w, struct publisher *p)
{
    if (p->client->state != CLIENT_READY || p->client->out.len >= OUTPUT_MAX)
        return false;
    if (p->paused_until > w->now)
        return false;
    return p->next - p->first < p->ring_size || grow_ring(p, w->plan->pending_max) == 0;
}

/* The request, or for a bare server the text alone. */
static size_t write_message(struct worker *w, const struct publisher *p, uint32_t counter,
                            uint64_t intended_ns)
{
    struct stamp stamp = {w->plan->run, p->index, counter, intended_ns - w->plan->base_ns};
    size_t n = 0, filler = w->options->size - STAMP_BYTES;
    const char *after = "";
    char text[STAMP_BYTES];

    stamp_write(text, &stamp);
    if (w->options->bare == BARE_SOCKETIO) {
        n = strlen(SOCKETIO_BEFORE);
        memcpy(w->scratch, SOCKETIO_BEFORE, n);
        after = SOCKETIO_AFTER;
    }
    if (w->options->bare == BARE_NONE) {
        after = "\"}";
        n = (size_t)snprintf(w->scratch, WORKER_SCRATCH,
                             "{\"id\":%" PRIu32 ",\"type\":\"send\",\"room\":\"%s%" PRIu32
                             "\",\"cid\":\"%.*s\",\"text\":\"",
                             REQUEST_SEND + counter, w->options->room_prefix,
                             p->client->room->index, CID_BYTES, text);
    }
    memcpy(w->scratch + n, text, STAMP_BYTES);
    memcpy(w->scratch + n + STAMP_BYTES, w->plan->filler, filler);
    n += STAMP_BYTES + filler;
    memcpy(w->scratch + n, after, strlen(after));
    return n + strlen(after);
}

static void post_message(struct worker *w, struct publisher *p, uint32_t counter)
{
    size_t n = write_message(w, p, counter, pending_at(p, counter)->intended_ns);

    client_post(w, p->client, WS_TEXT, w->scratch, n);
}

static uint64_t receivers(const struct worker *w, const struct room *room)
{
    if (w->options->bare == BARE_ECHO)
        return 1;
    return atomic_load_explicit(&w->plan->members[room->index], memory_order_relaxed);
}

/* The server has taken the message (a bare one says nothing: it has, once sent). */
static void count_accepted(struct worker *w, struct publisher *p)
{
    p->client->room->accepted++;
    w->count[CNT_EXPECTED] += receivers(w, p->client->room);
}

static void send_new(struct worker *w, struct publisher *p, uint64_t intended_ns)
{
    uint32_t counter = p->next++;
    bool bare = w->options->bare != BARE_NONE;

    *pending_at(p, counter) = (struct pending){.intended_ns = intended_ns, .acked = bare};
    p->waiting++;
    w->count[CNT_SENT]++;
    if (bare)
        count_accepted(w, p);
    else
        w->count[CNT_OUTSTANDING]++;
    post_message(w, p, counter);
}

void publisher_pump(struct worker *w, struct publisher *p)
{
    while (wants_to_send(w, p) && may_send(w, p)) {
        if (w->options->window) {
            send_new(w, p, w->now);
        } else {
            send_new(w, p, pacer_lane_time(&w->pacer, p->lane, p->turn++));
            p->due--;
            w->count[CNT_DUE]--;
        }
    }
}

void publisher_on_due(struct worker *w, struct publisher *p)
{
    uint64_t intended = pacer_lane_time(&w->pacer, p->lane, p->turn + p->due);

    p->due++;
    w->count[CNT_DUE]++;
    if (p->due == 1 && may_send(w, p)) {
        if (worker_measures(w, intended))
            hist_add(&w->lag, w->now - intended);
    } else {
        w->count[CNT_LATE_SENDS]++;
    }
    publisher_pump(w, p);
}

static void finish_pending(struct worker *w, struct publisher *p, struct pending *pending)
{
    pending->finished = true;
    p->waiting--;
    while (p->first != p->next && pending_at(p, p->first)->finished)
        p->first++;
    publisher_pump(w, p);
}

/* The unfinished send with this counter, or NULL. */
static struct pending *find_pending(const struct publisher *p, uint32_t counter)
{
    if (counter - p->first >= p->next - p->first || pending_at(p, counter)->finished)
        return NULL;
    return pending_at(p, counter);
}

static void compare_seq(struct worker *w, const struct publisher *p, uint32_t counter,
                        const struct pending *pending)
{
    if (pending->acked_seq != pending->seen_seq)
        oracle_note(&w->oracle, RULE_ACK_SEQ, 1,
                    "client %" PRIu32 ": message %" PRIu32 " acked as seq %" PRIu64
                    ", seen as seq %" PRIu64,
                    p->index, counter, pending->acked_seq, pending->seen_seq);
}

static void on_refused(struct worker *w, struct publisher *p, struct pending *pending,
                       const struct scan_frame *reply)
{
    uint64_t pause = REFUSAL_NS;

    w->count[CNT_REFUSED]++;
    tally_count(&w->errors, "send: %.*s", (int)reply->code.n, reply->code.p ? reply->code.p : "");
    oracle_note(&w->oracle, RULE_REFUSED, 1, "client %" PRIu32 ": %.*s", p->index,
                (int)reply->code.n, reply->code.p ? reply->code.p : "no code");
    if (w->options->window) {
        if (reply->retry_after_ms > 0 && reply->retry_after_ms < 60000)
            pause = (uint64_t)reply->retry_after_ms * 1000000;
        p->paused_until = w->now + pause;
        w->paused = true;
    }
    finish_pending(w, p, pending);
}

static void on_acked(struct worker *w, struct publisher *p, uint32_t counter,
                     struct pending *pending, const struct scan_frame *reply)
{
    w->count[CNT_ACKED]++;
    if (worker_measures(w, pending->intended_ns))
        hist_add(&w->ack, w->now - pending->intended_ns);
    if (span_is(reply->state, "held")) {
        w->count[CNT_HELD]++;
        finish_pending(w, p, pending);
        return;
    }
    if (reply->seq < 1)
        oracle_note(&w->oracle, RULE_FRAME, 1,
                    "client %" PRIu32 ": ok for message %" PRIu32 " without seq", p->index,
                    counter);
    pending->acked = true;
    pending->acked_seq = (uint64_t)reply->seq;
    count_accepted(w, p);
    if (pending->seen) {
        compare_seq(w, p, counter, pending);
        finish_pending(w, p, pending);
    }
}

void publisher_on_reply(struct worker *w, struct publisher *p, const struct scan_frame *reply)
{
    uint32_t counter = (uint32_t)(reply->id - REQUEST_SEND);
    struct pending *pending = p ? find_pending(p, counter) : NULL;

    if (!pending || pending->acked) {
        oracle_note(&w->oracle, RULE_DUPLICATE, 1,
                    "a reply to request %" PRId64 ", which is not open", reply->id);
        return;
    }
    w->count[CNT_OUTSTANDING]--;
    if (span_is(reply->type, "error"))
        on_refused(w, p, pending, reply);
    else
        on_acked(w, p, counter, pending, reply);
}

void publisher_on_seen(struct worker *w, struct publisher *p, const struct oracle_event *event)
{
    struct pending *pending = find_pending(p, event->counter);

    if (event->counter - p->first >= p->next - p->first && event->counter >= p->next)
        oracle_note(&w->oracle, RULE_CONTENT, 1,
                    "client %" PRIu32 ": its message %" PRIu32 " came, but it never sent that",
                    p->index, event->counter);
    if (!pending || pending->seen)
        return;
    pending->seen = true;
    pending->seen_seq = event->seq;
    if (!pending->acked)
        return;
    if (w->options->bare == BARE_NONE)
        compare_seq(w, p, event->counter, pending);
    finish_pending(w, p, pending);
}

void publisher_resend(struct worker *w, struct publisher *p)
{
    for (uint32_t counter = p->first; counter != p->next; counter++) {
        const struct pending *pending = pending_at(p, counter);

        if (pending->finished || pending->acked)
            continue;
        post_message(w, p, counter);
        w->count[CNT_RETRIED]++;
    }
}

void publisher_finish(struct worker *w, struct publisher *p)
{
    oracle_note(&w->oracle, RULE_UNSENT, p->due, "client %" PRIu32 ": %" PRIu64 " messages",
                p->index, p->due);
    if (w->options->bare != BARE_NONE)
        return; /* no acks: reach says it all */
    for (uint32_t counter = p->first; counter != p->next; counter++) {
        const struct pending *pending = pending_at(p, counter);

        if (pending->finished)
            continue;
        if (!pending->acked) {
            p->client->room->unknown++;
            oracle_note(&w->oracle, RULE_UNACKED, 1,
                        "client %" PRIu32 ": message %" PRIu32 " was never answered", p->index,
                        counter);
        } else if (p->client->state == CLIENT_READY) {
            oracle_note(&w->oracle, RULE_ACKED_LOST, 1,
                        "client %" PRIu32 ": message %" PRIu32 " acked as seq %" PRIu64
                        ", never seen",
                        p->index, counter, pending->acked_seq);
        }
    }
}
