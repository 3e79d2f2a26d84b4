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
static inline void take_message(struct worker *w, struct client *c, struct member *m,
                                const struct oracle_event *event)
{
    m->received++;
    w->count[CNT_DELIVERIES]++;
    if (worker_measures(w, event->intended_ns))
        hist_add(c->slow ? &w->slow_delivery : &w->delivery, w->now - event->intended_ns);
    if (c->publisher && event->publisher == c->index)
        publisher_on_seen(w, c->publisher, event);
}

static inline void take_event(struct worker *w, struct client *c, struct member *m,
                              const struct oracle_event *event)
{
    if (event->ours)
        take_message(w, c, m, event);
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
                                         : w->plan->seats.row[event->publisher]],
                         event, c->index, true);
}

/* Several rooms: the one whose next event these bytes are. Apart, to keep the common way short. */
__attribute__((noinline))
static const struct roomlog_slot *find_known(const struct worker *w, struct client *c,
                                             const uint8_t *data, size_t len)
{
    for (uint32_t turn = 0; turn < w->plan->seats.each; turn++) {
        struct member *m = &c->in[turn];
        const struct roomlog_slot *slot = roomlog_match(&m->room->log, m->order.next, data, len);

        if (slot) {
            c->last = m;
            return slot;
        }
    }
    return NULL;
}

size_t session_on_known(struct worker *w, struct client *c, const uint8_t *data, size_t len)
{
    const struct roomlog_slot *slot;
    struct member *m = c->last;

    if (c->state != CLIENT_READY)
        return 0;
    slot = roomlog_match(&m->room->log, m->order.next, data, len);
    if (!slot) {
        if (w->plan->seats.each == 1 || !(slot = find_known(w, c, data, len)))
            return 0;
        m = c->last;
    }
    if (m->catching_up)
        return 0;
    m->order.next++;
    m->order.seen = m->order.seen << 1 | 1;
    if (w->options->bare == BARE_NONE || judge_bare(w, c, &slot->event))
        take_event(w, c, m, &slot->event);
    return slot->len;
}

/* Whether a text of this run is what its sender wrote, in the room it wrote to. */
static bool judge_text(struct worker *w, struct client *c, struct member *m, struct span text,
                       const struct stamp *stamp)
{
    const struct options *o = w->options;
    struct span said;
    uint32_t room;

    if (stamp->publisher >= o->publishers || w->plan->base_ns + stamp->intended_ns > w->now ||
        !(said = publisher_text(w->plan, stamp->publisher, stamp->counter)).p ||
        text.n != STAMP_BYTES + said.n || memcmp(text.p + STAMP_BYTES, said.p, said.n) != 0) {
        oracle_note(&w->oracle, RULE_TEXT, 1, "client %" PRIu32 ", room %" PRIu32 ": '%.*s'",
                    c->index, m->room->index, (int)(text.n < 80 ? text.n : 80), text.p);
        return false;
    }
    room = seats_room(&w->plan->seats, stamp->publisher,
                      seats_turn(&w->plan->seats, stamp->publisher, stamp->counter));
    if (room != m->room->index || (o->bare == BARE_ECHO && stamp->publisher != c->index)) {
        oracle_note(&w->oracle, RULE_ROOM, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": message of publisher %" PRIu32
                    ", room %" PRIu32,
                    c->index, m->room->index, stamp->publisher, room);
        return false;
    }
    return true;
}

/* Reads a text into an event: ours, or somebody else's. */
static void read_text(struct worker *w, struct client *c, struct member *m, struct span text,
                      struct oracle_event *event)
{
    struct stamp stamp;

    event->ours = false;
    if (!text.p || !stamp_read(text.p, text.n, &stamp) || stamp.run != w->plan->run) {
        w->count[CNT_FOREIGN]++;
        return;
    }
    if (!judge_text(w, c, m, text, &stamp))
        return;
    event->ours = true;
    event->publisher = stamp.publisher;
    event->counter = stamp.counter;
    event->intended_ns = w->plan->base_ns + stamp.intended_ns;
}

