/* SPDX-License-Identifier: MIT
 * The writer's users; see authors.h. Writer thread. */
#include "store/authors.h"

#include "store/statements.h"

#include <stdlib.h>

#define AUTHORS_MAX 32768 /* entries kept */

void authors_init(struct authors *a, sqlite3_stmt **stmts)
{
    memset(a, 0, sizeof *a);
    a->stmts = stmts;
    list_init(&a->lru);
    list_init(&a->created);
}

static void drop(struct authors *a, struct author *e)
{
    hash_remove(&a->by_uid, &e->node);
    list_remove(&e->lru);
    list_remove(&e->created);
    free(e);
}

void authors_fini(struct authors *a)
{
    LIST_FOREACH(&a->lru, node, after)
        drop(a, container_of(node, struct author, lru));
    hash_fini(&a->by_uid);
}

static struct author *lookup(struct authors *a, const char *uid, uint64_t hash)
{
    for (struct hash_node *n = hash_first(&a->by_uid, hash); n != NULL; n = hash_next(n)) {
        struct author *e = container_of(n, struct author, node);
        if (strcmp(e->uid, uid) == 0) {
            list_remove(&e->lru);
            list_append(&a->lru, &e->lru);
            return e;
        }
    }
    return NULL;
}

static void make_place(struct authors *a)
{
    if (a->by_uid.count < AUTHORS_MAX)
        return;
    LIST_FOREACH(&a->lru, node, after) {
        struct author *e = container_of(node, struct author, lru);
        if (list_is_empty(&e->created)) {
            drop(a, e);
            return;
        }
    }
}

static struct author *cache(struct authors *a, const char *uid, uint64_t hash)
{
    make_place(a);
    struct author *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    memcpy(e->uid, uid, strnlen(uid, USER_ID_MAX));
    list_init(&e->created);
    if (hash_insert(&a->by_uid, &e->node, hash) != 0) {
        free(e);
        return NULL;
    }
    list_append(&a->lru, &e->lru);
    return e;
}

static int find(struct authors *a, const char *uid, struct author **out)
{
    uint64_t hash = hash_bytes(uid, strlen(uid));
    *out = lookup(a, uid, hash);
    if (*out != NULL)
        return SQLITE_OK;
    sqlite3_stmt *s = a->stmts[W_USER_FIND];
    stmt_cstring(s, 1, uid);
    int rc = sqlite3_step(s);
    int64_t user = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
    *out = cache(a, uid, hash);
    if (*out == NULL)
        return SQLITE_NOMEM;
    (*out)->user = user;
    return SQLITE_OK;
}

int authors_find(struct authors *a, const char *uid, int64_t *user)
{
    struct author *e;
    int rc = find(a, uid, &e);
    *user = rc == SQLITE_OK && e != NULL ? e->user : 0;
    return rc;
}

static void mark_created(struct authors *a, struct author *e)
{
    if (list_is_empty(&e->created))
        list_append(&a->created, &e->created);
}

static int insert_user(struct authors *a, const char *uid, struct author **out)
{
    sqlite3_stmt *s = a->stmts[W_USER_INSERT];
    stmt_cstring(s, 1, uid);
    int rc = stmt_run(s);
    if (rc != SQLITE_DONE)
        return rc;
    struct author *e = cache(a, uid, hash_bytes(uid, strlen(uid)));
    if (e == NULL)
        return SQLITE_NOMEM;
    mark_created(a, e);
    e->user = sqlite3_last_insert_rowid(sqlite3_db_handle(s));
    *out = e;
    return SQLITE_OK;
}

static sqlite3_stmt *bind_author(struct authors *a, enum writer_statement which,
                                 const struct author *e, const struct user *user)
{
    sqlite3_stmt *s = a->stmts[which];
    stmt_int(s, 1, e->user);
    stmt_cstring(s, 2, user->name);
    stmt_int(s, 3, user->role);
    return s;
}

static int take_author(struct authors *a, struct author *e, const struct user *user)
{
    sqlite3_stmt *s = bind_author(a, W_AUTHOR_FIND, e, user);
    int rc = sqlite3_step(s);
    e->id = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    if (rc == SQLITE_DONE) {
        s = bind_author(a, W_AUTHOR_INSERT, e, user);
        mark_created(a, e);
        rc = stmt_run(s);
        if (rc == SQLITE_DONE)
            e->id = sqlite3_last_insert_rowid(sqlite3_db_handle(s));
    }
    e->role = user->role;
    memcpy(e->name, user->name, sizeof e->name);
    return e->id != 0 ? SQLITE_OK : rc;
}

int authors_make(struct authors *a, const struct user *user, const struct author **out)
{
    struct author *e;
    int rc = find(a, user->id, &e);
    if (rc == SQLITE_OK && e == NULL)
        rc = insert_user(a, user->id, &e);
    if (rc != SQLITE_OK)
        return rc;
    if (e->id == 0 || e->role != user->role || strcmp(e->name, user->name) != 0)
        rc = take_author(a, e, user);
    *out = e;
    return rc;
}

void authors_committed(struct authors *a)
{
    LIST_FOREACH(&a->created, node, after)
        list_remove(node);
}

void authors_lost(struct authors *a)
{
    LIST_FOREACH(&a->created, node, after)
        drop(a, container_of(node, struct author, created));
}
