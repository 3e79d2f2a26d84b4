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
 * work runs up a debt of time, sends five times what they take: while a loop sends for more than a
 * sixth of the time, or has no pause at all, news of its rooms wait for more to leave with them,
 * and whom a reply goes to anyway takes them along. They wait for two beats at most, flush_ms
 * together: who lacks, at a beat, what was there at the beat before, gets all there is. For who has
 * a reply coming they wait a while longer. A loop without debt sends at once, and so does any for a
 * room whose news come further apart than that.
 *
 * A room of thousands is written to in slices, one a turn, so that in between the loop reads, hands
 * to the store and replies.
 */
#include "chat/fanout.h"

#include "base/clock.h"

/* Whole frames up to this many bytes go out in one write; more would sit in libwebsockets' own
 * unbounded buffer when the socket is full. */
#define WRITE_MAX 65536
/* What a send costs, as measured (loopback, one event; tests/bench), and how many times that the
 * loop owes for it, beside the time that it works. */
#define SEND_US 5
#define SHARE 5
/* A debt below this is none: shorter than the clock of a turn's end. */
#define DEBT_MIN_US 500
/* In times of flush_ms: what a burst costs is forgotten some day. */
#define DEBT_MAX 10
/* In times of flush_ms: for who waits for a reply an event waits so long, twice that at most. */
#define LONG_WAIT 2
/* What comes within this time is one piece of news, … */
#define SAME_NEWS_US 1000
/* … of so many the last counts one in the average; in times of flush_ms: no gap is longer, so a
 * room that begins to be busy is soon known to be. */
#define GAP_SHARE 8
#define GAP_MAX 4