/* What the room says, judged once a thread; everybody else is compared with it. True: once. */
static bool judge_room(struct worker *w, struct client *c, struct room *room,
                       const struct oracle_event *event, struct wire wire)
{
    const struct oracle_event *known = roomlog_find(&room->log, event->seq);

    if (known) {
        oracle_content(&w->oracle, known, event, c->index, room->index);
        return false;
    }
    if (event->seq <= room->top)
        return false; /* too old to be kept: only its number was judged */
    if (event->ours) {
        uint32_t row = seats_row(&w->plan->seats, event->publisher, room->index);

        oracle_sender(&w->oracle, &room->senders[row], event, c->index, false);
    }
    room->top = event->seq;
    roomlog_keep(&room->log, event, wire.frame, wire.len);
    return true;
}

/* What the analysis says of a message: once, and how long after its intended time? */
static void take_verdict(struct worker *w, struct client *c, struct room *room, uint64_t on)
{
    struct roomlog_slot *slot = roomlog_slot(&room->log, on);

    if (slot->event.seq != on || !slot->event.ours ||
        slot->event.publisher % w->options->threads != w->id)
        return; /* no longer kept, or another thread's to count */
    if (slot->judged)
        oracle_note(&w->oracle, RULE_DUPLICATE, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": a second verdict on seq %" PRIu64,
                    c->index, room->index, on);
    slot->judged = true;
    w->count[CNT_VERDICTS]++;
    if (worker_measures(w, slot->event.intended_ns))
        hist_add(&w->verdict, w->now - slot->event.intended_ns);
}

static void take_verdicts(struct worker *w, struct client *c, struct room *room, struct span items)
{
    struct span item;

    while (items.p && scan_next(&items, &item)) {
        struct scan_frame frame;

        if (scan_frame(item.p, item.n, &frame) == 0 && frame.on >= 1)
            take_verdict(w, c, room, (uint64_t)frame.on);
        else
            oracle_note(&w->oracle, RULE_FRAME, 1, "client %" PRIu32 ": a verdict on nothing",
                        c->index);
    }
}

/* The room of this client that a name means; NULL: none. */
static struct member *find_member(const struct worker *w, struct client *c, struct span name)
{
    size_t prefix = strlen(w->options->room_prefix);
    uint64_t number = 0;

    if (!name.p || name.n <= prefix || name.n > prefix + 9 ||
        memcmp(name.p, w->options->room_prefix, prefix) != 0 ||
        (name.p[prefix] == '0' && name.n > prefix + 1))
        return NULL;
    for (size_t i = prefix; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return NULL;
        number = number * 10 + (uint64_t)(name.p[i] - '0');
    }
    for (uint32_t turn = 0; turn < w->plan->seats.each; turn++)
        if (c->in[turn].room->index == number)
            return &c->in[turn];
    return NULL;
}

/* The room that an event is of; NULL when it is no event for this client, which is noted. */
static struct member *member_of(struct worker *w, struct client *c, const struct scan_frame *frame)
{
    struct member *m = find_member(w, c, frame->room);

    if (m && m->joined && frame->seq >= 1 && frame->kind.p)
        return m;
    oracle_note(&w->oracle, frame->seq >= 1 && frame->room.p ? RULE_ROOM : RULE_FRAME, 1,
                "client %" PRIu32 ": no seq or kind, or of room '%.*s', where it is not",
                c->index, (int)frame->room.n, frame->room.p ? frame->room.p : "");
    return NULL;
}

/* A push that a page of history gives, too: it holds it already, or will. */
static bool is_replayed(struct member *m, uint64_t seq)
{
    if (seq <= m->replayed_to)
        return true;
    if (!m->catching_up || seq < m->order.next)
        return false;
    if (seq > m->missed)
        m->missed = seq;
    return true;
}

/* A numbered event, pushed or out of a reply. */
static void on_event(struct worker *w, struct client *c, const struct scan_frame *frame,
                     struct wire wire, bool pushed)
{
    struct oracle_event event = {.seq = (uint64_t)frame->seq};
    struct member *m;

