/* SPDX-License-Identifier: MIT
 *
 * History on disk: SQLite in WAL mode. Two threads of its own: the writer, the only one that
 * writes and the one that numbers events (so a number exists only for what was inserted, and a
 * failed commit leaves no gap), and a reader for pages of history, so that a long read never
 * delays a commit.
 *
 * Everything is asked by message to store_mailbox() (STORE_* in loop/msg.h). The writer takes all
 * that is waiting as one transaction: one commit, one fsync a batch (group commit). Answers to a
 * batch are posted after its commit; reads that arrived with it are handed to the reader after
 * it, so a reader sees everything that anybody has been told.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/durability.h"
#include "base/histogram.h"
#include "loop/topology.h"

#include <stddef.h>

struct store_config {
    const char *data_dir;
    enum durability durability;
    uint64_t retain_events; /* a room; 0 keeps all */
    uint64_t review_max;    /* flagged items that wait for moderators; 0: no limit */
};

/* Written by the store's threads, read by any (relaxed). */
struct store_stats {
    _Atomic uint64_t commits, failed_commits, events, duplicates, reads;
    _Atomic uint64_t queue;               /* publications taken and not yet committed */
    _Atomic uint64_t review_dropped;      /* flagged items that nobody looked at in time */
    _Atomic uint64_t failing;             /* 1: the last commit failed */
    struct histogram commit_us, batch;    /* batch: events a commit */
};

struct store;

/* Main thread. Makes DATA (0700) if missing, locks it, checks and migrates the database. On failure
 * *out is NULL and `err` holds a sentence that says what is wrong and what to do:
 * E_LOCKED (a running server has it), E_NEWER (schema of a newer Parley), E_CORRUPT, E_IO. */
int store_open(struct store **out, const struct store_config *config, char *err, size_t err_len);
/* 32 secret bytes of this data directory (made on first start), for signing session tokens. */
const unsigned char *store_secret(const struct store *s);
/* At most 16 characters; new when history was lost (see durability). */
const char *store_epoch(const struct store *s);
/* The API keys that are good, as of the start; changes are told to the loops. Borrowed. */
struct keyring *store_keyring(const struct store *s);
struct mailbox *store_mailbox(struct store *s);
const struct store_stats *store_stats(const struct store *s);

/* Main thread. Starts the threads; `topology` must outlive them. */
int store_start(struct store *s, const struct topology *topology);
/* Main thread. Posts STORE_STOP and waits: what was posted before is committed and answered. */
void store_stop(struct store *s);
/* Closes the database, marks a clean shutdown, releases the lock. */
void store_free(struct store *s);

#endif
