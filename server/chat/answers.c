/* SPDX-License-Identifier: MIT
 *
 * Answers of other threads to a session's requests, as replies; see commands.h. Thread: the
 * session's loop.
 */
#include "chat/commands.h"

#include "base/json.h"
#include "base/status.h"
#include "chat/auth.h"
#include "chat/findings.h"
#include "chat/recap.h"

#include <string.h>

static struct buf *fields_begin(struct session *s)
{
    buf_clear(&s->chat->scratch);
    return &s->chat->scratch;
}

static void add_number(struct buf *b, const char *name, uint64_t value)
{
    buf_append_str(b, name);
    buf_append_u64(b, value);
}

static void add_string(struct buf *b, const char *name, const char *value)
{
    buf_append_str(b, name);
    json_put_cstring(b, value);
}

static void add_bool(struct buf *b, const char *name, bool value)
{
    buf_append_str(b, name);
    json_put_bool(b, value);
}

static void add_array(struct buf *b, const char *name, const struct buf *elements)
{
    buf_append_str(b, name);
    buf_append_char(b, '[');
    buf_append(b, elements->data, elements->len);
    buf_append_char(b, ']');
}

static void reply_failed(struct session *s, const struct ask *ask, const struct buf *fields)
{
    session_reply_error(s, ask->request, ask->status,
                        ask->detail ? ask->detail : "could not be done", ask->retry_after_ms,
                        fields);
}

/* The request waits no longer. NULL: it failed, which was told; else where its fields go. */
static struct buf *answer_begin(struct session *s, const struct ask *ask, int weight)
{
    session_load(s, -weight);
    if (ask->status == 0)
        return fields_begin(s);
    reply_failed(s, ask, NULL);
    return NULL;
}

static void add_limits(struct buf *b, const struct chat_limits *limits)
{
    add_number(b, ",\"limits\":{\"text\":", limits->text_max);
    add_number(b, ",\"frame\":", limits->frame_max);
    add_number(b, ",\"fragments\":", limits->fragments_max);
    add_number(b, ",\"rooms\":", limits->rooms_max);
    add_number(b, ",\"events_page\":", 200);
    buf_append_char(b, '}');
}

static void on_named(struct session *s, struct msg_name *m)
{
    struct chat *c = s->chat;
    struct buf *b = fields_begin(s);
    if (m->ask.status != 0) {
        s->state = SESSION_NEW;
        add_string(b, ",\"suggest\":", m->suggest);
        reply_failed(s, &m->ask, m->suggest[0] != '\0' ? b : NULL);
        session_load(s, -LOAD_LIGHT);
        return;
    }
    s->user = m->user; /* moved: a grant that nobody takes is given back (chat.c) */
    m->user = NULL;
    s->state = SESSION_READY;
    s->ping_ms = c->now_ms + c->shared->limits.heartbeat_ms;
    list_remove(&s->all);
    list_append(&c->sessions, &s->all);
    char token[AUTH_TOKEN_MAX];
    auth_sign_session(c->shared->auth, s->user, token);
    add_string(b, ",\"user\":{\"id\":", s->user->id);
    add_string(b, ",\"name\":", s->user->name);
    add_string(b, ",\"role\":", role_name(s->user->role));
    add_string(b, "},\"session\":", token);
    add_string(b, ",\"server\":{\"version\":", PARLEY_VERSION);
    add_number(b, ",\"proto\":", 1);
    buf_append_char(b, '}');
    add_limits(b, &c->shared->limits);
    add_number(b, ",\"heartbeat_ms\":", c->shared->limits.heartbeat_ms);
    session_reply_ok(s, m->ask.request, b);
    session_load(s, -LOAD_LIGHT);
}

/* From here on the session gets what is shown in the room: its offset is the log's end. */
static int attend(struct session *s, struct membership *ms, uint64_t top)
{
    if (ms->roster == NULL) {
        if (roster_add(s->chat, s, ms) != 0)
            return E_NO_MEMORY;
    } else {
        /* Joined again: what the answer holds must not come twice. */
        roster_member(ms)->at = roomlog_end(&ms->roster->log);
    }
    if (ms->roster->top < top)
        ms->roster->top = top;
    return 0;
}

static void reply_joined(struct session *s, const struct msg_join *m)
{
    struct buf *b = fields_begin(s);
    add_string(b, ",\"room\":", m->room.text);
    add_string(b, ",\"epoch\":", s->chat->shared->topology->epoch);
    add_number(b, ",\"seq\":", m->top);
    add_bool(b, ",\"recovered\":", m->recovered);
    add_array(b, ",\"events\":", &m->events);
    add_bool(b, ",\"more\":", m->more);
    add_number(b, ",\"members\":", m->members);
    session_reply_ok(s, m->ask.request, b);
}

static void on_joined(struct session *s, struct msg_join *m)
{
    session_load(s, -LOAD_PAGE);
    struct membership *ms = session_answered_membership(s, m->room.text);
    uint64_t leave_request = ms != NULL ? ms->leave_request : 0;
    if (m->ask.status == 0 && ms != NULL && attend(s, ms, m->top) != 0) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
    }
    if (m->ask.status == 0)
        reply_joined(s, m);
    else
        reply_failed(s, &m->ask, NULL);
    if (leave_request != 0) {
        session_leave(s, ms, leave_request);
        session_load(s, -LOAD_LIGHT);
    } else if (m->ask.status != 0 && ms != NULL && ms->roster == NULL) {
        session_drop_membership(s, ms);
    }
}