    w->count[CNT_PARSED]++;
    m = member_of(w, c, frame);
    if (!m || (pushed && is_replayed(m, event.seq)))
        return;
    if (!oracle_seq(&w->oracle, &m->order, event.seq, c->index, m->room->index))
        return;
    if (span_is(frame->kind, "message"))
        read_text(w, c, m, scan_decode(frame->text, w->scratch, WORKER_SCRATCH), &event);
    if (judge_room(w, c, m->room, &event, wire) && span_is(frame->kind, "verdict"))
        take_verdicts(w, c, m->room, frame->items);
    if (!pushed && c->was_away)
        event.intended_ns = 0; /* it was away because it wanted to: nothing to measure */
    take_event(w, c, m, &event);
}

/* The text of a bare server: this tool's own, with whatever the server put round it. */
static void on_bare(struct worker *w, struct client *c, struct span text, struct wire wire)
{
    struct member *m = &c->in[0];
    struct oracle_event event = {.seq = m->order.next};
    const char *at = memmem(text.p, text.n, "pl.", 3);

    w->count[CNT_PARSED]++;
    if (at && (size_t)(text.p + text.n - at) >= w->options->size)
        text = (struct span){at, w->options->size};
    read_text(w, c, m, text, &event);
    if (!event.ours)
        return;
    if (!roomlog_find(&m->room->log, event.seq))
        roomlog_keep(&m->room->log, &event, wire.frame, wire.len);
    m->order.next++;
    if (judge_bare(w, c, &event))
        take_message(w, c, m, &event);
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

static void post_join(struct worker *w, struct client *c, uint32_t turn)
{
    const struct member *m = &c->in[turn];
    int n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%" PRIu32 ",\"type\":\"join\",\"room\":\"%s%" PRIu32 "\"",
                     REQUEST_JOIN + turn, w->options->room_prefix, m->room->index);

    if (c->joined_before)
        n += snprintf(w->scratch + n, WORKER_SCRATCH - (size_t)n,
                      ",\"epoch\":\"%s\",\"seq\":%" PRIu64 "}", m->room->epoch, m->order.next - 1);
    else
        n += snprintf(w->scratch + n, WORKER_SCRATCH - (size_t)n, ",\"limit\":0}");
    client_post(w, c, WS_TEXT, w->scratch, (size_t)n);
}

static void post_joins(struct worker *w, struct client *c)
{
    c->joining = w->plan->seats.each;
    for (uint32_t turn = 0; turn < c->joining; turn++)
        post_join(w, c, turn);
    client_set_state(w, c, CLIENT_JOINING);
}

static void post_history(struct worker *w, struct client *c, struct member *m)
{
    int n = snprintf(w->scratch, WORKER_SCRATCH,
                     "{\"id\":%" PRIu32 ",\"type\":\"history\",\"room\":\"%s%" PRIu32
                     "\",\"after\":%" PRIu64 ",\"limit\":%d}",
                     REQUEST_HISTORY + (uint32_t)(m - c->in), w->options->room_prefix,
                     m->room->index, m->order.next - 1, HISTORY_PAGE);

    m->catching_up = true;
    client_post(w, c, WS_TEXT, w->scratch, (size_t)n);
}

