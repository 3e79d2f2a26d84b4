/* SPDX-License-Identifier: MIT
 * Pages of history; see reader.h. The reader thread. */
#include "store/reader.h"

#include "base/event.h"
#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMIT_MAX 1000 /* events a page, whatever was asked for */
#define RETRY_AFTER_MS 1000

struct event reader_view_row(sqlite3_stmt *s, bool with_cid)
{
    return (struct event){
        .seq = (uint64_t)sqlite3_column_int64(s, 0),
        .ts_ms = sqlite3_column_int64(s, 1),
        .kind = (enum event_kind)sqlite3_column_int(s, 2),
        .on = (uint64_t)sqlite3_column_int64(s, 3),
        .add = sqlite3_column_int(s, 4) != 0,
        .text = stmt_get_text(s, 5),
        .text_len = (size_t)sqlite3_column_bytes(s, 5),
        .cid = with_cid ? (const char *)sqlite3_column_text(s, 6) : NULL,
        .user_id = (const char *)sqlite3_column_text(s, 7),
        .user_name = stmt_get_text(s, 8),
        .role = (enum role)sqlite3_column_int(s, 9),
    };
}

/* Whether `len` more bytes (and a comma) are within the page's limit; one event always is. */
static bool fits(const struct msg_read *m, size_t so_far, size_t len)
{
    return m->count == 0 || so_far + 1 + len <= m->max_bytes;
}

static int read_forward(struct reader *r, struct msg_read *m, sqlite3_stmt *s)
{
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct event e = reader_view_row(s, m->with_cid);
        size_t before = m->events.len;
        buf_clear(&r->scratch);
        event_encode(&r->scratch, m->room.text, &e);
        if (!fits(m, before, r->scratch.len))
            return SQLITE_DONE;
        if (before > 0)
            buf_append_char(&m->events, ',');
        buf_append(&m->events, r->scratch.data, r->scratch.len);
        if (m->count++ == 0)
            m->first = e.seq;
        m->last = e.seq;
    }
    return rc;
}

/* Rows come newest first and are wanted oldest first: encoded one behind the other, then turned. */
static int read_backward(struct reader *r, struct msg_read *m, sqlite3_stmt *s)
{
    size_t ends[LIMIT_MAX];
    int rc;
    buf_clear(&r->scratch);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct event e = reader_view_row(s, m->with_cid);
        size_t before = r->scratch.len;
        event_encode(&r->scratch, m->room.text, &e);
        if (r->scratch.failed)
            break;
        /* The commas between the events so far come with the turning. */
        if (!fits(m, before + m->count - 1, r->scratch.len - before)) {
            rc = SQLITE_DONE;
            break;
        }
        ends[m->count] = r->scratch.len;
        if (m->count++ == 0)
            m->last = e.seq;
        m->first = e.seq;
    }
    for (uint32_t i = m->count; i-- > 0;) {
        size_t begin = i > 0 ? ends[i - 1] : 0;
        if (m->events.len > 0)
            buf_append_char(&m->events, ',');
        buf_append(&m->events, r->scratch.data + begin, ends[i] - begin);
    }
    return rc;
}

