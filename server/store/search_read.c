/* SPDX-License-Identifier: MIT
 *
 * Answering a search by words: newest first, from a given seq downwards. Reader thread.
 *
 * The index only proposes. Each message is shown, and judged to match or not, by what the log says
 * that people see now (its last edit; nothing when deleted; masked as it was masked), so that an
 * index that lags, by the moments in which it is not fed, shows nothing that is gone. What is too
 * new for the index, and questions that it cannot answer (no words, or parts of them), are looked
 * for in the log itself.
 *
 * One search does a bounded amount of work and then says how far it came: whoever wants to know
 * more asks again from there. So no question stalls the pages of history that others ask
 * this thread for.
 */
#include "store/reader.h"

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <time.h>

/* What a search may cost, in messages read and matched. */
#define WORK_MAX 4096
/* The log is read in stretches of so many events, which cost as much. */
#define LOG_STRETCH 256
/* The index is asked word by word about stretches of so many events, begun where the rarest is.
 * (Asked for two words at once it walks both lists until they meet, however far that is.) After so
 * much of this thread's time no further stretch is begun. */
#define STRETCH 2048
#define INDEX_TIME_US 5000

#define HITS_BYTES_MAX (256 * 1024)
#define RETRY_AFTER_MS 1000

struct walk {
    struct reader *r;
    struct msg_search *m;
    int64_t room, indexed; /* the index has the events up to this id */
    uint64_t below;        /* everything from here on was looked at */
    uint64_t oldest;
    int work;              /* left */
    bool full;             /* of hits */
};

static bool goes_on(const struct walk *w)
{
    return !w->full && w->work > 0 && w->below > w->oldest;
}

static uint64_t stretch_from(const struct walk *w, uint64_t length)
{
    return w->below - w->oldest > length ? w->below - length : w->oldest;
}

/* A row of SEARCH_MESSAGES: shown when it matches and the page has room for it. */
static void offer(struct walk *w, sqlite3_stmt *s)
{
    struct msg_search *m = w->m;
    struct buf *scratch = &w->r->scratch;
    const char *text = stmt_get_text(s, 3);
    size_t len = (size_t)sqlite3_column_bytes(s, 3);
    uint64_t seq = (uint64_t)sqlite3_column_int64(s, 1);
    w->work--;
    buf_clear(scratch);
    if (sqlite3_column_int(s, 4) != EVENT_DELETE
        && terms_find(&w->r->terms, text, len, scratch)) {
        if (m->count > 0 && m->hits.len + len > HITS_BYTES_MAX) {
            w->full = true;
            return;
        }
        buf_append_str(&m->hits, m->count++ > 0 ? ",{\"seq\":" : "{\"seq\":");
        buf_append_u64(&m->hits, seq);
        buf_append_str(&m->hits, ",\"ts\":");
        buf_append_i64(&m->hits, sqlite3_column_int64(s, 2));
        buf_append_str(&m->hits, ",\"user\":{\"id\":");
        json_put_cstring(&m->hits, stmt_get_text(s, 5));
        buf_append_str(&m->hits, ",\"name\":");
        json_put_cstring(&m->hits, stmt_get_text(s, 6));
        buf_append_str(&m->hits, "},\"text\":");
        json_put_string(&m->hits, text, len);
        buf_append_str(&m->hits, sqlite3_column_int(s, 4) == EVENT_EDIT ? ",\"edited\":true" : "");
        buf_append_str(&m->hits, ",\"spans\":");
        buf_append(&m->hits, scratch->data, scratch->len);
        buf_append_char(&m->hits, '}');
        w->full = m->count >= m->limit;
    }
    w->below = seq;
}

/* Messages of the log from `from` up to w->below, newest first. *met: one was reached that the
 * index knows; it was not offered. NULL: does not matter. */
