/* SPDX-License-Identifier: MIT
 *
 * Who did what: one row for every act of a moderator or operator that changes something, written in
 * the transaction of that change. Writer thread; reading it is rare and happens here too.
 */
#include "store/writer.h"

#include "base/json.h"

int audit_put(struct writer *w, const char *actor, const char *act, const char *room, uint64_t seq,
              int64_t review, const char *detail)
{
    sqlite3_stmt *s = w->stmts[W_AUDIT_INSERT];
    stmt_int(s, 1, w->now_ms);
    stmt_cstring(s, 2, actor);
    stmt_cstring(s, 3, act);
    room[0] != '\0' ? stmt_cstring(s, 4, room) : stmt_null(s, 4);
    seq != 0 ? stmt_int(s, 5, (int64_t)seq) : stmt_null(s, 5);
    review != 0 ? stmt_int(s, 6, review) : stmt_null(s, 6);
    stmt_cstring(s, 7, detail);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void encode(struct buf *b, sqlite3_stmt *s)
{
    stmt_put_number(b, "{\"id\":", s, 0);
    stmt_put_number(b, ",\"ts\":", s, 1);
    buf_append_str(b, ",\"actor\":");
    json_put_cstring(b, stmt_get_text(s, 2));
    buf_append_str(b, ",\"act\":");
    json_put_cstring(b, stmt_get_text(s, 3));
    buf_append_str(b, ",\"room\":");
    if (sqlite3_column_type(s, 4) == SQLITE_NULL)
        buf_append_str(b, "null");
    else
        json_put_cstring(b, stmt_get_text(s, 4));
    stmt_put_number(b, ",\"seq\":", s, 5);
    stmt_put_number(b, ",\"review\":", s, 6);
    buf_append_str(b, ",\"detail\":");
    json_put_cstring(b, stmt_get_text(s, 7));
    buf_append_char(b, '}');
}

int audit_read(struct writer *w, struct msg_moderation *m)
{
    sqlite3_stmt *s = w->stmts[W_AUDIT_PAGE];
    stmt_int(s, 1, m->before > 0 ? m->before : INT64_MAX);
    stmt_int(s, 2, m->limit);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (m->entries.len > 0)
            buf_append_char(&m->entries, ',');
        encode(&m->entries, s);
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
