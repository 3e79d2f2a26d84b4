/* SPDX-License-Identifier: MIT
 *
 * One publication: is it known already, is it allowed, then its number and its row. Everything is
 * decided before anything is written, so a publication that is refused leaves no trace and cannot
 * hurt its neighbours in the batch. Writer thread.
 */
#include "store/writer.h"

#include "base/log.h"
#include "base/status.h"

#include <stdlib.h>

static void refuse(struct msg_publication *p, int status, const char *detail)
{
    p->ask.status = status;
    p->ask.detail = detail;
}

/* What was sent, of an event that masking, shadowing or a moderator has altered. */
static int find_sent(struct writer *w, struct msg_publication *p, int64_t id, int64_t *hash,
                     enum action *action, bool *same)
{
    int rc = gated_find_altered(w, id, hash, action);
    if (rc == SQLITE_OK && *action == ACTION_NONE && p->user != NULL) {
        rc = gated_was_held(w, p, same);
        *action = *same ? ACTION_MASK : ACTION_NONE;
    }
    return rc;
}

/* The answer is the original's, whatever the gate said about the retry. */
static int note_original(struct msg_publication *p, enum action action)
{
    if (p->judgement == NULL && action == ACTION_NONE)
        return 0;
    judgement_free(p->judgement);
    p->judgement = NULL;
    if (action == ACTION_NONE)
        return 0;
    p->judgement = calloc(1, sizeof *p->judgement);
    if (p->judgement == NULL)
        return E_NO_MEMORY;
    p->judgement->action = action;
    return 0;
}

