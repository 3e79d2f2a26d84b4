/* SPDX-License-Identifier: MIT */
/* session: see session.h.  Runs on its worker's thread. */
#include "session.h"

#include "client.h"
#include "publisher.h"
#include "scan.h"
#include "socketio.h"
#include "stamp.h"
#include "worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_PAGE 200

/* The bytes of an event on the wire, when they came as one frame. */
struct wire {
    const uint8_t *frame;
    size_t len;
};

void session_bad_frame(struct worker *w, struct client *c, const char *why)
{
    oracle_note(&w->oracle, RULE_FRAME, 1, "client %" PRIu32 ": %s", c->index, why);
    client_drop(w, c, why);
}

void session_on_writable(struct worker *w, struct client *c)
{
    if (c->publisher)
        publisher_pump(w, c->publisher);
}

/* ---- events ---- */

/* A message of this run has reached a member. */
static inline void take_message(struct worker *w, struct client *c,
                                const struct oracle_event *event)
{
    c->received++;
    w->count[CNT_DELIVERIES]++;
    if (worker_measures(w, event->intended_ns))
        hist_add(&w->delivery, w->now - event->intended_ns);
    if (c->publisher && event->publisher == c->index)
        publisher_on_seen(w, c->publisher, event);
}

static inline void take_event(struct worker *w, struct client *c, const struct oracle_event *event)
{
    if (event->ours)
        take_message(w, c, event);
    else
        w->count[CNT_OTHER]++;
}

/* A bare server numbers nothing: each client checks each sender's own counter. */
static bool judge_bare(struct worker *w, struct client *c, const struct oracle_event *event)
{
    if (!c->senders)
        return true;
    return oracle_sender(&w->oracle,
                         &c->senders[w->options->bare == BARE_ECHO
                                         ? 0
                                         : event->publisher / w->options->rooms],
                         event, c->index, true);
}

size_t session_on_known(struct worker *w, struct client *c, const uint8_t *data, size_t len)
{
    const struct roomlog_slot *slot;

    if (c->state != CLIENT_READY || c->catching_up)
        return 0;
    slot = roomlog_match(&c->room->log, c->order.next, data, len);
    if (!slot)
        return 0;
    c->order.next++;
    c->order.seen = c->order.seen << 1 | 1;
    if (w->options->bare == BARE_NONE || judge_bare(w, c, &slot->event))
        take_event(w, c, &slot->event);
    return slot->len;
}

/* Whether a text of this run is what its sender wrote, in the room it wrote to. */
static bool judge_text(struct worker *w, struct client *c, struct span text,
                       const struct stamp *stamp)
{
    const struct options *o = w->options;

    if (text.n != o->size || stamp->publisher >= o->publishers ||
        w->plan->base_ns + stamp->intended_ns > w->now ||
        memcmp(text.p + STAMP_BYTES, w->plan->filler, o->size - STAMP_BYTES) != 0) {
        oracle_note(&w->oracle, RULE_TEXT, 1, "client %" PRIu32 ", room %" PRIu32 ": '%.*s'",
                    c->index, c->room->index, (int)(text.n < 80 ? text.n : 80), text.p);
        return false;
    }
    if (stamp->publisher % o->rooms != c->room->index ||
        (o->bare == BARE_ECHO && stamp->publisher != c->index)) {
        oracle_note(&w->oracle, RULE_ROOM, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": message of publisher %" PRIu32
                    ", room %" PRIu32,
                    c->index, c->room->index, stamp->publisher, stamp->publisher % o->rooms);
        return false;
    }
    return true;
}

/* Reads a text into an event: ours, or somebody else's. */
static void read_text(struct worker *w, struct client *c, struct span text,
                      struct oracle_event *event)
{
    struct stamp stamp;

    event->ours = false;
    if (!text.p || !stamp_read(text.p, text.n, &stamp) || stamp.run != w->plan->run) {
        w->count[CNT_FOREIGN]++;
        return;
    }
    if (!judge_text(w, c, text, &stamp))
        return;
    event->ours = true;
    event->publisher = stamp.publisher;
    event->counter = stamp.counter;
    event->intended_ns = w->plan->base_ns + stamp.intended_ns;
}

/* What the room says, judged once a thread; everybody else is compared with it. True: once. */
static bool judge_room(struct worker *w, struct client *c, const struct oracle_event *event,
                       struct wire wire)
{
    struct room *room = c->room;
    const struct oracle_event *known = roomlog_find(&room->log, event->seq);