int reader_find_room(struct reader *r, const char *name, struct page_room *room)
{
    sqlite3_stmt *s = r->stmts[R_ROOM];
    stmt_cstring(s, 1, name);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        room->id = sqlite3_column_int64(s, 0);
        room->top = (uint64_t)sqlite3_column_int64(s, 1);
        room->oldest = (uint64_t)sqlite3_column_int64(s, 2);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool has_more(const struct msg_read *m)
{
    if (m->top == 0)
        return false;
    if (m->backward)
        return m->oldest < (m->count > 0 ? m->first : m->before);
    return m->top > (m->count > 0 ? m->last : m->after);
}

static int64_t clamp(uint64_t seq)
{
    return seq > INT64_MAX ? INT64_MAX : (int64_t)seq;
}

static int read_page(struct reader *r, struct msg_read *m)
{
    struct page_room room = {0};
    int rc = reader_find_room(r, m->room.text, &room);
    m->known = room.id != 0;
    if (rc != SQLITE_OK || !m->known)
        return rc;
    m->top = room.top;
    m->oldest = room.top > 0 ? room.oldest : 0;
    if (m->limit > 0) {
        sqlite3_stmt *s = r->stmts[m->backward ? R_PAGE_BEFORE : R_PAGE_AFTER];
        stmt_int(s, 1, room.id);
        stmt_int(s, 2, clamp(m->backward ? m->before : m->after));
        stmt_int(s, 3, m->limit < LIMIT_MAX ? m->limit : LIMIT_MAX);
        rc = m->backward ? read_backward(r, m, s) : read_forward(r, m, s);
        sqlite3_reset(s);
    }
    m->more = has_more(m);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One transaction, so that the room's top and its events are of one moment. */
static int read_at_once(struct reader *r, struct msg_read *m)
{
    int rc = stmt_run(r->stmts[R_BEGIN]);
    if (rc != SQLITE_DONE)
        return rc;
    rc = read_page(r, m);
    stmt_run(r->stmts[R_COMMIT]);
    if (rc == SQLITE_OK && (m->events.failed || r->scratch.failed))
        rc = SQLITE_NOMEM;
    return rc;
}

static void on_read(struct reader *r, struct msg_read *m)
{
    buf_clear(&m->events);
    m->count = 0;
    m->first = m->last = 0;
    m->ask.status = 0;
    int rc = read_at_once(r, m);
    if (rc != SQLITE_OK) {
        log_error("store", "cannot read a page of history: %s (%s)", db_reason(rc),
                  sqlite3_errmsg(r->db));
        buf_clear(&m->events);
        m->count = 0;
        m->first = m->last = 0;
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    }
    atomic_fetch_add_explicit(&r->stats->reads, 1, memory_order_relaxed);
    m->head.tag = m->reply_tag;
    mailbox_post(m->reply, &m->head);
}

static void drain(struct reader *r)
{
    struct msg *m = mailbox_take(r->mailbox);
    while (m != NULL) {
        struct msg *next = m->next;
        if (m->tag == MSG_STORE_READ) {
            on_read(r, (struct msg_read *)m);
        } else if (m->tag == MSG_STORE_TRACES) {
            traces_read(r, (struct msg_traces *)m);
        } else if (m->tag == MSG_STORE_SEARCH) {
            search_read(r, (struct msg_search *)m);
        } else {
            r->stopping |= m->tag == MSG_STORE_STOP;
            msg_free(m);
        }
        m = next;
    }
}

/* Beside the writer, which goes on committing: see struct checkpoint. */
static void checkpoint(struct reader *r)
{
    uint64_t count;
    if (read(r->checkpoint->wanted_fd, &count, sizeof count) < 0)
        return;
    int rc = sqlite3_wal_checkpoint_v2(r->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc == SQLITE_OK)
        atomic_store_explicit(&r->checkpoint->bulk_done, true, memory_order_release);
    else if ((rc & 0xff) != SQLITE_BUSY)
        log_warn("store", "checkpoint: %s", db_reason(rc));
}

void *reader_run(void *arg)
{
    struct reader *r = arg;
    struct pollfd fds[] = {
        {.fd = mailbox_fd(r->mailbox), .events = POLLIN},
        {.fd = r->checkpoint->wanted_fd, .events = POLLIN},
    };
    while (!r->stopping) {
        if (poll(fds, 2, -1) < 0) {
            if (errno != EINTR)
                fatal("store", "poll: %s", strerror(errno));
            continue;
        }
        if (fds[0].revents != 0)
            drain(r);
        if (fds[1].revents != 0)
            checkpoint(r);
    }
    return NULL;
}

int reader_init(struct reader *r)
{
    int rc = statements_prepare_reader(r->db, r->stmts);
    return db_status(rc == SQLITE_OK ? terms_init(&r->terms, r->db) : rc);
}

void reader_fini(struct reader *r)
{
    statements_finalize(r->stmts, N_READER_STATEMENTS);
    terms_fini(&r->terms);
    buf_fini(&r->scratch);
}
