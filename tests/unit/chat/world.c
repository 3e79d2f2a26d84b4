/* SPDX-License-Identifier: MIT
 * A small world for tests of chat/; see world.h. */
#include "world.h"

#include "base/clock.h"
#include "base/status.h"

#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void outside(bool inside)
{
    (void)inside;
}

void (*world_on_chat)(bool inside) = outside;

static bool conn_write(void *conn, const uint8_t *frames, size_t len)
{
    struct client *c = conn;
    buf_append(&c->in, frames, len);
    return !c->is_full;
}

static size_t conn_unsent(void *conn)
{
    return ((struct client *)conn)->unsent;
}

static void conn_pause(void *conn, bool paused)
{
    ((struct client *)conn)->is_paused = paused;
}

static bool conn_close(void *conn, uint16_t code)
{
    ((struct client *)conn)->close_code = code;
    return true;
}

static void conn_kill(void *conn)
{
    ((struct client *)conn)->was_killed = true;
}

static const struct conn_ops ops = {.write = conn_write,
                                    .unsent = conn_unsent,
                                    .pause = conn_pause,
                                    .close = conn_close,
                                    .kill = conn_kill};

void world_init(struct world *w, unsigned n_loops)
{
    static const unsigned char secret[32] = "a secret of thirty-two bytes....";
    char err[256];
    memset(w, 0, sizeof *w);
    ck_assert_int_ge(sodium_init(), 0);
    snprintf(w->data_dir, sizeof w->data_dir, "/tmp/parley-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w->data_dir));
    ck_assert_int_eq(auth_new(&w->auth, secret, w->data_dir, err, sizeof err), 0);
    w->topology.n_loops = n_loops;
    w->topology.store = mailbox_new();
    w->topology.dispatch = mailbox_new();
    snprintf(w->topology.epoch, sizeof w->topology.epoch, "e1");
    w->shared = (struct chat_shared){
        .topology = &w->topology,
        .auth = w->auth,
        .limits = {.text_max = 8192,
                   .frame_max = 65536,
                   .fragments_max = 64,
                   .rooms_max = 500,
                   .heartbeat_ms = 25000,
                   .backlog_max = 65536,
                   .slow_after_ms = 30000,
                   .ring_events = 100},
    };
    for (unsigned i = 0; i < n_loops; i++) {
        w->topology.loops[i] = mailbox_new();
        w->chats[i] = chat_new(&w->shared, i, &w->stats[i]);
    }
}

void world_fini(struct world *w)
{
    char path[128];
    world_settle(w);
    for (unsigned i = 0; i < w->topology.n_loops; i++)
        chat_free(w->chats[i]);
    for (unsigned i = 0; i < w->topology.n_loops; i++)
        mailbox_free(w->topology.loops[i]);
    mailbox_free(w->topology.store);
    mailbox_free(w->topology.dispatch);
    for (unsigned i = 0; i < w->n_events; i++)
        msg_free(&w->events[i]->head);
    auth_free(w->auth);
    snprintf(path, sizeof path, "%s/admin-token", w->data_dir);
    unlink(path);
    rmdir(w->data_dir);
}

/* -- the store -------------------------------------------------------------------------------- */

static uint64_t top_of(const struct world *w, const char *room)
{
    uint64_t top = 0;
    for (unsigned i = 0; i < w->n_events; i++) {
        if (strcmp(w->events[i]->room.text, room) == 0)
            top = w->events[i]->seq;
    }
    return top;
}

static void answer(struct world *w, bool hold, struct mailbox *to, struct msg *m)
{
    if (hold)
        w->held[w->n_held++] = (struct held){to, m};
    else
        mailbox_post(to, m);
}

static void append(struct world *w, struct msg_publication *m)
{
    m->head.tag = MSG_ROOM_COMMITTED;
    if (w->store_fails) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the disk is full";
    } else {
        struct msg_publication *kept = msg_publication_new(MSG_STORE_APPEND, m->text, m->text_len);
        m->seq = top_of(w, m->room.text) + 1;
        m->id = (int64_t)w->n_events + 1;
        m->ts_ms = 1000 + (int64_t)w->n_events;
        kept->room = m->room;
        kept->seq = m->seq;
        kept->kind = m->kind;
        kept->user = m->user ? user_ref(m->user) : NULL;
        w->events[w->n_events++] = kept;
    }
    answer(w, w->hold_commits, w->topology.loops[topology_home(&w->topology, m->room.text)],
           &m->head);
}

static void read_page(struct world *w, struct msg_read *m)
{
    uint64_t top = top_of(w, m->room.text), from = m->after + 1, to = top;
    if (m->backward) {
        to = m->before - 1 < top ? m->before - 1 : top;
        from = to >= m->limit ? to - m->limit + 1 : 1;
    }
    for (unsigned i = 0; i < w->n_events; i++) {
        const struct msg_publication *p = w->events[i];
        if (strcmp(p->room.text, m->room.text) != 0 || p->seq < from || p->seq > to ||
            p->seq < w->oldest)
            continue;
        if (m->count == m->limit)
            break;
        if (m->count++ > 0)
            buf_append_char(&m->events, ',');
        else
            m->first = p->seq;
        m->last = p->seq;
        buf_printf(&m->events, "{\"seq\":%llu}", (unsigned long long)p->seq);
    }
    m->more = m->backward ? from > 1 : m->last < top;
    m->head.tag = m->reply_tag;
    answer(w, w->hold_reads, m->reply, &m->head);
}