    if (known) {
        oracle_content(&w->oracle, known, event, c->index, room->index);
        return false;
    }
    if (event->seq <= room->top)
        return false; /* too old to be kept: only its number was judged */
    if (event->ours)
        oracle_sender(&w->oracle, &room->senders[event->publisher / w->options->rooms], event,
                      c->index, false);
    room->top = event->seq;
    roomlog_keep(&room->log, event, wire.frame, wire.len);
    return true;
}

/* What the analysis says of a message: once, and how long after its intended time? */
static void take_verdict(struct worker *w, struct client *c, uint64_t on)
{
    struct roomlog_slot *slot = roomlog_slot(&c->room->log, on);

    if (slot->event.seq != on || !slot->event.ours ||
        slot->event.publisher % w->options->threads != w->id)
        return; /* no longer kept, or another thread's to count */
    if (slot->judged)
        oracle_note(&w->oracle, RULE_DUPLICATE, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": a second verdict on seq %" PRIu64,
                    c->index, c->room->index, on);
    slot->judged = true;
    w->count[CNT_VERDICTS]++;
    if (worker_measures(w, slot->event.intended_ns))
        hist_add(&w->verdict, w->now - slot->event.intended_ns);
}

static void take_verdicts(struct worker *w, struct client *c, struct span items)
{
    struct span item;

    while (items.p && scan_next(&items, &item)) {
        struct scan_frame frame;

        if (scan_frame(item.p, item.n, &frame) == 0 && frame.on >= 1)
            take_verdict(w, c, (uint64_t)frame.on);
        else
            oracle_note(&w->oracle, RULE_FRAME, 1, "client %" PRIu32 ": a verdict on nothing",
                        c->index);
    }
}

static bool is_own_room(const struct worker *w, const struct client *c, struct span room)
{
    char name[80];

    snprintf(name, sizeof(name), "%s%" PRIu32, w->options->room_prefix, c->room->index);
    return span_is(room, name);
}

static bool is_event(struct worker *w, struct client *c, const struct scan_frame *frame)
{
    if (frame->seq >= 1 && frame->kind.p && is_own_room(w, c, frame->room))
        return true;
    oracle_note(&w->oracle, frame->seq >= 1 && frame->room.p ? RULE_ROOM : RULE_FRAME, 1,
                "client %" PRIu32 ", room %" PRIu32 ": no seq or kind, or of room '%.*s'",
                c->index, c->room->index, (int)frame->room.n, frame->room.p ? frame->room.p : "");
    return false;
}

/* A push that a page of history gives, too: it holds it already, or will. */
static bool is_replayed(struct client *c, uint64_t seq)
{
    if (seq <= c->replayed_to)
        return true;
    if (!c->catching_up || seq < c->order.next)
        return false;
    if (seq > c->missed)
        c->missed = seq;
    return true;
}

/* A numbered event, pushed or out of a reply. */
static void on_event(struct worker *w, struct client *c, const struct scan_frame *frame,
                     struct wire wire, bool pushed)
{
    struct oracle_event event = {.seq = (uint64_t)frame->seq};

    w->count[CNT_PARSED]++;
    if (!is_event(w, c, frame) || (pushed && is_replayed(c, event.seq)))
        return;
    if (!oracle_seq(&w->oracle, &c->order, event.seq, c->index, c->room->index))
        return;
    if (span_is(frame->kind, "message"))
        read_text(w, c, scan_decode(frame->text, w->scratch, WORKER_SCRATCH), &event);
    if (judge_room(w, c, &event, wire) && span_is(frame->kind, "verdict"))
        take_verdicts(w, c, frame->items);
    take_event(w, c, &event);
}

/* The text of a bare server: this tool's own, with whatever the server put round it. */
static void on_bare(struct worker *w, struct client *c, struct span text, struct wire wire)
{
    struct oracle_event event = {.seq = c->order.next};
    const char *at = memmem(text.p, text.n, "pl.", 3);

    w->count[CNT_PARSED]++;
    if (at && (size_t)(text.p + text.n - at) >= w->options->size)
        text = (struct span){at, w->options->size};
    read_text(w, c, text, &event);
    if (!event.ours)
        return;
    if (!roomlog_find(&c->room->log, event.seq))
        roomlog_keep(&c->room->log, &event, wire.frame, wire.len);
    c->order.next++;
    if (judge_bare(w, c, &event))
        take_message(w, c, &event);
}

/* ---- requests and replies ---- */

static void post_hello(struct worker *w, struct client *c)
{
    int n;

    if (c->session)
        n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%d,\"type\":\"hello\",\"token\":\"%s\",\"client\":\"parley-load\"}",
                     REQUEST_HELLO, c->session);
    else
        n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%d,\"type\":\"hello\",\"name\":\"l%08" PRIx32 "-%" PRIu32
                     "\",\"client\":\"parley-load\"}",
                     REQUEST_HELLO, w->plan->run, c->index);
    client_post(w, c, WS_TEXT, w->scratch, (size_t)n);
    client_set_state(w, c, CLIENT_HELLO);
}