static void set_choked(struct session *s)
{
    if (s->is_choked)
        return;
    s->is_choked = s->lags = true;
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

/* Adds what a room has for its member; false when memory is short. */
static bool gather_room(struct session *s, const struct membership *ms)
{
    struct chat *c = s->chat;
    struct member *m = roster_member(ms);
    struct roster *r = ms->roster;
    size_t news = (size_t)(roomlog_end(&r->log) - m->at);
    if (news == 0 || m->at < r->log.turn || c->gather.len + news > WRITE_MAX)
        return true;
    const char *piece = r->log.bytes.data + (m->at - r->log.base);
    if (buf_reserve(&c->gather, news) == NULL)
        return false;
    buf_append(&c->gather, piece, news);
    count_deliveries(c, r, m->at, (const uint8_t *)piece, news);
    m->at += news;
    return true;
}

/* Of the rooms with news and the session's rooms, the fewer are looked through: what a reply costs
 * does not grow with the rooms of a session. */
static void gather_news(struct session *s)
{
    struct chat *c = s->chat;
    struct list *const lists[] = {&c->dirty_rosters, &c->waiting_rosters, &c->due_rosters};
    if (c->n_news == 0)
        return;
    if (s->n_rooms <= c->n_news || s->by_room == NULL) {
        LIST_FOREACH (&s->rooms, node, after) {
            struct membership *ms = container_of(node, struct membership, in_session);
            if (ms->roster != NULL && !gather_room(s, ms))
                return;
        }
        return;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        LIST_FOREACH (lists[i], node, after) {
            struct roster *r = container_of(node, struct roster, dirty);
            struct membership *ms = session_attended(s, r);
            if (ms != NULL && !gather_room(s, ms))
                return;
        }
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
    gather_news(s);
    s->out_at = 0;
    buf_fini(&s->out);
    put(s, (const uint8_t *)c->gather.data, c->gather.len);
    return true;
}

/* Its rooms were walked without it while its socket was full. The next walk also trims what nobody
 * needs any more. */
static void catch_up(struct session *s)
{
    LIST_FOREACH (&s->rooms, node, after) {
        struct membership *ms = container_of(node, struct membership, in_session);
        if (s->is_choked)
            return;
        if (ms->roster != NULL && roster_member(ms)->at < roomlog_end(&ms->roster->log)) {
            write_log(s, ms->roster, roster_member(ms));
            roster_set_dirty(s->chat, ms->roster);
        }
    }
    s->lags = s->is_choked;
}

void fanout_flush_session(struct session *s)
{
    list_remove(&s->dirty);
    if (s->is_choked)
        return;
    if (!gather(s))
        write_replies(s);
    if (s->state != SESSION_CLOSING && s->lags)
        catch_up(s);
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

static void wait_for_beat(struct chat *c, struct roster *r, uint64_t now_us)
{
    r->beat_us = now_us + c->shared->limits.flush_ms * 500ull;
    roster_enlist(c, r, &c->waiting_rosters);
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

/* To be walked: members who lack anything before `upto` get all there is; of those who wait for a
 * reply, who lack anything before `upto_asking`. */
static void set_due(struct chat *c, struct roster *r, uint64_t upto, uint64_t upto_asking)
{
    r->is_due = true;
    r->next = 0;
    r->upto = upto;
    r->upto_asking = upto_asking;
    roster_enlist(c, r, &c->due_rosters);
}

/* Goes on with the walk; false when the slice is used up. */
static bool walk(struct chat *c, struct roster *r, uint64_t sends_max)
{
    for (; r->next < r->count; r->next++) {
        struct member *m = &r->members[r->next];
        if (m->at >= r->upto || m->session->is_choked)
            continue;
        if (m->session->load > 0 && m->at >= r->upto_asking)
            continue;
        if (c->sends >= sends_max)
            return false;
        write_log(m->session, r, m);
    }
    return true;
}

/* The roster waits for its next beat when some lack what came behind `upto`, or while others were
 * written to. A member that took a leaver's place in the midst of the walk is among them. */
static void end_walk(struct chat *c, struct roster *r, uint64_t now_us)
{
    uint64_t end = roomlog_end(&r->log), least = end;
    bool is_behind = false;
    for (uint32_t i = 0; i < r->count; i++) {
        struct member *m = &r->members[i];
        if (m->at < end)
            is_behind |= !m->session->is_choked;
        if (m->at < least)
            least = m->at;
    }
    note_latency(c, r, is_behind, now_us);
    r->is_due = false;
    r->gathered = 0;
    r->mark = end;
    if (r->log.turn < r->upto_asking)
        r->log.turn = r->upto_asking;
    if (r->late_us <= now_us) {
        r->late = r->later;
        r->later = end;
        r->late_us = now_us + LONG_WAIT * c->shared->limits.flush_ms * 1000ull;
    }
    roomlog_trim(&r->log, least);
    if (is_behind)
        wait_for_beat(c, r, now_us);
    else
        roster_delist(c, r);
    if (end - least > c->shared->limits.backlog_max)
        close_laggards(c, r);
}

/* Between slices the loop looks at its sockets and its mailbox: a walk of thousands keeps no reply
 * waiting. */
static void walk_due(struct chat *c, uint64_t now_us)
{
    uint64_t sends_max = c->sends + FANOUT_SLICE;
    while (!list_is_empty(&c->due_rosters)) {
        struct roster *r = container_of(c->due_rosters.next, struct roster, dirty);
        if (!walk(c, r, sends_max))
            return;
        end_walk(c, r, now_us);
    }
}

/* -- the pace --------------------------------------------------------------------------------- */

static bool is_in_debt(const struct chat *c, uint64_t now_us)
{
    return c->shared->limits.flush_ms > 0 && c->rested_us >= now_us + DEBT_MIN_US;
}

/* All wait for as long, so the list is in the order of their beats. Without debt all are due. */
static void collect_waiting(struct chat *c, uint64_t now_us)
{
    bool in_debt = is_in_debt(c, now_us);
    while (!list_is_empty(&c->waiting_rosters)) {
        struct roster *r = container_of(c->waiting_rosters.next, struct roster, dirty);
        if (in_debt && r->beat_us > now_us)
            return;
        uint64_t end = roomlog_end(&r->log);
        set_due(c, r, in_debt ? r->mark : end, in_debt ? r->late : end);
    }
}

/* A room whose news come further apart than they may wait saves no send by waiting. */
static bool is_sparse(const struct chat *c, const struct roster *r)
{
    return r->gap_us > c->shared->limits.flush_ms * 1000ull;
}

static void collect_dirty(struct chat *c, uint64_t now_us)
{
    bool in_debt = is_in_debt(c, now_us);
    while (!list_is_empty(&c->dirty_rosters)) {
        struct roster *r = container_of(c->dirty_rosters.next, struct roster, dirty);
        if (!in_debt)
            set_due(c, r, roomlog_end(&r->log), roomlog_end(&r->log));
        else if (r->gathered >= ROSTER_GATHERS)
            set_due(c, r, r->mark, r->late);
        else if (is_sparse(c, r))
            set_due(c, r, roomlog_end(&r->log), r->late);
        else
            wait_for_beat(c, r, now_us);
    }
}

/* Of what the thread has worked since the last turn's end, and of the sends in it. */
static void pay(struct chat *c, uint64_t now_us)
{
    uint64_t most_us = now_us + DEBT_MAX * c->shared->limits.flush_ms * 1000ull;
    uint64_t worked_us = clock_thread_us();
    if (c->rested_us < c->ended_us)
        c->rested_us = c->ended_us;
    c->rested_us += worked_us - c->worked_us + c->sends * SEND_US * SHARE;
    if (c->rested_us > most_us)
        c->rested_us = most_us;
    c->ended_us = now_us;
    c->worked_us = worked_us;
    c->sends = 0;
}

/* How long the loop may sleep for all that waits here; 0: for ever. */
static unsigned ms_to_beat(const struct chat *c, uint64_t now_us)
{
    if (list_is_empty(&c->waiting_rosters))
        return 0;
    const struct roster *r = container_of(c->waiting_rosters.next, struct roster, dirty);
    uint64_t beat_us = r->beat_us < c->rested_us ? r->beat_us : c->rested_us;
    return beat_us > now_us ? (unsigned)((beat_us - now_us) / 1000 + 1) : 1;
}

bool fanout_wants_turn(const struct chat *c)
{
    return !list_is_empty(&c->dirty_sessions) || !list_is_empty(&c->dirty_rosters) ||
           !list_is_empty(&c->due_rosters);
}

unsigned fanout_flush(struct chat *c)
{
    uint64_t now_us = clock_mono_us();
    while (!list_is_empty(&c->dirty_sessions))
        fanout_flush_session(container_of(c->dirty_sessions.next, struct session, dirty));
    collect_waiting(c, now_us);
    collect_dirty(c, now_us);
    walk_due(c, now_us);
    pay(c, now_us);
    return ms_to_beat(c, now_us);
}

static void note_gap(const struct chat *c, struct roster *r)
{
    uint64_t now_us = clock_mono_us(), gap_us = now_us - r->news_us;
    uint64_t most_us = c->shared->limits.flush_ms * GAP_MAX * 1000ull;
    if (gap_us < SAME_NEWS_US)
        return;
    r->gap_us = (r->gap_us * (GAP_SHARE - 1) + (gap_us < most_us ? gap_us : most_us)) / GAP_SHARE;
    r->news_us = now_us;
}

void loop_on_fanout(struct chat *c, struct msg_fanout *m)
{
    struct roster *r = roster_find(c, m->room.text);
    if (r != NULL) {
        note_gap(c, r);
        roster_append(c, r, m->frame, m->seq);
        if (r->oldest_us == 0)
            r->oldest_us = m->received_us;
    }
    msg_free(&m->head);
}
