/* SPDX-License-Identifier: MIT
 *
 * Every SQL statement of the running store, prepared once a connection. The table below is all of
 * it; parameters are bound by number with the helpers at the end.
 */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include "base/buf.h"

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

/* Columns of a page: seq ts kind on adds text cid uid name role. */
#define PAGE_COLUMNS                                                              \
    "SELECT e.seq, e.ts, e.kind, e.on_seq, e.adds, e.text, e.cid, u.uid, a.name, a.role " \
    "FROM events e LEFT JOIN authors a ON a.id = e.author LEFT JOIN users u ON u.id = a.user "

/* Columns of an item of the review queue, as moderation.c reads them. */
#define REVIEW_COLUMNS                                                                        \
    "SELECT id, kind, state, room, seq, event, on_seq, user_id, user_name, user_role, cid, "  \
    "text, ts, labels, rule, action, claimed_by, claimed_ts, decided_by, decided_ts, note, "  \
    "shown FROM review "

#define KEYS_GOOD_SQL \
    "SELECT hash, name, scopes, last_used FROM keys WHERE revoked = 0 ORDER BY id"

/*    name               SQL */
#define WRITER_STATEMENTS(X)                                                                       \
    X(BEGIN,             "BEGIN IMMEDIATE")                                                        \
    X(COMMIT,            "COMMIT")                                                                 \
    X(ROLLBACK,          "ROLLBACK")                                                               \
    X(META_PUT,          "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")               \
    X(INSIGHT_PUT,       "INSERT OR REPLACE INTO insights (room, json) VALUES (?1, ?2)")           \
    X(INSIGHT_GET,       "SELECT json FROM insights WHERE room = ?1")                              \
    /* rooms, users */                                                                             \
    X(ROOM_FIND,         "SELECT id, top, oldest, last_ts FROM rooms WHERE name = ?1")             \
    X(ROOM_INSERT,       "INSERT INTO rooms (name, top, oldest, last_ts) VALUES (?1, ?2, ?3, ?4)") \
    X(ROOM_UPDATE,       "UPDATE rooms SET top = ?2, oldest = ?3, last_ts = ?4 WHERE id = ?1")     \
    X(ROOMS_RECENT,      "SELECT name, id, top, oldest, last_ts FROM rooms "                       \
                         "ORDER BY last_ts DESC LIMIT ?1")                                         \
    X(USER_FIND,         "SELECT id FROM users WHERE uid = ?1")                                    \
    X(USER_INSERT,       "INSERT INTO users (uid) VALUES (?1)")                                    \
    X(AUTHOR_FIND,       "SELECT id FROM authors WHERE user = ?1 AND name = ?2 AND role = ?3")     \
    X(AUTHOR_INSERT,     "INSERT INTO authors (user, name, role) VALUES (?1, ?2, ?3)")             \
    /* the log */                                                                                  \
    X(EVENT_INSERT,      "INSERT INTO events "                                                     \
                         "(id, room, seq, ts, kind, author, on_seq, adds, cid, text) "             \
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                       \
    X(EVENT_BY_ID,       "SELECT e.room, e.seq, e.ts, e.kind, e.on_seq, e.adds, e.text, e.cid, "   \
                         "a.user FROM events e LEFT JOIN authors a ON a.id = e.author "            \
                         "WHERE e.id = ?1")                                                        \
    X(EVENT_TARGET,      "SELECT e.kind, a.user FROM events e LEFT JOIN authors a "                \
                         "ON a.id = e.author WHERE e.room = ?1 AND e.seq = ?2")                    \
    /* what became of a message, as of event ?3 */                                                 \
    X(EVENT_CHANGE,      "SELECT kind, text FROM events INDEXED BY events_changes "                \
                         "WHERE room = ?1 AND on_seq = ?2 AND kind IN (1, 2) AND id <= ?3 "        \
                         "ORDER BY seq DESC LIMIT 1")                                              \
    X(PENDING_INSERT,    "INSERT INTO pending (id, state) VALUES (?1, 1)")                         \
    X(PENDING_FIND,      "SELECT 1 FROM pending WHERE id = ?1")                                    \
    X(PENDING_DELETE,    "DELETE FROM pending WHERE id = ?1")                                      \
    X(PENDING_QUARANTINE, "UPDATE pending SET state = 2 WHERE id = ?1")                            \
    X(PENDING_RELEASE,   "UPDATE pending SET state = 1 WHERE id = ?1 AND state = 2")               \
    X(PENDING_DROP,      "DELETE FROM pending WHERE id = ?1 AND state = 2")                        \
    X(PENDING_PAGE,      "SELECT p.id, r.name, e.seq, e.ts, u.uid, coalesce(x.text, e.text), "     \
                         "e.kind, e.on_seq, a.role, x.text IS NOT NULL FROM pending p "            \
                         "LEFT JOIN altered x ON x.id = p.id "                                     \
                         "JOIN events e ON e.id = p.id JOIN rooms r ON r.id = e.room "             \
                         "LEFT JOIN authors a ON a.id = e.author LEFT JOIN users u "               \
                         "ON u.id = a.user WHERE p.id > ?1 AND p.state = 1 "                       \
                         "ORDER BY p.id LIMIT ?2")                                                 \
    X(QUARANTINE_INSERT, "INSERT OR REPLACE INTO quarantine "                                      \
                         "(id, room, seq, ts, attempts, reason, text, stack) "                     \
                         "SELECT id, room, seq, ?2, ?3, ?4, text, ?5 FROM events WHERE id = ?1")   \
    X(QUARANTINE_DELETE, "DELETE FROM quarantine WHERE id = ?1")                                   \
    X(QUARANTINE_COUNT,  "SELECT count(*) FROM quarantine")                                        \
    X(QUARANTINE_PAGE,   "SELECT q.id, r.name, q.seq, q.ts, q.attempts, q.reason, u.uid, a.name, " \
                         "e.ts, q.text, q.stack FROM quarantine q JOIN rooms r ON r.id = q.room "  \
                         "JOIN events e ON e.id = q.id LEFT JOIN authors a ON a.id = e.author "    \
                         "LEFT JOIN users u ON u.id = a.user WHERE q.id <= ?1 "                    \
                         "ORDER BY q.id DESC LIMIT ?2")                                            \
    /* keys, moderators */                                                                         \
    X(KEYS_GOOD,         KEYS_GOOD_SQL)                                                            \
    X(KEYS_LIST,         "SELECT name, scopes, created, last_used, revoked FROM keys ORDER BY id") \
    X(KEYS_COUNT,        "SELECT count(*) FILTER (WHERE name = ?1), count(*) FROM keys "           \
                         "WHERE revoked = 0")                                                      \
    X(KEY_INSERT,        "INSERT INTO keys (hash, name, scopes, created, last_used, revoked) "     \
                         "VALUES (?1, ?2, ?3, ?4, 0, 0)")                                          \
    X(KEY_REVOKE,        "UPDATE keys SET revoked = ?2 WHERE name = ?1 AND revoked = 0")           \
    X(KEY_USED,          "UPDATE keys SET last_used = ?2 WHERE name = ?1 AND revoked = 0")         \
    X(AUDIT_INSERT,      "INSERT INTO audit (ts, actor, act, room, seq, review, detail) "          \
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                    \
    X(AUDIT_PAGE,        "SELECT id, ts, actor, act, room, seq, review, detail FROM audit "        \
                         "WHERE id < ?1 ORDER BY id DESC LIMIT ?2")                                \
    X(REVIEW_GET,        REVIEW_COLUMNS "WHERE id = ?1")                                           \
    X(REVIEW_OPEN,       REVIEW_COLUMNS "WHERE state = 'open' AND id > ?1 "                        \
                         "AND (?2 = '' OR room = ?2) ORDER BY id LIMIT ?3")                        \
    X(REVIEW_CLOSED,     REVIEW_COLUMNS "WHERE state = ?4 AND id < ?1 "                            \
                         "AND (?2 = '' OR room = ?2) ORDER BY id DESC LIMIT ?3")                   \
    X(REVIEW_COUNT,      "SELECT count(*) FROM review WHERE state = ?1 "                           \
                         "AND (?2 = '' OR room = ?2)")                                             \
    X(REVIEW_LABELS,     REVIEW_COLUMNS "WHERE state <> 'open' AND id > ?1 ORDER BY id LIMIT ?2")  \
    X(REVIEW_RULES,      "SELECT rule, sum(state = 'approved'), sum(state = 'rejected'), "         \
                         "sum(state = 'masked'), sum(state = 'open') FROM review "                 \
                         "GROUP BY rule ORDER BY rule")                                            \
    X(REVIEW_CLAIM,      "UPDATE review SET claimed_by = ?2, claimed_ts = ?3 WHERE id = ?1")       \
    X(REVIEW_DECIDE,     "UPDATE review SET state = ?2, seq = coalesce(seq, ?3), "                 \
                         "decided_by = ?4, decided_ts = ?5, note = ?6, claimed_by = NULL, "        \
                         "claimed_ts = NULL WHERE id = ?1")                                        \
    /* the newest event of a room as of a moment; what was said around one, verdicts aside */      \
    X(EVENT_AT,          "SELECT seq FROM events WHERE room = ?1 AND ts <= ?2 "                    \
                         "ORDER BY seq DESC LIMIT 1")                                              \
    X(AROUND,            "SELECT * FROM (" PAGE_COLUMNS "WHERE e.room = ?1 AND e.seq <= ?2 "       \
                         "AND e.kind <> 4 ORDER BY e.seq DESC LIMIT ?3) UNION ALL "                \
                         "SELECT * FROM (" PAGE_COLUMNS "WHERE e.room = ?1 AND e.seq > ?2 "        \
                         "AND e.kind <> 4 ORDER BY e.seq LIMIT ?4) ORDER BY 1")                    \
    X(READ_GET,          "SELECT seq FROM reads WHERE user = ?1 AND room = ?2")                    \
    X(READ_PUT,          "INSERT OR REPLACE INTO reads (user, room, seq) VALUES (?1, ?2, ?3)")     \
    /* the gate: gated.c */                                                                        \
    X(POLICY_GET,        "SELECT json FROM policies WHERE room = ?1")                              \
    X(POLICY_PUT,        "INSERT OR REPLACE INTO policies (room, json, by, ts) "                   \
                         "VALUES (?1, ?2, ?3, ?4)")                                                \
    X(TRACE_PUT,         "INSERT OR REPLACE INTO traces (id, verdict, json) VALUES (?1, ?2, ?3)")  \
    X(TRACE_DELETE,      "DELETE FROM traces WHERE id = ?1")                                       \
    X(ALTERED_PUT,       "INSERT INTO altered (id, hash, action, text) VALUES (?1, ?2, ?3, ?4)")   \
    X(ALTERED_FIND,      "SELECT hash, action FROM altered WHERE id = ?1")                         \
    X(ALTERED_DELETE,    "DELETE FROM altered WHERE id = ?1")                                      \
    X(REVIEW_HELD,       "SELECT state, event, coalesce(on_seq, 0), text, room FROM review "       \
                         "WHERE user_id = ?1 AND cid = ?2 AND kind = 'held'")                      \
    X(REVIEW_HOLD,       "INSERT INTO review (kind, state, room, event, on_seq, user_id, "         \
                         "user_name, user_role, cid, text, ts, labels, rule, action) VALUES "      \
                         "('held', 'open', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'hold')") \
    /* ?5: the kind, of what has another one in events. What was held is decided already. */       \
    X(REVIEW_FLAG,       "INSERT INTO review (kind, state, room, seq, event, on_seq, user_id, "    \
                         "user_name, user_role, cid, text, shown, ts, labels, rule, action) "      \
                         "SELECT 'flagged', 'open', r.name, e.seq, "                               \
                         "CASE e.kind WHEN 6 THEN ?5 ELSE e.kind END, e.on_seq, u.uid, a.name, "   \
                         "a.role, coalesce(e.cid, ''), coalesce(x.text, e.text), "                 \
                         "CASE WHEN x.text IS NULL THEN NULL ELSE e.text END, e.ts, ?2, ?3, ?4 "   \
                         "FROM events e LEFT JOIN altered x ON x.id = e.id "                       \
                         "JOIN rooms r ON r.id = e.room JOIN authors a ON a.id = e.author "        \
                         "JOIN users u ON u.id = a.user WHERE e.id = ?1 AND NOT EXISTS "           \
                         "(SELECT 1 FROM review h WHERE h.user_id = u.uid AND h.cid = e.cid "      \
                         "AND h.kind = 'held')")                                                   \
    X(REVIEW_FLAGGED,    "SELECT count(*) FROM review WHERE state = 'open' AND kind = 'flagged'")  \
    X(REVIEW_DROP,       "DELETE FROM review WHERE id IN (SELECT id FROM review "                  \
                         "WHERE state = 'open' AND kind = 'flagged' ORDER BY id LIMIT ?1)")        \
    /* strikes.c */                                                                               \
    X(STRIKES_PUT,       "INSERT OR REPLACE INTO strikes (room, user, struck, silent, slow, "      \
                         "until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                 \
    X(STRIKES_OF_ROOM,   "SELECT user, struck, silent, slow FROM strikes "                         \
                         "WHERE room = ?1 AND until > ?2 ORDER BY until DESC LIMIT ?3")            \
    /* what is over, and what is beyond the newest ?2 */                                           \
    X(STRIKES_PURGE,     "DELETE FROM strikes WHERE until <= max(?1, coalesce((SELECT until "      \
                         "FROM strikes ORDER BY until DESC LIMIT 1 OFFSET ?2), 0))")               \
    /* cids */                                                                                     \
    X(CID_FIND,          "SELECT id FROM cids WHERE key = ?1")                                     \
    X(CID_KEYS,          "SELECT key FROM cids WHERE key BETWEEN ?1 AND ?2")                       \
    X(CID_INSERT,        "INSERT OR IGNORE INTO cids (key, id) VALUES (?1, ?2)")                   \
    X(CIDS_UNMERGED,     "SELECT e.id, a.user, e.cid FROM events e JOIN authors a "                \
                         "ON a.id = e.author WHERE e.id > ?1 AND e.cid IS NOT NULL UNION ALL "     \
                         "SELECT id, user, cid FROM retired WHERE id > ?1")                        \
    X(RETIRED_BY_ID,     "SELECT user, cid, room, seq, ts, hash FROM retired WHERE id = ?1")       \
    /* retention */                                                                                \
    X(ROOMS_EXCESS,      "SELECT name FROM rooms WHERE top - oldest + 1 > ?1")                     \
    X(EXPIRING,          "SELECT e.id, e.seq, e.ts, e.kind, e.on_seq, e.adds, e.text, e.cid, "     \
                         "a.user FROM events e LEFT JOIN authors a ON a.id = e.author "            \
                         "WHERE e.room = ?1 AND e.seq < ?2 ORDER BY e.seq LIMIT ?3")               \
    X(RETIRE,            "INSERT INTO retired (id, user, cid, room, seq, ts, hash) "               \
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                    \
    X(EVENTS_DELETE,     "DELETE FROM events WHERE room = ?1 AND seq < ?2")                        \
    /* search */                                                                                   \
    X(SEARCH_FEED,       "SELECT id, room, seq, kind, on_seq FROM events WHERE id > ?1 "           \
                         "ORDER BY id LIMIT ?2")                                                   \
    X(SEARCH_ORIGINAL,   "SELECT id, kind, text FROM events WHERE room = ?1 AND seq = ?2")         \
    X(SEARCH_ADD,        "INSERT INTO search (rowid, text) VALUES (?1, ?2)")                       \
    X(SEARCH_REMOVE,     "INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)")

#define READER_STATEMENTS(X)                                                                       \
    X(BEGIN,             "BEGIN")                                                                  \
    X(COMMIT,            "COMMIT")                                                                 \
    X(ROOM,              "SELECT id, top, oldest FROM rooms WHERE name = ?1")                      \
    X(TRACE,             "SELECT e.ts, t.verdict, t.json FROM events e LEFT JOIN traces t "        \
                         "ON t.id = e.id WHERE e.room = ?1 AND e.seq = ?2 "                        \
                         "AND e.kind IN (0, 1, 6)")                                                \
    X(TRACES,            "SELECT e.seq, e.text, a.role, t.json FROM events e LEFT JOIN traces t "  \
                         "ON t.id = e.id LEFT JOIN authors a ON a.id = e.author "                  \
                         "WHERE e.room = ?1 AND e.seq < ?2 AND e.kind IN (0, 1, 6) "               \
                         "ORDER BY e.seq DESC LIMIT ?3")                                           \
    X(PAGE_AFTER,        PAGE_COLUMNS "WHERE e.room = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3")  \
    X(PAGE_BEFORE,       PAGE_COLUMNS                                                              \
                         "WHERE e.room = ?1 AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3")          \
    /* search_read.c: the index's proposals, and messages as they now read */                      \
    X(SEARCH_TO,         "SELECT value FROM meta WHERE key = 'search_to'")                         \
    X(SEARCH_MATCH,      "SELECT rowid FROM search WHERE search MATCH ?1 "                         \
                         "AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC")                        \
    X(SEARCH_MESSAGES,   "SELECT e.id, e.seq, e.ts, coalesce(c.text, e.text), c.kind, u.uid, "     \
                         "a.name FROM events e LEFT JOIN events c ON c.id = "                      \
                         "(SELECT x.id FROM events x INDEXED BY events_changes "                   \
                         "WHERE x.room = e.room AND x.on_seq = e.seq AND x.kind IN (1, 2) "        \
                         "ORDER BY x.seq DESC LIMIT 1) "                                           \
                         "LEFT JOIN authors a ON a.id = e.author LEFT JOIN users u "               \
                         "ON u.id = a.user WHERE e.room = ?1 AND e.seq BETWEEN ?2 AND ?3 "         \
                         "AND e.kind = 0 ORDER BY e.seq DESC")

enum writer_statement {
#define X(name, sql) W_##name,
    WRITER_STATEMENTS(X)
#undef X
    N_WRITER_STATEMENTS
};

enum reader_statement {
#define X(name, sql) R_##name,
    READER_STATEMENTS(X)
#undef X
    N_READER_STATEMENTS
};

/* Result codes here are SQLite's. */
int statements_prepare_writer(sqlite3 *db, sqlite3_stmt *stmts[N_WRITER_STATEMENTS]);
int statements_prepare_reader(sqlite3 *db, sqlite3_stmt *stmts[N_READER_STATEMENTS]);
void statements_finalize(sqlite3_stmt **stmts, int count);

/* Runs a statement that gives no row, and readies it for the next time. SQLITE_DONE or an error. */
static inline int stmt_run(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc;
}

/* Binding cannot fail with parameters that exist and texts far below SQLite's limit, except for
 * memory; none is taken with SQLITE_STATIC. */
static inline void stmt_int(sqlite3_stmt *s, int at, int64_t value)
{
    sqlite3_bind_int64(s, at, value);
}

/* The bytes must stay until the statement was run. */
static inline void stmt_text(sqlite3_stmt *s, int at, const char *text, size_t len)
{
    sqlite3_bind_text(s, at, text, (int)len, SQLITE_STATIC);
}

static inline void stmt_cstring(sqlite3_stmt *s, int at, const char *text)
{
    stmt_text(s, at, text, strlen(text));
}

/* A column's text, "" when it is NULL. Valid until the statement is stepped or reset. */
static inline const char *stmt_get_text(sqlite3_stmt *s, int at)
{
    const char *text = (const char *)sqlite3_column_text(s, at);
    return text != NULL ? text : "";
}

static inline void stmt_null(sqlite3_stmt *s, int at)
{
    sqlite3_bind_null(s, at);
}

/* Appends `name`, then the column's number, or null where it is NULL. */
void stmt_put_number(struct buf *b, const char *name, sqlite3_stmt *s, int at);

#endif
