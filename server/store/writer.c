/* SPDX-License-Identifier: MIT
 *
 * The writer: takes all that waits in the store's mailbox as one transaction, commits it, then
 * answers in the order of asking. With durability memory it answers first and keeps the transaction
 * open for a moment. Its own thread; owns the writing connection and the struct writer.
 */
#include "store/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 4096          /* messages a transaction */
#define BEHIND_US 200000        /* durability memory: a transaction is open so long at most … */
#define BEHIND_EVENTS 8192      /* … and holds so many events */
#define IDLE_MS 10              /* silence before upkeep begins */
#define UPKEEP_EVERY_US 100000  /* without silence, a step so often */
#define UPKEEP_RETRY_US 1000000 /* after a failed step */
#define RETRY_AFTER_MS 1000     /* told to clients when a commit failed */

/* ---- transactions ---- */

int writer_begin(struct writer *w)
{
    if (w->open)
        return SQLITE_OK;
    int rc = stmt_run(w->stmts[W_BEGIN]);
    if (rc != SQLITE_DONE)
        return rc;
    w->open = true;
    w->opened_us = clock_mono_us();
    w->opened_events = 0;
    return SQLITE_OK;
}

static void close_transaction(struct writer *w)
{
    w->open = false;
    w->opened_events = 0;
}

static void count_commit(struct writer *w, uint64_t began_us)
{
    struct store_stats *stats = w->stats;
    if (w->opened_events == 0)
        return;
    histogram_record(&stats->commit_us, clock_mono_us() - began_us);
    histogram_record(&stats->batch, w->opened_events);
    atomic_fetch_add_explicit(&stats->commits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&stats->events, w->opened_events, memory_order_relaxed);
}

int writer_commit(struct writer *w)
{
    if (!w->open)
        return SQLITE_OK;
    uint64_t began_us = clock_mono_us();
    int rc = rooms_flush(&w->rooms);
    if (rc == SQLITE_OK)
        rc = stmt_run(w->stmts[W_COMMIT]);
    if (rc != SQLITE_DONE) {
        writer_lose(w, rc);
        return rc;
    }
    count_commit(w, began_us);
    rooms_committed(&w->rooms);
    authors_committed(&w->authors);
    cids_committed(&w->cids);
    close_transaction(w);
    if (w->failing)
        log_info("store", "commits succeed again");
    w->failing = false;
    atomic_store_explicit(&w->stats->failing, 0, memory_order_relaxed);
    return SQLITE_OK;
}

