/* SPDX-License-Identifier: MIT
 *
 * What room analyzers know of each room, kept for the dispatch thread: one text a room. Writer
 * thread.
 */
#include "store/writer.h"

#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

int insights_write(struct writer *w, struct msg_insight *m)
{
    sqlite3_stmt *s = w->stmts[W_INSIGHT_PUT];
    stmt_cstring(s, 1, m->room.text);
    stmt_text(s, 2, m->json.data, m->json.len);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void insights_answer(struct writer *w, struct msg_insight *m)
{
    sqlite3_stmt *s = w->stmts[W_INSIGHT_GET];
    stmt_cstring(s, 1, m->room.text);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        buf_append(&m->json, stmt_get_text(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    else if (rc != SQLITE_DONE)
        log_error("store", "what room analyzers knew of a room cannot be read: %s", db_reason(rc));
    sqlite3_reset(s);
    m->head.tag = MSG_DISPATCH_INSIGHT_LOADED;
    writer_answer(w, m->reply, &m->head);
}
