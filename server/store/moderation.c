/* SPDX-License-Identifier: MIT
 *
 * The review queue: claims and decisions. Writer thread.
 *
 * A decision without an event (a held message that nobody will see, a shown one that is fine) is
 * taken here at once. One that needs an event (publish, delete, edit) is answered with the item;
 * the asking side publishes it with a struct decision, and append.c takes the decision in the
 * transaction that inserts the event. So an item is decided once, whatever runs at the same time
 * and wherever the server dies.
 *
 *     open --approve--> approved     held: published         shown: stays     masked: edited back
 *          --reject---> rejected     held: never shown       shown: deleted   masked: deleted
 *          --mask-----> masked       held: published masked  shown: edited    masked: stays
 *     approved, rejected, masked --undo--> open
 *
 * "masked": shown, but masked by the gate; the item has the text that its author sent.
 */
#include "store/writer.h"

#include "base/status.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM_MS       600000
#define RETRY_AFTER_MS 1000

/* What matters of a row, while its statement stands on it. */
struct row {
    const char *state;
    const char *room;
    int64_t seq; /* 0: not shown */
    bool held;
    bool masked; /* by the gate: others see something else than the text */
    bool claimed_by_another;
};

static const char *new_state(enum moderation_act act)
{
    switch (act) {
    case MODERATION_APPROVE:
        return "approved";
    case MODERATION_REJECT:
        return "rejected";
    case MODERATION_MASK:
        return "masked";
    default:
        return "open";
    }
}

static const char *act_name(enum moderation_act act)
{
    switch (act) {
    case MODERATION_CLAIM:
        return "claim";
    case MODERATION_RELEASE:
        return "release";
    case MODERATION_APPROVE:
        return "approve";
    case MODERATION_REJECT:
        return "reject";
    case MODERATION_MASK:
        return "mask";
    case MODERATION_UNDO:
        return "undo";
    default:
        return "look";
    }
}

bool moderation_is_look(enum moderation_act act)
{
    return act < MODERATION_CLAIM;
}

/* ---- reading a row ---- */

/* Steps onto the item; the caller resets. SQLITE_ROW, DONE when there is none, or an error. */
static int find(struct writer *w, int64_t id, const char *actor, struct row *row)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_GET];
    stmt_int(s, 1, id);
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW)
        return rc;
    const char *claimed_by = stmt_get_text(s, 16);
    *row = (struct row){
        .state = stmt_get_text(s, 2),
        .room = stmt_get_text(s, 3),
        .seq = sqlite3_column_int64(s, 4),
        .held = strcmp(stmt_get_text(s, 1), "held") == 0,
        .masked = sqlite3_column_type(s, 21) != SQLITE_NULL,
        .claimed_by_another = claimed_by[0] != '\0' && strcmp(claimed_by, actor) != 0 &&
                              w->now_ms - sqlite3_column_int64(s, 17) < CLAIM_MS,
    };
    return rc;
}

static char *keep(char **at, const char *text, size_t len)
{
    char *kept = *at;
    memcpy(kept, text, len);
    kept[len] = '\0';
    *at += len + 1;
    return kept;
}

static struct review_item *make_item(sqlite3_stmt *s)
{
    size_t text_len = (size_t)sqlite3_column_bytes(s, 11);
    size_t labels_len = (size_t)sqlite3_column_bytes(s, 13);
    size_t shown_len = (size_t)sqlite3_column_bytes(s, 21);
    struct review_item *i = calloc(1, sizeof *i + text_len + labels_len + shown_len + 3);
    if (i == NULL)
        return NULL;
    char *at = (char *)(i + 1);
    i->kind = (enum event_kind)sqlite3_column_int(s, 5);
    i->seq = (uint64_t)sqlite3_column_int64(s, 4);
    i->on = (uint64_t)sqlite3_column_int64(s, 6);
    i->role = (enum role)sqlite3_column_int(s, 9);
    i->held = strcmp(stmt_get_text(s, 1), "held") == 0;
    strncpy(i->room.text, stmt_get_text(s, 3), ROOM_NAME_MAX);
    strncpy(i->user_id, stmt_get_text(s, 7), USER_ID_MAX);
    strncpy(i->user_name, stmt_get_text(s, 8), USER_NAME_MAX);
    strncpy(i->cid, stmt_get_text(s, 10), CID_MAX);
    i->text = keep(&at, stmt_get_text(s, 11), text_len);
    i->text_len = text_len;
    i->labels = keep(&at, stmt_get_text(s, 13), labels_len);
    if (sqlite3_column_type(s, 21) != SQLITE_NULL)
        i->shown = keep(&at, stmt_get_text(s, 21), shown_len);
    return i;
}