void writer_lose(struct writer *w, int rc)
{
    if (!w->failing)
        log_error("store", "cannot write the history: %s (%s); trying again with each batch",
                  db_reason(rc), sqlite3_errmsg(w->db));
    w->failing = true;
    atomic_store_explicit(&w->stats->failing, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->stats->failed_commits, 1, memory_order_relaxed);
    /* After some errors SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(w->db))
        stmt_run(w->stmts[W_ROLLBACK]);
    rooms_lost(&w->rooms);
    authors_lost(&w->authors);
    cids_lost(&w->cids);
    close_transaction(w);
}

/* ---- what arrives ---- */

static int mark_read(struct writer *w, struct msg_read_mark *m)
{
    struct room_entry *room;
    const struct author *author;
    int rc = rooms_find(&w->rooms, m->room.text, &room);
    if (rc != SQLITE_OK)
        return rc;
    uint64_t top = room != NULL ? room->top : 0;
    m->ask.status = 0;
    if (m->seq > top) {
        m->ask.status = E_BAD_REQUEST;
        m->ask.detail = "seq is beyond the newest event of the room";
        return SQLITE_OK;
    }
    if (m->seq == 0 && (room == NULL || room->id == 0))
        return SQLITE_OK;
    rc = authors_make(&w->authors, m->user, &author);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_stmt *s = w->stmts[W_READ_GET];
    stmt_int(s, 1, author->user);
    stmt_int(s, 2, room->id);
    rc = sqlite3_step(s);
    uint64_t old = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return rc;
    if (old >= m->seq) {
        m->seq = old;
        return SQLITE_OK;
    }
    s = w->stmts[W_READ_PUT];
    stmt_int(s, 1, author->user);
    stmt_int(s, 2, room->id);
    stmt_int(s, 3, (int64_t)m->seq);
    rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool is_decision(const struct msg *m)
{
    enum review_act act = ((const struct msg_review *)m)->act;
    return act == REVIEW_REPLAY || act == REVIEW_DROP;
}

/* The part of a message that writes. rc as of the transaction. */
static int write_message(struct writer *w, struct msg *m)
{
    switch (m->tag) {
    case MSG_STORE_APPEND:
    case MSG_STORE_READ_MARK:
    case MSG_STORE_QUARANTINE:
        break;
    case MSG_STORE_KEY:
    case MSG_STORE_POLICY:
    case MSG_STORE_STRIKES:
    case MSG_STORE_INSIGHT_SAVE:
        break;
    case MSG_STORE_REVIEW:
        if (!is_decision(m))
            return SQLITE_OK;
        break;
    case MSG_STORE_MODERATE:
        if (moderation_is_look(((struct msg_moderation *)m)->act))
            return SQLITE_OK;
        break;
    case MSG_STORE_STOP:
        w->stopping = true;
        return SQLITE_OK;
    default:
        return SQLITE_OK;
    }
    int rc = writer_begin(w);
    if (rc != SQLITE_OK)
        return rc;
    if (m->tag == MSG_STORE_APPEND)
        return append_publication(w, (struct msg_publication *)m);
    if (m->tag == MSG_STORE_READ_MARK)
        return mark_read(w, (struct msg_read_mark *)m);
    if (m->tag == MSG_STORE_REVIEW)
        return quarantine_decide(w, (struct msg_review *)m);
    if (m->tag == MSG_STORE_MODERATE)
        return moderation_write(w, (struct msg_moderation *)m);
    if (m->tag == MSG_STORE_POLICY)
        return policies_put(w, (struct msg_policy *)m);
    if (m->tag == MSG_STORE_STRIKES)
        return strikes_put(w, (const struct msg_strikes *)m);
    if (m->tag == MSG_STORE_INSIGHT_SAVE)
        return insights_write(w, (struct msg_insight *)m);
    if (m->tag == MSG_STORE_KEY)
        return keys_write(w, (struct msg_key *)m);
    return quarantine_put(w, (struct msg_quarantine *)m);
}

/* ---- answers, after the commit ---- */

void writer_answer(struct writer *w, struct mailbox *to, struct msg *m)
{
    for (unsigned i = 0; i < w->topology->n_loops; i++) {
        if (w->topology->loops[i] == to) {
            outbox_add(&w->to_loops[i], m);
            return;
        }
    }
    mailbox_post(to, m);
}

/* Reads go last: a page never holds what the rooms have not been told of. */
static void post_answers(struct writer *w)
{
    for (unsigned i = 0; i < w->topology->n_loops; i++)
        mailbox_post_all(w->topology->loops[i], &w->to_loops[i]);
    mailbox_post_all(w->reader, &w->to_reader);
}

static void answer_publication(struct writer *w, struct msg_publication *p, int lost)
{
    if (lost != SQLITE_OK) {
        p->ask.status = E_UNAVAILABLE;
        p->ask.detail = db_reason(lost);
        p->ask.retry_after_ms = RETRY_AFTER_MS;
        p->duplicate = false;
        p->id = 0;
        p->seq = 0;
    }
    unsigned home = topology_home(w->topology, p->room.text);
    p->head.tag = MSG_ROOM_COMMITTED;
    outbox_add(&w->to_loops[home], &p->head);
}

static void answer_room_open(struct writer *w, struct msg_room_open *m)
{
    struct room_entry *room = NULL;
    int rc = rooms_find(&w->rooms, m->room.text, &room);
    if (rc == SQLITE_OK)
        rc = policies_get(w, m->room.text, &m->policy);
    if (rc == SQLITE_OK)
        rc = strikes_get(w, m);
    m->status = rc == SQLITE_OK ? 0 : E_UNAVAILABLE;
    m->top = room != NULL ? room->top : 0;
    m->last_ts_ms = room != NULL ? room->last_ts : 0;
    m->head.tag = MSG_ROOM_OPENED;
    writer_answer(w, m->reply, &m->head);
}

static void answer_read_mark(struct writer *w, struct msg_read_mark *m, int lost)
{
    if (lost != SQLITE_OK) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(lost);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    }
    m->head.tag = MSG_LOOP_READ_MARKED;
    writer_answer(w, m->reply, &m->head);
}

static void answer_rooms(struct writer *w, struct msg_rooms *m)
{
    free(m->rows);
    m->rows = calloc(m->limit > 0 ? m->limit : 1, sizeof *m->rows);
    m->cap = m->rows != NULL ? m->limit : 0;
    m->count = rooms_list(&w->rooms, m->rows, m->cap);
    m->ask.status = m->rows != NULL ? 0 : E_NO_MEMORY;
    m->head.tag = MSG_LOOP_ROOMS;
    writer_answer(w, m->reply, &m->head);
}

struct msg *writer_make_job(sqlite3_stmt *s)
{
    const char *text = stmt_get_text(s, 5); /* before its length: SQLite's order */
    struct msg_job *job = msg_job_new(text, (size_t)sqlite3_column_bytes(s, 5));
    if (job == NULL)
        return NULL;
    job->id = sqlite3_column_int64(s, 0);
    strncpy(job->room.text, stmt_get_text(s, 1), ROOM_NAME_MAX);
    job->seq = (uint64_t)sqlite3_column_int64(s, 2);
    job->ts_ms = sqlite3_column_int64(s, 3);
    strncpy(job->user_id, stmt_get_text(s, 4), USER_ID_MAX);
    if (sqlite3_column_int(s, 6) == EVENT_EDIT)
        job->on = (uint64_t)sqlite3_column_int64(s, 7);
    job->origin.role = (enum role)sqlite3_column_int(s, 8);
    job->masked = sqlite3_column_int(s, 9) != 0;
    return &job->head;
}

static void answer_pending(struct writer *w, struct msg_pending *m)
{
    sqlite3_stmt *s = w->stmts[W_PENDING_PAGE];
    struct msg **end = &m->jobs;
    m->count = 0;
    stmt_int(s, 1, m->after);
    stmt_int(s, 2, m->limit);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        *end = writer_make_job(s);
        if (*end == NULL)
            break;
        end = &(*end)->next;
        m->count++;
    }
    if (rc != SQLITE_DONE)
        log_error("store", "cannot list all messages without a verdict: %s", db_reason(rc));
    sqlite3_reset(s);
    m->head.tag = MSG_DISPATCH_PENDING;
    writer_answer(w, m->reply, &m->head);
}

