/* SPDX-License-Identifier: MIT
 *
 * API keys: added, revoked, listed; and the keyring that the loops check them with, made anew at
 * each change. Only hashes are kept. Writer thread, except keys_load at start (main).
 */
#include "store/writer.h"

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <string.h>

#define RETRY_AFTER_MS 1000

/* ---- the keyring ---- */

static void fill(struct api_key *k, sqlite3_stmt *s)
{
    if (sqlite3_column_bytes(s, 0) == KEY_HASH_LEN)
        memcpy(k->hash, sqlite3_column_blob(s, 0), KEY_HASH_LEN);
    strncpy(k->name, stmt_get_text(s, 1), KEY_NAME_MAX);
    k->scopes = (unsigned)sqlite3_column_int(s, 2);
    k->used_ms = sqlite3_column_int64(s, 3);
}

/* Rows of hash, name, scopes, last use. rc. */
static int read_keyring(sqlite3_stmt *s, struct keyring **out)
{
    struct keyring *k = keyring_new(KEYS_MAX);
    *out = k;
    if (k == NULL)
        return SQLITE_NOMEM;
    k->n = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && k->n < KEYS_MAX)
        fill(&k->keys[k->n++], s);
    sqlite3_reset(s);
    if (rc == SQLITE_DONE || rc == SQLITE_ROW)
        return SQLITE_OK;
    keyring_unref(k);
    *out = NULL;
    return rc;
}

int keys_load(sqlite3 *db, struct keyring **out)
{
    sqlite3_stmt *s = NULL;
    *out = NULL;
    int rc = sqlite3_prepare_v2(db, KEYS_GOOD_SQL, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = read_keyring(s, out);
    sqlite3_finalize(s);
    return db_status(rc);
}

/* Every loop gets the same one. */
static void tell_loops(struct writer *w)
{
    struct keyring *k = NULL;
    if (read_keyring(w->stmts[W_KEYS_GOOD], &k) != SQLITE_OK) {
        log_error("store", "the API keys cannot be read: the change counts from the next start on");
        return;
    }
    for (unsigned i = 0; i < w->topology->n_loops; i++) {
        struct msg_keyring *m = msg_new(MSG_LOOP_KEYRING, 0);
        if (m == NULL) {
            log_error("store", "out of memory, a loop was not told of the API keys");
            continue;
        }
        m->keyring = keyring_ref(k);
        writer_answer(w, w->topology->loops[i], &m->head);
    }
    keyring_unref(k);
}

/* ---- changes ---- */

static void refuse(struct msg_key *m, int status, const char *why)
{
    m->ask.status = status;
    m->ask.detail = why;
}

static int count_good(struct writer *w, const char *name, int64_t *named, int64_t *all)
{
    sqlite3_stmt *s = w->stmts[W_KEYS_COUNT];
    stmt_cstring(s, 1, name);
    int rc = sqlite3_step(s);
    *named = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    *all = rc == SQLITE_ROW ? sqlite3_column_int64(s, 1) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int add(struct writer *w, struct msg_key *m)
{
    int64_t named, all;
    int rc = count_good(w, m->name, &named, &all);
    if (rc != SQLITE_OK)
        return rc;
    if (named > 0) {
        refuse(m, E_CONFLICT, "a key of this name is in use; revoke it, or take another name");
        return SQLITE_OK;
    }
    if (all >= KEYS_MAX) {
        refuse(m, E_CONFLICT, "there are 1000 keys; revoke some first");
        return SQLITE_OK;
    }
    sqlite3_stmt *s = w->stmts[W_KEY_INSERT];
    sqlite3_bind_blob(s, 1, m->hash, KEY_HASH_LEN, SQLITE_STATIC);
    stmt_cstring(s, 2, m->name);
    stmt_int(s, 3, m->scopes);
    stmt_int(s, 4, w->now_ms);
    rc = stmt_run(s);
    return rc == SQLITE_DONE ? audit_put(w, m->actor, "key_add", "", 0, 0, m->name) : rc;
}

static int revoke(struct writer *w, struct msg_key *m)
{
    sqlite3_stmt *s = w->stmts[W_KEY_REVOKE];
    stmt_cstring(s, 1, m->name);
    stmt_int(s, 2, w->now_ms);
    int rc = stmt_run(s);
    if (rc != SQLITE_DONE)
        return rc;
    if (sqlite3_changes(w->db) > 0)
        return audit_put(w, m->actor, "key_revoke", "", 0, 0, m->name);
    refuse(m, E_NOT_FOUND, "no key of this name is in use; `parleyctl key list` tells them");
    return SQLITE_OK;
}

static int note_use(struct writer *w, const struct msg_key *m)
{
    sqlite3_stmt *s = w->stmts[W_KEY_USED];
    stmt_cstring(s, 1, m->name);
    stmt_int(s, 2, m->ts_ms);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int keys_write(struct writer *w, struct msg_key *m)
{
    m->ask.status = 0;
    switch (m->act) {
    case KEY_ADD:
        return add(w, m);
    case KEY_REVOKE:
        return revoke(w, m);
    case KEY_USED:
        return note_use(w, m);
    case KEY_LIST:
        break;
    }
    return SQLITE_OK;
}

/* ---- answers ---- */

static void put_time(struct buf *b, const char *name, sqlite3_stmt *s, int at)
{
    buf_append_str(b, name);
    if (sqlite3_column_int64(s, at) == 0)
        buf_append_str(b, "null");
    else
        buf_append_i64(b, sqlite3_column_int64(s, at));
}

static int list(struct writer *w, struct buf *b)
{
    sqlite3_stmt *s = w->stmts[W_KEYS_LIST];
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        buf_append_str(b, b->len > 0 ? ",{\"name\":" : "{\"name\":");
        json_put_cstring(b, stmt_get_text(s, 0));
        buf_append_str(b, ",\"scopes\":");
        key_scopes_encode(b, (unsigned)sqlite3_column_int(s, 1));
        put_time(b, ",\"created\":", s, 2);
        put_time(b, ",\"last_used\":", s, 3);
        put_time(b, ",\"revoked\":", s, 4);
        buf_append_char(b, '}');
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? (b->failed ? SQLITE_NOMEM : SQLITE_OK) : rc;
}

void keys_answer(struct writer *w, struct msg_key *m, int lost)
{
    int rc = m->act == KEY_LIST ? list(w, &m->entries) : lost;
    if (rc != SQLITE_OK) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    } else if (m->ask.status == 0 && (m->act == KEY_ADD || m->act == KEY_REVOKE)) {
        tell_loops(w); /* before the answer: who has it finds the change made */
    }
    m->head.tag = MSG_LOOP_KEY;
    if (m->reply != NULL)
        writer_answer(w, m->reply, &m->head);
    else
        msg_free(&m->head);
}
