/* SPDX-License-Identifier: MIT
 *
 * The end of a turn; see fanout.h. Thread: the loop's.
 *
 * Sessions with replies go first: a reply, and with it what their rooms have for them, leaves in
 * one write. Then every dirty room is walked, its members in memory order, each getting the log
 * from its offset to the end. Nothing is allocated a delivery, and the only system call is the
 * send.
 *
 * A send costs far more than the events in it, and what a flush costs is members, not events. So
 * sends run up a debt of time: while a loop has sent for more than a fifth of the time, news of
 * its rooms wait for more to leave with them, and whom a reply goes to anyway takes them along.
 * They wait for two beats at most, flush_ms together: who lacks, at a beat, what was there at the
 * beat before, gets all there is. A loop without debt sends at once.
 */
#include "chat/fanout.h"

#include "base/clock.h"

/* Whole frames up to this many bytes go out in one write; more would sit in libwebsockets' own
 * unbounded buffer when the socket is full. */
#define WRITE_MAX 65536
/* What a send costs, as measured (loopback, one event; tests/bench), and how many times that the
 * loop owes for it. */
#define SEND_US 4
#define SHARE 5
/* A debt below this is none: shorter than the clock of a turn's end. */
#define DEBT_MIN_US 500
/* In times of flush_ms: what a burst costs is forgotten some day. */
#define DEBT_MAX 10

static void set_choked(struct session *s)
{
    if (s->is_choked)
        return;
    s->is_choked = true;
    s->low_bytes = session_backlog(s);
    s->low_ms = s->chat->now_ms;
    list_append(&s->chat->choked_sessions, &s->choked);
}

static bool put(struct session *s, const uint8_t *frames, size_t len)
{
    STAT_ADD(s->chat->stats->bytes_out, len);
    s->chat->sends++;
    if (s->ops->write(s->conn, frames, len))
        return true;
    set_choked(s);
    return false;
}

/* Most members get the same piece: its events are counted once. */
static void count_deliveries(struct chat *c, struct roster *r, uint64_t from, const uint8_t *piece,
                             size_t len)
{
    if (r->counted_from != from || r->counted_len != len) {
        r->counted_from = from;
        r->counted_len = len;
        r->counted = roomlog_count(piece, len);
    }
    STAT_ADD(c->stats->deliveries, r->counted);
}

/* What a member has not got, piece by piece, until it has all or its socket is full. */
static void write_log(struct session *s, struct roster *r, struct member *m)
{
    bool lags = m->at < r->log.turn;
    const uint8_t *piece;
    size_t len;
    while (!s->is_choked && (len = roomlog_next(&r->log, &m->at, lags, WRITE_MAX, &piece)) > 0) {
        count_deliveries(s->chat, r, m->at, piece, len);
        m->at += len;
        put(s, piece, len);
    }
}

static void write_replies(struct session *s)
{
    while (!s->is_choked && s->out_at < s->out.len) {
        const uint8_t *at = (const uint8_t *)s->out.data + s->out_at;
        size_t left = s->out.len - s->out_at, len = left;
        if (left > WRITE_MAX) {
            len = frame_len_at(at);
            while (len < left && len + frame_len_at(at + len) <= WRITE_MAX)
                len += frame_len_at(at + len);
        }
        s->out_at += len;
        put(s, at, len);
    }
    if (s->out_at == s->out.len) {
        s->out_at = 0;
        /* Idle connections keep no buffer: tens of thousands of them are the common case. */
        buf_fini(&s->out);
    }
}

/* Replies and rooms' news together, when they are small: one system call instead of several. */
static bool gather(struct session *s)
{
    struct chat *c = s->chat;
    size_t replies = s->out.len - s->out_at;
    if (replies == 0 || replies > WRITE_MAX / 2)
        return false;
    buf_clear(&c->gather);
    buf_append(&c->gather, s->out.data + s->out_at, replies);
    if (c->gather.failed)
        return false;
    LIST_FOREACH (&s->rooms, node, after) {
        struct membership *ms = container_of(node, struct membership, in_session);
        if (ms->roster == NULL)
            continue;
        struct member *m = roster_member(ms);
        struct roster *r = ms->roster;
        size_t news = (size_t)(roomlog_end(&r->log) - m->at);
        if (news == 0 || m->at < r->log.turn || c->gather.len + news > WRITE_MAX)
            continue;
        const char *piece = r->log.bytes.data + (m->at - r->log.base);
        if (buf_reserve(&c->gather, news) == NULL)
            break;
        buf_append(&c->gather, piece, news);
        count_deliveries(c, r, m->at, (const uint8_t *)piece, news);
        m->at += news;
    }
    s->out_at = 0;
    buf_fini(&s->out);
    put(s, (const uint8_t *)c->gather.data, c->gather.len);
    return true;
}

void fanout_flush_session(struct session *s)
{
    list_remove(&s->dirty);
    if (s->is_choked)
        return;
    if (!gather(s))
        write_replies(s);
    if (s->state == SESSION_CLOSING)
        return;
    LIST_FOREACH (&s->rooms, node, after) {
        struct membership *ms = container_of(node, struct membership, in_session);
        if (s->is_choked)
            return;
        /* News of this turn wait for the walk of their roster, unless the session lags anyway; the
         * walk also trims what nobody needs any more. */
        if (ms->roster != NULL && roster_member(ms)->at < ms->roster->log.turn) {
            write_log(s, ms->roster, roster_member(ms));
            roster_set_dirty(s->chat, ms->roster);
        }
    }
}

