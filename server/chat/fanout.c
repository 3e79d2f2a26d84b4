/* SPDX-License-Identifier: MIT
 *
 * The end of a turn; see fanout.h. Thread: the loop's.
 *
 * Sessions with replies go first: a reply, and with it what their rooms have for them, leaves in
 * one write. Then every dirty room is walked, its members in memory order, each getting the log
 * from its offset to the end. Nothing is allocated a delivery, and the only system call is the
 * send.
 *
 * Under dense traffic a send for each event costs far more than the events: a room that has just
 * been flushed waits for the end of a short window (flush_ms) and gathers. The first event after a
 * pause never waits.
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

/* Who has all of earlier turns gets this turn's events, whose number is known; others are counted.
 */
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

static void flush_roster(struct chat *c, struct roster *r)
{
    uint64_t end = roomlog_end(&r->log), least = end;
    for (uint32_t i = 0; i < r->count; i++) {
        struct member *m = &r->members[i];
        /* A reply that waits for another of its rooms must not come behind this room's events. */
        if (m->session->out_at < m->session->out.len)
            fanout_flush_session(m->session);
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

static void flush_due_roster(struct chat *c, struct roster *r, uint64_t now_us)
{
    list_remove(&r->dirty);
    if (r->oldest_us != 0)
        histogram_record(&c->stats->deliver_us, now_us - r->oldest_us);
    r->oldest_us = 0;
    r->flushed_us = now_us;
    flush_roster(c, r);
}

/* -- the window ------------------------------------------------------------------------------- */

static void move_all(struct list *from, struct list *to)
{
    while (!list_is_empty(from)) {
        struct list *node = from->next;
        list_remove(node);
        list_append(to, node);
    }
}

/* Rooms that were flushed less than a window ago wait for the next point of a grid, where all of
 * them go together. A room that was quiet goes at once. */
static void part_waiting_rosters(struct chat *c, uint64_t now_us)
{
    uint64_t window_us = c->shared->limits.flush_ms * 1000ull;
    if (now_us >= c->window_end_us) {
        move_all(&c->waiting_rosters, &c->dirty_rosters);
        move_all(&c->waiting_sessions, &c->dirty_sessions);
        LIST_FOREACH (&c->dirty_rosters, node, after)
            container_of(node, struct roster, dirty)->is_waiting = false;
    }
    if (window_us == 0)
        return;
    bool window_is_over = now_us >= c->window_end_us;
    LIST_FOREACH (&c->dirty_rosters, node, after) {
        struct roster *r = container_of(node, struct roster, dirty);
        /* What waited until now goes now, whenever its room was flushed last. */
        if (r->was_waiting || now_us - r->flushed_us >= window_us) {
            r->was_waiting = false;
            continue;
        }
        r->is_waiting = r->was_waiting = true;
        list_remove(node);
        list_append(&c->waiting_rosters, node);
    }
    if (window_is_over && !list_is_empty(&c->waiting_rosters))
        c->window_end_us = (now_us / window_us + 1) * window_us;
}

/* Its rooms' news come in a moment: the reply waits for them, and both leave in one write. */
static bool waits_with_room(const struct session *s)
{
    LIST_FOREACH (&s->rooms, node, after) {
        const struct membership *m = container_of(node, struct membership, in_session);
        if (m->roster != NULL && m->roster->is_waiting)
            return true;
    }
    return false;
}

unsigned fanout_flush(struct chat *c)
{
    uint64_t now_us = clock_mono_us();
    part_waiting_rosters(c, now_us);
    while (!list_is_empty(&c->dirty_sessions)) {
        struct session *s = container_of(c->dirty_sessions.next, struct session, dirty);
        if (waits_with_room(s)) {
            list_remove(&s->dirty);
            list_append(&c->waiting_sessions, &s->dirty);
        } else {
            fanout_flush_session(s);
        }
    }
    while (!list_is_empty(&c->dirty_rosters))
        flush_due_roster(c, container_of(c->dirty_rosters.next, struct roster, dirty), now_us);
    if (list_is_empty(&c->waiting_rosters) && list_is_empty(&c->waiting_sessions))
        return 0;
    return c->window_end_us > now_us ? (unsigned)((c->window_end_us - now_us) / 1000 + 1) : 1;
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
