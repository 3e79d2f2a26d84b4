/* SPDX-License-Identifier: MIT
 *
 * One client's connection; see session.h. Thread: the loop's. What the requests do is in
 * commands.c, how bytes leave in fanout.c.
 */
#include "chat/session.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/commands.h"
#include "chat/fanout.h"
#include "chat/names.h"

#include <stdlib.h>
#include <string.h>

#define HELLO_MS 10000
/* A told-off client gets this long to read its bye before the connection is cut. */
#define BYE_MS 5000
/* Reading stops above, restarts below: requests waiting (weighted), bytes of unread replies. */
#define LOAD_HIGH      64
#define LOAD_LOW       32
#define OUT_HIGH       (256 * 1024)
#define BAD_FRAMES_MAX 3

struct session *session_new(struct chat *c, const struct conn_ops *ops, void *conn)
{
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->chat = c;
    s->ops = ops;
    s->conn = conn;
    s->id = clients_add(&c->clients, commands_answer, s);
    if (s->id == 0) {
        free(s);
        return NULL;
    }
    list_init(&s->dirty);
    list_init(&s->choked);
    list_init(&s->closing);
    list_init(&s->rooms);
    s->opened_ms = s->heard_ms = c->now_ms;
    list_append(&c->fresh, &s->all);
    STAT_ADD(c->stats->sessions, 1);
    return s;
}

/* A loop's figures count as they grow; these two go down as well. */
static void uncount(struct chat *c)
{
    STAT_ADD(c->stats->sessions, -1);
}

static void leave_all(struct session *s)
{
    while (!list_is_empty(&s->rooms))
        session_drop_membership(s, container_of(s->rooms.next, struct membership, in_session));
}

static void release_name(struct session *s)
{
    if (s->user == NULL)
        return;
    struct msg_name *m = msg_new(MSG_NAME_RELEASE, 0);
    if (m == NULL) {
        log_warn("session", "out of memory: a name stays taken until restart");
        return;
    }
    m->user = s->user;
    s->user = NULL;
    name_post(s->chat, m);
}

void session_free(struct session *s)
{
    leave_all(s);
    release_name(s);
    clients_remove(&s->chat->clients, s->id);
    list_remove(&s->all);
    list_remove(&s->dirty);
    list_remove(&s->choked);
    list_remove(&s->closing);
    buf_fini(&s->out);
    free(s->by_room);
    uncount(s->chat);
    free(s);
}

/* -- memberships ------------------------------------------------------------------------------ */

/* Joined or being joined, and not being left again. */
static bool is_kept(const struct membership *m)
{
    return m->leave_request == 0;
}

static bool is_unanswered(const struct membership *m)
{
    return m->roster == NULL;
}

/* The oldest of this room that is as asked for. */
static struct membership *find(struct session *s, const char *room,
                               bool (*is_meant)(const struct membership *))
{
    if (s->by_room != NULL) {
        struct by_room_slot *slot = by_room_first(s->by_room, roster_key(room));
        for (; slot != NULL; slot = by_room_next(s->by_room, slot)) {
            if (is_meant(slot->membership) && strcmp(slot->membership->room.text, room) == 0)
                return slot->membership;
        }
        return NULL;
    }
    LIST_FOREACH (&s->rooms, node, after) {
        struct membership *m = container_of(node, struct membership, in_session);
        if (is_meant(m) && strcmp(m->room.text, room) == 0)
            return m;
    }
    return NULL;
}

struct membership *session_membership(struct session *s, const char *room)
{
    return find(s, room, is_kept);
}

struct membership *session_answered_membership(struct session *s, const char *room)
{
    /* Answers come in the order of requests, so the oldest that waits is meant. */
    struct membership *m = find(s, room, is_unanswered);
    return m != NULL ? m : session_membership(s, room);
}

