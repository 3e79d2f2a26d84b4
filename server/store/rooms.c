/* SPDX-License-Identifier: MIT
 * The writer's rooms; see rooms.h. Writer thread. */
#include "store/rooms.h"

#include "store/statements.h"

#include <stdlib.h>

#define ROOMS_MAX 65536  /* entries kept */
#define ROOMS_FIRST 1024 /* loaded at start */

void rooms_init(struct rooms *r, sqlite3_stmt **stmts, uint64_t retain)
{
    memset(r, 0, sizeof *r);
    r->stmts = stmts;
    r->retain = retain;
    list_init(&r->recent);
    list_init(&r->dirty);
    list_init(&r->excess);
}

static void drop(struct rooms *r, struct room_entry *e)
{
    hash_remove(&r->by_name, &e->node);
    list_remove(&e->recent);
    list_remove(&e->dirty);
    list_remove(&e->excess);
    free(e);
}

void rooms_fini(struct rooms *r)
{
    LIST_FOREACH(&r->recent, node, after)
        drop(r, container_of(node, struct room_entry, recent));
    hash_fini(&r->by_name);
}

/* The oldest that nobody needs; one that is to be trimmed is found again at its next event. */
static void make_place(struct rooms *r)
{
    if (r->by_name.count < ROOMS_MAX)
        return;
    for (struct list *node = r->recent.prev; node != &r->recent; node = node->prev) {
        struct room_entry *e = container_of(node, struct room_entry, recent);
        if (list_is_empty(&e->dirty) && e->id != 0) {
            drop(r, e);
            return;
        }
    }
}

static void save(struct room_entry *e)
{
    e->saved.top = e->top;
    e->saved.oldest = e->oldest;
    e->saved.last_ts = e->last_ts;
}

static void check_excess(struct rooms *r, struct room_entry *e)
{
    if (r->retain != 0 && e->top - e->oldest + 1 > r->retain && e->top != 0) {
        if (list_is_empty(&e->excess))
            list_append(&r->excess, &e->excess);
    } else {
        list_remove(&e->excess);
    }
}

static struct room_entry *cache(struct rooms *r, const char *name)
{
    make_place(r);
    struct room_entry *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    size_t len = strnlen(name, ROOM_NAME_MAX);
    memcpy(e->name.text, name, len);
    e->oldest = 1;
    list_init(&e->dirty);
    list_init(&e->excess);
    if (hash_insert(&r->by_name, &e->node, hash_bytes(e->name.text, len)) != 0) {
        free(e);
        return NULL;
    }
    /* At the old end: what is in the cache was written later, or the order is not known. */
    list_append(&r->recent, &e->recent);
    return e;
}

static struct room_entry *lookup(const struct rooms *r, const char *name)
{
    uint64_t hash = hash_bytes(name, strlen(name));
    for (struct hash_node *n = hash_first(&r->by_name, hash); n != NULL; n = hash_next(n)) {
        struct room_entry *e = container_of(n, struct room_entry, node);
        if (strcmp(e->name.text, name) == 0)
            return e;
    }
    return NULL;
}

/* Takes the columns id, top, oldest, last_ts, which start at `at`. */
static void fill(struct rooms *r, struct room_entry *e, sqlite3_stmt *s, int at)
{
    e->id = sqlite3_column_int64(s, at);
    e->top = (uint64_t)sqlite3_column_int64(s, at + 1);
    e->oldest = (uint64_t)sqlite3_column_int64(s, at + 2);
    e->last_ts = sqlite3_column_int64(s, at + 3);
    save(e);
    check_excess(r, e);
}

static int load_excess(struct rooms *r)
{
    sqlite3_stmt *s = r->stmts[W_ROOMS_EXCESS];
    stmt_int(s, 1, (int64_t)r->retain);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct room_entry *e;
        int found = rooms_find(r, stmt_get_text(s, 0), &e);
        if (found != SQLITE_OK) {
            rc = found;
            break;
        }
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int rooms_load(struct rooms *r)
{
    sqlite3_stmt *s = r->stmts[W_ROOMS_RECENT];
    stmt_int(s, 1, ROOMS_FIRST);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct room_entry *e = cache(r, stmt_get_text(s, 0));
        if (e == NULL) {
            rc = SQLITE_NOMEM;
            break;
        }
        fill(r, e, s, 1);
    }
    sqlite3_reset(s);
    if (rc != SQLITE_DONE)
        return rc;
    return r->retain != 0 ? load_excess(r) : SQLITE_OK;
}

