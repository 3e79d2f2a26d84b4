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
        return p->late_count > 0;
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

struct span publisher_text(const struct plan *plan, uint32_t publisher, uint32_t counter)
{
    if (plan->script)
        return script_text(plan->script, publisher, counter);
    return (struct span){plan->filler, plan->options->size - STAMP_BYTES};
}

/* Text as it stands in JSON; what the filler and a script hold needs no more. */
static size_t put_text(char *to, struct span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            to[n++] = '\\';
        to[n++] = text.p[i];
    }
    return n;
}

static struct room *room_of(const struct worker *w, const struct publisher *p, uint32_t counter)
{
    return p->client->in[seats_turn(&w->plan->seats, p->index, counter)].room;
}

/* What stands before the text; sets what stands behind it. */
static size_t write_head(struct worker *w, const struct publisher *p, uint32_t counter,
                         const char *stamp, const char **tail)
{
    *tail = "";
    if (w->options->bare == BARE_SOCKETIO) {
        *tail = SOCKETIO_AFTER;
        memcpy(w->scratch, SOCKETIO_BEFORE, strlen(SOCKETIO_BEFORE));
        return strlen(SOCKETIO_BEFORE);
    }
    if (w->options->bare != BARE_NONE)
        return 0;
    *tail = "\"}";
    return (size_t)snprintf(w->scratch, WORKER_SCRATCH,
                            "{\"id\":%" PRIu32 ",\"type\":\"send\",\"room\":\"%s%" PRIu32
                            "\",\"cid\":\"%.*s\",\"text\":\"",
                            REQUEST_SEND + counter, w->options->room_prefix,
                            room_of(w, p, counter)->index, CID_BYTES, stamp);
}

/* The request, or for a bare server the text alone. */
static size_t write_message(struct worker *w, const struct publisher *p, uint32_t counter,
                            uint64_t intended_ns)
{
    struct stamp stamp = {w->plan->run, p->index, counter, intended_ns - w->plan->base_ns};
    struct span said = publisher_text(w->plan, p->index, counter);
    char text[STAMP_BYTES];
    const char *tail;
    size_t n;

    stamp_write(text, &stamp);
    n = write_head(w, p, counter, text, &tail);
    memcpy(w->scratch + n, text, STAMP_BYTES);
    n += STAMP_BYTES;
    if (w->plan->script) {
        n += put_text(w->scratch + n, said);
    } else {
        memcpy(w->scratch + n, said.p, said.n);
        n += said.n;
    }
    memcpy(w->scratch + n, tail, strlen(tail));
    return n + strlen(tail);
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
static void count_accepted(struct worker *w, struct room *room)
{
    room->accepted++;
    w->count[CNT_EXPECTED] += receivers(w, room);
}

static void send_new(struct worker *w, struct publisher *p, uint64_t intended_ns)
{
    uint32_t counter = p->next++;
    bool bare = w->options->bare != BARE_NONE;

    *pending_at(p, counter) = (struct pending){.intended_ns = intended_ns, .acked = bare};
    p->waiting++;
    w->count[CNT_SENT]++;
    if (bare)
        count_accepted(w, room_of(w, p, counter));
    else
        w->count[CNT_OUTSTANDING]++;
    post_message(w, p, counter);
}

static uint64_t take_late(struct worker *w, struct publisher *p)
{
    uint64_t intended_ns = p->late[p->late_first];

    p->late_first = (p->late_first + 1) & (p->late_size - 1);
    p->late_count--;
    w->count[CNT_DUE]--;
    return intended_ns;
}

static void put_late(struct worker *w, struct publisher *p, uint64_t intended_ns)
{
    if (p->late_count == p->late_size) {
        uint32_t size = p->late_size ? p->late_size * 2 : 16;
        uint64_t *late = calloc(size, sizeof(*late));

        if (!late) {
            w->out_of_memory = true;
            return;
        }
        for (uint32_t i = 0; i < p->late_count; i++)
            late[i] = p->late[(p->late_first + i) & (p->late_size - 1)];
        free(p->late);
        p->late = late;
        p->late_size = size;
        p->late_first = 0;
    }
    p->late[(p->late_first + p->late_count++) & (p->late_size - 1)] = intended_ns;
    w->count[CNT_DUE]++;
}

void publisher_pump(struct worker *w, struct publisher *p)
{
    while (wants_to_send(w, p) && may_send(w, p))
        send_new(w, p, w->options->window ? w->now : take_late(w, p));
}

void publisher_on_due(struct worker *w, struct publisher *p, uint64_t intended_ns)
{
    if (p->late_count == 0 && may_send(w, p)) {
        if (worker_measures(w, intended_ns))
            hist_add(&w->lag, w->now - intended_ns);
        send_new(w, p, intended_ns);
        return;
    }
    w->count[CNT_LATE_SENDS]++;
    put_late(w, p, intended_ns);
    publisher_pump(w, p);
}

/* Not numbered and not sent again: a reply is owed while the connection lasts, nothing else. */
void publisher_on_typing(struct worker *w, struct publisher *p)
{
    struct client *c = p->client;
    int n;

    if (c->state != CLIENT_READY || c->out.len >= OUTPUT_MAX)
        return;
    p->typing = !p->typing;
    n = snprintf(w->scratch, WORKER_SCRATCH,
                 "{\"id\":%d,\"type\":\"typing\",\"room\":\"%s%" PRIu32 "\",\"active\":%s}",
                 REQUEST_TYPING, w->options->room_prefix, room_of(w, p, p->next)->index,
                 p->typing ? "true" : "false");
    if (client_post(w, c, WS_TEXT, w->scratch, (size_t)n) != 0)
        return;
    c->typing_open++;
    w->count[CNT_TYPING]++;
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

void publisher_on_refused(struct worker *w, uint32_t client, const char *what, struct span code)
{
    w->count[CNT_REFUSED]++;
    tally_count(&w->errors, "%s: %.*s", what, (int)code.n, code.p ? code.p : "");
    oracle_note(&w->oracle, RULE_REFUSED, 1, "client %" PRIu32 ": %s: %.*s", client, what,
                (int)code.n, code.p ? code.p : "no code");
}

static void on_refused(struct worker *w, struct publisher *p, struct pending *pending,
                       const struct scan_frame *reply)
{
    uint64_t pause = REFUSAL_NS;

    publisher_on_refused(w, p->index, "send", reply->code);
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
    count_accepted(w, room_of(w, p, counter));
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
    oracle_note(&w->oracle, RULE_UNSENT, p->late_count, "client %" PRIu32 ": %" PRIu32 " messages",
                p->index, p->late_count);
    if (p->client->state == CLIENT_READY)
        oracle_note(&w->oracle, RULE_UNACKED, p->client->typing_open,
                    "client %" PRIu32 ": typing was never answered", p->index);
    if (w->options->bare != BARE_NONE)
        return; /* no acks: reach says it all */
    for (uint32_t counter = p->first; counter != p->next; counter++) {
        const struct pending *pending = pending_at(p, counter);

        if (pending->finished)
            continue;
        if (!pending->acked) {
            room_of(w, p, counter)->unknown++;
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
