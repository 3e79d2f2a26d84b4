/* SPDX-License-Identifier: MIT
 * Client message ids; see cids.h. Writer thread. */
#include "store/cids.h"

#include "store/meta.h"
#include "store/statements.h"

#include <sodium.h>
#include <stdlib.h>

#define SLOTS_MIN 1024

_Static_assert(META_CID_KEY_LEN == crypto_shorthash_KEYBYTES, "the key is SipHash's");

static int64_t siphash(const struct cids *c, const void *data, size_t len)
{
    unsigned char raw[crypto_shorthash_BYTES];
    int64_t value;
    crypto_shorthash(raw, data, len, c->secret);
    memcpy(&value, raw, sizeof value);
    return value;
}

int64_t cids_key(const struct cids *c, int64_t user, const char *cid)
{
    unsigned char input[sizeof user + CID_MAX];
    size_t len = strnlen(cid, CID_MAX);
    memcpy(input, &user, sizeof user);
    memcpy(input + sizeof user, cid, len);
    return siphash(c, input, sizeof user + len);
}

int64_t cids_hash_content(const struct cids *c, enum event_kind kind, uint64_t on, bool add,
                          const char *text, size_t len)
{
    /* Of a fixed head and the text's own hash: no copy of the text. */
    const int64_t head[4] = {kind, (int64_t)on, add, siphash(c, text, len)};
    return siphash(c, head, sizeof head);
}

void cids_init(struct cids *c, sqlite3_stmt **stmts, const unsigned char *secret)
{
    memset(c, 0, sizeof *c);
    c->stmts = stmts;
    c->secret = secret;
}

void cids_fini(struct cids *c)
{
    free(c->slots);
    free(c->added);
    free(c->sorted);
    cid_filter_fini(&c->filter);
}

/* ---- the table in memory ---- */

static size_t slot_of(const struct cids *c, int64_t key)
{
    return (size_t)key & (c->n_slots - 1); /* the key is a good hash already */
}

static void place(struct cids *c, struct cid_slot entry)
{
    size_t i = slot_of(c, entry.key);
    while (c->slots[i].id != 0)
        i = (i + 1) & (c->n_slots - 1);
    c->slots[i] = entry;
    c->count++;
}

/* A table of n_slots with what is newer than event `after`. */
static int rebuild(struct cids *c, size_t n_slots, int64_t after)
{
    struct cid_slot *old = c->slots;
    size_t n_old = c->n_slots;
    struct cid_slot *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return SQLITE_NOMEM;
    c->slots = slots;
    c->n_slots = n_slots;
    c->count = 0;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].id > after)
            place(c, old[i]);
    }
    free(old);
    return SQLITE_OK;
}

static int keep(struct cids *c, int64_t key, int64_t id)
{
    if (c->count * 4 >= c->n_slots * 3) {
        int rc = rebuild(c, c->n_slots > 0 ? c->n_slots * 2 : SLOTS_MIN, 0);
        if (rc != SQLITE_OK)
            return rc;
    }
    place(c, (struct cid_slot){key, id});
    return SQLITE_OK;
}

/* Closes the hole, so that probing needs no tombstones. */
static void forget(struct cids *c, struct cid_slot entry)
{
    size_t mask = c->n_slots - 1, i = slot_of(c, entry.key);
    while (c->slots[i].id != entry.id) {
        if (c->slots[i].id == 0)
            return;
        i = (i + 1) & mask;
    }
    for (size_t j = (i + 1) & mask; c->slots[j].id != 0; j = (j + 1) & mask) {
        size_t home = slot_of(c, c->slots[j].key);
        if (((j - home) & mask) >= ((j - i) & mask)) {
            c->slots[i] = c->slots[j];
            i = j;
        }
    }
    c->slots[i].id = 0;
    c->count--;
}

