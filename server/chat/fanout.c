/* SPDX-License-Identifier: MIT
 *
 * The end of a turn; see fanout.h. Thread: the loop's.
 *
 * Sessions with replies go first: a reply, and with it what their rooms have for them, leaves in one write.
 * Then every dirty room is walked, its members in memory order, each getting the log from its offset
 * to the end. Nothing is allocated a delivery, and the only system call is the send.
 */
#include "chat/fanout.h"

#include "base/clock.h"

/* Whole frames up to this many bytes go out in one write; more would sit in libwebsockets' own
 * unbounded buffer when the socket is full. */
#define WRITE_MAX 65536

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
    if (s->ops->write(s->conn, frames, len))
        return true;
    set_choked(s);
    return false;
}

/* Who has all of earlier turns gets this turn's events, whose number is known; others are counted. */
static void count_deliveries(const struct session *s, const struct roster *r, uint64_t from,
                             const uint8_t *piece, size_t len)
{
    bool whole_turn = from == r->log.turn && from + len == roomlog_end(&r->log);
    STAT_ADD(s->chat->stats->deliveries, whole_turn ? r->turn_events : roomlog_count(piece, len));
}

/* What a member has not got, piece by piece, until it has all or its socket is full. */
static void write_log(struct session *s, struct roster *r, struct member *m)
{
    bool lags = m->at < r->log.turn;
    const uint8_t *piece;
    size_t len;
    while (!s->is_choked && (len = roomlog_next(&r->log, &m->at, lags, WRITE_MAX, &piece)) > 0) {
        count_deliveries(s, r, m->at, piece, len);
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
    LIST_FOREACH(&s->rooms, node, after) {
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
        count_deliveries(s, r, m->at, (const uint8_t *)piece, news);
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
    LIST_FOREACH(&s->rooms, node, after) {
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

static void flush_roster(struct chat *c, struct roster *r)
{
    uint64_t end = roomlog_end(&r->log), least = end;
    for (uint32_t i = 0; i < r->count; i++) {
        struct member *m = &r->members[i];
        if (!m->session->is_choked)
            write_log(m->session, r, m);
        if (m->at < least)
            least = m->at;
    }
    r->turn_events = 0;
    roomlog_trim(&r->log, least);
    r->log.turn = end;
    if (end - least > c->shared->limits.backlog_max)
        close_laggards(c, r);
}

static void record_latency(struct chat *c)
{
    if (c->turn_received.len == 0)
        return;
    uint64_t now = clock_mono_us();
    const uint64_t *received = (const uint64_t *)(const void *)c->turn_received.data;
    for (size_t i = 0; i < c->turn_received.len / sizeof *received; i++)
        histogram_record(&c->stats->deliver_us, now - received[i]);
    buf_clear(&c->turn_received);
}

void fanout_flush(struct chat *c)
{
    while (!list_is_empty(&c->dirty_sessions))
        fanout_flush_session(container_of(c->dirty_sessions.next, struct session, dirty));
    while (!list_is_empty(&c->dirty_rosters)) {
        struct roster *r = container_of(c->dirty_rosters.next, struct roster, dirty);
        list_remove(&r->dirty);
        flush_roster(c, r);
    }
    record_latency(c);
}

void loop_on_fanout(struct chat *c, struct msg_fanout *m)
{
    struct roster *r = roster_find(c, m->room.text);
    if (r != NULL) {
        roster_append(c, r, m->frame, m->seq);
        if (m->received_us != 0)
            buf_append(&c->turn_received, &m->received_us, sizeof m->received_us);
    }
    msg_free(&m->head);
}
