/* SPDX-License-Identifier: MIT
 *
 * What the gate and policies leave on disk: policies, traces, the review queue's new items, and
 * what was shown otherwise than it was sent. Inside the writer's transaction; writer thread.
 */
#include "store/writer.h"

#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

/* Flagged items between two looks at how many there are. */
#define REVIEW_LOOK_EVERY 64

static int done(int rc)
{
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* -- policies ------------------------------------------------------------------------------ */

int policies_put(struct writer *w, struct msg_policy *m)
{
    sqlite3_stmt *s = w->stmts[W_POLICY_PUT];
    stmt_cstring(s, 1, m->room.text);
    stmt_text(s, 2, m->json.data, m->json.len);
    stmt_cstring(s, 3, m->by);
    stmt_int(s, 4, w->now_ms);
    int rc = done(stmt_run(s));
    m->ask.status = 0;
    return rc != SQLITE_OK ? rc : audit_put(w, m->by, "policy", m->room.text, 0, 0, m->json.data);
}

void policies_answer_put(struct writer *w, struct msg_policy *m, int lost)
{
    if (lost != SQLITE_OK) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(lost);
    }
    m->head.tag = MSG_ROOM_POLICY_KEPT;
    writer_answer(w, w->topology->loops[topology_home(w->topology, m->room.text)], &m->head);
}

int policies_get(struct writer *w, const char *room, char **json)
{
    sqlite3_stmt *s = w->stmts[W_POLICY_GET];
    stmt_cstring(s, 1, room);
    int rc = sqlite3_step(s);
    *json = rc == SQLITE_ROW ? strdup(stmt_get_text(s, 0)) : NULL;
    if (rc == SQLITE_ROW && *json == NULL)
        rc = SQLITE_NOMEM;
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : done(rc);
}

/* -- traces and the review queue ----------------------------------------------------------- */

static int put_trace(struct writer *w, int64_t id, uint64_t verdict_seq, const char *json)
{
    sqlite3_stmt *s = w->stmts[W_TRACE_PUT];
    stmt_int(s, 1, id);
    verdict_seq != 0 ? stmt_int(s, 2, (int64_t)verdict_seq) : stmt_null(s, 2);
    stmt_cstring(s, 3, json);
    return done(stmt_run(s));
}

/* The oldest that nobody looked at make room. */
static int bound_review(struct writer *w)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_FLAGGED];
    if (w->review_max == 0 || w->flagged++ % REVIEW_LOOK_EVERY != 0)
        return SQLITE_OK;
    int rc = sqlite3_step(s);
    int64_t open = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    if (rc != SQLITE_ROW || open <= (int64_t)w->review_max)
        return rc == SQLITE_ROW ? SQLITE_OK : rc;
    int64_t excess = open - (int64_t)w->review_max;
    s = w->stmts[W_REVIEW_DROP];
    stmt_int(s, 1, excess);
    atomic_fetch_add_explicit(&w->stats->review_dropped, (uint64_t)excess, memory_order_relaxed);
    return done(stmt_run(s));
}

static int flag(struct writer *w, const struct finding *f, int64_t id, enum event_kind kind)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_FLAG];
    stmt_int(s, 1, id);
    stmt_cstring(s, 2, f->labels);
    stmt_cstring(s, 3, f->rule);
    stmt_cstring(s, 4, action_name(f->wanted));
    stmt_int(s, 5, kind);
    int rc = done(stmt_run(s));
    return rc == SQLITE_OK ? bound_review(w) : rc;
}

int gated_verdict(struct writer *w, const struct msg_publication *p)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < p->n_done && rc == SQLITE_OK; i++) {
        sqlite3_stmt *s = w->stmts[W_PENDING_DELETE];
        stmt_int(s, 1, p->done[i]);
        rc = done(stmt_run(s));
        bool first = rc == SQLITE_OK && sqlite3_changes(w->db) > 0;
        const struct finding *f = p->findings != NULL ? &p->findings[i] : NULL;
        if (!first || f == NULL || f->trace == NULL)
            continue;
        rc = put_trace(w, f->id, p->seq, f->trace);
        if (rc == SQLITE_OK && f->review)
            rc = flag(w, f, f->id, N_EVENT_KINDS);
    }
    return rc;
}

/* -- publications that were judged --------------------------------------------------------- */

static int64_t hash_of(struct writer *w, const struct msg_publication *p)
{
    return cids_hash_content(&w->cids, p->kind, p->on, p->kind == EVENT_REACTION && p->add, p->text,
                             p->text_len);
}

