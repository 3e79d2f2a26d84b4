/* SPDX-License-Identifier: MIT
 * A room on its home loop: publishing and its life; see room.h. Thread: the home loop's. */
#include "chat/room.h"

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

#define IDLE_MS        60000
#define RING_BYTES_MAX (1024 * 1024)

static uint64_t key(const char *name)
{
    return hash_bytes(name, strlen(name));
}

struct room *room_find(struct chat *c, const char *name)
{
    for (struct hash_node *n = hash_first(&c->rooms, key(name)); n != NULL; n = hash_next(n)) {
        struct room *r = container_of(n, struct room, node);
        if (strcmp(r->name.text, name) == 0)
            return r;
    }
    return NULL;
}

static void ask_top(struct chat *c, struct room *r)
{
    struct msg_room_open *m = msg_new(MSG_STORE_ROOM_OPEN, 0);
    if (m == NULL)
        return; /* asked again by the next join (room_get) */
    m->room = r->name;
    m->reply = chat_mailbox(c);
    r->asked++;
    chat_post_store(c, &m->head);
}

static struct room *make(struct chat *c, const struct room_name *name)
{
    unsigned n_loops = c->shared->topology->n_loops;
    struct room *r = calloc(1, sizeof *r + n_loops * sizeof r->attending[0]);
    if (r == NULL)
        return NULL;
    r->name = *name;
    r->waiting_tail = &r->waiting;
    list_init(&r->idle);
    list_init(&r->timed);
    list_init(&r->due);
    list_init(&r->member_order);
    list_init(&r->changed);
    if (hash_insert(&c->rooms, &r->node, key(name->text)) != 0) {
        free(r);
        return NULL;
    }
    r->idle_ms = c->now_ms;
    list_append(&c->idle_rooms, &r->idle);
    STAT_ADD(c->stats->rooms, 1);
    return r;
}

struct room *room_get(struct chat *c, const struct room_name *name)
{
    struct room *r = room_find(c, name->text);
    if (r == NULL)
        r = make(c, name);
    if (r != NULL && !r->is_open && r->asked == 0)
        ask_top(c, r);
    return r;
}

static void free_chain(struct msg *m)
{
    while (m != NULL) {
        struct msg *next = m->next;
        msg_free(m);
        m = next;
    }
}

void room_free(struct chat *c, struct room *r)
{
    hash_remove(&c->rooms, &r->node);
    list_remove(&r->idle);
    list_remove(&r->timed);
    list_remove(&r->due);
    room_members_free(r);
    ring_fini(&r->ring);
    free_chain(r->waiting);
    free_chain(r->retry);
    buf_fini(&r->verdict_items);
    free(r->verdict_ids);
    STAT_ADD(c->stats->rooms, -1);
    free(r);
}

void room_set_timed(struct chat *c, struct room *r)
{
    if (list_is_empty(&r->timed))
        list_append(&c->timed_rooms, &r->timed);
}

void room_on_opened(struct chat *c, struct msg_room_open *m)
{
    struct room *r = room_find(c, m->room.text);
    if (r == NULL) {
        msg_free(&m->head);
        return;
    }
    r->asked--;
    r->is_open = m->status == 0;
    if (r->is_open && r->top < m->top) {
        r->top = m->top;
        r->last_ts_ms = m->last_ts_ms;
    }
    struct msg *waiting = r->waiting;
    r->waiting = NULL;
    r->waiting_tail = &r->waiting;
    while (waiting != NULL) {
        struct msg_join *join = (struct msg_join *)waiting;
        waiting = waiting->next;
        join->ask.status = m->status;
        join->ask.detail = m->status != 0 ? "history cannot be read just now" : NULL;
        room_answer_join(c, r, join);
    }
    msg_free(&m->head);
}

/* -- publishing ------------------------------------------------------------------------------- */

