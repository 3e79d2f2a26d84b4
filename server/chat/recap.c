/* SPDX-License-Identifier: MIT
 * What was missed, in short; see recap.h. Thread: the session's loop. */
#include "chat/recap.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

#include <jansson.h>
#include <string.h>

/* The newest; who missed more than that is told of these. */
#define EVENTS_MAX 1000
#define BYTES_MAX (256 * 1024)
#define PATIENCE_US 15000000u
#define NO_MEMORY "the server is short of memory; try again"

bool recap_waits(const struct session *s, uint64_t request)
{
    return s->recap != 0 && s->recap == request;
}

static void fail(struct session *s, int status, const char *message)
{
    session_reply_error(s, s->recap, status, message, 0, NULL);
    s->recap = 0;
    session_load(s, -LOAD_PAGE);
}

static struct ask ask_of(const struct session *s)
{
    return (struct ask){.client = s->id, .request = s->recap};
}

static void ask_events(struct session *s, const struct room_name *room, uint64_t since)
{
    struct msg_read *m = msg_new(MSG_STORE_READ, 0);
    if (m == NULL) {
        fail(s, E_UNAVAILABLE, NO_MEMORY);
        return;
    }
    m->ask = ask_of(s);
    m->room = *room;
    m->reply = chat_mailbox(s->chat);
    m->reply_tag = MSG_LOOP_READ;
    m->backward = true;
    m->before = INT64_MAX;
    m->after = since; /* not looked at when reading backward: it comes back with the page */
    m->limit = EVENTS_MAX;
    m->max_bytes = BYTES_MAX;
    chat_post_store(s->chat, &m->head);
}

static void ask_mark(struct session *s, const struct room_name *room)
{
    struct msg_read_mark *m = msg_new(MSG_STORE_READ_MARK, 0);
    if (m == NULL) {
        fail(s, E_UNAVAILABLE, NO_MEMORY);
        return;
    }
    m->ask = ask_of(s);
    m->room = *room;
    m->reply = chat_mailbox(s->chat);
    m->user = user_ref(s->user);
    m->seq = 0; /* marks only move forward: it stays where it is */
    chat_post_store(s->chat, &m->head);
}

void recap_run(struct session *s, struct request *r, const struct membership *ms)
{
    uint64_t since = request_number(r, "since", false, 0, INT64_MAX, 0);
    if (r->status == 0 && s->chat->shared->topology->dispatch == NULL)
        request_fail(r, E_UNAVAILABLE, "recaps are made by workers, and this server has none");
    if (r->status == 0 && s->recap != 0)
        request_fail(r, E_CONFLICT, "one recap at a time: the last one is still being made");
    if (r->status != 0)
        return;
    s->recap = r->id;
    session_load(s, LOAD_PAGE);
    if (request_has(r, "since"))
        ask_events(s, &ms->room, since);
    else
        ask_mark(s, &ms->room);
}

void recap_on_marked(struct session *s, const struct msg_read_mark *m)
{
    if (m->ask.status != 0)
        fail(s, m->ask.status, "the read mark could not be read");
    else
        ask_events(s, &m->room, m->seq);
}

static struct msg_job *make_job(const struct session *s, const struct msg_read *m)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "{\"since\":");
    buf_append_u64(&b, m->after);
    buf_append_str(&b, ",\"user\":");
    json_put_cstring(&b, s->user->id);
    buf_append_str(&b, ",\"now_ms\":");
    buf_append_i64(&b, clock_wall_ms());
    buf_append_str(&b, ",\"more\":");
    json_put_bool(&b, m->more && m->first > m->after + 1);
    buf_append_str(&b, ",\"events\":[");
    buf_append(&b, m->events.data, m->events.len);
    buf_append_str(&b, "]}");
    struct msg_job *job = b.failed ? NULL : msg_job_new(b.data, b.len);
    buf_fini(&b);
    return job;
}

void recap_on_read(struct session *s, const struct msg_read *m)
{
    struct msg_job *job = m->ask.status == 0 ? make_job(s, m) : NULL;
    if (job == NULL) {
        fail(s, m->ask.status != 0 ? m->ask.status : E_UNAVAILABLE,
             "the room's events could not be read");
        return;
    }
    job->kind = JOB_CALL;
    job->call = "recap";
    job->room = m->room;
    job->ts_ms = clock_wall_ms();
    job->reply = chat_mailbox(s->chat);
    job->reply_tag = MSG_LOOP_RETURNED;
    job->ticket = s->id;
    job->deadline_us = clock_mono_us() + PATIENCE_US;
    memcpy(job->user_id, s->user->id, sizeof job->user_id);
    mailbox_post(s->chat->shared->topology->dispatch, &job->head);
}

/* A worker runs other people's code: what it says is JSON is held to that. */
static bool is_object(const char *json)
{
    json_t *parsed = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_object(parsed);
    json_decref(parsed);
    return ok;
}

void recap_on_returned(struct session *s, const struct msg_verdict *m)
{
    if (s->recap == 0)
        return;
    if (m->status != 0 || m->returned == NULL || !is_object(m->returned)) {
        bool busy = m->status == E_TIMEOUT || m->status == E_UNAVAILABLE;
        fail(s, busy ? E_UNAVAILABLE : E_INTERNAL,
             busy ? "the workers have no time for a recap now; try again later"
                  : "the recap could not be made; the operator's page says why");
        return;
    }
    struct buf *b = &s->chat->scratch;
    buf_clear(b);
    buf_append_str(b, ",\"room\":");
    json_put_cstring(b, m->room.text);
    buf_append_str(b, ",\"recap\":");
    buf_append_str(b, m->returned);
    session_reply_ok(s, s->recap, b);
    s->recap = 0;
    session_load(s, -LOAD_PAGE);
}
