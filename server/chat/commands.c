/* SPDX-License-Identifier: MIT
 *
 * Requests of clients; see commands.h. Thread: the session's loop.
 *
 * A handler checks its fields and either replies at once or posts a message to whoever owns the
 * matter (a room's home, a name's home, the store) and returns; the answer comes to commands_answer
 * (answers.c), by the session's id. Requests that wait count as the session's load.
 */
#include "chat/recap.h"
#include "chat/commands.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/rates.h"
#include "base/status.h"
#include "chat/auth.h"
#include "chat/names.h"
#include "chat/request.h"

#include <string.h>

#define JOIN_EVENTS_DEFAULT 50
#define JOIN_EVENTS_MAX     1000
#define HISTORY_DEFAULT     50
#define HISTORY_MAX         200
#define PAGE_BYTES_MAX      (256 * 1024)
#define ROOMS_LISTED        200
#define EMOJI_MAX           64
#define CLIENT_MAX          128
#define TYPING_RATE         1.0
#define TYPING_BURST        5.0

/* Gives the request up for lack of memory. */
static void fail_memory(struct request *r)
{
    request_fail(r, E_UNAVAILABLE, "the server is short of memory; try again");
}

static struct ask ask_of(const struct session *s, const struct request *r)
{
    return (struct ask){.client = s->id, .request = r->id};
}

/* -- hello ------------------------------------------------------------------------------------ */

static struct user *hello_user(struct session *s, struct request *r, bool *guest)
{
    struct user *user = NULL;
    size_t len = 0;
    *guest = !request_has(r, "token");
    if (!*guest) {
        const char *token = request_string(r, "token", true, AUTH_TOKEN_MAX, NULL);
        if (token != NULL && auth_check_session(s->chat->shared->auth, token, &user) != 0)
            request_fail(r, E_UNAUTHENTICATED,
                         "'token' is not a session of this server; say hello with 'name'");
        return user;
    }
    const char *name = request_string(r, "name", true, USER_NAME_MAX, &len);
    if (name == NULL)
        return NULL;
    const char *wrong = auth_check_name(name, len);
    if (wrong != NULL) {
        request_fail(r, E_BAD_REQUEST, "'name' %s", wrong);
        return NULL;
    }
    user = auth_new_guest(name);
    if (user == NULL)
        fail_memory(r);
    return user;
}