struct membership *session_attended(const struct session *s, const struct roster *r)
{
    struct by_room_slot *slot = by_room_first(s->by_room, r->node.hash);
    while (slot != NULL && slot->membership->roster != r)
        slot = by_room_next(s->by_room, slot);
    return slot != NULL ? slot->membership : NULL;
}

struct membership *session_add_membership(struct session *s, const struct room_name *room)
{
    struct membership *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->room = *room;
    list_append(&s->rooms, &m->in_session);
    s->n_rooms++;
    if (by_room_add(&s->by_room, &s->rooms, s->n_rooms) != 0) {
        list_remove(&m->in_session);
        s->n_rooms--;
        free(m);
        return NULL;
    }
    return m;
}

void session_drop_membership(struct session *s, struct membership *m)
{
    struct chat *c = s->chat;
    if (m->roster != NULL)
        roster_remove(c, m);
    by_room_remove(s->by_room, m);
    list_remove(&m->in_session);
    s->n_rooms--;
    struct msg_leave *leave = msg_new(MSG_ROOM_LEAVE, 0);
    if (leave != NULL) {
        leave->room = m->room;
        leave->loop = c->index;
        leave->user = user_ref(s->user);
        chat_post_home(c, m->room.text, &leave->head);
    } else {
        log_warn("session", "out of memory: a member stays listed room=%s", m->room.text);
    }
    free(m);
}

void session_leave(struct session *s, struct membership *m, uint64_t request)
{
    struct buf *fields = &s->chat->scratch;
    struct room_name room = m->room;
    session_drop_membership(s, m);
    buf_clear(fields);
    buf_append_str(fields, ",\"room\":");
    json_put_cstring(fields, room.text);
    session_reply_ok(s, request, fields);
}

size_t session_backlog(const struct session *s)
{
    size_t bytes = s->ops->unsent(s->conn) + s->out.len - s->out_at;
    LIST_FOREACH (&s->rooms, node, after) {
        const struct membership *m = container_of(node, struct membership, in_session);
        if (m->roster != NULL)
            bytes += (size_t)(roomlog_end(&m->roster->log) - roster_member(m)->at);
    }
    return bytes;
}

/* -- reading ---------------------------------------------------------------------------------- */

static void set_paused(struct session *s)
{
    bool high = s->load >= LOAD_HIGH || s->out.len - s->out_at >= OUT_HIGH;
    bool low = s->load < LOAD_LOW && s->out.len - s->out_at < OUT_HIGH / 2;
    bool paused = s->is_paused ? !low : high;
    /* While a name is being asked for, requests wait: they may follow the hello without pause. Once
     * draining, nothing new is taken on. */
    paused = paused || s->state == SESSION_CLAIMING ||
             (s->chat->draining && s->state != SESSION_CLOSING);
    if (paused == s->is_paused)
        return;
    s->is_paused = paused;
    s->ops->pause(s->conn, paused);
}

void session_load(struct session *s, int weight)
{
    s->load = (uint32_t)((int)s->load + weight);
    set_paused(s);
}

void session_on_frame(struct session *s, const char *text, size_t len)
{
    if (s->state == SESSION_CLOSING)
        return;
    STAT_ADD(s->chat->stats->frames_in, 1);
    s->heard_ms = s->chat->now_ms;
    if (commands_run(s, text, len)) {
        s->bad_frames = 0;
    } else if (++s->bad_frames >= BAD_FRAMES_MAX) {
        session_close(s, CLOSE_PROTOCOL, SPREAD_NONE, "three frames in a row were not requests");
        return;
    }
    set_paused(s);
}

void session_on_writable(struct session *s)
{
    s->is_choked = false;
    list_remove(&s->choked);
    fanout_flush_session(s);
    set_paused(s);
}

/* -- replies ---------------------------------------------------------------------------------- */

static void set_dirty(struct session *s)
{
    if (list_is_empty(&s->dirty))
        list_append(&s->chat->dirty_sessions, &s->dirty);
}

