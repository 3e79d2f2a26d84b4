/* SPDX-License-Identifier: MIT
 *
 * The writer thread's state, shared by the files that run on it: writer.c (the thread,
 * transactions, answers), append.c (publications), upkeep.c with search.c and retention.c (work
 * for idle moments).
 *
 * A transaction opens with the first thing to write and ends in writer_commit() or writer_lose().
 * Functions with `rc` results give SQLite's codes; any but OK, ROW and DONE makes the transaction
 * lost.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/authors.h"
#include "store/cids.h"
#include "store/meta.h"
#include "store/rooms.h"
#include "store/statements.h"
#include "store/store.h"

#include <stdatomic.h>
#include <sqlite3.h>

/* Pages in the write-ahead log from which on they are moved into the file (16 MiB). */
#define CHECKPOINT_PAGES 4096

/* Between writer and reader: who moves the write-ahead log into the file. The reader does the bulk
 * beside the writer; the writer then does the little that was added meanwhile, between two
 * commits, because only a log that is moved whole can start again from its beginning. */
struct checkpoint {
    int wanted_fd;          /* eventfd: writer -> reader */
    _Atomic bool bulk_done; /* reader -> writer */
};

struct writer {
    sqlite3 *db;
    sqlite3_stmt *stmts[N_WRITER_STATEMENTS];
    enum durability durability;
    uint64_t retain_events;
    struct mailbox *mailbox;
    struct mailbox *reader;
    struct outbox to_loops[LOOPS_MAX], to_reader; /* a batch's answers, posted together */
    const struct topology *topology;
    struct store_stats *stats;
    struct checkpoint *checkpoint;

    struct rooms rooms;
    struct authors authors;
    struct cids cids;
    int64_t next_id;        /* of events */
    int64_t search_to;      /* events.id up to which table search is complete */
    bool search_broken;     /* the index is damaged: no longer fed */

    bool open;              /* a transaction is */
    uint64_t opened_us;     /* when */
    uint64_t opened_events; /* events in it */
    int64_t now_ms;         /* wall clock of this batch */
    uint64_t review_max;    /* flagged items that wait for moderators, at most; 0: no limit */
    uint64_t flagged;       /* in all, of this run */
    int64_t n_held;         /* messages held, ever; may count some twice: 0 matters */
    uint64_t struck;        /* strikes kept, of this run */
    bool failing;           /* the last commit failed: log the next success, not the next failure */
    bool lost_told;         /* durability memory: events were told of and then lost */
    bool stopping;

    int wal_pages;          /* in the write-ahead log after the last commit … */
    int wal_ask_at;         /* … and from how many on the reader is asked to move them */
    uint64_t upkeep_us;     /* when the last step of upkeep ran */
    uint64_t upkeep_after_us; /* no upkeep before, since it failed */
};

/* Prepares statements and caches. 0 or E_…. */
int writer_init(struct writer *w);
void writer_fini(struct writer *w);
/* The thread's body: runs until STORE_STOP. */
void *writer_run(void *arg);

/* rc of opening a transaction, if none is open. */
int writer_begin(struct writer *w);
/* rc; on failure the transaction is lost. */
int writer_commit(struct writer *w);
/* Rolls back and takes everything back that the transaction changed in memory. */
void writer_lose(struct writer *w, int rc);

/* Posts an answer, to a loop with the batch's others. Takes the message. */
void writer_answer(struct writer *w, struct mailbox *to, struct msg *m);

/* The message to be analysed, of a row of PENDING_PAGE; NULL when memory is short. */
struct msg *writer_make_job(sqlite3_stmt *row);

/* append.c: decides about one publication and writes it, inside a transaction. Its own outcome
 * is in p->ask; the result is about the transaction. */
int append_publication(struct writer *w, struct msg_publication *p);