int gated_event(struct writer *w, const struct msg_publication *p)
{
    const struct judgement *j = p->judgement;
    if (j->action != ACTION_MASK && j->action != ACTION_SHADOW)
        return SQLITE_OK;
    sqlite3_stmt *s = w->stmts[W_ALTERED_PUT];
    stmt_int(s, 1, p->id);
    stmt_int(s, 2, hash_of(w, p));
    stmt_int(s, 3, j->action);
    if (j->action == ACTION_MASK)
        stmt_text(s, 4, p->text, p->text_len);
    else
        stmt_null(s, 4);
    int rc = done(stmt_run(s));
    if (rc == SQLITE_OK && j->finding.trace != NULL) {
        rc = put_trace(w, p->id, 0, j->finding.trace);
        if (rc == SQLITE_OK)
            rc = flag(w, &j->finding, p->id, p->kind);
    }
    return rc;
}

int gated_find_altered(struct writer *w, int64_t id, int64_t *hash, enum action *action)
{
    sqlite3_stmt *s = w->stmts[W_ALTERED_FIND];
    stmt_int(s, 1, id);
    int rc = sqlite3_step(s);
    *action = ACTION_NONE;
    if (rc == SQLITE_ROW) {
        *hash = sqlite3_column_int64(s, 0);
        *action = (enum action)sqlite3_column_int(s, 1);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : done(rc);
}

/* The held item of this cid, if there is one: its state, and whether it is the same content. */
static int find_held(struct writer *w, const struct msg_publication *p, bool *found, bool *same,
                     bool *rejected)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_HELD];
    stmt_cstring(s, 1, p->user->id);
    stmt_cstring(s, 2, p->cid);
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (*found) {
        const char *text = stmt_get_text(s, 3);
        size_t len = (size_t)sqlite3_column_bytes(s, 3);
        *rejected = strcmp(stmt_get_text(s, 0), "rejected") == 0;
        *same = sqlite3_column_int(s, 1) == (int)p->kind
                && (uint64_t)sqlite3_column_int64(s, 2) == p->on && len == p->text_len
                && memcmp(text, p->text, len) == 0
                && strcmp(stmt_get_text(s, 4), p->room.text) == 0;
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : done(rc);
}

int gated_was_held(struct writer *w, const struct msg_publication *p, bool *same)
{
    bool found, rejected;
    *same = false;
    return find_held(w, p, &found, same, &rejected);
}

int gated_is_held(struct writer *w, struct msg_publication *p, bool *held)
{
    bool same = false, rejected = false;
    *held = false;
    if (p->cid[0] == '\0' || p->user == NULL || w->n_held == 0)
        return SQLITE_OK;
    int rc = find_held(w, p, held, &same, &rejected);
    if (rc != SQLITE_OK || !*held)
        return rc;
    if (!same || rejected) {
        p->ask.status = same ? E_REJECTED : E_CONFLICT;
        p->ask.detail = same ? "a moderator rejected this message"
                             : "this cid was used for something else";
        if (p->judgement != NULL) {
            free(p->judgement->finding.trace); /* not what the answer is about */
            p->judgement->finding.trace = NULL;
        }
        return SQLITE_OK;
    }
    if (p->judgement == NULL && (p->judgement = calloc(1, sizeof *p->judgement)) == NULL)
        return SQLITE_NOMEM;
    p->judgement->action = ACTION_HOLD;
    p->judgement->refusal = 0;
    p->duplicate = true;
    return SQLITE_OK;
}

int gated_hold(struct writer *w, struct msg_publication *p)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_HOLD];
    const struct finding *f = &p->judgement->finding;
    stmt_cstring(s, 1, p->room.text);
    stmt_int(s, 2, p->kind);
    p->on != 0 ? stmt_int(s, 3, (int64_t)p->on) : stmt_null(s, 3);
    stmt_cstring(s, 4, p->user->id);
    stmt_cstring(s, 5, p->user->name);
    stmt_int(s, 6, p->user->role);
    stmt_cstring(s, 7, p->cid);
    stmt_text(s, 8, p->text, p->text_len);
    stmt_int(s, 9, w->now_ms);
    stmt_cstring(s, 10, f->trace != NULL ? f->labels : "[]");
    stmt_cstring(s, 11, f->trace != NULL ? f->rule : "");
    p->ts_ms = w->now_ms;
    w->n_held++;
    return done(stmt_run(s));
}
