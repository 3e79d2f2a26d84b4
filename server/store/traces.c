/* SPDX-License-Identifier: MIT
 * Traces read back; see gated.c for their writing. Reader thread. */
#include "store/reader.h"

#include "base/json.h"
#include "base/status.h"
#include "store/db.h"

static int find_room(struct reader *r, const char *name, int64_t *id)
{
    sqlite3_stmt *s = r->stmts[R_ROOM];
    stmt_cstring(s, 1, name);
    int rc = sqlite3_step(s);
    *id = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc;
}

static int read_one(struct reader *r, struct msg_traces *m, int64_t room)
{
    sqlite3_stmt *s = r->stmts[R_TRACE];
    stmt_int(s, 1, room);
    stmt_int(s, 2, (int64_t)m->seq);
    int rc = sqlite3_step(s);
    m->known = rc == SQLITE_ROW;
    if (m->known) {
        m->ts_ms = sqlite3_column_int64(s, 0);
        m->verdict_seq = (uint64_t)sqlite3_column_int64(s, 1);
        buf_append(&m->rows, stmt_get_text(s, 2), (size_t)sqlite3_column_bytes(s, 2));
    }
    sqlite3_reset(s);
    return rc;
}

static int read_page(struct reader *r, struct msg_traces *m, int64_t room)
{
    struct buf *b = &m->rows;
    sqlite3_stmt *s = r->stmts[R_TRACES];
    int rc;
    stmt_int(s, 1, room);
    stmt_int(s, 2, m->seq > INT64_MAX ? INT64_MAX : (int64_t)m->seq);
    stmt_int(s, 3, m->limit);
    buf_append_char(b, '[');
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        m->first = (uint64_t)sqlite3_column_int64(s, 0);
        buf_append_str(b, m->count++ > 0 ? ",{\"seq\":" : "{\"seq\":");
        buf_append_u64(b, m->first);
        buf_append_str(b, ",\"text\":");
        json_put_string(b, stmt_get_text(s, 1), (size_t)sqlite3_column_bytes(s, 1));
        buf_append_str(b, ",\"role\":");
        buf_append_i64(b, sqlite3_column_int64(s, 2));
        buf_append_str(b, ",\"trace\":");
        if (sqlite3_column_type(s, 3) != SQLITE_NULL)
            buf_append(b, stmt_get_text(s, 3), (size_t)sqlite3_column_bytes(s, 3));
        else
            buf_append_str(b, "null");
        buf_append_char(b, '}');
    }
    buf_append_char(b, ']');
    sqlite3_reset(s);
    return rc;
}

void traces_read(struct reader *r, struct msg_traces *m)
{
    int64_t room;
    int rc = find_room(r, m->room.text, &room);
    if (rc == SQLITE_ROW || (rc == SQLITE_DONE && m->page))
        rc = m->page ? read_page(r, m, room) : read_one(r, m, room);
    m->ask.status = 0;
    if ((rc != SQLITE_ROW && rc != SQLITE_DONE) || m->rows.failed) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
    }
    m->head.tag = MSG_LOOP_TRACES;
    mailbox_post(m->reply, &m->head);
}
