/* SPDX-License-Identifier: MIT
 * A room's members on this loop; see roster.h. */
#include "chat/roster.h"

#include "base/log.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

uint64_t roster_key(const char *room)
{
    return hash_bytes(room, strlen(room));
}

struct roster *roster_find(struct chat *c, const char *room)
{
    struct hash_node *n = hash_first(&c->rosters, roster_key(room));
    for (; n != NULL; n = hash_next(n)) {
        struct roster *r = container_of(n, struct roster, node);
        if (strcmp(r->room.text, room) == 0)
            return r;
    }
    return NULL;
}

static struct roster *make(struct chat *c, const struct room_name *room)
{
    struct roster *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->room = *room;
    list_init(&r->dirty);
    if (hash_insert(&c->rosters, &r->node, roster_key(room->text)) != 0) {
        free(r);
        return NULL;
    }
    return r;
}

static void drop(struct chat *c, struct roster *r)
{
    roster_delist(c, r);
    hash_remove(&c->rosters, &r->node);
    roomlog_fini(&r->log);
    free(r->members);
    free(r);
}

static int reserve(struct roster *r)
{
    if (r->count < r->cap)
        return 0;
    uint32_t cap = r->cap ? r->cap * 2 : 4;
    struct member *members = realloc(r->members, cap * sizeof *members);
    if (members == NULL)
        return E_NO_MEMORY;
    r->members = members;
    r->cap = cap;
    return 0;
}

int roster_add(struct chat *c, struct session *s, struct membership *m)
{
    struct roster *r = roster_find(c, m->room.text);
    if (r == NULL)
        r = make(c, &m->room);
    if (r == NULL)
        return E_NO_MEMORY;
    if (reserve(r) != 0) {
        if (r->count == 0)
            drop(c, r);
        return E_NO_MEMORY;
    }
    m->roster = r;
    m->index = r->count;
    r->members[r->count++] = (struct member){s, roomlog_end(&r->log), m};
    return 0;
}

void roster_remove(struct chat *c, struct membership *m)
{
    struct roster *r = m->roster;
    m->roster = NULL;
    r->count--;
    if (m->index != r->count) {
        r->members[m->index] = r->members[r->count];
        r->members[m->index].membership->index = m->index;
    }
    if (r->count == 0)
        drop(c, r);
}

struct member *roster_member(const struct membership *m)
{
    return &m->roster->members[m->index];
}

void roster_enlist(struct chat *c, struct roster *r, struct list *where)
{
    if (list_is_empty(&r->dirty))
        c->n_news++;
    list_remove(&r->dirty);
    list_append(where, &r->dirty);
}

void roster_delist(struct chat *c, struct roster *r)
{
    if (!list_is_empty(&r->dirty))
        c->n_news--;
    list_remove(&r->dirty);
}

void roster_set_dirty(struct chat *c, struct roster *r)
{
    if (list_is_empty(&r->dirty))
        roster_enlist(c, r, &c->dirty_rosters);
}

void roster_append(struct chat *c, struct roster *r, const struct frame *f, uint64_t seq)
{
    if (roomlog_append(&r->log, f, seq == 0) != 0) {
        /* Members would see a gap; their clients notice by seq and page it in with history. */
        log_warn("roster", "out of memory, a frame was not shown room=%s seq=%llu", r->room.text,
                 (unsigned long long)seq);
        return;
    }
    if (seq != 0) {
        r->top = seq;
        r->gathered++;
    }
    if (r->gathered == ROSTER_GATHERS && !r->is_due)
        roster_enlist(c, r, &c->dirty_rosters); /* waits no longer */
    else
        roster_set_dirty(c, r);
}