void room_on_publish(struct chat *c, struct msg_publication *m)
{
    /* The store numbers it; here it waits for nothing. The room is kept until it is back. */
    struct room *r = room_get(c, &m->room);
    if (r == NULL) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
        m->head.tag = MSG_LOOP_PUBLISHED;
        chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
        return;
    }
    r->asked++;
    m->head.tag = MSG_STORE_APPEND;
    chat_post_store(c, &m->head);
}

static struct frame *encode(struct chat *c, const struct msg_publication *m)
{
    const struct event e = {
        .seq = m->seq,
        .ts_ms = m->ts_ms,
        .kind = m->kind,
        .on = m->on,
        .add = m->add,
        .user_id = m->user ? m->user->id : NULL,
        .user_name = m->user ? m->user->name : NULL,
        .role = m->user ? m->user->role : ROLE_GUEST,
        .text = m->text,
        .text_len = m->text_len,
    };
    buf_clear(&c->scratch);
    event_encode(&c->scratch, m->room.text, &e);
    return c->scratch.failed ? NULL : frame_new(c->scratch.data, c->scratch.len);
}

void room_fanout(struct chat *c, struct room *r, struct frame *f, uint64_t seq,
                 uint64_t received_us)
{
    for (unsigned i = 0; i < c->shared->topology->n_loops; i++) {
        if (r->attending[i] == 0)
            continue;
        struct msg_fanout *m = msg_new(MSG_LOOP_FANOUT, 0);
        if (m == NULL) {
            log_warn("room", "out of memory, loop %u was not shown room=%s seq=%llu", i,
                     r->name.text, (unsigned long long)seq);
            continue;
        }
        m->room = r->name;
        m->frame = frame_ref(f);
        m->seq = seq;
        m->received_us = received_us;
        chat_post_loop(c, i, &m->head);
    }
}

static void show(struct chat *c, struct room *r, const struct msg_publication *m, struct frame *f)
{
    r->top = m->seq;
    r->last_ts_ms = m->ts_ms;
    STAT_ADD(c->stats->events, 1);
    if (m->kind == EVENT_MESSAGE)
        STAT_ADD(c->stats->messages, 1);
    if (f == NULL) {
        log_warn("room", "out of memory, an event was not shown room=%s seq=%llu", r->name.text,
                 (unsigned long long)m->seq);
        ring_clear(&r->ring); /* it must reach up to the top, or be empty */
        return;
    }
    ring_push(&r->ring, m->seq, f, c->shared->limits.ring_events, RING_BYTES_MAX);
}

/* The experiment --analysis inline: everybody waits for Python here. */
static void analyze_inline(struct chat *c, struct msg_job *job)
{
    struct msg_verdict *v = c->shared->analyze_inline(job);
    msg_free(&job->head);
    if (v != NULL)
        room_on_verdict(c, v);
}

static void post_job(struct chat *c, const struct msg_publication *m)
{
    struct msg_job *job = msg_new(MSG_DISPATCH_JOB, m->text_len + 1);
    if (job == NULL)
        return; /* it stays pending in the store and is analysed after the next start */
    job->id = m->id;
    job->room = m->room;
    job->seq = m->seq;
    job->ts_ms = m->ts_ms;
    memcpy(job->user_id, m->user->id, sizeof job->user_id);
    job->text_len = m->text_len;
    memcpy(job->text, m->text, m->text_len + 1);
    if (c->shared->analyze_inline == NULL)
        chat_post_dispatch(c, &job->head);
    else
        analyze_inline(c, job);
}

void room_on_committed(struct chat *c, struct msg_publication *m)
{
    struct room *r = room_find(c, m->room.text);
    r->asked--;
    bool fresh = m->ask.status == 0 && !m->duplicate;
    /* E_EXISTS: none of its messages waits for a verdict any more; nothing to try again. */
    if (!fresh && m->kind == EVENT_VERDICT && m->ask.status != E_EXISTS) {
        room_verdict_failed(c, r, m);
        return;
    }
    struct frame *f = NULL;
    uint64_t seq = m->seq, received_us = m->received_us;
    if (fresh) {
        f = encode(c, m);
        show(c, r, m, f);
        if (m->analyse && chat_has_dispatch(c))
            post_job(c, m);
    }
    /* The sender's ok goes first, so that it comes before the sender's own event. */
    m->head.tag = MSG_LOOP_PUBLISHED;
    if (m->ask.client != 0)
        chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
    else
        msg_free(&m->head);
    if (f != NULL) {
        room_fanout(c, r, f, seq, received_us);
        frame_unref(f);
    }
}