int rooms_find(struct rooms *r, const char *name, struct room_entry **out)
{
    *out = lookup(r, name);
    if (*out != NULL)
        return SQLITE_OK;
    sqlite3_stmt *s = r->stmts[W_ROOM_FIND];
    stmt_cstring(s, 1, name);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        *out = cache(r, name);
        if (*out != NULL)
            fill(r, *out, s, 0);
    }
    sqlite3_reset(s);
    if (rc == SQLITE_ROW)
        return *out != NULL ? SQLITE_OK : SQLITE_NOMEM;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void touch(struct rooms *r, struct room_entry *e)
{
    if (list_is_empty(&e->dirty))
        list_append(&r->dirty, &e->dirty);
}

int rooms_make(struct rooms *r, const char *name, struct room_entry **out)
{
    int rc = rooms_find(r, name, out);
    if (rc != SQLITE_OK || (*out != NULL && (*out)->id != 0))
        return rc;
    struct room_entry *e = *out != NULL ? *out : cache(r, name);
    if (e == NULL)
        return SQLITE_NOMEM;
    touch(r, e);
    e->created = true;
    sqlite3_stmt *s = r->stmts[W_ROOM_INSERT];
    stmt_cstring(s, 1, e->name.text);
    stmt_int(s, 2, (int64_t)e->top);
    stmt_int(s, 3, (int64_t)e->oldest);
    stmt_int(s, 4, e->last_ts);
    rc = stmt_run(s);
    if (rc != SQLITE_DONE)
        return rc;
    e->id = sqlite3_last_insert_rowid(sqlite3_db_handle(s));
    *out = e;
    return SQLITE_OK;
}

void rooms_wrote(struct rooms *r, struct room_entry *e, int64_t ts)
{
    touch(r, e);
    e->top++;
    e->last_ts = ts;
    check_excess(r, e);
    list_remove(&e->recent);
    list_append(r->recent.next, &e->recent); /* before the first: the new first */
}

void rooms_expired(struct rooms *r, struct room_entry *e, uint64_t oldest)
{
    touch(r, e);
    e->oldest = oldest;
    check_excess(r, e);
}

int rooms_flush(struct rooms *r)
{
    sqlite3_stmt *s = r->stmts[W_ROOM_UPDATE];
    LIST_FOREACH(&r->dirty, node, after) {
        struct room_entry *e = container_of(node, struct room_entry, dirty);
        stmt_int(s, 1, e->id);
        stmt_int(s, 2, (int64_t)e->top);
        stmt_int(s, 3, (int64_t)e->oldest);
        stmt_int(s, 4, e->last_ts);
        int rc = stmt_run(s);
        if (rc != SQLITE_DONE)
            return rc;
    }
    return SQLITE_OK;
}

void rooms_told(struct rooms *r)
{
    LIST_FOREACH(&r->dirty, node, after)
        save(container_of(node, struct room_entry, dirty));
}

void rooms_committed(struct rooms *r)
{
    LIST_FOREACH(&r->dirty, node, after) {
        struct room_entry *e = container_of(node, struct room_entry, dirty);
        save(e);
        e->created = false;
        list_remove(&e->dirty);
    }
}

void rooms_lost(struct rooms *r)
{
    LIST_FOREACH(&r->dirty, node, after) {
        struct room_entry *e = container_of(node, struct room_entry, dirty);
        list_remove(&e->dirty);
        if (e->created && e->saved.top == 0) {
            drop(r, e);
            continue;
        }
        if (e->created)
            e->id = 0;
        e->created = false;
        e->top = e->saved.top;
        e->oldest = e->saved.oldest;
        e->last_ts = e->saved.last_ts;
        check_excess(r, e);
    }
}

uint32_t rooms_list(const struct rooms *r, struct room_row *rows, uint32_t cap)
{
    uint32_t n = 0;
    for (struct list *node = r->recent.next; node != &r->recent && n < cap; node = node->next) {
        const struct room_entry *e = container_of(node, struct room_entry, recent);
        if (e->top == 0)
            continue;
        rows[n].room = e->name;
        rows[n].seq = e->top;
        rows[n].last_ts_ms = e->last_ts;
        rows[n].members = 0;
        n++;
    }
    return n;
}