/* ---- deciding ---- */

static int write_state(struct writer *w, int64_t id, const char *state, int64_t seq,
                       const char *actor, const char *note)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_DECIDE];
    bool open = strcmp(state, "open") == 0;
    stmt_int(s, 1, id);
    stmt_cstring(s, 2, state);
    seq != 0 ? stmt_int(s, 3, seq) : stmt_null(s, 3);
    open ? stmt_null(s, 4) : stmt_cstring(s, 4, actor);
    open ? stmt_null(s, 5) : stmt_int(s, 5, w->now_ms);
    stmt_cstring(s, 6, note);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int write_claim(struct writer *w, const struct msg_moderation *m)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_CLAIM];
    bool claim = m->act == MODERATION_CLAIM;
    stmt_int(s, 1, m->id);
    claim ? stmt_cstring(s, 2, m->actor) : stmt_null(s, 2);
    claim ? stmt_int(s, 3, w->now_ms) : stmt_null(s, 3);
    int rc = stmt_run(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether the act is possible now: 0, or a status with *why. */
static int judge(enum moderation_act act, const struct row *row, const char **why)
{
    bool open = strcmp(row->state, "open") == 0;
    if (row->claimed_by_another) {
        *why = "another moderator has claimed it; a claim ends after 10 minutes";
        return E_CONFLICT;
    }
    if (act == MODERATION_UNDO && open) {
        *why = "it is not decided: there is nothing to undo";
        return E_CONFLICT;
    }
    if (act != MODERATION_UNDO && !open) {
        *why = "it is decided already; undo that first";
        return E_CONFLICT;
    }
    return 0;
}

static bool needs_event(enum moderation_act act, const struct row *row)
{
    switch (act) {
    case MODERATION_APPROVE:
        return row->seq == 0 || row->masked;
    case MODERATION_REJECT:
        return row->seq != 0;
    case MODERATION_MASK:
        return !row->masked;
    case MODERATION_UNDO: /* what others saw before is shown again; what they did not is not */
        return strcmp(row->state, row->masked ? "approved" : "masked") == 0 && !row->held;
    default:
        return false;
    }
}

/* Whether what the gate masked has become something else meanwhile (edited or deleted by its
 * author), so that there is nothing to be put back. The statement stands on the item. */
static int is_overtaken(struct writer *w, enum moderation_act act, const struct row *row,
                        bool *overtaken)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_GET], *change = w->stmts[W_EVENT_CHANGE];
    struct room_entry *room = NULL;
    *overtaken = false;
    if (!row->masked || act == MODERATION_REJECT)
        return SQLITE_OK;
    int rc = rooms_find(&w->rooms, row->room, &room);
    if (rc != SQLITE_OK || room == NULL)
        return rc;
    stmt_int(change, 1, room->id);
    stmt_int(change, 2, sqlite3_column_int64(s, sqlite3_column_int(s, 5) == EVENT_EDIT ? 6 : 4));
    stmt_int(change, 3, INT64_MAX);
    rc = sqlite3_step(change);
    const char *before = stmt_get_text(s, act == MODERATION_APPROVE ? 21 : 11);
    if (rc == SQLITE_ROW)
        *overtaken = sqlite3_column_int(change, 0) == EVENT_DELETE
                     || strcmp(stmt_get_text(change, 1), before) != 0;
    sqlite3_reset(change);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Of the item that the statement stands on, which is reset before anything is written. */
