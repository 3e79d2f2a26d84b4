/* SPDX-License-Identifier: MIT
 *
 * The reader: pages of history (STORE_READ), searches by words (STORE_SEARCH), and the bulk of
 * checkpoints. Its own thread and its own connection, so a long page never delays a commit.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "store/statements.h"
#include "store/store.h"
#include "store/terms.h"
#include "store/writer.h"

struct reader {
    sqlite3 *db;
    sqlite3_stmt *stmts[N_READER_STATEMENTS];
    struct mailbox *mailbox; /* the store's own: the writer hands on what it gets */
    struct store_stats *stats;
    struct checkpoint *checkpoint;
    struct buf scratch;      /* one event, or a page that is read newest first */
    struct terms terms;      /* of the search that is being answered */
    bool index_broken;       /* the search index is damaged, and that was logged */
    bool stopping;
};

struct page_room {
    int64_t id;              /* 0: never written to */
    uint64_t top, oldest;
};

/* A row of PAGE_COLUMNS. The view points into it: valid until the statement is stepped. */
struct event reader_view_row(sqlite3_stmt *s, bool with_cid);

/* SQLite's code. */
int reader_find_room(struct reader *r, const char *name, struct page_room *room);

/* 0 or E_…. */
int reader_init(struct reader *r);
void reader_fini(struct reader *r);
/* The thread's body: runs until STORE_STOP. */
void *reader_run(void *arg);

/* search_read.c: answers STORE_SEARCH; takes it. */
void search_read(struct reader *r, struct msg_search *m);

/* traces.c: answers STORE_TRACES; takes it. */
void traces_read(struct reader *r, struct msg_traces *m);

#endif
