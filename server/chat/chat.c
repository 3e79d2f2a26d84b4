/* SPDX-License-Identifier: MIT
 * The chat state of one loop; see chat.h. Thread: the loop's, except chat_new and chat_free (main).
 */
#include "chat/chat.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/auth.h"
#include "chat/fanout.h"
#include "chat/gate.h"
#include "chat/names.h"
#include "chat/room.h"
#include "chat/session.h"

#include <stdlib.h>
#include <string.h>

/* Who still waits for answers when draining begins is closed after this. */
#define DRAIN_MS 3000

struct chat *chat_new(const struct chat_shared *shared, unsigned index, struct loop_stats *stats)
{
    char err[POLICY_ERR_MAX];
    struct chat *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->shared = shared;
    c->index = index;
    c->stats = stats;
    c->now_ms = clock_mono_ms();
    if (arena_init(&c->arena, shared->limits.frame_max) != 0) {
        free(c);
        return NULL;
    }
    clients_init(&c->clients, index);
    list_init(&c->dirty_rosters);
    list_init(&c->dirty_sessions);
    list_init(&c->waiting_rosters);
    list_init(&c->due_rosters);
    list_init(&c->choked_sessions);
    list_init(&c->fresh);
    list_init(&c->sessions);
    list_init(&c->closing);
    list_init(&c->idle_rooms);
    list_init(&c->timed_rooms);
    list_init(&c->due_rooms);
    if (shared->policy != NULL && (c->default_policy = policy_read(shared->policy, err)) == NULL)
        log_error("room", "no default policy: %s", err);
    return c;
}

/* The connections have been closed before, and with them sessions and rosters. */
void chat_free(struct chat *c)
{
    if (c == NULL)
        return;
    HASH_FOREACH (&c->rooms, node, after)
        room_free(c, container_of(node, struct room, node));
    hash_fini(&c->rooms);
    gate_fini(&c->gate);
    policy_unref(c->default_policy);
    hash_fini(&c->rosters);
    names_free(c);
    auth_tickets_free(&c->tickets);
    outbox_fini(&c->to_store);
    outbox_fini(&c->to_dispatch);
    for (unsigned i = 0; i < c->shared->topology->n_loops; i++)
        outbox_fini(&c->to_loops[i]);
    clients_fini(&c->clients);
    arena_fini(&c->arena);
    buf_fini(&c->scratch);
    buf_fini(&c->reply);
    buf_fini(&c->gather);
    frame_unref(c->boards.workers);
    free(c);
}

/* -- posting ---------------------------------------------------------------------------------- */

void chat_post_loop(struct chat *c, unsigned loop, struct msg *m)
{
    if (loop == c->index)
        chat_on_msg(c, m);
    else if (loop < c->shared->topology->n_loops)
        outbox_add(&c->to_loops[loop], m);
    else
        msg_free(m); /* nobody asked */
}

void chat_post_home(struct chat *c, const char *key, struct msg *m)
{
    chat_post_loop(c, topology_home(c->shared->topology, key), m);
}

void chat_post_store(struct chat *c, struct msg *m)
{
    outbox_add(&c->to_store, m);
}

void chat_post_dispatch(struct chat *c, struct msg *m)
{
    outbox_add(&c->to_dispatch, m);
}

static void post_all(struct chat *c)
{
    const struct topology *t = c->shared->topology;
    mailbox_post_all(t->store, &c->to_store);
    mailbox_post_all(t->dispatch, &c->to_dispatch); /* empty where there is none */
    for (unsigned i = 0; i < t->n_loops; i++)
        mailbox_post_all(t->loops[i], &c->to_loops[i]);
}

bool chat_has_dispatch(const struct chat *c)
{
    return c->shared->topology->dispatch != NULL || c->shared->analyze_inline != NULL;
}

struct mailbox *chat_mailbox(struct chat *c)
{
    return c->shared->topology->loops[c->index];
}

