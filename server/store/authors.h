/* SPDX-License-Identifier: MIT
 *
 * The users that the writer knows by heart: a bounded cache, least recently used first out, over
 * the tables users and authors (a user as shown: name and role). Owned by the writer thread.
 * Result codes are SQLite's.
 */
#ifndef STORE_AUTHORS_H
#define STORE_AUTHORS_H

#include "base/hash.h"
#include "base/list.h"
#include "base/user.h"

#include <sqlite3.h>
#include <stdbool.h>

struct author {
    struct hash_node node;
    struct list lru;     /* of authors.lru */
    struct list created; /* of authors.created: has rows made in the open transaction */
    int64_t user;        /* users.id */
    int64_t id;          /* authors.id of name and role; 0: not looked up */
    enum role role;
    char uid[USER_ID_MAX + 1];
    char name[USER_NAME_MAX + 1];
};

struct authors {
    sqlite3_stmt **stmts;
    struct hash by_uid;
    struct list lru; /* oldest use first */
    struct list created;
};

void authors_init(struct authors *a, sqlite3_stmt **stmts);
void authors_fini(struct authors *a);

/* users.id, or 0 for somebody who never wrote. */
int authors_find(struct authors *a, const char *uid, int64_t *user);
/* With the rows for this name and role; inside a transaction. Valid until the next call. */
int authors_make(struct authors *a, const struct user *user, const struct author **out);

void authors_committed(struct authors *a);
/* Forgets whose rows were rolled back. */
void authors_lost(struct authors *a);

#endif
