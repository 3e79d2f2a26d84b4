/* SPDX-License-Identifier: MIT
 *
 * Deleting what --retain-events no longer keeps, a few events at a time: out of the log, the
 * search index, the list of messages without a verdict and the quarantine. Only the memory of their
 * cids stays. Writer thread.
 */
#include "store/writer.h"

/* A row of EXPIRING. */
static int retire(struct writer *w, const struct room_entry *e, sqlite3_stmt *row)
{
    sqlite3_stmt *s = w->stmts[W_RETIRE];
    enum action action;
    int64_t hash = cids_hash_content(
        &w->cids, (enum event_kind)sqlite3_column_int(row, 3),
        (uint64_t)sqlite3_column_int64(row, 4), sqlite3_column_int(row, 5) != 0,
        stmt_get_text(row, 6), (size_t)sqlite3_column_bytes(row, 6));
    /* What was sent, not what it was made of. */
    int rc = gated_find_altered(w, sqlite3_column_int64(row, 0), &hash, &action);
    if (rc != SQLITE_OK)
        return rc;
    if (action != ACTION_NONE) {
        stmt_int(w->stmts[W_ALTERED_DELETE], 1, sqlite3_column_int64(row, 0));
        rc = stmt_run(w->stmts[W_ALTERED_DELETE]);
        if (rc != SQLITE_DONE)
            return rc;
    }
    stmt_int(s, 1, sqlite3_column_int64(row, 0));
    stmt_int(s, 2, sqlite3_column_int64(row, 8));
    stmt_text(s, 3, stmt_get_text(row, 7), (size_t)sqlite3_column_bytes(row, 7));
    stmt_int(s, 4, e->id);
    stmt_int(s, 5, sqlite3_column_int64(row, 1));
    stmt_int(s, 6, sqlite3_column_int64(row, 2));
    stmt_int(s, 7, hash);
    return stmt_run(s);
}

static int expire(struct writer *w, const struct room_entry *e, sqlite3_stmt *row)
{
    int rc = SQLITE_DONE;
    int64_t id = sqlite3_column_int64(row, 0);
    int kind = sqlite3_column_int(row, 3);
    if (kind == EVENT_MESSAGE || kind == EVENT_EDIT || kind == EVENT_HIDDEN) {
        stmt_int(w->stmts[W_TRACE_DELETE], 1, id);
        rc = stmt_run(w->stmts[W_TRACE_DELETE]);
        stmt_int(w->stmts[W_PENDING_DELETE], 1, id);
        if (rc == SQLITE_DONE)
            rc = stmt_run(w->stmts[W_PENDING_DELETE]);
    }
    if (rc == SQLITE_DONE && kind == EVENT_MESSAGE) {
        rc = search_expire(w, e->id, (uint64_t)sqlite3_column_int64(row, 1));
        if (rc != SQLITE_OK)
            return rc;
        stmt_int(w->stmts[W_QUARANTINE_DELETE], 1, id);
        rc = stmt_run(w->stmts[W_QUARANTINE_DELETE]);
    }
    if (rc == SQLITE_DONE && sqlite3_column_type(row, 7) != SQLITE_NULL
        && sqlite3_column_type(row, 8) != SQLITE_NULL)
        rc = retire(w, e, row);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int retention_step(struct writer *w, struct room_entry *e, size_t n)
{
    uint64_t keep_from = e->top - w->retain_events + 1, oldest = keep_from;
    sqlite3_stmt *s = w->stmts[W_EXPIRING];
    size_t count = 0;
    stmt_int(s, 1, e->id);
    stmt_int(s, 2, (int64_t)keep_from);
    stmt_int(s, 3, (int64_t)n);
    int rc = SQLITE_OK, step;
    while (rc == SQLITE_OK && (step = sqlite3_step(s)) != SQLITE_DONE) {
        rc = step == SQLITE_ROW ? expire(w, e, s) : step;
        if (++count == n)
            oldest = (uint64_t)sqlite3_column_int64(s, 1) + 1;
    }
    sqlite3_reset(s);
    if (rc != SQLITE_OK)
        return rc;
    s = w->stmts[W_EVENTS_DELETE];
    stmt_int(s, 1, e->id);
    stmt_int(s, 2, (int64_t)oldest);
    rc = stmt_run(s);
    if (rc != SQLITE_DONE)
        return rc;
    rooms_expired(&w->rooms, e, oldest);
    return SQLITE_OK;
}