/* gated.c: what the gate and policies leave on disk. rc, but for the answer. */
int policies_put(struct writer *w, struct msg_policy *m);
void policies_answer_put(struct writer *w, struct msg_policy *m, int lost);
/* *json is malloc'ed; NULL: the room has none of its own. */
int policies_get(struct writer *w, const char *room, char **json);
/* A verdict event: takes the pending marks away, keeps traces, tells moderators. */
int gated_verdict(struct writer *w, const struct msg_publication *p);
/* A judged message or edit that was just inserted. */
int gated_event(struct writer *w, const struct msg_publication *p);
int gated_find_altered(struct writer *w, int64_t id, int64_t *hash, enum action *action);
/* Whether this cid of this user is held; then p has its answer. */
int gated_is_held(struct writer *w, struct msg_publication *p, bool *held);
/* Whether this cid was held with this very content (and then shown, masked). */
int gated_was_held(struct writer *w, const struct msg_publication *p, bool *same);
/* Into the review queue instead of the log. */
int gated_hold(struct writer *w, struct msg_publication *p);

/* strikes.c: keeps a sender's, inside a transaction; those of a room that is opened. rc. */
int strikes_put(struct writer *w, const struct msg_strikes *m);
int strikes_get(struct writer *w, struct msg_room_open *m);

/* quarantine.c: what dispatch gave up, and what an operator decides (REPLAY or DROP), inside a
 * transaction; then the answers. */
int quarantine_put(struct writer *w, const struct msg_quarantine *m);
int quarantine_decide(struct writer *w, struct msg_review *m);
void quarantine_answer_put(struct writer *w, struct msg_quarantine *m, int lost);
void quarantine_answer_review(struct writer *w, struct msg_review *m, int lost);

/* audit.c: one row, inside a transaction; rc. room "", seq and review 0: none. */
int audit_put(struct writer *w, const char *actor, const char *act, const char *room, uint64_t seq,
              int64_t review, const char *detail);
int audit_read(struct writer *w, struct msg_moderation *m);

/* keys.c: a change, inside a transaction; then the answer. */
int keys_write(struct writer *w, struct msg_key *m);
void keys_answer(struct writer *w, struct msg_key *m, int lost);
/* At start: a keyring of those that are good. 0 or E_…. */
int keys_load(sqlite3 *db, struct keyring **out);

/* moderation.c: an act on an item of the review queue, inside a transaction; then the answer, also
 * to looks. */
bool moderation_is_look(enum moderation_act act);
int moderation_write(struct writer *w, struct msg_moderation *m);
void moderation_answer(struct writer *w, struct msg_moderation *m, int lost);
/* Of a publication with a decision: whether it may still be taken (p->ask says why not), and,
 * behind the event, that it was. rc. */
int moderation_check(struct writer *w, struct msg_publication *p);
int moderation_decide(struct writer *w, const struct msg_publication *p);

/* moderation_read.c: what a look shows, into m->entries; m->ask.status when there is nothing. */
int moderation_read(struct writer *w, struct msg_moderation *m);

/* upkeep.c: whether there is anything to do; a step of it: a transaction of its own, a few ms. */
bool upkeep_is_due(const struct writer *w);
void upkeep_step(struct writer *w);
/* A part of a long move of cids, or of their filter, inside a batch's transaction, when there was
 * no idle moment. */
int upkeep_in_batch(struct writer *w, size_t events);

#define SEARCH_SEQ_BITS 40 /* of a rowid of table search; rooms.id is above */
/* search.c: feeds up to n events to the index; w->search_to is *to once that is committed. */
bool search_is_behind(const struct writer *w);
int search_feed(struct writer *w, size_t n, int64_t *to);
/* Takes message (room, seq) out of the index, before it is deleted. */
int search_expire(struct writer *w, int64_t room, uint64_t seq);

/* retention.c: deletes up to n events of a room that holds too many. */
int retention_step(struct writer *w, struct room_entry *e, size_t n);

/* insights.c: rc as of the transaction; and the answer to INSIGHT_LOAD. */
int insights_write(struct writer *w, struct msg_insight *m);
void insights_answer(struct writer *w, struct msg_insight *m);

#endif