static void add_judged(struct buf *b, const struct msg_publication *m)
{
    const struct judgement *j = m->judgement;
    enum action action = j != NULL ? j->action : ACTION_NONE;
    if (action == ACTION_HOLD && m->seq == 0) {
        add_string(b, ",\"state\":", "held");
    } else if (action == ACTION_MASK) {
        add_string(b, ",\"state\":", "masked");
        if (j->shown.len > 0) {
            buf_append_str(b, ",\"text\":");
            json_put_string(b, j->shown.data, j->shown.len);
        }
    } else if (m->kind == EVENT_MESSAGE) {
        add_string(b, ",\"state\":", "delivered");
    }
}

/* A publication that failed: with the verdict, when that was why. */
static void reply_refused(struct session *s, const struct msg_publication *m)
{
    struct buf *b = fields_begin(s);
    publication_encode_verdict(b, m);
    session_load(s, -LOAD_LIGHT);
    reply_failed(s, &m->ask, b->len > 0 ? b : NULL);
}

static void on_published(struct session *s, const struct msg_publication *m)
{
    if (m->ask.status != 0) {
        reply_refused(s, m);
        return;
    }
    struct buf *b = answer_begin(s, &m->ask, LOAD_LIGHT);
    add_string(b, ",\"room\":", m->room.text);
    if (m->cid[0] != '\0')
        add_string(b, ",\"cid\":", m->cid);
    if (m->seq != 0) {
        add_number(b, ",\"seq\":", m->seq);
        add_number(b, ",\"ts\":", (uint64_t)m->ts_ms);
    }
    add_judged(b, m);
    session_reply_ok(s, m->ask.request, b);
}

static void on_history(struct session *s, const struct msg_read *m)
{
    struct buf *b = answer_begin(s, &m->ask, LOAD_PAGE);
    if (b == NULL)
        return;
    add_string(b, ",\"room\":", m->room.text);
    add_array(b, ",\"events\":", &m->events);
    add_bool(b, ",\"more\":", m->more);
    session_reply_ok(s, m->ask.request, b);
}

static void on_read_marked(struct session *s, const struct msg_read_mark *m)
{
    struct buf *b = answer_begin(s, &m->ask, LOAD_LIGHT);
    if (b == NULL)
        return;
    add_string(b, ",\"room\":", m->room.text);
    add_number(b, ",\"seq\":", m->seq);
    session_reply_ok(s, m->ask.request, b);
}

static void on_members(struct session *s, const struct msg_members *m)
{
    struct buf *b = answer_begin(s, &m->ask, LOAD_LIGHT);
    if (b == NULL)
        return;
    add_string(b, ",\"room\":", m->room.text);
    add_array(b, ",\"members\":", &m->members);
    add_number(b, ",\"total\":", m->total);
    session_reply_ok(s, m->ask.request, b);
}

static void on_rooms(struct session *s, const struct msg_rooms *m)
{
    struct buf *b = answer_begin(s, &m->ask, LOAD_PAGE);
    if (b == NULL)
        return;
    buf_append_str(b, ",\"rooms\":[");
    for (uint32_t i = 0; i < m->count; i++) {
        add_string(b, i > 0 ? ",{\"room\":" : "{\"room\":", m->rows[i].room.text);
        add_number(b, ",\"members\":", m->rows[i].members);
        add_number(b, ",\"seq\":", m->rows[i].seq);
        buf_append_char(b, '}');
    }
    buf_append_char(b, ']');
    session_reply_ok(s, m->ask.request, b);
}

void commands_answer(void *owner, struct msg *m)
{
    struct session *s = owner;
    if (s->state == SESSION_CLOSING)
        return;
    switch (m->tag) {
    case MSG_LOOP_NAMED:
        on_named(s, (struct msg_name *)m);
        break;
    case MSG_LOOP_JOINED:
        on_joined(s, (struct msg_join *)m);
        break;
    case MSG_LOOP_PUBLISHED:
        on_published(s, (const struct msg_publication *)m);
        break;
    case MSG_LOOP_READ:
        if (recap_waits(s, ((struct msg_read *)m)->ask.request))
            recap_on_read(s, (const struct msg_read *)m);
        else
            on_history(s, (const struct msg_read *)m);
        break;
    case MSG_LOOP_RETURNED:
        recap_on_returned(s, (const struct msg_verdict *)m);
        break;
    case MSG_LOOP_READ_MARKED:
        if (recap_waits(s, ((struct msg_read_mark *)m)->ask.request))
            recap_on_marked(s, (const struct msg_read_mark *)m);
        else
            on_read_marked(s, (const struct msg_read_mark *)m);
        break;
    case MSG_LOOP_MEMBERS:
        on_members(s, (const struct msg_members *)m);
        break;
    case MSG_LOOP_ROOMS:
        on_rooms(s, (const struct msg_rooms *)m);
        break;
    default:
        break;
    }
}
