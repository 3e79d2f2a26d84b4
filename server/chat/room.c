/* SPDX-License-Identifier: MIT
 * A room on its home loop: publishing and its life; see room.h. Thread: the home loop's. */
#include "chat/room.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/gate.h"
#include "chat/ladder.h"

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
    r->is_opening = true;
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
    r->senders = (struct hash)HASH_INIT;
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
    if (r != NULL && !r->is_open && !r->is_opening)
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
    gate_forget_senders(c, r);
    policy_unref(r->policy);
    ring_fini(&r->ring);
    free_chain(r->waiting);
    free_chain(r->retry);
    buf_fini(&r->verdict_items);
    for (uint32_t i = 0; i < r->n_verdicts; i++)
        free(r->findings[i].trace);
    free(r->findings);
    free(r->verdict_ids);
    STAT_ADD(c->stats->rooms, -1);
    free(r);
}

void room_set_timed(struct chat *c, struct room *r)
{
    if (list_is_empty(&r->timed))
        list_append(&c->timed_rooms, &r->timed);
}

void room_wait_open(struct room *r, struct msg *m)
{
    m->next = NULL;
    *r->waiting_tail = m;
    r->waiting_tail = &m->next;
}

static void go_on(struct chat *c, struct room *r, struct msg *m, int status)
{
    if (m->tag == MSG_ROOM_JOIN) {
        struct msg_join *join = (struct msg_join *)m;
        join->ask.status = status;
        join->ask.detail = status != 0 ? "history cannot be read just now" : NULL;
        room_answer_join(c, r, join);
    } else if (m->tag == MSG_ROOM_PUBLISH && status != 0) {
        room_refuse(c, (struct msg_publication *)m, E_UNAVAILABLE, "the room cannot be opened now");
    } else if (status != 0 && m->tag == MSG_ROOM_POLICY) {
        struct msg_policy *policy = (struct msg_policy *)m;
        policy->ask.status = E_UNAVAILABLE;
        policy->ask.detail = "the room cannot be opened now";
        m->tag = MSG_LOOP_POLICY;
        chat_post_loop(c, client_id_loop(policy->ask.client), m);
    } else if (status != 0) {
        msg_free(m); /* a verdict: its message stays pending */
    } else {
        chat_on_msg(c, m);
    }
}

static void take_policy(struct chat *c, struct room *r, const char *json)
{
    char err[POLICY_ERR_MAX];
    struct policy *own = json != NULL ? policy_parse_text(json, err) : NULL;
    if (json != NULL && own == NULL)
        log_error("room", "the kept policy cannot be read, the default holds room=%s: %s",
                  r->name.text, err);
    room_set_policy(c, r, own);
}

void room_on_opened(struct chat *c, struct msg_room_open *m)
{
    struct room *r = room_find(c, m->room.text);
    if (r == NULL) {
        msg_free(&m->head);
        return;
    }
    r->asked--;
    r->is_opening = false;
    r->is_open = m->status == 0;
    if (r->is_open && r->top < m->top) {
        r->top = m->top;
        r->last_ts_ms = m->last_ts_ms;
    }
    if (r->is_open) {
        take_policy(c, r, m->policy);
        ladder_restore(c, r, m->strikes, m->n_strikes);
    }
    struct msg *waiting = r->waiting;
    r->waiting = NULL;
    r->waiting_tail = &r->waiting;
    while (waiting != NULL) {
        struct msg *next = waiting->next;
        go_on(c, r, waiting, m->status);
        waiting = next;
    }
    msg_free(&m->head);
}

/* -- publishing ------------------------------------------------------------------------------- */