int cids_load(struct cids *c, int64_t merged_to)
{
    sqlite3_stmt *s = c->stmts[W_CIDS_UNMERGED];
    int rc;
    c->merged_to = merged_to;
    /* There may be more: of a move that was cut short. */
    cid_filter_fit(&c->filter, (size_t)merged_to);
    stmt_int(s, 1, merged_to);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t key = cids_key(c, sqlite3_column_int64(s, 1),
                               stmt_get_text(s, 2));
        rc = keep(c, key, sqlite3_column_int64(s, 0));
        if (rc != SQLITE_OK)
            break;
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- finding ---- */

/* Fills *out when event `id` is of this user and cid; else out->id stays 0. */
static int match_event(struct cids *c, int64_t id, int64_t user, const char *cid,
                       struct cid_original *out)
{
    sqlite3_stmt *s = c->stmts[W_EVENT_BY_ID];
    stmt_int(s, 1, id);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && sqlite3_column_int64(s, 8) == user
        && strcmp(stmt_get_text(s, 7), cid) == 0) {
        out->id = id;
        out->room = sqlite3_column_int64(s, 0);
        out->seq = (uint64_t)sqlite3_column_int64(s, 1);
        out->ts = sqlite3_column_int64(s, 2);
        out->hash = cids_hash_content(c, (enum event_kind)sqlite3_column_int(s, 3),
                                      (uint64_t)sqlite3_column_int64(s, 4),
                                      sqlite3_column_int(s, 5) != 0,
                                      stmt_get_text(s, 6),
                                      (size_t)sqlite3_column_bytes(s, 6));
    }
    sqlite3_reset(s);
    return rc;
}

static int match_retired(struct cids *c, int64_t id, int64_t user, const char *cid,
                         struct cid_original *out)
{
    sqlite3_stmt *s = c->stmts[W_RETIRED_BY_ID];
    stmt_int(s, 1, id);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && sqlite3_column_int64(s, 0) == user
        && strcmp(stmt_get_text(s, 1), cid) == 0) {
        out->id = id;
        out->room = sqlite3_column_int64(s, 2);
        out->seq = (uint64_t)sqlite3_column_int64(s, 3);
        out->ts = sqlite3_column_int64(s, 4);
        out->hash = sqlite3_column_int64(s, 5);
    }
    sqlite3_reset(s);
    return rc;
}