void room_on_typing(struct chat *c, struct msg_typing *m)
{
    struct room *r = room_find(c, m->room.text);
    if (r != NULL) {
        struct buf *b = &c->scratch;
        buf_clear(b);
        buf_append_str(b, "{\"type\":\"typing\",\"room\":");
        json_put_cstring(b, r->name.text);
        buf_append_str(b, ",\"user\":{\"id\":");
        json_put_cstring(b, m->user->id);
        buf_append_str(b, ",\"name\":");
        json_put_cstring(b, m->user->name);
        buf_append_str(b, "},\"active\":");
        json_put_bool(b, m->active);
        buf_append_char(b, '}');
        struct frame *f = b->failed ? NULL : frame_new(b->data, b->len);
        if (f != NULL)
            room_fanout(c, r, f, 0, 0);
        frame_unref(f);
    }
    msg_free(&m->head);
}

/* -- time and listing ------------------------------------------------------------------------- */

static bool is_needed(const struct room *r)
{
    return r->n_members > 0 || r->asked > 0 || r->n_verdicts > 0 || r->retry != NULL ||
           r->waiting != NULL || !list_is_empty(&r->changed);
}

void rooms_on_tick(struct chat *c)
{
    LIST_FOREACH (&c->timed_rooms, node, after) {
        struct room *r = container_of(node, struct room, timed);
        room_tell_presence(c, r);
        room_flush_verdicts(c, r);
        if (list_is_empty(&r->changed) && r->n_verdicts == 0 && r->retry == NULL)
            list_remove(&r->timed);
    }
    while (!list_is_empty(&c->idle_rooms)) {
        struct room *r = container_of(c->idle_rooms.next, struct room, idle);
        if (c->now_ms - r->idle_ms < IDLE_MS)
            return;
        if (is_needed(r)) {
            r->idle_ms = c->now_ms;
            list_remove(&r->idle);
            list_append(&c->idle_rooms, &r->idle);
        } else {
            room_free(c, r);
        }
    }
}

static struct room_row *find_row(struct msg_rooms *m, const char *room)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (strcmp(m->rows[i].room.text, room) == 0)
            return &m->rows[i];
    }
    return NULL;
}

static struct room_row *add_row(struct msg_rooms *m, const struct room_name *room)
{
    if (m->count == m->limit)
        return NULL;
    if (m->count == m->cap) {
        uint32_t cap = m->cap ? m->cap * 2 : 16;
        struct room_row *rows = realloc(m->rows, cap * sizeof *rows);
        if (rows == NULL)
            return NULL;
        m->rows = rows;
        m->cap = cap;
    }
    struct room_row *row = &m->rows[m->count++];
    *row = (struct room_row){.room = *room};
    return row;
}

void rooms_fill(struct chat *c, struct msg_rooms *m)
{
    /* Rows of the store that are homed here get their members; rooms it does not know yet are
     * added. */
    for (uint32_t i = 0; i < m->count; i++) {
        struct room *r = room_find(c, m->rows[i].room.text);
        if (r != NULL) {
            m->rows[i].members = r->n_members;
            m->rows[i].seq = r->top;
            m->rows[i].last_ts_ms = r->last_ts_ms;
        }
    }
    HASH_FOREACH (&c->rooms, node, after) {
        struct room *r = container_of(node, struct room, node);
        if (m->count == m->limit)
            break;
        if (r->n_members == 0 || r->top > 0 || find_row(m, r->name.text) != NULL)
            continue;
        struct room_row *row = add_row(m, &r->name);
        if (row != NULL)
            row->members = r->n_members;
    }
}
