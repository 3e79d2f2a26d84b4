/* SPDX-License-Identifier: MIT
 *
 * The rooms that the writer knows by heart: number, top and when last written, newest first. A
 * bounded cache over table rooms. What an open transaction changed is remembered until it is
 * committed, so that a failed commit takes it back and numbering goes on where the disk is.
 * Owned by the writer thread. Result codes are SQLite's.
 */
#ifndef STORE_ROOMS_H
#define STORE_ROOMS_H

#include "base/hash.h"
#include "base/list.h"
#include "loop/msg.h"

#include <sqlite3.h>

struct room_entry {
    struct hash_node node;
    struct list recent; /* of rooms.recent */
    struct list dirty;  /* of rooms.dirty: changed in the open transaction */
    struct list excess; /* of rooms.excess */
    int64_t id;         /* 0: no row (its making was rolled back after its events were told) */
    uint64_t top, oldest;
    int64_t last_ts;
    struct {
        uint64_t top, oldest;
        int64_t last_ts;
    } saved;            /* as committed (durability memory: as last told) */
    bool created;       /* in the open transaction */
    struct room_name name;
};

struct rooms {
    sqlite3_stmt **stmts;
    uint64_t retain;    /* events a room; 0: all */
    struct hash by_name;
    struct list recent; /* every entry, newest first */
    struct list dirty;
    struct list excess; /* hold more than `retain` events */
};

void rooms_init(struct rooms *r, sqlite3_stmt **stmts, uint64_t retain);
void rooms_fini(struct rooms *r);
/* Takes the newest rooms and those that hold too many events into the cache. */
int rooms_load(struct rooms *r);

/* *out is NULL when the room was never written to. */
int rooms_find(struct rooms *r, const char *name, struct room_entry **out);
/* Finds it or makes it; its row exists afterwards. Inside a transaction. */
int rooms_make(struct rooms *r, const char *name, struct room_entry **out);
/* An event was added at seq = e->top + 1. */
void rooms_wrote(struct rooms *r, struct room_entry *e, int64_t ts);
/* Retention has deleted what lies before `oldest`. */
void rooms_expired(struct rooms *r, struct room_entry *e, uint64_t oldest);

/* Writes the changed rows; last thing before COMMIT. */
int rooms_flush(struct rooms *r);
/* What was changed has been told of, though not committed (durability memory). */
void rooms_told(struct rooms *r);
void rooms_committed(struct rooms *r);
void rooms_lost(struct rooms *r);

/* Fills rows with the rooms most recently written to; returns how many. */
uint32_t rooms_list(const struct rooms *r, struct room_row *rows, uint32_t cap);

#endif