static int read_log(struct walk *w, uint64_t from, bool *met)
{
    sqlite3_stmt *s = w->r->stmts[R_SEARCH_MESSAGES];
    int rc = SQLITE_DONE;
    stmt_int(s, 1, w->room);
    stmt_int(s, 2, (int64_t)from);
    stmt_int(s, 3, (int64_t)w->below - 1);
    while (!w->full && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (met != NULL && sqlite3_column_int64(s, 0) <= w->indexed) {
            *met = true;
            w->below = (uint64_t)sqlite3_column_int64(s, 1) + 1;
            break;
        }
        offer(w, s);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Until the work is done or, with `met`, the index can take over. */
static int walk_log(struct walk *w, bool *met)
{
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK && goes_on(w) && (met == NULL || !*met)) {
        uint64_t from = stretch_from(w, LOG_STRETCH);
        uint64_t below = w->below;
        int work = w->work;
        rc = read_log(w, from, met);
        if (rc == SQLITE_OK && !w->full && (met == NULL || !*met)) {
            w->work = work - (int)(below - from);
            w->below = from;
        }
    }
    return rc;
}

/* Which messages from `from` to `to` may match. */
struct stretch {
    uint64_t from, to;
    uint64_t bits[STRETCH / 64];
};

static void set_bit(struct stretch *s, uint64_t seq)
{
    s->bits[(seq - s->from) / 64] |= UINT64_C(1) << ((seq - s->from) % 64);
}

static bool has_bit(const struct stretch *s, uint64_t seq)
{
    return (s->bits[(seq - s->from) / 64] >> ((seq - s->from) % 64) & 1) != 0;
}

/* Messages with this word from `from` to `to`, newest first. */
static sqlite3_stmt *ask_index(const struct walk *w, unsigned term, uint64_t from, uint64_t to)
{
    sqlite3_stmt *s = w->r->stmts[R_SEARCH_MATCH];
    int64_t base = w->room << SEARCH_SEQ_BITS;
    stmt_cstring(s, 1, terms_match(&w->r->terms, term));
    stmt_int(s, 2, base | (int64_t)from);
    stmt_int(s, 3, base | (int64_t)to);
    return s;
}

static uint64_t seq_of(sqlite3_stmt *s)
{
    return (uint64_t)sqlite3_column_int64(s, 0) & ((UINT64_C(1) << SEARCH_SEQ_BITS) - 1);
}

/* The stretch that ends with the newest message with the rarest word; `to` 0: there is none. */
static int begin_stretch(const struct walk *w, struct stretch *stretch)
{
    sqlite3_stmt *s = ask_index(w, w->r->terms.driver, w->oldest, w->below - 1);
    int rc;
    *stretch = (struct stretch){0};
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t seq = seq_of(s);
        if (stretch->to == 0) {
            stretch->to = seq;
            stretch->from = seq - w->oldest >= STRETCH ? seq - STRETCH + 1 : w->oldest;
        }
        if (seq < stretch->from)
            break;
        set_bit(stretch, seq);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Leaves those that have this word, too. *any: some are left. */
static int narrow(const struct walk *w, unsigned term, struct stretch *stretch, bool *any)
{
    sqlite3_stmt *s = ask_index(w, term, stretch->from, stretch->to);
    struct stretch both = {.from = stretch->from, .to = stretch->to};
    int rc;
    *any = false;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t seq = seq_of(s);
        if (!has_bit(stretch, seq))
            continue;
        set_bit(&both, seq);
        *any = true;
    }
    sqlite3_reset(s);
    *stretch = both;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int read_stretch(struct walk *w, const struct stretch *stretch)
{
    int rc = SQLITE_OK;
    for (uint64_t seq = stretch->to; seq >= stretch->from && rc == SQLITE_OK; seq--) {
        if (w->full)
            return SQLITE_OK;
        if (!has_bit(stretch, seq))
            continue;
        w->below = seq + 1;
        if (w->work <= 0)
            return SQLITE_OK;
        rc = read_log(w, seq, NULL);
    }
    if (rc == SQLITE_OK && !w->full)
        w->below = stretch->from;
    return rc;
}

static int read_index(struct walk *w)
{
    const struct terms *t = &w->r->terms;
    struct stretch stretch;
    bool any = true;
    int rc = begin_stretch(w, &stretch);
    if (rc == SQLITE_OK && stretch.to == 0)
        w->below = w->oldest;
    if (rc != SQLITE_OK || stretch.to == 0)
        return rc;
    for (unsigned i = 0; i < t->n && rc == SQLITE_OK && any; i++) {
        if (i != t->driver && !t->list[i].within)
            rc = narrow(w, i, &stretch, &any);
    }
    return rc == SQLITE_OK ? read_stretch(w, &stretch) : rc;
}

/* Of the processor, so that a busy machine does not make short work. */
static uint64_t thread_time_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int walk_index(struct walk *w)
{
    uint64_t end_us = thread_time_us() + INDEX_TIME_US;
    int rc;
    do
        rc = read_index(w);
    while (rc == SQLITE_OK && goes_on(w) && thread_time_us() < end_us);
    return rc;
}

static int walk(struct walk *w)
{
    bool met = false;
    if (!w->r->terms.indexed)
        return walk_log(w, NULL);
    int rc = walk_log(w, &met);
    if (rc == SQLITE_OK && met && goes_on(w))
        rc = walk_index(w);
    if ((rc & 0xff) != SQLITE_CORRUPT || !met)
        return rc;
    if (!w->r->index_broken)
        log_error("store", "the search index is damaged: searches read the history itself, slowly");
    w->r->index_broken = true;
    return walk_log(w, NULL);
}

/* 0 where there is none. */
static int get_number(sqlite3_stmt *s, int64_t *value)
{
    int rc = sqlite3_step(s);
    *value = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int search(struct reader *r, struct msg_search *m)
{
    struct walk w = {.r = r, .m = m, .work = WORK_MAX};
    struct page_room room = {0};
    int rc = reader_find_room(r, m->room.text, &room);
    m->known = room.id != 0;
    if (rc == SQLITE_OK && m->known)
        rc = get_number(r->stmts[R_SEARCH_TO], &w.indexed);
    if (rc != SQLITE_OK || !m->known)
        return rc;
    w.room = room.id;
    w.oldest = room.oldest;
    w.below = m->before != 0 && m->before <= room.top ? m->before : room.top + 1;
    rc = walk(&w);
    m->from = w.below;
    m->more = w.below > w.oldest;
    return rc;
}

/* One transaction, so that index, watermark and log are of one moment. */
static int search_at_once(struct reader *r, struct msg_search *m)
{
    int rc = stmt_run(r->stmts[R_BEGIN]);
    if (rc != SQLITE_DONE)
        return rc;
    rc = search(r, m);
    stmt_run(r->stmts[R_COMMIT]);
    return rc == SQLITE_OK && (m->hits.failed || r->scratch.failed) ? SQLITE_NOMEM : rc;
}

void search_read(struct reader *r, struct msg_search *m)
{
    m->ask.detail = terms_ask(&r->terms, m->q, strlen(m->q));
    m->ask.status = m->ask.detail != NULL ? E_BAD_REQUEST : 0;
    int rc = m->ask.status == 0 ? search_at_once(r, m) : SQLITE_OK;
    if (rc != SQLITE_OK) {
        log_error("store", "cannot search: %s (%s)", db_reason(rc), sqlite3_errmsg(r->db));
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    }
    atomic_fetch_add_explicit(&r->stats->reads, 1, memory_order_relaxed);
    m->head.tag = MSG_LOOP_FOUND;
    mailbox_post(m->reply, &m->head);
}
