/* SPDX-License-Identifier: MIT
 *
 * A real store in a directory of its own, and a test that plays the loops: it posts what loops
 * would and drains the mailboxes that they would. Every failure ends the test.
 */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include "loop/mailbox.h"
#include "store/store.h"
#include "unit.h"

#include <sqlite3.h>

#define WORLD_LOOPS 2

struct world {
    char dir[64];
    struct store_config config;
    struct topology topology;
    struct store *store;
    struct mailbox *replies; /* of everything that names its mailbox */
};

/* A new directory; nothing is opened. */
void world_init(struct world *w, enum durability durability);
/* Closes what is open, removes the directory. */
void world_fini(struct world *w);
void world_open(struct world *w);
void world_close(struct world *w);
/* Opens, expects a refusal with this status, and gives its text. */
const char *world_refused(struct world *w, int status);
/* DATA/name, in a static buffer. */
const char *world_path(const struct world *w, const char *name);

/* A publication that nobody has posted yet. `user` NULL: the server. */
struct msg_publication *world_event(enum event_kind kind, const char *room, const char *user,
                                    const char *cid, const char *text);
static inline struct msg_publication *world_message(const char *room, const char *user,
                                                    const char *cid, const char *text)
{
    return world_event(EVENT_MESSAGE, room, user, cid, text);
}
/* Posts it and waits until it is back. The caller frees it. */
struct msg_publication *world_append(struct world *w, struct msg_publication *p);
/* The same, frees it and gives what matters. */
struct outcome {
    int status;
    int64_t id;
    uint64_t seq;
    int64_t ts_ms;
    bool duplicate;
    char detail[128];
    uint32_t retry_after_ms;
};
struct outcome world_send(struct world *w, struct msg_publication *p);
/* Posts a message and does not wait. */
void world_post(struct world *w, struct msg *m);
/* The next message back on the mailbox of loop `loop`, or on w->replies (loop -1). */
struct msg *world_next(struct world *w, int loop);

/* One page. The caller frees it. */
struct msg_read *world_read(struct world *w, const char *room, bool backward, uint64_t from,
                            uint32_t limit, uint32_t max_bytes);
/* The number of a room's newest event. */
uint64_t world_top(struct world *w, const char *room);
/* The messages that still wait for a verdict. */
struct msg_pending *world_pending(struct world *w, int64_t after, uint32_t limit);

/* Looks into the database with a connection of its own. */
int64_t world_query(const struct world *w, const char *sql);
void world_exec(const struct world *w, const char *sql);
/* Asks until it is so; fails when patience ends. */
void world_until(const struct world *w, const char *sql, int64_t expected);

#endif