void room_refuse(struct chat *c, struct msg_publication *m, int status, const char *detail)
{
    m->ask.status = status;
    m->ask.detail = detail;
    m->head.tag = MSG_LOOP_PUBLISHED;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

void room_append(struct chat *c, struct room *r, struct msg_publication *m)
{
    /* The store numbers it; here it waits for nothing. The room is kept until it is back. */
    r->asked++;
    m->head.tag = MSG_STORE_APPEND;
    chat_post_store(c, &m->head);
    room_verdicts_ride(c, r);
}

void room_on_publish(struct chat *c, struct msg_publication *m)
{
    struct room *r = room_get(c, &m->room);
    if (r != NULL && r->is_direct)
        room_append(c, r, m);
    else if (r == NULL || (!r->is_open && !r->is_opening))
        room_refuse(c, m, E_UNAVAILABLE, "the server is short of memory; try again");
    else if (!r->is_open)
        room_wait_open(r, &m->head);
    else
        gate_on_publish(c, r, m);
}

static struct frame *encode(struct chat *c, const struct msg_publication *m)
{
    const struct judgement *j = m->judgement;
    bool masked = j != NULL && j->action == ACTION_MASK;
    const struct event e = {
        .seq = m->seq,
        .ts_ms = m->ts_ms,
        .kind = j != NULL && j->action == ACTION_SHADOW ? EVENT_HIDDEN : m->kind,
        .on = m->on,
        .add = m->add,
        .user_id = m->user ? m->user->id : NULL,
        .user_name = m->user ? m->user->name : NULL,
        .role = m->user ? m->user->role : ROLE_GUEST,
        .text = masked ? j->shown.data : m->text,
        .text_len = masked ? j->shown.len : m->text_len,
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

/* With the text as people are shown it. */
static struct msg_job *make_job(const struct msg_publication *m)
{
    const struct judgement *j = m->judgement;
    bool masked = j != NULL && j->action == ACTION_MASK;
    const char *text = masked ? j->shown.data : m->text;
    size_t len = masked ? j->shown.len : m->text_len;
    struct msg_job *job = msg_job_new(text, len);
    if (job == NULL)
        return NULL; /* it stays pending in the store and is analysed after the next start */
    job->id = m->id;
    job->room = m->room;
    job->seq = m->seq;
    job->on = m->kind == EVENT_EDIT ? m->on : 0;
    job->ts_ms = m->ts_ms;
    job->origin.role = m->user->role;
    job->origin.decided = m->decision != NULL;
    job->origin.received_us = m->received_us;
    job->origin.flood_repeats = m->flood_repeats;
    job->origin.flood_users = m->flood_users;
    if (j != NULL)
        job->origin.pass = j->pass;
    memcpy(job->user_id, m->user->id, sizeof job->user_id);
    return job;
}

/* The gate's verdict on a message that has its number now; NULL when it had none in time. */
static struct msg_verdict *take_verdict(struct msg_publication *m)
{
    struct judgement *j = m->judgement;
    struct msg_verdict *v = j != NULL ? j->verdict : NULL;
    if (v == NULL)
        return NULL;
    j->verdict = NULL;
    v->head.tag = MSG_ROOM_VERDICT;
    v->id = m->id;
    v->seq = m->seq;
    v->on = m->kind == EVENT_EDIT ? m->on : 0;
    v->origin.received_us = m->received_us;
    v->origin.pass = j->pass;
    return v;
}

/* What is to happen with a fresh message's analysis once it was shown. */
struct follow_up {
    struct msg_verdict *verdict;
    struct msg_job *job;
    uint64_t committed_us;
};

/* A verdict of the gate's goes by way of dispatch, whose room analyzers may see a message now that
 * people do. */
static struct follow_up plan(struct chat *c, struct msg_publication *m)
{
    struct follow_up f = {NULL, NULL, clock_mono_us()};
    bool hidden = m->judgement != NULL && m->judgement->action == ACTION_SHADOW;
    if (!m->analyse || hidden || !chat_has_dispatch(c))
        return f;
    f.verdict = take_verdict(m);
    f.job = make_job(m);
    if (f.job != NULL && f.verdict != NULL) {
        f.job->head.tag = MSG_DISPATCH_SHOWN;
        f.job->judged = f.verdict;
    }
    return f;
}

static void follow_up(struct chat *c, struct follow_up *f)
{
    struct origin *o = f->verdict != NULL ? &f->verdict->origin
                       : f->job != NULL   ? &f->job->origin : NULL;
    if (o == NULL)
        return;
    o->committed_us = f->committed_us;
    o->shown_us = clock_mono_us();
    if (f->job == NULL)
        room_on_verdict(c, f->verdict);
    else if (c->shared->analyze_inline == NULL)
        chat_post_dispatch(c, &f->job->head);
    else
        analyze_inline(c, f->job);
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
    struct follow_up next = {NULL, NULL, 0};
    uint64_t seq = m->seq, received_us = m->received_us;
    if (fresh && seq != 0) { /* what is held has no number yet */
        f = encode(c, m);
        show(c, r, m, f);
        next = plan(c, m);
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
    follow_up(c, &next);
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
           r->waiting != NULL || r->n_waiting > 0 || !list_is_empty(&r->changed);
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
            gate_prune(c, r);
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
