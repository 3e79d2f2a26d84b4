/* SPDX-License-Identifier: MIT
 *
 * Who used which cid for which event: the memory behind "a cid is one message for ever".
 *
 * New ones are kept in a table in memory and moved to table cids in bulk, sorted by key, so that a
 * commit pays nothing for them. meta.cids_to says up to which event that is done; what lies beyond
 * is read back from the log at start. A filter spares nearly all that is new the look into the
 * table. Owned by the writer thread. Result codes are SQLite's.
 */
#ifndef STORE_CIDS_H
#define STORE_CIDS_H

#include "base/event.h"
#include "store/cid_filter.h"

#include <sqlite3.h>
#include <stdbool.h>

struct cid_slot {
    int64_t key;
    int64_t id; /* of the event; 0: empty */
};

struct cids {
    sqlite3_stmt **stmts;
    const unsigned char *secret; /* META_CID_KEY_LEN bytes */
    struct cid_slot *slots;      /* in memory: open addressing, linear probing */
    size_t n_slots, count;
    int64_t merged_to;
    struct cid_filter filter;    /* of table cids */
    struct cid_slot *added;      /* in the open transaction */
    size_t n_added, cap_added;
    /* the move that is under way: sorted[0..n_merge) by key, up to event merge_to */
    struct cid_slot *sorted;
    size_t n_merge, at, committed_at;
    int64_t merge_to;
};

/* The event that a cid stands for. */
struct cid_original {
    int64_t id; /* 0: none, the cid is free */
    int64_t room;
    uint64_t seq;
    int64_t ts;
    int64_t hash; /* cids_hash_content() */
};

void cids_init(struct cids *c, sqlite3_stmt **stmts, const unsigned char *secret);
void cids_fini(struct cids *c);
/* Reads back what was not moved; `merged_to` as meta has it. */
int cids_load(struct cids *c, int64_t merged_to);

int64_t cids_key(const struct cids *c, int64_t user, const char *cid);
int64_t cids_hash_content(const struct cids *c, enum event_kind kind, uint64_t on, bool add,
                          const char *text, size_t len);

int cids_find(struct cids *c, int64_t user, const char *cid, struct cid_original *out);
/* Inside a transaction, with the event's row. */
int cids_add(struct cids *c, int64_t user, const char *cid, int64_t id);

/* Entries in memory, and whether a move is under way. */
size_t cids_waiting(const struct cids *c);
bool cids_is_merging(const struct cids *c);
/* Begins a move of all that is committed (up to event `id`). Outside of transactions. */
int cids_merge_begin(struct cids *c, int64_t id);
/* Moves up to n. Inside a transaction. */
int cids_merge_step(struct cids *c, size_t n);

/* The filter has a part that is not exact; makes n words of it so. */
bool cids_filter_is_stale(const struct cids *c);
int cids_filter_step(struct cids *c, size_t n);

void cids_committed(struct cids *c);
void cids_lost(struct cids *c);

#endif
