/* SPDX-License-Identifier: MIT
 * A store to test; see world.h. */
#include "world.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void world_init(struct world *w, enum durability durability)
{
    memset(w, 0, sizeof *w);
    log_set_level(LOG_ERROR);
    strcpy(w->dir, "/tmp/parley-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w->dir));
    w->config.data_dir = w->dir;
    w->config.durability = durability;
    w->topology.n_loops = WORLD_LOOPS;
}

void world_fini(struct world *w)
{
    char command[128];
    if (w->store != NULL)
        world_close(w);
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    ck_assert_int_eq(system(command), 0);
}

void world_open(struct world *w)
{
    char err[1024] = "";
    int status = store_open(&w->store, &w->config, err, sizeof err);
    ck_assert_msg(status == 0, "store_open: %s: %s", status_name(status), err);
    for (int i = 0; i < WORLD_LOOPS; i++)
        w->topology.loops[i] = mailbox_new();
    w->replies = mailbox_new();
    w->topology.store = store_mailbox(w->store);
    ck_assert_int_eq(store_start(w->store, &w->topology), 0);
}

void world_close(struct world *w)
{
    store_stop(w->store);
    store_free(w->store);
    w->store = NULL;
    for (int i = 0; i < WORLD_LOOPS; i++)
        mailbox_free(w->topology.loops[i]);
    mailbox_free(w->replies);
}

const char *world_refused(struct world *w, int status)
{
    static char err[1024];
    struct store *store = NULL;
    int got = store_open(&store, &w->config, err, sizeof err);
    ck_assert_msg(got == status, "expected %s, got %s: %s", status_name(status), status_name(got),
                  err);
    ck_assert_ptr_null(store);
    return err;
}

const char *world_path(const struct world *w, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return path;
}

struct msg_publication *world_event(enum event_kind kind, const char *room, const char *user,
                                    const char *cid, const char *text)
{
    struct msg_publication *p = msg_publication_new(MSG_STORE_APPEND, text, strlen(text));
    ck_assert_ptr_nonnull(p);
    p->kind = kind;
    strncpy(p->room.text, room, ROOM_NAME_MAX);
    strncpy(p->cid, cid, CID_MAX);
    if (user != NULL)
        p->user = user_new(user, user, ROLE_GUEST);
    return p;
}

struct msg *world_next(struct world *w, int loop)
{
    static struct msg *waiting[WORLD_LOOPS + 1]; /* taken from the mailbox, not handed out */
    struct mailbox *box = loop < 0 ? w->replies : w->topology.loops[loop];
    struct msg **chain = &waiting[loop + 1];
    struct pollfd fd = {.fd = mailbox_fd(box), .events = POLLIN};
    while (*chain == NULL) {
        ck_assert_msg(poll(&fd, 1, unit_patience_ms()) == 1, "no answer");
        *chain = mailbox_take(box);
    }
    struct msg *m = *chain;
    *chain = m->next;
    m->next = NULL;
    return m;
}

void world_post(struct world *w, struct msg *m)
{
    mailbox_post(store_mailbox(w->store), m);
}

struct msg_publication *world_append(struct world *w, struct msg_publication *p)
{
    int home = (int)topology_home(&w->topology, p->room.text);
    world_post(w, &p->head);
    struct msg *m = world_next(w, home);
    ck_assert_int_eq(m->tag, MSG_ROOM_COMMITTED);
    ck_assert_ptr_eq(m, p);
    return p;
}

struct outcome world_send(struct world *w, struct msg_publication *p)
{
    world_append(w, p);
    struct outcome o = {.status = p->ask.status,
                        .id = p->id,
                        .seq = p->seq,
                        .ts_ms = p->ts_ms,
                        .duplicate = p->duplicate,
                        .retry_after_ms = p->ask.retry_after_ms};
    if (p->ask.detail != NULL)
        snprintf(o.detail, sizeof o.detail, "%s", p->ask.detail);
    msg_free(&p->head);
    return o;
}

struct msg_read *world_read(struct world *w, const char *room, bool backward, uint64_t from,
                            uint32_t limit, uint32_t max_bytes)
{
    struct msg_read *m = msg_new(MSG_STORE_READ, 0);
    strncpy(m->room.text, room, ROOM_NAME_MAX);
    m->reply = w->replies;
    m->reply_tag = MSG_LOOP_READ;
    m->backward = backward;
    if (backward)
        m->before = from;
    else
        m->after = from;
    m->limit = limit;
    m->max_bytes = max_bytes;
    m->with_cid = true;
    world_post(w, &m->head);
    ck_assert_ptr_eq(world_next(w, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_READ);
    return m;
}

uint64_t world_top(struct world *w, const char *room)
{
    struct msg_room_open *m = msg_new(MSG_STORE_ROOM_OPEN, 0);
    strncpy(m->room.text, room, ROOM_NAME_MAX);
    m->reply = w->replies;
    world_post(w, &m->head);
    ck_assert_ptr_eq(world_next(w, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_ROOM_OPENED);
    ck_assert_int_eq(m->status, 0);
    uint64_t top = m->top;
    ck_assert_int_eq(m->last_ts_ms != 0, top != 0);
    msg_free(&m->head);
    return top;
}

struct msg_pending *world_pending(struct world *w, int64_t after, uint32_t limit)
{
    struct msg_pending *m = msg_new(MSG_STORE_PENDING, 0);
    m->reply = w->replies;
    m->after = after;
    m->limit = limit;
    world_post(w, &m->head);
    ck_assert_ptr_eq(world_next(w, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_DISPATCH_PENDING);
    return m;
}

static sqlite3 *connect_to(const struct world *w)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open_v2(world_path(w, "parley.db"), &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    sqlite3_busy_timeout(db, unit_patience_ms());
    return db;
}

int64_t world_query(const struct world *w, const char *sql)
{
    sqlite3 *db = connect_to(w);
    sqlite3_stmt *s = NULL;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    int rc = sqlite3_step(s);
    int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : INT64_MIN;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

void world_exec(const struct world *w, const char *sql)
{
    sqlite3 *db = connect_to(w);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    sqlite3_close(db);
}

void world_until(const struct world *w, const char *sql, int64_t expected)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t value = 0;
    uint64_t until = clock_mono_us() + (uint64_t)unit_patience_ms() * 1000;
    while (clock_mono_us() < until) {
        value = world_query(w, sql);
        if (value == expected)
            return;
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("%s: still %lld, not %lld", sql, (long long)value, (long long)expected);
}