void session_push(struct session *s, const char *json, size_t len)
{
    frame_append(&s->out, json, len);
    if (s->out.failed) {
        /* The stream of replies has a hole now, which the client could not see: cut it. */
        log_warn("session", "out of memory: connection cut");
        s->ops->kill(s->conn);
        return;
    }
    set_dirty(s);
}

void session_reply_ok(struct session *s, uint64_t request, const struct buf *fields)
{
    struct buf *b = &s->chat->reply;
    buf_clear(b);
    buf_append_str(b, "{\"id\":");
    buf_append_u64(b, request);
    buf_append_str(b, ",\"type\":\"ok\"");
    if (fields != NULL)
        buf_append(b, fields->data, fields->len);
    buf_append_char(b, '}');
    if (b->failed)
        s->ops->kill(s->conn);
    else
        session_push(s, b->data, b->len);
}

void session_reply_error(struct session *s, uint64_t request, int status, const char *message,
                         uint32_t retry_after_ms, const struct buf *fields)
{
    struct buf *b = &s->chat->reply;
    STAT_ADD(s->chat->stats->errors, 1);
    buf_clear(b);
    buf_append_char(b, '{');
    if (request != 0) {
        buf_append_str(b, "\"id\":");
        buf_append_u64(b, request);
        buf_append_char(b, ',');
    }
    buf_append_str(b, "\"type\":\"error\",\"code\":");
    json_put_cstring(b, status_wire(status));
    buf_append_str(b, ",\"message\":");
    json_put_cstring(b, message);
    buf_append_str(b, ",\"temporary\":");
    json_put_bool(b, status_is_temporary(status));
    if (retry_after_ms != 0) {
        buf_append_str(b, ",\"retry_after_ms\":");
        buf_append_u64(b, retry_after_ms);
    }
    if (fields != NULL)
        buf_append(b, fields->data, fields->len);
    buf_append_char(b, '}');
    if (b->failed)
        s->ops->kill(s->conn);
    else
        session_push(s, b->data, b->len);
}

/* -- the end ---------------------------------------------------------------------------------- */

static void push_bye(struct session *s, enum close_code code, unsigned spread_ms,
                     const char *reason)
{
    struct buf *b = &s->chat->reply;
    buf_clear(b);
    buf_append_str(b, "{\"type\":\"bye\",\"code\":");
    buf_append_u64(b, code);
    buf_append_str(b, ",\"reason\":");
    json_put_cstring(b, reason);
    buf_append_str(b, ",\"reconnect\":");
    json_put_bool(b, spread_ms > 0);
    buf_append_str(b, ",\"spread_ms\":");
    buf_append_u64(b, spread_ms);
    buf_append_char(b, '}');
    if (!b->failed)
        session_push(s, b->data, b->len);
}

void session_close(struct session *s, enum close_code code, unsigned spread_ms, const char *reason)
{
    if (s->state == SESSION_CLOSING)
        return;
    log_debug("session", "closing user=%s code=%d reason=%s", s->user ? s->user->id : "-", code,
              reason);
    leave_all(s);
    release_name(s);
    s->state = SESSION_CLOSING;
    s->close_code = (uint16_t)code;
    s->close_ms = s->chat->now_ms + BYE_MS;
    list_remove(&s->all);
    list_append(&s->chat->closing, &s->closing);
    if (code == CLOSE_SLOW) {
        /* Replies nobody reads would only keep the bye from arriving; out_at is a frame's start. */
        s->out.len = s->out_at;
    }
    push_bye(s, code, spread_ms, reason);
    set_paused(s);
}

/* The bye is written: a slow client keeps its time to read it, all others are closed now. */
static bool may_close(const struct session *s)
{
    return s->close_code != CLOSE_SLOW && !s->is_choked && s->out.len == s->out_at;
}