/* -- receiving -------------------------------------------------------------------------------- */

/* Hands an answer to who asked, if still there. */
static void loop_on_answer(struct chat *c, client_id client, struct msg *m)
{
    clients_answer(&c->clients, client, m);
    msg_free(m);
}

static void loop_on_named(struct chat *c, struct msg_name *m)
{
    clients_answer(&c->clients, m->ask.client, &m->head);
    /* The session takes the user over; when it has gone meanwhile, the name is free again. */
    if (m->ask.status == 0 && m->user != NULL) {
        m->head.tag = MSG_NAME_RELEASE;
        name_post(c, m);
    } else {
        msg_free(&m->head);
    }
}

/* The listing goes from loop to loop, then to who asked. */
static void loop_on_rooms(struct chat *c, struct msg_rooms *m)
{
    unsigned n_loops = c->shared->topology->n_loops;
    if (m->next_loop == c->index && m->ask.status == 0) {
        rooms_fill(c, m);
        m->next_loop++;
    }
    if (m->next_loop < n_loops && m->ask.status == 0)
        chat_post_loop(c, m->next_loop, &m->head);
    else if (client_id_loop(m->ask.client) == c->index)
        loop_on_answer(c, m->ask.client, &m->head);
    else
        chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

/* Rare: what a moderator decided about somebody's message. */
static void loop_on_tell(struct chat *c, struct msg_tell *m)
{
    LIST_FOREACH (&c->sessions, node, after) {
        struct session *s = container_of(node, struct session, all);
        if (s->state == SESSION_READY && strcmp(s->user->id, m->user_id) == 0 &&
            session_membership(s, m->room.text) != NULL)
            session_push(s, frame_payload(m->frame), frame_payload_len(m->frame));
    }
    msg_free(&m->head);
}

/* Rare: who went too far is shut out of all his connections. */
static void loop_on_kick(struct chat *c, struct msg_kick *m)
{
    LIST_FOREACH (&c->sessions, node, after) {
        struct session *s = container_of(node, struct session, all);
        if (s->state == SESSION_READY && strcmp(s->user->id, m->user_id) == 0)
            session_close(s, CLOSE_KICKED, SPREAD_NONE,
                          "your messages broke a room's rules again and again");
    }
    msg_free(&m->head);
}

static void loop_on_board(struct chat *c, struct msg_board *m)
{
    frame_unref(c->boards.workers);
    c->boards.workers = m->workers;
    c->boards.workers_configured = m->configured;
    c->boards.workers_ready = m->ready;
    m->workers = NULL;
    msg_free(&m->head);
}

static void loop_on_sample(struct chat *c, struct msg_sample *m)
{
    struct boards *b = &c->boards;
    b->samples[b->next_sample] = m->sample;
    b->next_sample = (b->next_sample + 1) % SAMPLES_MAX;
    if (b->n_samples < SAMPLES_MAX)
        b->n_samples++;
    msg_free(&m->head);
}

static void loop_on_drain(struct chat *c, struct msg_signal *m)
{
    c->draining = true;
    c->drain_ms = c->now_ms + DRAIN_MS;
    msg_free(&m->head);
}

static void on_ticket(struct chat *c, struct msg_ticket *m)
{
    uint64_t now_ms = clock_mono_ms();
    if (m->head.tag == MSG_TICKET_MAKE)
        auth_ticket_make(&c->tickets, now_ms, m);
    else
        auth_ticket_use(&c->tickets, now_ms, m);
    m->head.tag = MSG_LOOP_TICKET;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

#define ON(tag, type, handler)                                                                     \
    case MSG_##tag:                                                                                \
        handler(c, (struct msg_##type *)m);                                                        \
        break
#define ANSWER(tag, type)                                                                          \
    case MSG_##tag:                                                                                \
        loop_on_answer(c, ((struct msg_##type *)m)->ask.client, m);                                \
        break

void chat_on_msg(struct chat *c, struct msg *m)
{
    switch (m->tag) {
        ON(ROOM_PUBLISH, publication, room_on_publish);
        ON(ROOM_COMMITTED, publication, room_on_committed);
        ON(ROOM_OPENED, room_open, room_on_opened);
        ON(ROOM_JOIN, join, room_on_join);
        ON(ROOM_LEAVE, leave, room_on_leave);
        ON(ROOM_READ, read, room_on_read);
        ON(ROOM_TYPING, typing, room_on_typing);
        ON(ROOM_MEMBERS, members, room_on_members);
        ON(ROOM_VERDICT, verdict, room_on_verdict);
        ON(ROOM_JUDGED, verdict, gate_on_judged);
        ON(ROOM_POLICY, policy, room_on_policy);
        ON(ROOM_POLICY_KEPT, policy, room_on_policy_kept);
        ON(LOOP_POLICY, policy, loop_on_policy);
        ON(LOOP_KICK, kick, loop_on_kick);
        ANSWER(LOOP_TRACES, traces);
        ANSWER(LOOP_FOUND, search);
        ON(LOOP_FANOUT, fanout, loop_on_fanout);
        ANSWER(LOOP_PUBLISHED, publication);
        ANSWER(LOOP_JOINED, join);
        ANSWER(LOOP_READ, read);
        ANSWER(LOOP_READ_MARKED, read_mark);
        ANSWER(LOOP_MEMBERS, members);
        ANSWER(LOOP_REVIEWED, review);
        ANSWER(LOOP_MODERATED, moderation);
        ANSWER(LOOP_KEY, key);
        ON(LOOP_TELL, tell, loop_on_tell);
        ANSWER(LOOP_TICKET, ticket);
        ANSWER(LOOP_INQUIRED, inquiry);
        ANSWER(LOOP_INSIGHT, insight);
    case MSG_LOOP_RETURNED:
        loop_on_answer(c, ((struct msg_verdict *)m)->ticket, m);
        break;
        ON(LOOP_ROOMS, rooms, loop_on_rooms);
        ON(LOOP_NAMED, name, loop_on_named);
        ON(LOOP_BOARD, board, loop_on_board);
        ON(LOOP_SAMPLE, sample, loop_on_sample);
        ON(LOOP_DRAIN, signal, loop_on_drain);
        ON(NAME_CLAIM, name, name_on_claim);
        ON(NAME_RELEASE, name, name_on_release);
        ON(TICKET_MAKE, ticket, on_ticket);
        ON(TICKET_USE, ticket, on_ticket);
    default:
        fatal("chat", "message %s does not belong on a loop", msg_name(m->tag));
    }
}

/* -- time ------------------------------------------------------------------------------------- */

unsigned chat_on_turn_end(struct chat *c)
{
    c->now_ms = clock_mono_ms();
    unsigned gate_ms = gate_on_turn_end(c);
    verdicts_on_turn_end(c);
    /* Before the writing, so that the others work meanwhile; after it for who was closed in it. */
    post_all(c);
    unsigned ms = fanout_flush(c);
    post_all(c);
    return gate_ms != 0 && (ms == 0 || gate_ms < ms) ? gate_ms : ms;
}

bool chat_wants_turn(const struct chat *c)
{
    bool has_posts = c->to_store.newest != NULL || c->to_dispatch.newest != NULL;
    for (unsigned i = 0; i < c->shared->topology->n_loops; i++)
        has_posts |= c->to_loops[i].newest != NULL;
    return has_posts || !list_is_empty(&c->due_rooms) || fanout_wants_turn(c);
}

void chat_on_tick(struct chat *c, uint64_t now_ms)
{
    c->now_ms = now_ms;
    rooms_on_tick(c);
    sessions_on_tick(c);
}

bool chat_is_drained(const struct chat *c)
{
    return c->draining && list_is_empty(&c->fresh) && list_is_empty(&c->sessions) &&
           list_is_empty(&c->closing);
}
