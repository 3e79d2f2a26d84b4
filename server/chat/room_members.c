/* SPDX-License-Identifier: MIT
 * Who is in a room; see room.h. Thread: the home loop's.
 *
 * A user with several connections is one member. Presence is told as it stands when it is told: who
 * came and went again in between was never mentioned. */
#include "chat/room.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MAX        200 /* members told by name; above, presence is a count */
#define PRESENCE_MS       100
#define PRESENCE_COUNT_MS 1000

static uint64_t key(const struct user *u)
{
    return hash_bytes(u->id, strlen(u->id));
}

static struct room_member *find(struct room *r, const struct user *user)
{
    for (struct hash_node *n = hash_first(&r->members, key(user)); n != NULL; n = hash_next(n)) {
        struct room_member *m = container_of(n, struct room_member, node);
        if (strcmp(m->user->id, user->id) == 0)
            return m;
    }
    return NULL;
}

static struct room_member *make(struct room *r, struct user *user)
{
    struct room_member *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    list_init(&m->changed);
    if (hash_insert(&r->members, &m->node, key(user)) != 0) {
        free(m);
        return NULL;
    }
    m->user = user_ref(user);
    list_append(&r->member_order, &m->order);
    return m;
}

static void drop(struct room *r, struct room_member *m)
{
    hash_remove(&r->members, &m->node);
    list_remove(&m->order);
    list_remove(&m->changed);
    user_unref(m->user);
    free(m);
}

void room_members_free(struct room *r)
{
    while (!list_is_empty(&r->member_order))
        drop(r, container_of(r->member_order.next, struct room_member, order));
    hash_fini(&r->members);
}

static void note_change(struct chat *c, struct room *r, struct room_member *m)
{
    if (list_is_empty(&m->changed))
        list_append(&r->changed, &m->changed);
    room_set_timed(c, r);
}

/* For the analyzers that watch rooms. */
static void tell_dispatch(struct chat *c, const struct room *r, const struct user *user)
{
    struct msg_joined *m =
        c->shared->topology->dispatch != NULL ? msg_new(MSG_DISPATCH_JOINED, 0) : NULL;
    if (m == NULL)
        return;
    m->room = r->name;
    m->ts_ms = clock_wall_ms();
    memcpy(m->user_id, user->id, sizeof m->user_id);
    chat_post_dispatch(c, &m->head);
}

void room_member_came(struct chat *c, struct room *r, unsigned loop, struct user *user)
{
    r->attending[loop]++;
    struct room_member *m = find(r, user);
    if (m == NULL)
        m = make(r, user);
    if (m == NULL) {
        log_warn("room", "out of memory: a member is not listed room=%s", r->name.text);
        return;
    }
    if (m->sessions++ > 0)
        return;
    r->n_members++;
    list_remove(&r->idle);
    note_change(c, r, m);
    tell_dispatch(c, r, user);
}

void room_on_leave(struct chat *c, struct msg_leave *msg)
{
    struct room *r = room_find(c, msg->room.text);
    struct room_member *m = r != NULL ? find(r, msg->user) : NULL;
    if (r != NULL)
        r->attending[msg->loop]--;
    if (m != NULL && --m->sessions == 0) {
        r->n_members--;
        note_change(c, r, m);
        if (r->n_members == 0) {
            r->idle_ms = c->now_ms;
            list_append(&c->idle_rooms, &r->idle);
        }
    }
    msg_free(&msg->head);
}

static void encode_user(struct buf *b, const struct user *u, bool with_role)
{
    buf_append_str(b, "{\"id\":");
    json_put_cstring(b, u->id);
    buf_append_str(b, ",\"name\":");
    json_put_cstring(b, u->name);
    if (with_role) {
        buf_append_str(b, ",\"role\":");
        json_put_cstring(b, role_name(u->role));
    }
    buf_append_char(b, '}');
}

void room_on_members(struct chat *c, struct msg_members *m)
{
    struct room *r = room_find(c, m->room.text);
    uint32_t listed = 0;
    if (r != NULL) {
        m->total = r->n_members;
        LIST_FOREACH (&r->member_order, node, after) {
            const struct room_member *member = container_of(node, struct room_member, order);
            if (member->sessions == 0)
                continue;
            if (listed == LISTED_MAX)
                break;
            if (listed++ > 0)
                buf_append_char(&m->members, ',');
            encode_user(&m->members, member->user, true);
        }
    }
    m->head.tag = MSG_LOOP_MEMBERS;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

/* `member` NULL: the count. */
static void tell(struct chat *c, struct room *r, const struct room_member *member)
{
    struct buf *b = &c->scratch;
    buf_clear(b);
    buf_append_str(b, "{\"type\":\"presence\",\"room\":");
    json_put_cstring(b, r->name.text);
    if (member != NULL) {
        buf_append_str(b, ",\"user\":");
        encode_user(b, member->user, false);
        buf_append_str(b, ",\"online\":");
        json_put_bool(b, member->sessions > 0);
    } else {
        buf_append_str(b, ",\"members\":");
        buf_append_u64(b, r->n_members);
    }
    buf_append_char(b, '}');
    struct frame *f = b->failed ? NULL : frame_new(b->data, b->len);
    if (f != NULL)
        room_fanout(c, r, f, 0, 0);
    frame_unref(f);
}

void room_tell_presence(struct chat *c, struct room *r)
{
    if (list_is_empty(&r->changed) || c->now_ms < r->presence_ms)
        return;
    bool by_name = r->n_members <= LISTED_MAX;
    LIST_FOREACH (&r->changed, node, after) {
        struct room_member *m = container_of(node, struct room_member, changed);
        bool online = m->sessions > 0;
        if (by_name && online != m->announced)
            tell(c, r, m);
        m->announced = online;
        list_remove(&m->changed);
        if (!online)
            drop(r, m);
    }
    if (!by_name)
        tell(c, r, NULL);
    r->presence_ms = c->now_ms + (by_name ? PRESENCE_MS : PRESENCE_COUNT_MS);
}