static void become_ready(struct worker *w, struct client *c)
{
    bool back = c->joined_before;

    if (!back)
        w->last_ready_ns = w->now;
    hist_add(back ? &w->resume : &w->connect, w->now - c->since_ns);
    w->count[back ? CNT_RECONNECTS : CNT_READY]++;
    for (uint32_t turn = 0; !back && turn < w->plan->seats.each; turn++)
        atomic_fetch_add(&w->plan->members[c->in[turn].room->index], 1);
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
    order_start(&c->in[0].order, 1);
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
    post_joins(w, c);
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
static void skip_to(struct worker *w, struct client *c, struct member *m, uint64_t top)
{
    if (top + 1 <= m->order.next)
        return;
    oracle_note(&w->oracle, RULE_GAP, top + 1 - m->order.next,
                "client %" PRIu32 ", room %" PRIu32 ": a reply lacks seq %" PRIu64 " to %" PRIu64,
                c->index, m->room->index, m->order.next, top);
    order_start(&m->order, top + 1);
}

/* Notes the room's epoch; false when it was another one before. */
static bool keep_epoch(struct room *room, struct span epoch)
{
    bool same = span_is(epoch, room->epoch);

    if (epoch.p && epoch.n < sizeof(room->epoch)) {
        memcpy(room->epoch, epoch.p, epoch.n);
        room->epoch[epoch.n] = '\0';
    }
    return same;
}

static void on_rejoin(struct worker *w, struct client *c, struct member *m,
                      const struct scan_frame *reply)
{
    uint64_t top = (uint64_t)reply->seq;

    if (!keep_epoch(m->room, reply->epoch)) {
        oracle_note(&w->oracle, RULE_RESUME, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": another epoch after reconnecting",
                    c->index, m->room->index);
        order_start(&m->order, top + 1);
    } else if (!reply->recovered) {
        oracle_note(&w->oracle, RULE_RESUME, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": not recovered from seq %" PRIu64
                    " (top %" PRIu64 ")",
                    c->index, m->room->index, m->order.next - 1, top);
    } else {
        w->count[CNT_RECOVERED]++;
    }
    take_replay(w, c, reply->events);
    m->missed = top;
    if (reply->more && m->order.next <= top)
        post_history(w, c, m);
    else
        skip_to(w, c, m, top);
}

static void on_join(struct worker *w, struct client *c, struct member *m,
                    const struct scan_frame *reply)
{
    if (c->state != CLIENT_JOINING || m->joined || reply->seq < 0) {
        session_bad_frame(w, c, "bad reply to join");
        return;
    }
    m->joined = true;
    if (c->joined_before) {
        on_rejoin(w, c, m, reply);
    } else {
        keep_epoch(m->room, reply->epoch);
        order_start(&m->order, (uint64_t)reply->seq + 1);
        if ((uint64_t)reply->seq > m->room->top)
            m->room->top = (uint64_t)reply->seq;
    }
    if (--c->joining == 0)
        become_ready(w, c);
}

static void on_history(struct worker *w, struct client *c, struct member *m,
                       const struct scan_frame *reply)
{
    uint64_t before = m->order.next;

    take_replay(w, c, reply->events);
    m->replayed_to = m->order.next - 1;
    if (m->order.next <= m->missed && m->order.next > before) {
        post_history(w, c, m);
        return;
    }
    m->catching_up = false;
    skip_to(w, c, m, m->missed);
}

/* The room that a reply with this id is about, when 'first' is the first such id; else NULL. */
static struct member *member_by_id(const struct worker *w, struct client *c, int64_t id,
                                   int64_t first)
{
    return id >= first && id < first + w->plan->seats.each ? &c->in[id - first] : NULL;
}

static bool take_typing_reply(struct client *c, int64_t id)
{
    if (id != REQUEST_TYPING || c->typing_open == 0)
        return false;
    c->typing_open--;
    return true;
}

static void on_ok(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    struct member *joined = member_by_id(w, c, reply->id, REQUEST_JOIN);
    struct member *paged = member_by_id(w, c, reply->id, REQUEST_HISTORY);

    if (reply->id >= REQUEST_SEND)
        publisher_on_reply(w, c->publisher, reply);
    else if (reply->id == REQUEST_HELLO)
        on_hello(w, c, reply);
    else if (joined)
        on_join(w, c, joined, reply);
    else if (paged && paged->catching_up)
        on_history(w, c, paged, reply);
    else if (!take_typing_reply(c, reply->id))
        session_bad_frame(w, c, "reply to a request never made");
}

static void on_error(struct worker *w, struct client *c, const struct scan_frame *reply)
{
    char why[48];

    if (reply->id >= REQUEST_SEND) {
        publisher_on_reply(w, c->publisher, reply);
        return;
    }
    if (take_typing_reply(c, reply->id)) {
        publisher_on_refused(w, c->index, "typing", reply->code);
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
    else if (span_is(frame.type, "typing"))
        w->count[CNT_TYPING_SEEN]++;
}
