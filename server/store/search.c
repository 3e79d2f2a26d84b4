/* SPDX-License-Identifier: MIT
 *
 * Feeding table search: the words of every message as it reads after event meta.search_to (its last
 * edit, nothing when deleted). The index keeps no text of its own, so taking a message out means
 * telling it the same text again; the log has it. Writer thread.
 */
#include "store/writer.h"

#include <stdlib.h>

struct target {
    int64_t room, seq;
};

bool search_is_behind(const struct writer *w)
{
    return !w->search_broken && w->search_to < w->next_id - 1;
}

static int64_t rowid_of(struct target t)
{
    return t.room << SEARCH_SEQ_BITS | t.seq;
}

static int compare(const void *a, const void *b)
{
    int64_t x = rowid_of(*(const struct target *)a), y = rowid_of(*(const struct target *)b);
    return x < y ? -1 : x > y;
}

/* Runs `which` (add or remove) with the message's text as it read after event as_of, if any. */
static int apply(struct writer *w, enum writer_statement which, struct target t, int64_t as_of)
{
    sqlite3_stmt *original = w->stmts[W_SEARCH_ORIGINAL], *change = w->stmts[W_EVENT_CHANGE];
    sqlite3_stmt *source = NULL;
    int column = 2, result = SQLITE_OK;
    stmt_int(original, 1, t.room);
    stmt_int(original, 2, t.seq);
    stmt_int(change, 1, t.room);
    stmt_int(change, 2, t.seq);
    stmt_int(change, 3, as_of);
    int rc = sqlite3_step(original);
    if (rc == SQLITE_ROW && sqlite3_column_int64(original, 0) <= as_of
        && sqlite3_column_int(original, 1) == EVENT_MESSAGE) {
        source = original;
        rc = sqlite3_step(change);
        if (rc == SQLITE_ROW) {
            source = sqlite3_column_int(change, 0) == EVENT_EDIT ? change : NULL;
            column = 1;
        }
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        result = rc;
    } else if (source != NULL) {
        sqlite3_stmt *s = w->stmts[which];
        stmt_int(s, 1, rowid_of(t));
        stmt_text(s, 2, stmt_get_text(source, column),
                  (size_t)sqlite3_column_bytes(source, column));
        rc = stmt_run(s);
        result = rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    sqlite3_reset(original);
    sqlite3_reset(change);
    return result;
}

/* Messages that the next n events concern; *to is the last of these events. Count, or -rc. */
static int collect(struct writer *w, size_t n, struct target *targets, int64_t *to)
{
    sqlite3_stmt *s = w->stmts[W_SEARCH_FEED];
    int count = 0, rc;
    stmt_int(s, 1, w->search_to);
    stmt_int(s, 2, (int64_t)n);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        int kind = sqlite3_column_int(s, 3);
        *to = sqlite3_column_int64(s, 0);
        if (kind == EVENT_MESSAGE || kind == EVENT_EDIT || kind == EVENT_DELETE) {
            targets[count].room = sqlite3_column_int64(s, 1);
            targets[count++].seq = sqlite3_column_int64(s, kind == EVENT_MESSAGE ? 2 : 4);
        }
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? count : -rc;
}

static int update(struct writer *w, struct target *targets, int count, int64_t to)
{
    int rc = SQLITE_OK;
    /* The index wants ascending rowids; out of order it flushes at each. */
    qsort(targets, (size_t)count, sizeof *targets, compare);
    for (int i = 0; i < count && rc == SQLITE_OK; i++) {
        if (i > 0 && compare(&targets[i - 1], &targets[i]) == 0)
            continue;
        rc = apply(w, W_SEARCH_REMOVE, targets[i], w->search_to);
        if (rc == SQLITE_OK)
            rc = apply(w, W_SEARCH_ADD, targets[i], to);
    }
    return rc;
}

int search_feed(struct writer *w, size_t n, int64_t *to)
{
    struct target *targets = malloc(n * sizeof *targets);
    if (targets == NULL)
        return SQLITE_NOMEM;
    /* Where the log ends in numbers that were never used, there is nothing left to feed. */
    *to = w->next_id - 1;
    int count = collect(w, n, targets, to);
    int rc = count < 0 ? -count : update(w, targets, count, *to);
    free(targets);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_stmt *s = w->stmts[W_META_PUT];
    stmt_cstring(s, 1, "search_to");
    stmt_int(s, 2, *to);
    rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int search_expire(struct writer *w, int64_t room, uint64_t seq)
{
    return apply(w, W_SEARCH_REMOVE, (struct target){room, (int64_t)seq}, w->search_to);
}