static void close_laggards(struct chat *c, struct roster *r)
{
    uint64_t end = roomlog_end(&r->log), cap = c->shared->limits.backlog_max;
    for (uint32_t i = r->count; i > 0; i--) {
        /* Closing removes the member (and maybe the roster, when it was the last). */
        if (end - r->members[i - 1].at > cap) {
            bool last = r->count == 1;
            STAT_ADD(c->stats->closed_slow, 1);
            session_close(r->members[i - 1].session, CLOSE_SLOW, SPREAD_MS,
                          "too slow: more than the allowed backlog was waiting");
            if (last)
                return;
        }
    }
}

/* For the latency figures: what was waiting before the last beat, then the rest. */
static void note_latency(struct chat *c, struct roster *r, bool is_behind, uint64_t now_us)
{
    uint64_t oldest_us = r->marked_us != 0 ? r->marked_us : is_behind ? 0 : r->oldest_us;
    if (oldest_us != 0)
        histogram_record(&c->stats->deliver_us, now_us - oldest_us);
    r->marked_us = is_behind ? r->oldest_us : 0;
    r->oldest_us = 0;
}

/* Members who lack anything before `upto` get all there is. The roster then waits for the next beat
 * when others lack what came behind that. */
static void flush_roster(struct chat *c, struct roster *r, uint64_t upto, uint64_t now_us)
{
    uint64_t end = roomlog_end(&r->log), least = end;
    bool is_behind = false;
    list_remove(&r->dirty);
    for (uint32_t i = 0; i < r->count; i++) {
        struct member *m = &r->members[i];
        if (m->at < upto && !m->session->is_choked)
            write_log(m->session, r, m);
        if (m->at < end)
            is_behind |= !m->session->is_choked;
        if (m->at < least)
            least = m->at;
    }
    note_latency(c, r, is_behind, now_us);
    r->gathered = 0;
    r->mark = end;
    roomlog_trim(&r->log, least);
    r->log.turn = upto;
    if (is_behind)
        list_append(&c->waiting_rosters, &r->dirty);
    if (end - least > c->shared->limits.backlog_max)
        close_laggards(c, r);
}

/* -- the pace --------------------------------------------------------------------------------- */

static void flush_waiting(struct chat *c, uint64_t now_us)
{
    struct list due;
    if (now_us < c->beat_us)
        return;
    list_init(&due);
    while (!list_is_empty(&c->waiting_rosters)) {
        struct list *node = c->waiting_rosters.next;
        list_remove(node);
        list_append(&due, node);
    }
    while (!list_is_empty(&due)) {
        struct roster *r = container_of(due.next, struct roster, dirty);
        flush_roster(c, r, r->mark, now_us);
    }
}

static void flush_dirty(struct chat *c, uint64_t now_us)
{
    bool in_debt = c->shared->limits.flush_ms > 0 && c->rested_us >= now_us + DEBT_MIN_US;
    while (!list_is_empty(&c->dirty_rosters)) {
        struct roster *r = container_of(c->dirty_rosters.next, struct roster, dirty);
        if (!in_debt) {
            flush_roster(c, r, roomlog_end(&r->log), now_us);
        } else if (r->gathered >= ROSTER_GATHERS) {
            flush_roster(c, r, r->mark, now_us);
        } else {
            list_remove(&r->dirty);
            list_append(&c->waiting_rosters, &r->dirty);
        }
    }
}

static void pay(struct chat *c, uint64_t now_us)
{
    uint64_t most_us = now_us + DEBT_MAX * c->shared->limits.flush_ms * 1000ull;
    if (c->rested_us < now_us)
        c->rested_us = now_us;
    c->rested_us += c->sends * SEND_US * SHARE;
    if (c->rested_us > most_us)
        c->rested_us = most_us;
    c->sends = 0;
}

/* The next beat is when the debt is paid, and after half of flush_ms at the latest. */
static void set_beat(struct chat *c, uint64_t now_us)
{
    uint64_t beat_us = c->shared->limits.flush_ms * 500ull;
    if (c->beat_us > now_us)
        return;
    c->beat_us = now_us + beat_us < c->rested_us ? now_us + beat_us : c->rested_us;
}

unsigned fanout_flush(struct chat *c)
{
    uint64_t now_us = clock_mono_us();
    while (!list_is_empty(&c->dirty_sessions))
        fanout_flush_session(container_of(c->dirty_sessions.next, struct session, dirty));
    flush_waiting(c, now_us);
    flush_dirty(c, now_us);
    pay(c, now_us);
    if (list_is_empty(&c->waiting_rosters))
        return 0;
    set_beat(c, now_us);
    return c->beat_us > now_us ? (unsigned)((c->beat_us - now_us) / 1000 + 1) : 1;
}

void loop_on_fanout(struct chat *c, struct msg_fanout *m)
{
    struct roster *r = roster_find(c, m->room.text);
    if (r != NULL) {
        roster_append(c, r, m->frame, m->seq);
        if (r->oldest_us == 0)
            r->oldest_us = m->received_us;
    }
    msg_free(&m->head);
}