static void run_hello(struct session *s, struct request *r)
{
    if (s->state != SESSION_NEW) {
        request_fail(r, E_BAD_REQUEST, "hello was said already on this connection");
        return;
    }
    bool guest;
    request_string(r, "client", false, CLIENT_MAX, NULL);
    struct user *user = r->status == 0 ? hello_user(s, r, &guest) : NULL;
    if (user == NULL)
        return;
    struct msg_name *m = msg_new(MSG_NAME_CLAIM, 0);
    if (m == NULL) {
        user_unref(user);
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->user = user;
    m->guest = guest;
    s->state = SESSION_CLAIMING;
    session_load(s, LOAD_LIGHT);
    name_post(s->chat, m);
}

/* -- rooms ------------------------------------------------------------------------------------ */

/* The room of the request, when this session has joined it. */
static struct membership *joined_room(struct session *s, struct request *r)
{
    struct room_name room = request_room(r);
    if (r->status != 0)
        return NULL;
    struct membership *m = session_membership(s, room.text);
    if (m == NULL)
        request_fail(r, E_FORBIDDEN, "join the room '%s' first", room.text);
    return m;
}

static void run_join(struct session *s, struct request *r)
{
    struct room_name room = request_room(r);
    const char *epoch = request_string(r, "epoch", false, 16, NULL);
    bool resume = epoch != NULL && request_has(r, "seq");
    uint64_t seq = request_number(r, "seq", epoch != NULL, 0, INT64_MAX, 0);
    uint64_t limit = request_number(r, "limit", false, 0, INT64_MAX,
                                    resume ? JOIN_EVENTS_MAX : JOIN_EVENTS_DEFAULT);
    if (r->status != 0)
        return;
    bool rejoin = session_membership(s, room.text) != NULL;
    if (!rejoin && s->n_rooms >= s->chat->shared->limits.rooms_max) {
        request_fail(r, E_FORBIDDEN, "a connection may be in %u rooms; leave one first",
                     s->chat->shared->limits.rooms_max);
        return;
    }
    struct msg_join *m = msg_new(MSG_ROOM_JOIN, 0);
    if (m == NULL || (!rejoin && session_add_membership(s, &room) == NULL)) {
        msg_free((struct msg *)m);
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->room = room;
    m->user = user_ref(s->user);
    m->rejoin = rejoin;
    m->resume = resume;
    if (resume)
        memcpy(m->epoch, epoch, strlen(epoch) + 1);
    m->seq = seq;
    m->limit = limit < JOIN_EVENTS_MAX ? (uint32_t)limit : JOIN_EVENTS_MAX;
    session_load(s, LOAD_PAGE);
    chat_post_home(s->chat, room.text, &m->head);
}

static void run_leave(struct session *s, struct request *r)
{
    struct membership *m = joined_room(s, r);
    if (m == NULL)
        return;
    if (m->roster == NULL) {
        m->leave_request = r->id;
        session_load(s, LOAD_LIGHT);
    } else {
        session_leave(s, m, r->id);
    }
}

static void run_typing(struct session *s, struct request *r)
{
    struct membership *m = joined_room(s, r);
    bool active = request_bool(r, "active", true, true);
    if (r->status != 0)
        return;
    double rate = s->chat->shared->limits.rate_send > 0 ? TYPING_RATE : 0;
    /* Only a hint to others: too many of them are dropped in silence. */
    if (bucket_take(&s->typings, clock_mono_us(), rate, TYPING_BURST, 1) == 0) {
        struct msg_typing *t = msg_new(MSG_ROOM_TYPING, 0);
        if (t != NULL) {
            t->room = m->room;
            t->user = user_ref(s->user);
            t->active = active;
            chat_post_home(s->chat, m->room.text, &t->head);
        }
    }
    session_reply_ok(s, r->id, NULL);
}

static void run_read(struct session *s, struct request *r)
{
    struct membership *ms = joined_room(s, r);
    uint64_t seq = request_number(r, "seq", true, 0, INT64_MAX, 0);
    if (r->status != 0)
        return;
    struct msg_read_mark *m = msg_new(MSG_STORE_READ_MARK, 0);
    if (m == NULL) {
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->room = ms->room;
    m->reply = chat_mailbox(s->chat);
    m->user = user_ref(s->user);
    /* Nobody has read what was not shown yet. */
    uint64_t top = ms->roster != NULL ? ms->roster->top : 0;
    m->seq = seq < top ? seq : top;
    session_load(s, LOAD_LIGHT);
    chat_post_store(s->chat, &m->head);
}

static void run_history(struct session *s, struct request *r)
{
    struct membership *ms = joined_room(s, r);
    bool backward = !request_has(r, "after");
    uint64_t before = request_number(r, "before", false, 1, INT64_MAX, INT64_MAX);
    uint64_t after = request_number(r, "after", false, 0, INT64_MAX, 0);
    uint64_t limit = request_number(r, "limit", false, 1, HISTORY_MAX, HISTORY_DEFAULT);
    if (!backward && request_has(r, "before"))
        request_fail(r, E_BAD_REQUEST, "give 'before' or 'after', not both");
    if (r->status != 0)
        return;
    struct msg_read *m = msg_new(MSG_STORE_READ, 0);
    if (m == NULL) {
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->room = ms->room;
    m->reply = chat_mailbox(s->chat);
    m->reply_tag = MSG_LOOP_READ;
    m->backward = backward;
    m->before = before;
    m->after = after;
    m->limit = (uint32_t)limit;
    m->max_bytes = PAGE_BYTES_MAX;
    m->with_cid = true;
    session_load(s, LOAD_PAGE);
    chat_post_store(s->chat, &m->head);
}

static void run_recap(struct session *s, struct request *r)
{
    struct membership *ms = joined_room(s, r);
    if (ms != NULL)
        recap_run(s, r, ms);
}

static void run_members(struct session *s, struct request *r)
{
    struct membership *ms = joined_room(s, r);
    if (ms == NULL)
        return;
    struct msg_members *m = msg_new(MSG_ROOM_MEMBERS, 0);
    if (m == NULL) {
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->room = ms->room;
    session_load(s, LOAD_LIGHT);
    chat_post_home(s->chat, ms->room.text, &m->head);
}

static void run_rooms(struct session *s, struct request *r)
{
    struct msg_rooms *m = msg_new(MSG_STORE_ROOMS, 0);
    if (m == NULL) {
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->reply = s->chat->shared->topology->loops[0];
    m->limit = ROOMS_LISTED;
    session_load(s, LOAD_PAGE);
    chat_post_store(s->chat, &m->head);
}

/* -- publishing ------------------------------------------------------------------------------- */

static void check_rate(struct session *s, struct request *r, uint64_t now_us)
{
    const struct chat_limits *limits = &s->chat->shared->limits;
    uint64_t wait_us = rates_take(s->chat->shared->rates, s->user->id, now_us, limits->rate_send,
                                  limits->rate_send_burst);
    if (wait_us == 0)
        return;
    request_fail(r, E_RATE_LIMITED, "too many messages: at most %g a second, %g at once",
                 limits->rate_send, limits->rate_send_burst);
    s->retry_after_ms = (uint32_t)(wait_us / 1000 + 1);
}

static void publish(struct session *s, struct request *r, enum event_kind kind, const char *text,
                    size_t len, uint64_t on, bool add)
{
    struct membership *ms = joined_room(s, r);
    const char *cid = request_string(r, "cid", kind == EVENT_MESSAGE, CID_MAX, NULL);
    uint64_t now_us = clock_mono_us();
    if (r->status == 0)
        check_rate(s, r, now_us);
    if (r->status != 0)
        return;
    struct msg_publication *m = msg_publication_new(MSG_ROOM_PUBLISH, text, len);
    if (m == NULL) {
        fail_memory(r);
        return;
    }
    m->ask = ask_of(s, r);
    m->room = ms->room;
    m->kind = kind;
    m->user = user_ref(s->user);
    if (cid != NULL)
        memcpy(m->cid, cid, strlen(cid) + 1);
    m->on = on;
    m->add = add;
    m->analyse = (kind == EVENT_MESSAGE || kind == EVENT_EDIT) && chat_has_dispatch(s->chat);
    m->moderator = s->user->role >= ROLE_MODERATOR;
    m->received_us = now_us;
    session_load(s, LOAD_LIGHT);
    chat_post_home(s->chat, ms->room.text, &m->head);
}

static void run_send(struct session *s, struct request *r)
{
    size_t len = 0;
    const char *text = request_text(r, "text", s->chat->shared->limits.text_max, &len);
    uint64_t reply_to = request_number(r, "reply_to", false, 1, INT64_MAX, 0);
    publish(s, r, EVENT_MESSAGE, text, len, reply_to, false);
}

static void run_edit(struct session *s, struct request *r)
{
    size_t len = 0;
    const char *text = request_text(r, "text", s->chat->shared->limits.text_max, &len);
    uint64_t on = request_number(r, "on", true, 1, INT64_MAX, 0);
    publish(s, r, EVENT_EDIT, text, len, on, false);
}

static void run_delete(struct session *s, struct request *r)
{
    uint64_t on = request_number(r, "on", true, 1, INT64_MAX, 0);
    publish(s, r, EVENT_DELETE, "", 0, on, false);
}

static void run_react(struct session *s, struct request *r)
{
    size_t len = 0;
    const char *emoji = request_string(r, "emoji", true, EMOJI_MAX, &len);
    uint64_t on = request_number(r, "on", true, 1, INT64_MAX, 0);
    bool add = request_bool(r, "add", false, true);
    publish(s, r, EVENT_REACTION, emoji, len, on, add);
}

/* -- liveness --------------------------------------------------------------------------------- */

static void run_ping(struct session *s, struct request *r)
{
    struct buf *fields = &s->chat->scratch;
    buf_clear(fields);
    buf_append_str(fields, ",\"ts\":");
    buf_append_i64(fields, clock_wall_ms());
    session_reply_ok(s, r->id, fields);
}

static void run_pong(struct session *s, struct request *r)
{
    /* That it was heard is all that matters (session_on_frame). */
    (void)s;
    (void)r;
}

/* -- the table -------------------------------------------------------------------------------- */

static const struct command {
    const char *type;
    bool before_hello;
    void (*run)(struct session *s, struct request *r);
} commands[] = {
    {"send", false, run_send},       {"pong", true, run_pong},      {"ping", false, run_ping},
    {"typing", false, run_typing},   {"read", false, run_read},     {"join", false, run_join},
    {"leave", false, run_leave},     {"hello", true, run_hello},    {"history", false, run_history},
    {"members", false, run_members}, {"rooms", false, run_rooms},   {"react", false, run_react},
    {"edit", false, run_edit},       {"delete", false, run_delete}, {"recap", false, run_recap},
};

static const struct command *find(const char *type)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].type, type) == 0)
            return &commands[i];
    }
    return NULL;
}

bool commands_run(struct session *s, const char *text, size_t len)
{
    struct request r;
    arena_enter(&s->chat->arena);
    request_parse(&r, text, len);
    bool usable = r.type != NULL;
    const struct command *command = usable ? find(r.type) : NULL;
    if (r.status == 0 && s->state != SESSION_READY && (command == NULL || !command->before_hello))
        request_fail(&r, E_UNAUTHENTICATED, "say hello first");
    if (r.status == 0 && command == NULL)
        request_fail(&r, E_BAD_REQUEST,
                     "unknown type '%.32s'; known are hello, join, leave, send, edit, "
                     "delete, react, typing, read, history, members, rooms, recap, ping",
                     r.type);
    s->retry_after_ms = 0;
    if (r.status == 0)
        command->run(s, &r);
    if (r.status != 0)
        session_reply_error(s, r.id, r.status, r.message, s->retry_after_ms, NULL);
    request_fini(&r);
    arena_leave(&s->chat->arena);
    return usable;
}