static int match(struct cids *c, int64_t id, int64_t user, const char *cid,
                 struct cid_original *out)
{
    int rc = match_event(c, id, user, cid, out);
    if (rc == SQLITE_DONE)
        rc = match_retired(c, id, user, cid, out);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The event stored under a key, 0 when none. */
static int read_key(struct cids *c, int64_t key, int64_t *id)
{
    sqlite3_stmt *s = c->stmts[W_CID_FIND];
    stmt_int(s, 1, key);
    int rc = sqlite3_step(s);
    *id = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int64_t next_key(int64_t key)
{
    return (int64_t)((uint64_t)key + 1);
}

int cids_find(struct cids *c, int64_t user, const char *cid, struct cid_original *out)
{
    int64_t key = cids_key(c, user, cid);
    int rc = SQLITE_OK;
    memset(out, 0, sizeof *out);
    if (c->n_slots > 0) {
        for (size_t i = slot_of(c, key); c->slots[i].id != 0; i = (i + 1) & (c->n_slots - 1)) {
            if (c->slots[i].key == key)
                rc = match(c, c->slots[i].id, user, cid, out);
            if (rc != SQLITE_OK || out->id != 0)
                return rc;
        }
    }
    if (c->merged_to == 0)
        return SQLITE_OK; /* table cids is empty */
    if (!cid_filter_may_have(&c->filter, key))
        return SQLITE_OK;
    for (int64_t id = 1; rc == SQLITE_OK && out->id == 0; key = next_key(key)) {
        rc = read_key(c, key, &id);
        if (rc != SQLITE_OK || id == 0)
            break;
        rc = match(c, id, user, cid, out);
    }
    return rc;
}

int cids_add(struct cids *c, int64_t user, const char *cid, int64_t id)
{
    struct cid_slot entry = {cids_key(c, user, cid), id};
    if (c->n_added == c->cap_added) {
        size_t cap = c->cap_added > 0 ? c->cap_added * 2 : 256;
        struct cid_slot *added = realloc(c->added, cap * sizeof *added);
        if (added == NULL)
            return SQLITE_NOMEM;
        c->added = added;
        c->cap_added = cap;
    }
    int rc = keep(c, entry.key, entry.id);
    if (rc == SQLITE_OK)
        c->added[c->n_added++] = entry;
    return rc;
}

/* ---- moving to table cids ---- */

size_t cids_waiting(const struct cids *c)
{
    return c->count;
}

bool cids_is_merging(const struct cids *c)
{
    return c->sorted != NULL;
}

static int compare_keys(const void *a, const void *b)
{
    const struct cid_slot *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

int cids_merge_begin(struct cids *c, int64_t id)
{
    c->sorted = malloc((c->count + 1) * sizeof *c->sorted);
    if (c->sorted == NULL)
        return SQLITE_NOMEM;
    c->n_merge = c->at = c->committed_at = 0;
    c->merge_to = id;
    for (size_t i = 0; i < c->n_slots; i++) {
        if (c->slots[i].id != 0 && c->slots[i].id <= id)
            c->sorted[c->n_merge++] = c->slots[i];
    }
    qsort(c->sorted, c->n_merge, sizeof *c->sorted, compare_keys);
    cid_filter_fit(&c->filter, (size_t)id);
    return SQLITE_OK;
}

/* A move that was cut short is done again from its start, so an entry may be there already. */
static int merge_one(struct cids *c, struct cid_slot entry)
{
    sqlite3_stmt *s = c->stmts[W_CID_INSERT];
    for (int64_t key = entry.key, id;; key = next_key(key)) {
        cid_filter_add(&c->filter, key);
        stmt_int(s, 1, key);
        stmt_int(s, 2, entry.id);
        int rc = stmt_run(s);
        if (rc != SQLITE_DONE)
            return rc;
        if (sqlite3_changes(sqlite3_db_handle(s)) == 1)
            return SQLITE_OK;
        rc = read_key(c, key, &id);
        if (rc != SQLITE_OK || id == entry.id)
            return rc;
    }
}

int cids_merge_step(struct cids *c, size_t n)
{
    for (; n > 0 && c->at < c->n_merge; n--, c->at++) {
        int rc = merge_one(c, c->sorted[c->at]);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (c->at < c->n_merge)
        return SQLITE_OK;
    sqlite3_stmt *s = c->stmts[W_META_PUT];
    stmt_cstring(s, 1, "cids_to");
    stmt_int(s, 2, c->merge_to);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- the filter ---- */

bool cids_filter_is_stale(const struct cids *c)
{
    return cid_filter_is_stale(&c->filter);
}

int cids_filter_step(struct cids *c, size_t n)
{
    sqlite3_stmt *s = c->stmts[W_CID_KEYS];
    int64_t first, last;
    int rc;
    cid_filter_renew(&c->filter, n, &first, &last);
    stmt_int(s, 1, first);
    stmt_int(s, 2, last);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        cid_filter_add(&c->filter, sqlite3_column_int64(s, 0));
    sqlite3_reset(s);
    if (rc == SQLITE_DONE)
        return SQLITE_OK;
    cid_filter_spoil(&c->filter, first, last);
    return rc;
}

/* ---- ends of transactions ---- */

void cids_committed(struct cids *c)
{
    c->n_added = 0;
    if (c->sorted == NULL)
        return;
    c->committed_at = c->at;
    if (c->at < c->n_merge)
        return;
    size_t left = c->count - c->n_merge, n_slots = SLOTS_MIN;
    while (left * 2 >= n_slots)
        n_slots *= 2;
    if (rebuild(c, n_slots, c->merge_to) == SQLITE_OK)
        c->merged_to = c->merge_to;
    /* else they stay in memory as well, and move again, harmlessly */
    free(c->sorted);
    c->sorted = NULL;
}

void cids_lost(struct cids *c)
{
    for (size_t i = 0; i < c->n_added; i++)
        forget(c, c->added[i]);
    c->n_added = 0;
    c->at = c->committed_at;
}