static void answer(struct writer *w, struct msg *m, int lost)
{
    switch (m->tag) {
    case MSG_STORE_APPEND:
        answer_publication(w, (struct msg_publication *)m, lost);
        break;
    case MSG_STORE_ROOM_OPEN:
        answer_room_open(w, (struct msg_room_open *)m);
        break;
    case MSG_STORE_READ_MARK:
        answer_read_mark(w, (struct msg_read_mark *)m, lost);
        break;
    case MSG_STORE_ROOMS:
        answer_rooms(w, (struct msg_rooms *)m);
        break;
    case MSG_STORE_PENDING:
        answer_pending(w, (struct msg_pending *)m);
        break;
    case MSG_STORE_QUARANTINE:
        quarantine_answer_put(w, (struct msg_quarantine *)m, lost);
        break;
    case MSG_STORE_REVIEW:
        quarantine_answer_review(w, (struct msg_review *)m, lost);
        break;
    case MSG_STORE_MODERATE:
        moderation_answer(w, (struct msg_moderation *)m, lost);
        break;
    case MSG_STORE_POLICY:
        policies_answer_put(w, (struct msg_policy *)m, lost);
        break;
    case MSG_STORE_KEY:
        keys_answer(w, (struct msg_key *)m, lost);
        break;
    case MSG_STORE_INSIGHT_LOAD:
        insights_answer(w, (struct msg_insight *)m);
        break;
    case MSG_STORE_READ:
    case MSG_STORE_TRACES:
    case MSG_STORE_SEARCH:
        outbox_add(&w->to_reader, m);
        break;
    default:
        msg_free(m);
        break;
    }
}