static int act_on(struct writer *w, struct msg_moderation *m, const struct row *row)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_GET];
    int64_t seq = row->seq;
    bool decides = m->act >= MODERATION_APPROVE;
    m->seq = (uint64_t)seq;
    m->room = (struct room_name){{0}};
    strncpy(m->room.text, row->room, ROOM_NAME_MAX);
    strncpy(m->user_id, stmt_get_text(s, 7), USER_ID_MAX);
    strncpy(m->cid, stmt_get_text(s, 10), CID_MAX);
    m->was_done = decides && m->act != MODERATION_UNDO &&
                  strcmp(row->state, new_state(m->act)) == 0;
    if (m->was_done) {
        m->ask.status = 0;
        return SQLITE_OK;
    }
    m->ask.status = judge(m->act, row, &m->ask.detail);
    if (m->ask.status != 0)
        return SQLITE_OK;
    bool overtaken = false;
    int rc = is_overtaken(w, m->act, row, &overtaken);
    if (rc != SQLITE_OK)
        return rc;
    if (needs_event(m->act, row) && !overtaken) {
        m->item = make_item(s);
        return m->item != NULL ? SQLITE_OK : SQLITE_NOMEM;
    }
    m->restored = m->act == MODERATION_UNDO && (strcmp(row->state, "rejected") == 0 ? seq == 0
                                                                                  : !row->held);
    sqlite3_reset(s);
    rc = decides ? write_state(w, m->id, new_state(m->act), seq, m->actor, m->note)
                 : write_claim(w, m);
    if (rc != SQLITE_OK)
        return rc;
    return audit_put(w, m->actor, act_name(m->act), m->room.text, m->seq, m->id, m->note);
}

int moderation_write(struct writer *w, struct msg_moderation *m)
{
    struct row row;
    int rc = find(w, m->id, m->actor, &row);
    if (rc == SQLITE_ROW) {
        rc = act_on(w, m, &row);
    } else if (rc == SQLITE_DONE) {
        m->ask.status = E_NOT_FOUND;
        rc = SQLITE_OK;
    }
    sqlite3_reset(w->stmts[W_REVIEW_GET]);
    return rc;
}

int moderation_check(struct writer *w, struct msg_publication *p)
{
    struct row row;
    const struct decision *d = p->decision;
    int rc = find(w, d->review, d->actor, &row);
    if (rc == SQLITE_ROW) {
        p->ask.status = judge(d->act, &row, &p->ask.detail);
    } else if (rc == SQLITE_DONE) {
        p->ask.status = E_NOT_FOUND;
        p->ask.detail = "no item of the review queue has this id";
    }
    sqlite3_reset(w->stmts[W_REVIEW_GET]);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int moderation_decide(struct writer *w, const struct msg_publication *p)
{
    const struct decision *d = p->decision;
    uint64_t seq = p->kind == EVENT_MESSAGE ? p->seq : p->on;
    int rc = write_state(w, d->review, new_state(d->act), (int64_t)seq, d->actor, d->note);
    if (rc != SQLITE_OK)
        return rc;
    return audit_put(w, d->actor, act_name(d->act), p->room.text, seq, d->review, d->note);
}

void moderation_answer(struct writer *w, struct msg_moderation *m, int lost)
{
    int rc = moderation_is_look(m->act) ? moderation_read(w, m) : lost;
    if (rc == SQLITE_OK && m->entries.failed)
        rc = SQLITE_NOMEM;
    if (rc != SQLITE_OK) {
        free(m->item);
        m->item = NULL;
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = db_reason(rc);
        m->ask.retry_after_ms = RETRY_AFTER_MS;
    } else if (m->ask.status == E_NOT_FOUND) {
        m->ask.detail = "no item of the review queue has this id";
    }
    m->head.tag = MSG_LOOP_MODERATED;
    writer_answer(w, m->reply, &m->head);
}