static void tick_closing(struct chat *c)
{
    LIST_FOREACH (&c->closing, node, after) {
        struct session *s = container_of(node, struct session, closing);
        if (!s->close_asked && (may_close(s) || (c->now_ms >= s->close_ms && !s->is_choked))) {
            s->close_asked = true;
            s->close_ms = c->now_ms + BYE_MS;
            s->ops->close(s->conn, s->close_code);
        } else if (c->now_ms >= s->close_ms) {
            s->close_ms = UINT64_MAX;
            s->ops->kill(s->conn);
        }
    }
}

/* -- time ------------------------------------------------------------------------------------- */

static void push_ping(struct session *s)
{
    struct buf *b = &s->chat->reply;
    buf_clear(b);
    buf_append_str(b, "{\"type\":\"ping\",\"tops\":{");
    bool first = true;
    LIST_FOREACH (&s->rooms, node, after) {
        const struct membership *m = container_of(node, struct membership, in_session);
        if (m->roster == NULL)
            continue;
        if (!first)
            buf_append_char(b, ',');
        first = false;
        json_put_cstring(b, m->room.text);
        buf_append_char(b, ':');
        buf_append_u64(b, m->roster->top);
    }
    buf_append_str(b, "}}");
    if (!b->failed)
        session_push(s, b->data, b->len);
}

static void tick_pings(struct chat *c)
{
    uint64_t period = c->shared->limits.heartbeat_ms;
    LIST_FOREACH (&c->sessions, node, after) {
        struct session *s = container_of(node, struct session, all);
        if (s->ping_ms > c->now_ms)
            return;
        if (c->now_ms - s->heard_ms >= 2 * period) {
            session_close(s, CLOSE_PROTOCOL, SPREAD_MS, "nothing was heard for two heartbeats");
            continue;
        }
        /* The list stays sorted: everybody has the same period. */
        s->ping_ms = c->now_ms + period;
        list_remove(&s->all);
        list_append(&c->sessions, &s->all);
        if (!s->is_choked)
            push_ping(s);
    }
}

static void tick_fresh(struct chat *c)
{
    LIST_FOREACH (&c->fresh, node, after) {
        struct session *s = container_of(node, struct session, all);
        if (c->now_ms - s->opened_ms < HELLO_MS)
            return;
        session_close(s, CLOSE_UNAUTHENTICATED, SPREAD_MS, "no hello within 10 s");
    }
}

/* Judged by progress: a backlog that makes no new low for slow_after_ms belongs to a dead or
 * hopeless reader, however small it is; one that shrinks, however slowly, is left to the cap alone.
 */
static void tick_choked(struct chat *c)
{
    LIST_FOREACH (&c->choked_sessions, node, after) {
        struct session *s = container_of(node, struct session, choked);
        if (s->state == SESSION_CLOSING)
            continue;
        size_t backlog = session_backlog(s);
        if (backlog < s->low_bytes) {
            s->low_bytes = backlog;
            s->low_ms = c->now_ms;
        } else if (c->now_ms - s->low_ms >= c->shared->limits.slow_after_ms) {
            STAT_ADD(c->stats->closed_slow, 1);
            session_close(s, CLOSE_SLOW, SPREAD_MS, "too slow: the backlog did not shrink");
        }
    }
}

static void tick_drain(struct chat *c)
{
    LIST_FOREACH (&c->sessions, node, after) {
        struct session *s = container_of(node, struct session, all);
        if (s->load == 0 || c->now_ms >= c->drain_ms)
            session_close(s, CLOSE_GOING_AWAY, SPREAD_MS, "the server is restarting");
    }
    LIST_FOREACH (&c->fresh, node, after)
        session_close(container_of(node, struct session, all), CLOSE_GOING_AWAY, SPREAD_MS,
                      "the server is restarting");
}

void sessions_on_tick(struct chat *c)
{
    if (c->draining)
        tick_drain(c);
    tick_fresh(c);
    tick_pings(c);
    tick_choked(c);
    tick_closing(c);
}