/* ---- batches ---- */

/* What the reader is asked must not miss what was told of before. */
static bool wants_commit(const struct writer *w, bool has_reads)
{
    return w->durability != DURABILITY_MEMORY || has_reads || w->stopping
           || w->opened_events >= BEHIND_EVENTS || clock_mono_us() - w->opened_us >= BEHIND_US;
}

static void note_told_loss(struct writer *w)
{
    if (w->lost_told)
        return;
    w->lost_told = true;
    log_error("store", "durability memory: events that were shown already could not be kept; rooms "
                       "take a new epoch at the next start");
}

/* Ends a batch; returns what its publications are to be told. */
static int end_batch(struct writer *w, int lost, bool has_reads, uint64_t told_before)
{
    if (lost != SQLITE_OK) {
        if (told_before > 0)
            note_told_loss(w);
        writer_lose(w, lost);
        return lost;
    }
    if (!w->open)
        return SQLITE_OK;
    if (!wants_commit(w, has_reads)) {
        rooms_told(&w->rooms);
        return SQLITE_OK;
    }
    lost = writer_commit(w);
    if (lost != SQLITE_OK && told_before > 0)
        note_told_loss(w);
    return lost;
}

/* Writes and answers up to BATCH_MAX messages; returns the rest of the chain. */
static struct msg *run_batch(struct writer *w, struct msg *chain)
{
    struct msg *m = chain;
    int lost = SQLITE_OK;
    bool has_reads = false;
    uint64_t told_before = w->opened_events, publications = 0;
    w->now_ms = clock_wall_ms();
    for (int n = 0; m != NULL && n < BATCH_MAX; m = m->next, n++) {
        has_reads |= m->tag == MSG_STORE_READ || m->tag == MSG_STORE_TRACES
                     || m->tag == MSG_STORE_SEARCH;
        publications += m->tag == MSG_STORE_APPEND;
        if (lost == SQLITE_OK)
            lost = write_message(w, m);
        else if (m->tag == MSG_STORE_STOP)
            w->stopping = true;
    }
    if (lost == SQLITE_OK && w->open)
        lost = upkeep_in_batch(w, publications);
    lost = end_batch(w, lost, has_reads, told_before);
    for (struct msg *end = m; chain != end;) {
        struct msg *next = chain->next;
        answer(w, chain, lost);
        chain = next;
    }
    post_answers(w);
    atomic_fetch_sub_explicit(&w->stats->queue, publications, memory_order_relaxed);
    return m;
}

static uint64_t count_publications(const struct msg *m)
{
    uint64_t n = 0;
    for (; m != NULL; m = m->next)
        n += m->tag == MSG_STORE_APPEND;
    return n;
}

/* True when there was anything. */
static bool drain(struct writer *w)
{
    struct msg *chain = mailbox_take(w->mailbox);
    if (chain == NULL)
        return false;
    atomic_fetch_add_explicit(&w->stats->queue, count_publications(chain), memory_order_relaxed);
    while (chain != NULL)
        chain = run_batch(w, chain);
    return true;
}

/* ---- the thread ---- */

static int ask_checkpoint(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct writer *w = arg;
    const uint64_t one = 1;
    (void)db;
    (void)name;
    if (pages < w->wal_pages) /* the log has begun again */
        w->wal_ask_at = CHECKPOINT_PAGES;
    w->wal_pages = pages;
    if (pages >= w->wal_ask_at && write(w->checkpoint->wanted_fd, &one, sizeof one) > 0)
        w->wal_ask_at = pages + CHECKPOINT_PAGES;
    return SQLITE_OK;
}