static void post_join(struct worker *w, struct client *c)
{
    int n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%d,\"type\":\"join\",\"room\":\"%s%" PRIu32 "\"", REQUEST_JOIN,
                     w->options->room_prefix, c->room->index);

    if (c->joined_before)
        n += snprintf(w->scratch + n, WORKER_SCRATCH - (size_t)n,
                      ",\"epoch\":\"%s\",\"seq\":%" PRIu64 "}", c->room->epoch, c->order.next - 1);
    else
        n += snprintf(w->scratch + n, WORKER_SCRATCH - (size_t)n, ",\"limit\":0}");
    client_post(w, c, WS_TEXT, w->scratch, (size_t)n);
    client_set_state(w, c, CLIENT_JOINING);
}

static void post_history(struct worker *w, struct client *c)
{
    int n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%d,\"type\":\"history\",\"room\":\"%s%" PRIu32
                     "\",\"after\":%" PRIu64 ",\"limit\":%d}",
                     REQUEST_HISTORY, w->options->room_prefix, c->room->index, c->order.next - 1,
                     HISTORY_PAGE);

    c->catching_up = true;
    client_post(w, c, WS_TEXT, w->scratch, (size_t)n);
}

static void become_ready(struct worker *w, struct client *c)
{
    bool back = c->joined_before;

    if (!back)
        w->last_ready_ns = w->now;
    hist_add(back ? &w->resume : &w->connect, w->now - c->since_ns);
    w->count[back ? CNT_RECONNECTS : CNT_READY]++;
    if (!back)
        atomic_fetch_add(&w->plan->members[c->room->index], 1);
    c->joined_before = true;
    c->attempts = 0;
    client_set_state(w, c, CLIENT_READY);
    if (c->publisher) {
        publisher_resend(w, c->publisher);
        publisher_pump(w, c->publisher);
    }
}

void session_start(struct worker *w, struct client *c)
{
    w->count[CNT_UPGRADED]++;
    if (!c->joined_before)
        w->last_upgrade_ns = w->now;
    if (w->options->bare == BARE_NONE) {
        post_hello(w, c);
        return;
    }
    order_start(&c->order, 1);
    if (w->options->bare == BARE_SOCKETIO)
        client_set_state(w, c, CLIENT_HELLO); /* the server speaks first */
    else
        become_ready(w, c);
}

static void on_socketio(struct worker *w, struct client *c, struct span text, struct wire wire)
{
    switch (socketio_read(text.p, text.n)) {
    case SOCKETIO_EVENT:
        on_bare(w, c, text, wire);
        break;
    case SOCKETIO_PING:
        client_post(w, c, WS_TEXT, "3", 1);
        break;
    case SOCKETIO_OPEN:
        client_post(w, c, WS_TEXT, "40", 2);
        client_set_state(w, c, CLIENT_JOINING);
        break;
    case SOCKETIO_READY:
        if (c->state == CLIENT_JOINING)
            become_ready(w, c);
        break;
    case SOCKETIO_END:
        client_drop(w, c, "Socket.IO: disconnected by server");
        break;
    case SOCKETIO_NOOP:
        break;
    case SOCKETIO_BAD:
        session_bad_frame(w, c, "no Socket.IO packet");
        break;
    }
}

static void on_hello(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    if (c->state != CLIENT_HELLO) {
        session_bad_frame(w, c, "reply to hello twice");
        return;
    }
    if (w->options->reconnect && reply->session.p) {
        free(c->session);
        c->session = strndup(reply->session.p, reply->session.n);
        w->out_of_memory |= c->session == NULL;
    }
    post_join(w, c);
}

static void take_replay(struct worker *w, struct client *c, struct span events)
{
    struct span item;

    while (events.p && scan_next(&events, &item)) {
        struct scan_frame frame;

        if (scan_frame(item.p, item.n, &frame) == 0)
            on_event(w, c, &frame, (struct wire){NULL, 0}, false);
        else
            oracle_note(&w->oracle, RULE_FRAME, 1, "client %" PRIu32 ": bad event in a reply",
                        c->index);
    }
}

/* Numbers up to 'top' were owed and did not come. */
static void skip_to(struct worker *w, struct client *c, uint64_t top)
{
    if (top + 1 <= c->order.next)
        return;
    oracle_note(&w->oracle, RULE_GAP, top + 1 - c->order.next,
                "client %" PRIu32 ", room %" PRIu32 ": a reply lacks seq %" PRIu64 " to %" PRIu64,
                c->index, c->room->index, c->order.next, top);
    order_start(&c->order, top + 1);
}