/* A retry gets the original's answer; the same cid for anything else is a conflict. */
static int answer_known(struct writer *w, struct msg_publication *p,
                        const struct room_entry *room, const struct cid_original *original)
{
    enum action action = ACTION_NONE;
    int64_t hash = original->hash;
    bool add = p->kind == EVENT_REACTION && p->add;
    bool same = false;
    if (room == NULL || room->id != original->room) {
        refuse(p, E_CONFLICT, "this cid was used in another room");
        return SQLITE_OK;
    }
    int64_t sent = cids_hash_content(&w->cids, p->kind, p->on, add, p->text, p->text_len);
    if (hash != sent) { /* perhaps it is shown otherwise than it was sent */
        int rc = find_sent(w, p, original->id, &hash, &action, &same);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (hash != sent && !same) {
        refuse(p, E_CONFLICT, "this cid was used for something else");
        return SQLITE_OK;
    }
    if (note_original(p, action) != 0)
        return SQLITE_NOMEM;
    p->id = original->id;
    p->seq = original->seq;
    p->ts_ms = original->ts;
    p->duplicate = true;
    atomic_fetch_add_explicit(&w->stats->duplicates, 1, memory_order_relaxed);
    return SQLITE_OK;
}

/* The latest change of a message: kind in *change, or -1 when nothing has changed it. */
static int find_change(struct writer *w, int64_t room, uint64_t seq, int *change)
{
    sqlite3_stmt *s = w->stmts[W_EVENT_CHANGE];
    stmt_int(s, 1, room);
    stmt_int(s, 2, (int64_t)seq);
    stmt_int(s, 3, INT64_MAX);
    int rc = sqlite3_step(s);
    *change = rc == SQLITE_ROW ? sqlite3_column_int(s, 0) : -1;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The target must be a message of this room that is still there, and may only be changed by its
 * author or a moderator. `user` is the publication's, 0 for one who never wrote. */
static int check_target(struct writer *w, struct msg_publication *p,
                        const struct room_entry *room, int64_t user)
{
    bool reply = p->kind == EVENT_MESSAGE;
    int kind = -1, change = -1;
    int64_t author = 0;
    if (room != NULL && p->on <= room->top) {
        sqlite3_stmt *s = w->stmts[W_EVENT_TARGET];
        stmt_int(s, 1, room->id);
        stmt_int(s, 2, (int64_t)p->on);
        int rc = sqlite3_step(s);
        if (rc == SQLITE_ROW) {
            kind = sqlite3_column_int(s, 0);
            author = sqlite3_column_int64(s, 1);
        }
        sqlite3_reset(s);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            return rc;
    }
    if (kind != EVENT_MESSAGE) {
        refuse(p, E_NOT_FOUND, reply ? "reply_to is not the seq of a message of this room"
                                     : "on is not the seq of a message of this room");
        return SQLITE_OK;
    }
    if (reply)
        return SQLITE_OK;
    if (p->kind != EVENT_REACTION && author != user && !p->moderator) {
        refuse(p, E_FORBIDDEN, "only its author or a moderator may change a message");
        return SQLITE_OK;
    }
    int rc = find_change(w, room->id, p->on, &change);
    if (rc == SQLITE_OK && change == EVENT_DELETE)
        refuse(p, E_CONFLICT, "the message was deleted");
    return rc;
}

static int is_pending(struct writer *w, int64_t id, bool *pending)
{
    sqlite3_stmt *s = w->stmts[W_PENDING_FIND];
    stmt_int(s, 1, id);
    int rc = sqlite3_step(s);
    *pending = rc == SQLITE_ROW;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A verdict about messages of which none waits for one is a repeat (each gets exactly one), or
 * comes after retention has taken them. */
static int check_verdict(struct writer *w, struct msg_publication *p)
{
    bool pending = p->n_done == 0;
    for (size_t i = 0; i < p->n_done && !pending; i++) {
        int rc = is_pending(w, p->done[i], &pending);
        if (rc != SQLITE_OK)
            return rc;
    }
    if (!pending)
        refuse(p, E_EXISTS, "none of these messages waits for a verdict");
    return SQLITE_OK;
}

static int check(struct writer *w, struct msg_publication *p, const struct room_entry *room,
                 int64_t user)
{
    switch (p->kind) {
    case EVENT_MESSAGE:
        return p->on != 0 ? check_target(w, p, room, user) : SQLITE_OK;
    case EVENT_EDIT:
    case EVENT_DELETE:
    case EVENT_REACTION:
        return check_target(w, p, room, user);
    case EVENT_VERDICT:
        return check_verdict(w, p);
    case EVENT_NOTICE:
        return SQLITE_OK;
    case EVENT_HIDDEN: /* made of a message or edit, in insert_event */
    case N_EVENT_KINDS:
        break;
    }
    refuse(p, E_BAD_REQUEST, "no such kind of event");
    return SQLITE_OK;
}

static int insert_event(struct writer *w, const struct msg_publication *p,
                        const struct room_entry *room, int64_t author)
{
    sqlite3_stmt *s = w->stmts[W_EVENT_INSERT];
    const struct judgement *j = p->judgement;
    bool masked = j != NULL && j->action == ACTION_MASK;
    bool shadowed = j != NULL && j->action == ACTION_SHADOW;
    stmt_int(s, 1, p->id);
    stmt_int(s, 2, room->id);
    stmt_int(s, 3, (int64_t)p->seq);
    stmt_int(s, 4, p->ts_ms);
    stmt_int(s, 5, shadowed ? EVENT_HIDDEN : p->kind);
    author != 0 ? stmt_int(s, 6, author) : stmt_null(s, 6);
    p->on != 0 ? stmt_int(s, 7, (int64_t)p->on) : stmt_null(s, 7);
    p->kind == EVENT_REACTION ? stmt_int(s, 8, p->add) : stmt_null(s, 8);
    p->cid[0] != '\0' ? stmt_cstring(s, 9, p->cid) : stmt_null(s, 9);
    if (masked)
        stmt_text(s, 10, j->shown.data, j->shown.len);
    else
        stmt_text(s, 10, p->text, p->text_len);
    return stmt_run(s);
}

static int mark_pending(struct writer *w, const struct msg_publication *p)
{
    const struct judgement *j = p->judgement;
    int rc = SQLITE_OK;
    if (p->kind == EVENT_VERDICT)
        rc = gated_verdict(w, p);
    else if (j != NULL)
        rc = gated_event(w, p);
    bool analysed = (p->kind == EVENT_MESSAGE || p->kind == EVENT_EDIT) && p->analyse
                    && (j == NULL || j->action != ACTION_SHADOW);
    if (rc != SQLITE_OK || !analysed)
        return rc == SQLITE_OK ? SQLITE_DONE : rc;
    stmt_int(w->stmts[W_PENDING_INSERT], 1, p->id);
    return stmt_run(w->stmts[W_PENDING_INSERT]);
}

/* `room` as found, NULL for one that was never written to. */
static int write_event(struct writer *w, struct msg_publication *p, struct room_entry *room)
{
    const struct author *author = NULL;
    int rc = SQLITE_OK;
    if (room == NULL || room->id == 0)
        rc = rooms_make(&w->rooms, p->room.text, &room);
    if (rc == SQLITE_OK && p->user != NULL)
        rc = authors_make(&w->authors, p->user, &author);
    if (rc != SQLITE_OK)
        return rc;
    p->id = w->next_id;
    p->seq = room->top + 1;
    p->ts_ms = w->now_ms;
    rc = insert_event(w, p, room, author != NULL ? author->id : 0);
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        /* The file contradicts itself. Only this statement was taken back: spare the neighbours. */
        log_error("store", "event %lld refused by the database: %s", (long long)p->id,
                  sqlite3_errmsg(w->db));
        refuse(p, E_INTERNAL, "the message history refused it");
        return SQLITE_OK;
    }
    if (rc == SQLITE_DONE)
        rc = mark_pending(w, p);
    if (rc != SQLITE_DONE)
        return rc;
    if (author != NULL && p->cid[0] != '\0') {
        rc = cids_add(&w->cids, author->user, p->cid, p->id);
        if (rc != SQLITE_OK)
            return rc;
    }
    rooms_wrote(&w->rooms, room, p->ts_ms);
    w->next_id++;
    w->opened_events++;
    return SQLITE_OK;
}

/* What the gate does not let through. */
static const char *refusal(const struct judgement *j)
{
    if (j->refusal == E_UNAVAILABLE)
        return "this room shows only what was checked, and there was no verdict in time; try again";
    if (j->action == ACTION_BOUNCE)
        return "this breaks a rule of the room; edit it and send it again";
    return j->action == ACTION_BLOCK ? "this breaks a rule of the room" : "this cannot be checked";
}

/* A publication that came through a gate and is new. */
static int append_judged(struct writer *w, struct msg_publication *p, struct room_entry *room)
{
    const struct judgement *j = p->judgement;
    if (j->refusal != 0) {
        refuse(p, j->refusal, refusal(j));
        p->ask.retry_after_ms = j->refusal == E_UNAVAILABLE ? 1000 : 0;
        return SQLITE_OK;
    }
    return j->action == ACTION_HOLD ? gated_hold(w, p) : write_event(w, p, room);
}

static int append_new(struct writer *w, struct msg_publication *p, struct room_entry *room,
                      int64_t user, const struct cid_original *original)
{
    if (original->id != 0)
        return answer_known(w, p, room, original);
    int rc = check(w, p, room, user);
    bool held = false;
    /* Whatever the room's policy is now: what was held is the moderators'. */
    if (rc == SQLITE_OK && p->ask.status == 0 && p->decision == NULL)
        rc = gated_is_held(w, p, &held);
    if (rc != SQLITE_OK || p->ask.status != 0 || held)
        return rc;
    return p->judgement != NULL ? append_judged(w, p, room) : write_event(w, p, room);
}

/* Event and decision: both, or neither. */
static int append_decided(struct writer *w, struct msg_publication *p, struct room_entry *room,
                          int64_t user, const struct cid_original *original)
{
    int rc = moderation_check(w, p);
    if (rc == SQLITE_OK && p->ask.status == 0)
        rc = append_new(w, p, room, user, original);
    if (rc == SQLITE_OK && p->ask.status == 0)
        rc = moderation_decide(w, p);
    return rc;
}

int append_publication(struct writer *w, struct msg_publication *p)
{
    struct room_entry *room = NULL;
    struct cid_original original = {0};
    int64_t user = 0;
    p->ask.status = 0;
    p->duplicate = false;
    int rc = rooms_find(&w->rooms, p->room.text, &room);
    if (rc == SQLITE_OK && p->user != NULL)
        rc = authors_find(&w->authors, p->user->id, &user);
    if (rc == SQLITE_OK && user != 0 && p->cid[0] != '\0')
        rc = cids_find(&w->cids, user, p->cid, &original);
    if (rc != SQLITE_OK)
        return rc;
    if (p->decision != NULL)
        return append_decided(w, p, room, user, &original);
    return append_new(w, p, room, user, &original);
}