/* The end of a checkpoint whose bulk the reader has done: see struct checkpoint. */
static void finish_checkpoint(struct writer *w)
{
    if (w->open
        || !atomic_exchange_explicit(&w->checkpoint->bulk_done, false, memory_order_acquire))
        return;
    int rc = sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
        log_warn("store", "checkpoint: %s", db_reason(rc));
}

static void commit_behind(struct writer *w, bool force)
{
    if (!w->open || (!force && clock_mono_us() - w->opened_us < BEHIND_US))
        return;
    if (writer_commit(w) != SQLITE_OK)
        note_told_loss(w);
}

static void run_upkeep(struct writer *w, bool idle)
{
    uint64_t now = clock_mono_us();
    /* In busy times an open transaction is left to fill: each commit writes a page of every room
     * that has news in it. */
    if (now < w->upkeep_after_us || !upkeep_is_due(w)
        || (!idle && (w->open || now - w->upkeep_us < UPKEEP_EVERY_US)))
        return;
    commit_behind(w, true);
    uint64_t failed = atomic_load_explicit(&w->stats->failed_commits, memory_order_relaxed);
    upkeep_step(w);
    w->upkeep_us = clock_mono_us();
    if (failed != atomic_load_explicit(&w->stats->failed_commits, memory_order_relaxed))
        w->upkeep_after_us = w->upkeep_us + UPKEEP_RETRY_US;
}

/* Milliseconds that the thread may sleep: -1 until a message comes. */
static int sleep_ms(const struct writer *w, bool idle)
{
    uint64_t now = clock_mono_us();
    if (w->open) {
        uint64_t due = w->opened_us + BEHIND_US;
        return now >= due ? 0 : (int)((due - now) / 1000 + 1);
    }
    if (!upkeep_is_due(w))
        return -1;
    if (now < w->upkeep_after_us)
        return (int)((w->upkeep_after_us - now) / 1000 + 1);
    return idle ? 0 : IDLE_MS;
}

void *writer_run(void *arg)
{
    struct writer *w = arg;
    struct pollfd fd = {.fd = mailbox_fd(w->mailbox), .events = POLLIN};
    bool idle = false;
    while (!w->stopping) {
        int ready = poll(&fd, 1, sleep_ms(w, idle));
        if (ready < 0 && errno != EINTR)
            fatal("store", "poll: %s", strerror(errno));
        if (ready > 0 && drain(w))
            idle = false;
        else if (ready == 0)
            idle = true;
        commit_behind(w, false);
        finish_checkpoint(w);
        run_upkeep(w, idle);
    }
    while (drain(w))
        continue;
    commit_behind(w, true);
    return NULL;
}

/* ---- making ---- */

static int read_marks(struct writer *w)
{
    int64_t newest = 0, cids_to = 0;
    int status = db_query_int(w->db, "SELECT max(id) FROM events", &newest);
    if (status == 0)
        status = db_query_int(w->db, "SELECT value FROM meta WHERE key = 'cids_to'", &cids_to);
    if (status == 0)
        status = db_query_int(w->db, "SELECT value FROM meta WHERE key = 'search_to'",
                              &w->search_to);
    if (status == 0)
        status = db_query_int(w->db, "SELECT count(*) FROM review WHERE kind = 'held'",
                              &w->n_held);
    w->next_id = newest + 1;
    w->wal_ask_at = CHECKPOINT_PAGES;
    return status != 0 ? status : db_status(cids_load(&w->cids, cids_to));
}

int writer_init(struct writer *w)
{
    int status = db_status(statements_prepare_writer(w->db, w->stmts));
    if (status == 0)
        status = db_status(rooms_load(&w->rooms));
    if (status == 0)
        status = read_marks(w);
    if (status == 0)
        sqlite3_wal_hook(w->db, ask_checkpoint, w);
    return status;
}

void writer_fini(struct writer *w)
{
    statements_finalize(w->stmts, N_WRITER_STATEMENTS);
    rooms_fini(&w->rooms);
    authors_fini(&w->authors);
    cids_fini(&w->cids);
}