static void store_on_msg(struct world *w, struct msg *m)
{
    switch (m->tag) {
    case MSG_STORE_APPEND:
        append(w, (struct msg_publication *)m);
        break;
    case MSG_STORE_ROOM_OPEN: {
        struct msg_room_open *open = (struct msg_room_open *)m;
        open->top = top_of(w, open->room.text);
        m->tag = MSG_ROOM_OPENED;
        mailbox_post(open->reply, m);
        break;
    }
    case MSG_STORE_READ:
        read_page(w, (struct msg_read *)m);
        break;
    case MSG_STORE_READ_MARK:
        m->tag = MSG_LOOP_READ_MARKED;
        mailbox_post(((struct msg_read_mark *)m)->reply, m);
        break;
    case MSG_STORE_ROOMS:
        m->tag = MSG_LOOP_ROOMS;
        mailbox_post(((struct msg_rooms *)m)->reply, m);
        break;
    default:
        ck_abort_msg("the store got %s", msg_name(m->tag));
    }
}

void world_release(struct world *w)
{
    w->hold_reads = w->hold_commits = false;
    for (unsigned i = 0; i < w->n_held; i++)
        mailbox_post(w->held[i].to, w->held[i].m);
    w->n_held = 0;
    world_settle(w);
}

/* -- moving messages -------------------------------------------------------------------------- */

static bool drain_store(struct world *w)
{
    struct msg *m = mailbox_take(w->topology.store);
    bool any = m != NULL;
    while (m != NULL) {
        struct msg *next = m->next;
        store_on_msg(w, m);
        m = next;
    }
    return any;
}

/* Whether the end of the turn will post something to others. */
static bool drain_loop(struct world *w, unsigned i)
{
    struct msg *m = mailbox_take(w->topology.loops[i]);
    bool any = m != NULL;
    world_on_chat(true);
    while (m != NULL) {
        struct msg *next = m->next;
        chat_on_msg(w->chats[i], m);
        m = next;
    }
    uint64_t now_ms = w->chats[i]->now_ms;
    any |= chat_wants_turn(w->chats[i]);
    chat_on_turn_end(w->chats[i]);
    any |= chat_wants_turn(w->chats[i]);
    world_on_chat(false);
    w->chats[i]->now_ms = now_ms; /* time is the test's */
    return any;
}

void world_settle(struct world *w)
{
    bool busy = true;
    while (busy) {
        busy = false;
        for (unsigned i = 0; i < w->topology.n_loops; i++)
            busy |= drain_loop(w, i);
        busy |= drain_store(w); /* last: the end of a turn may have posted to it */
    }
}

void world_wait(struct world *w, uint64_t ms)
{
    for (uint64_t passed = 0; passed < ms; passed += 50) {
        world_on_chat(true);
        for (unsigned i = 0; i < w->topology.n_loops; i++)
            chat_on_tick(w->chats[i], w->chats[i]->now_ms + 50);
        world_on_chat(false);
        world_settle(w);
    }
}

/* -- clients ---------------------------------------------------------------------------------- */

void client_open(struct world *w, unsigned loop, struct client *c)
{
    memset(c, 0, sizeof *c);
    c->session = session_new(w->chats[loop], &ops, c);
    ck_assert_ptr_nonnull(c->session);
}

void client_close(struct world *w, struct client *c)
{
    session_free(c->session);
    buf_fini(&c->in);
    world_settle(w);
}

void client_send(struct world *w, struct client *c, const char *json)
{
    world_on_chat(true);
    session_on_frame(c->session, json, strlen(json));
    world_on_chat(false);
    world_settle(w);
}

void client_enter(struct world *w, struct client *c, const char *name, const char *room)
{
    char json[256];
    snprintf(json, sizeof json, "{\"id\":1,\"type\":\"hello\",\"name\":\"%s\"}", name);
    client_send(w, c, json);
    ck_assert_ptr_nonnull(client_find(c, "\"type\":\"ok\""));
    snprintf(json, sizeof json, "{\"id\":2,\"type\":\"join\",\"room\":\"%s\"}", room);
    client_send(w, c, json);
    ck_assert_ptr_nonnull(client_find(c, "\"id\":2,\"type\":\"ok\""));
}

const char *client_next(struct client *c)
{
    static char text[70000];
    if (c->read_at == c->in.len)
        return NULL;
    const uint8_t *at = (const uint8_t *)c->in.data + c->read_at;
    size_t len = frame_len_at(at), header = at[1] < 126 ? 2 : at[1] == 126 ? 4 : 10;
    memcpy(text, at + header, len - header);
    text[len - header] = '\0';
    c->read_at += len;
    return text;
}

const char *client_find(struct client *c, const char *part)
{
    const char *text;
    while ((text = client_next(c)) != NULL && strstr(text, part) == NULL)
        continue;
    return text;
}

void client_forget(struct client *c)
{
    c->read_at = c->in.len;
}

void client_expect(struct client *c, unsigned from, unsigned to)
{
    const char *text;
    for (unsigned seq = from; seq <= to; seq++) {
        char part[32];
        snprintf(part, sizeof part, "\"seq\":%u,", seq);
        text = client_find(c, "\"type\":\"event\"");
        HAS(text, part);
    }
    ck_assert_ptr_null(client_find(c, "\"type\":\"event\""));
}

void client_say(struct world *w, struct client *c, unsigned id)
{
    char json[128];
    snprintf(json, sizeof json,
             "{\"id\":%u,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"c%u\",\"text\":\"m%u\"}",
             id, id, id);
    client_send(w, c, json);
}