/* Notes the room's epoch; false when it was another one before. */
static bool keep_epoch(struct client *c, struct span epoch)
{
    bool same = span_is(epoch, c->room->epoch);

    if (epoch.p && epoch.n < sizeof(c->room->epoch)) {
        memcpy(c->room->epoch, epoch.p, epoch.n);
        c->room->epoch[epoch.n] = '\0';
    }
    return same;
}

static void on_rejoin(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    uint64_t top = (uint64_t)reply->seq;

    if (!keep_epoch(c, reply->epoch)) {
        oracle_note(&w->oracle, RULE_RESUME, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": another epoch after reconnecting",
                    c->index, c->room->index);
        order_start(&c->order, top + 1);
    } else if (!reply->recovered) {
        oracle_note(&w->oracle, RULE_RESUME, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": not recovered from seq %" PRIu64
                    " (top %" PRIu64 ")",
                    c->index, c->room->index, c->order.next - 1, top);
    } else {
        w->count[CNT_RECOVERED]++;
    }
    take_replay(w, c, reply->events);
    c->missed = top;
    if (reply->more && c->order.next <= top)
        post_history(w, c);
    else
        skip_to(w, c, top);
}

static void on_join(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    if (c->state != CLIENT_JOINING || reply->seq < 0) {
        session_bad_frame(w, c, "bad reply to join");
        return;
    }
    if (c->joined_before) {
        on_rejoin(w, c, reply);
    } else {
        keep_epoch(c, reply->epoch);
        order_start(&c->order, (uint64_t)reply->seq + 1);
        if ((uint64_t)reply->seq > c->room->top)
            c->room->top = (uint64_t)reply->seq;
    }
    become_ready(w, c);
}

static void on_history(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    uint64_t before = c->order.next;

    take_replay(w, c, reply->events);
    c->replayed_to = c->order.next - 1;
    if (c->order.next <= c->missed && c->order.next > before) {
        post_history(w, c);
        return;
    }
    c->catching_up = false;
    skip_to(w, c, c->missed);
}

static void on_ok(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    if (reply->id >= REQUEST_SEND)
        publisher_on_reply(w, c->publisher, reply);
    else if (reply->id == REQUEST_HELLO)
        on_hello(w, c, reply);
    else if (reply->id == REQUEST_JOIN)
        on_join(w, c, reply);
    else if (reply->id == REQUEST_HISTORY && c->catching_up)
        on_history(w, c, reply);
    else
        session_bad_frame(w, c, "reply to a request never made");
}

static void on_error(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    char why[48];

    if (reply->id >= REQUEST_SEND) {
        publisher_on_reply(w, c->publisher, reply);
        return;
    }
    snprintf(why, sizeof(why), "refused with %.*s", (int)(reply->code.n < 32 ? reply->code.n : 32),
             reply->code.p ? reply->code.p : "");
    client_drop(w, c, why);
}

static void on_bye(struct worker *w, struct client *c, const struct scan_frame *frame)
{
    tally_count(&w->errors, "bye: %d %.*s", (int)frame->close_code,
                (int)(frame->reason.n < 32 ? frame->reason.n : 32),
                frame->reason.p ? frame->reason.p : "");
    c->bye_final = !frame->reconnect;
    if (frame->spread_ms > 0 && frame->spread_ms < 60000)
        c->spread_ms = (uint32_t)frame->spread_ms;
}

void session_on_message(struct worker *w, struct client *c, const char *text, size_t len,
                        const uint8_t *raw, size_t raw_len)
{
    struct wire wire = {raw, raw_len};
    struct scan_frame frame;

    if (w->options->bare == BARE_SOCKETIO) {
        on_socketio(w, c, (struct span){text, len}, wire);
        return;
    }
    if (w->options->bare != BARE_NONE) {
        on_bare(w, c, (struct span){text, len}, wire);
        return;
    }
    if (scan_frame(text, len, &frame) != 0 || !frame.type.p) {
        session_bad_frame(w, c, "a frame that is no JSON object with a type");
        return;
    }
    if (span_is(frame.type, "event"))
        on_event(w, c, &frame, wire, true);
    else if (span_is(frame.type, "ok"))
        on_ok(w, c, &frame);
    else if (span_is(frame.type, "error"))
        on_error(w, c, &frame);
    else if (span_is(frame.type, "ping"))
        client_post(w, c, WS_TEXT, "{\"type\":\"pong\"}", 15);
    else if (span_is(frame.type, "bye"))
        on_bye(w, c, &frame);
}
