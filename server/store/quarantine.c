/* SPDX-License-Identifier: MIT
 *
 * Messages that killed their workers: kept for an operator, who looks at them, has them analysed
 * once more, or drops them. Writer thread; all of it is rare, so reading happens here too.
 *
 * Of an analysed message exactly one is true: it waits (pending, state 1), it is in quarantine (a
 * row there, pending with state 2), it has its verdict, or an operator has dropped it.
 */
#include "store/writer.h"

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#define RETRY_AFTER_MS 1000

static int run_with_id(struct writer *w, enum writer_statement statement, int64_t id)
{
    stmt_int(w->stmts[statement], 1, id);
    int rc = stmt_run(w->stmts[statement]);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int quarantine_put(struct writer *w, const struct msg_quarantine *m)
{
    int rc = run_with_id(w, W_PENDING_QUARANTINE, m->id);
    if (rc != SQLITE_OK || sqlite3_changes(w->db) == 0)
        return rc; /* it has its verdict, or retention took it meanwhile */
    sqlite3_stmt *s = w->stmts[W_QUARANTINE_INSERT];
    stmt_int(s, 1, m->id);
    stmt_int(s, 2, m->ts_ms);
    stmt_int(s, 3, m->attempts);
    stmt_cstring(s, 4, m->reason);
    stmt_cstring(s, 5, m->stack);
    rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int quarantine_decide(struct writer *w, struct msg_review *m)
{
    /* From quarantine to waiting, or out of both. */
    enum writer_statement mark = m->act == REVIEW_REPLAY ? W_PENDING_RELEASE : W_PENDING_DROP;
    int rc = run_with_id(w, mark, m->id);
    bool found = sqlite3_changes(w->db) > 0;
    if (rc == SQLITE_OK)
        rc = run_with_id(w, W_QUARANTINE_DELETE, m->id);
    m->ask.status = found ? 0 : E_NOT_FOUND;
    return rc;
}

/* A row of QUARANTINE_PAGE. */
static void encode(struct buf *b, sqlite3_stmt *s, bool whole)
{
    buf_append_str(b, "{\"id\":");
    buf_append_i64(b, sqlite3_column_int64(s, 0));
    buf_append_str(b, ",\"room\":");
    json_put_cstring(b, stmt_get_text(s, 1));
    buf_append_str(b, ",\"seq\":");
    buf_append_i64(b, sqlite3_column_int64(s, 2));
    buf_append_str(b, ",\"user\":{\"id\":");
    json_put_cstring(b, stmt_get_text(s, 6));
    buf_append_str(b, ",\"name\":");
    json_put_cstring(b, stmt_get_text(s, 7));
    buf_append_str(b, "},\"sent_ts\":");
    buf_append_i64(b, sqlite3_column_int64(s, 8));
    buf_append_str(b, ",\"ts\":");
    buf_append_i64(b, sqlite3_column_int64(s, 3));
    buf_append_str(b, ",\"attempts\":");
    buf_append_i64(b, sqlite3_column_int64(s, 4));
    buf_append_str(b, ",\"reason\":");
    json_put_cstring(b, stmt_get_text(s, 5));
    if (whole) {
        const char *stack = stmt_get_text(s, 10);
        buf_append_str(b, ",\"text\":");
        json_put_string(b, stmt_get_text(s, 9), (size_t)sqlite3_column_bytes(s, 9));
        buf_append_str(b, ",\"stack\":");
        if (stack[0] != '\0')
            json_put_cstring(b, stack);
        else
            buf_append_str(b, "null");
    }
    buf_append_char(b, '}');
}

static int count_all(struct writer *w, uint64_t *total)
{
    sqlite3_stmt *s = w->stmts[W_QUARANTINE_COUNT];
    int rc = sqlite3_step(s);
    *total = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* The entries from ?1 down, at most ?2. */
static int read_entries(struct writer *w, struct msg_review *m)
{
    bool whole = m->act == REVIEW_SHOW;
    sqlite3_stmt *s = w->stmts[W_QUARANTINE_PAGE];
    stmt_int(s, 1, whole ? m->id : INT64_MAX);
    stmt_int(s, 2, whole ? 1 : m->limit);
    int rc;
    m->ask.status = whole ? E_NOT_FOUND : 0;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (whole && sqlite3_column_int64(s, 0) != m->id)
            continue;
        m->ask.status = 0;
        if (m->entries.len > 0)
            buf_append_char(&m->entries, ',');
        encode(&m->entries, s, whole);
    }
    sqlite3_reset(s);
    if (rc == SQLITE_DONE)
        rc = count_all(w, &m->total);
    return rc == SQLITE_OK && m->entries.failed ? SQLITE_NOMEM : rc;
}

/* It waits again: dispatch need not find it by itself. */
static void post_job(struct writer *w, int64_t id)
{
    sqlite3_stmt *s = w->stmts[W_PENDING_PAGE];
    struct mailbox *dispatch = w->topology->dispatch;
    if (dispatch == NULL)
        return; /* analysed when a server with workers starts */
    stmt_int(s, 1, id - 1);
    stmt_int(s, 2, 1);
    struct msg *job = sqlite3_step(s) == SQLITE_ROW ? writer_make_job(s) : NULL;
    sqlite3_reset(s);
    if (job == NULL) {
        log_warn("store", "message %lld is to be analysed again, but only after the next start: it "
                          "cannot be read now", (long long)id);
        return;
    }
    ((struct msg_job *)job)->again = true;
    mailbox_post(dispatch, job);
}

void quarantine_answer_review(struct writer *w, struct msg_review *m, int lost)
{
    int rc = lost;
    if (m->act == REVIEW_LIST || m->act == REVIEW_SHOW)
        rc = read_entries(w, m);
    if (rc != SQLITE_OK) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    } else if (m->ask.status == E_NOT_FOUND) {
        m->ask.detail = "no message with this id is in quarantine";
    } else if (m->act == REVIEW_REPLAY) {
        post_job(w, m->id);
    }
    m->head.tag = MSG_LOOP_REVIEWED;
    writer_answer(w, m->reply, &m->head);
}

void quarantine_answer_put(struct writer *w, struct msg_quarantine *m, int lost)
{
    if (w->topology->dispatch == NULL) {
        msg_free(&m->head);
        return;
    }
    m->status = lost != SQLITE_OK ? E_UNAVAILABLE : 0;
    m->head.tag = MSG_DISPATCH_QUARANTINED;
    mailbox_post(w->topology->dispatch, &m->head);
}
