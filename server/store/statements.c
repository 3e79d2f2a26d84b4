/* SPDX-License-Identifier: MIT
 * Preparing the statements; see statements.h. The connection's thread. */
#include "store/statements.h"

static const char *const writer_sql[] = {
#define X(name, sql) [W_##name] = sql,
    WRITER_STATEMENTS(X)
#undef X
};

static const char *const reader_sql[] = {
#define X(name, sql) [R_##name] = sql,
    READER_STATEMENTS(X)
#undef X
};

static int prepare(sqlite3 *db, const char *const *sql, sqlite3_stmt **stmts, int count)
{
    for (int i = 0; i < count; i++) {
        int rc = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &stmts[i], NULL);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int statements_prepare_writer(sqlite3 *db, sqlite3_stmt *stmts[N_WRITER_STATEMENTS])
{
    return prepare(db, writer_sql, stmts, N_WRITER_STATEMENTS);
}

int statements_prepare_reader(sqlite3 *db, sqlite3_stmt *stmts[N_READER_STATEMENTS])
{
    return prepare(db, reader_sql, stmts, N_READER_STATEMENTS);
}

void statements_finalize(sqlite3_stmt **stmts, int count)
{
    for (int i = 0; i < count; i++) {
        sqlite3_finalize(stmts[i]);
        stmts[i] = NULL;
    }
}

void stmt_put_number(struct buf *b, const char *name, sqlite3_stmt *s, int at)
{
    buf_append_str(b, name);
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        buf_append_str(b, "null");
    else
        buf_append_i64(b, sqlite3_column_int64(s, at));
}
