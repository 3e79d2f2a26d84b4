/* SPDX-License-Identifier: MIT
 *
 * Strikes of senders and what these cost them, kept for the ladders of rooms (chat/ladder), so that
 * a restart frees nobody. One row a sender and room, written as a whole; writer thread.
 */
#include "store/writer.h"

#include "base/status.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

/* Rows in all; those that end the soonest fall out. And of one room, when it is opened. */
#define ROWS_MAX 65536
#define ROOM_MAX 4096
/* Writes between two looks at what is over. */
#define PURGE_EVERY 64

static int done(int rc)
{
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int purge(struct writer *w)
{
    if (w->struck++ % PURGE_EVERY != 0)
        return SQLITE_OK;
    sqlite3_stmt *s = w->stmts[W_STRIKES_PURGE];
    stmt_int(s, 1, w->now_ms);
    stmt_int(s, 2, ROWS_MAX);
    return done(stmt_run(s));
}

int strikes_put(struct writer *w, const struct msg_strikes *m)
{
    char struck[SENDER_STRIKES_MAX * 21 + 1] = "";
    size_t len = 0;
    for (unsigned i = 0; i < m->who.n && i < SENDER_STRIKES_MAX; i++)
        len += (size_t)snprintf(struck + len, sizeof struck - len, i > 0 ? " %lld" : "%lld",
                                (long long)m->who.struck_ms[i]);
    sqlite3_stmt *s = w->stmts[W_STRIKES_PUT];
    stmt_cstring(s, 1, m->room.text);
    stmt_cstring(s, 2, m->who.user_id);
    stmt_text(s, 3, struck, len);
    stmt_int(s, 4, m->who.silent_until_ms);
    stmt_int(s, 5, m->who.slow_until_ms);
    stmt_int(s, 6, m->until_ms);
    int rc = done(stmt_run(s));
    return rc == SQLITE_OK ? purge(w) : rc;
}

static void read_row(sqlite3_stmt *s, struct strikes *to)
{
    *to = (struct strikes){
        .silent_until_ms = sqlite3_column_int64(s, 2),
        .slow_until_ms = sqlite3_column_int64(s, 3),
    };
    strncpy(to->user_id, stmt_get_text(s, 0), USER_ID_MAX);
    const char *at = stmt_get_text(s, 1);
    for (char *end; to->n < SENDER_STRIKES_MAX; at = end) {
        long long ms = strtoll(at, &end, 10);
        if (end == at)
            return;
        to->struck_ms[to->n++] = ms;
    }
}

int strikes_get(struct writer *w, struct msg_room_open *m)
{
    sqlite3_stmt *s = w->stmts[W_STRIKES_OF_ROOM];
    uint32_t cap = 0;
    int rc;
    stmt_cstring(s, 1, m->room.text);
    stmt_int(s, 2, w->now_ms);
    stmt_int(s, 3, ROOM_MAX);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (m->n_strikes == cap) {
            cap = cap > 0 ? cap * 4 : 8;
            struct strikes *more = realloc(m->strikes, cap * sizeof *more);
            if (more == NULL) {
                rc = SQLITE_NOMEM;
                break;
            }
            m->strikes = more;
        }
        read_row(s, &m->strikes[m->n_strikes++]);
    }
    sqlite3_reset(s);
    return done(rc);
}
