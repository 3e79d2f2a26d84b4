/* SPDX-License-Identifier: MIT
 *
 * What moderators see: the queue, one item with what was said around it, the audit, how often each
 * rule was right, and decisions as labelled texts. Writer thread; all of it is rare.
 */
#include "store/writer.h"

#include "base/json.h"
#include "base/status.h"
#include "store/reader.h"

#include <string.h>

#define AROUND 5

static void put_text(struct buf *b, const char *name, sqlite3_stmt *s, int at)
{
    buf_append_str(b, name);
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        buf_append_str(b, "null");
    else
        json_put_string(b, stmt_get_text(s, at), (size_t)sqlite3_column_bytes(s, at));
}

/* Kept as JSON. */
static void put_json(struct buf *b, const char *name, sqlite3_stmt *s, int at)
{
    const char *json = stmt_get_text(s, at);
    buf_append_str(b, name);
    buf_append_str(b, json[0] != '\0' ? json : "null");
}

/* A row of REVIEW_COLUMNS, without its closing brace. */
static void encode_item(struct buf *b, sqlite3_stmt *s)
{
    stmt_put_number(b, "{\"id\":", s, 0);
    put_text(b, ",\"kind\":", s, 1);
    put_text(b, ",\"state\":", s, 2);
    put_text(b, ",\"room\":", s, 3);
    stmt_put_number(b, ",\"seq\":", s, 4);
    buf_append_str(b, ",\"event\":");
    json_put_cstring(b, event_kind_name((enum event_kind)sqlite3_column_int(s, 5)));
    stmt_put_number(b, ",\"on\":", s, 6);
    put_text(b, ",\"user\":{\"id\":", s, 7);
    put_text(b, ",\"name\":", s, 8);
    buf_append_str(b, ",\"role\":");
    json_put_cstring(b, role_name((enum role)sqlite3_column_int(s, 9)));
    put_text(b, "},\"cid\":", s, 10);
    put_text(b, ",\"text\":", s, 11);
    stmt_put_number(b, ",\"ts\":", s, 12);
    put_json(b, ",\"labels\":", s, 13);
    put_json(b, ",\"rule\":", s, 14);
    put_text(b, ",\"action\":", s, 15);
    put_text(b, ",\"claimed_by\":", s, 16);
    stmt_put_number(b, ",\"claimed_ts\":", s, 17);
    put_text(b, ",\"decided_by\":", s, 18);
    stmt_put_number(b, ",\"decided_ts\":", s, 19);
    put_text(b, ",\"note\":", s, 20);
    put_text(b, ",\"shown\":", s, 21);
}

/* ---- lists ---- */

static int read_items(struct msg_moderation *m, sqlite3_stmt *s)
{
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (m->entries.len > 0)
            buf_append_char(&m->entries, ',');
        encode_item(&m->entries, s);
        buf_append_char(&m->entries, '}');
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int count(struct writer *w, struct msg_moderation *m, const char *state)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_COUNT];
    stmt_cstring(s, 1, state);
    stmt_cstring(s, 2, m->room.text);
    int rc = sqlite3_step(s);
    m->total = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Open ones oldest first: a queue. Decided ones newest first: a record. */
static int list(struct writer *w, struct msg_moderation *m)
{
    const char *state = m->state[0] != '\0' ? m->state : "open";
    bool open = strcmp(state, "open") == 0;
    sqlite3_stmt *s = w->stmts[open ? W_REVIEW_OPEN : W_REVIEW_CLOSED];
    int64_t from = m->before > 0 ? m->before : INT64_MAX;
    stmt_int(s, 1, open ? m->after : from);
    stmt_cstring(s, 2, m->room.text);
    stmt_int(s, 3, m->limit);
    if (!open)
        stmt_cstring(s, 4, state);
    int rc = read_items(m, s);
    return rc == SQLITE_OK ? count(w, m, state) : rc;
}

static int list_labels(struct writer *w, struct msg_moderation *m)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_LABELS];
    struct buf *b = &m->entries;
    int rc;
    stmt_int(s, 1, m->after);
    stmt_int(s, 2, m->limit);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        bool harmful = strcmp(stmt_get_text(s, 2), "approved") != 0;
        stmt_put_number(b, "{\"id\":", s, 0);
        put_text(b, ",\"text\":", s, 11);
        put_text(b, ",\"decision\":", s, 2);
        buf_append_str(b, ",\"harmful\":");
        json_put_bool(b, harmful);
        put_text(b, ",\"room\":", s, 3);
        stmt_put_number(b, ",\"ts\":", s, 12);
        put_json(b, ",\"labels\":", s, 13);
        put_json(b, ",\"rule\":", s, 14);
        put_text(b, ",\"decided_by\":", s, 18);
        stmt_put_number(b, ",\"decided_ts\":", s, 19);
        put_text(b, ",\"note\":", s, 20);
        buf_append_str(b, "}\n");
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int list_rules(struct writer *w, struct msg_moderation *m)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_RULES];
    struct buf *b = &m->entries;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        double right = (double)(sqlite3_column_int64(s, 2) + sqlite3_column_int64(s, 3));
        double decided = right + (double)sqlite3_column_int64(s, 1);
        put_json(b, b->len > 0 ? ",{\"rule\":" : "{\"rule\":", s, 0);
        stmt_put_number(b, ",\"approved\":", s, 1);
        stmt_put_number(b, ",\"rejected\":", s, 2);
        stmt_put_number(b, ",\"masked\":", s, 3);
        stmt_put_number(b, ",\"open\":", s, 4);
        buf_append_str(b, ",\"precision\":");
        if (decided > 0)
            json_put_number(b, right / decided, 4);
        else
            buf_append_str(b, "null");
        buf_append_char(b, '}');
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- one ---- */

/* What was said around event `seq` of the room; before it when nobody saw the message itself. */
static int put_around(struct writer *w, struct buf *b, const char *room, int64_t room_id,
                      int64_t seq, bool shown)
{
    sqlite3_stmt *s = w->stmts[W_AROUND];
    struct buf event = BUF_INIT;
    bool first = true;
    int rc;
    stmt_int(s, 1, room_id);
    stmt_int(s, 2, seq);
    stmt_int(s, 3, AROUND + (shown ? 1 : 0));
    stmt_int(s, 4, AROUND);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct event e = reader_view_row(s, false);
        buf_clear(&event);
        event_encode(&event, room, &e);
        if (!first)
            buf_append_char(b, ',');
        first = false;
        buf_append(b, event.data, event.len);
        b->failed |= event.failed;
    }
    sqlite3_reset(s);
    buf_fini(&event);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The newest event of the room when the message was sent. */
static int find_moment(struct writer *w, int64_t room_id, int64_t ts, int64_t *seq)
{
    sqlite3_stmt *s = w->stmts[W_EVENT_AT];
    stmt_int(s, 1, room_id);
    stmt_int(s, 2, ts);
    int rc = sqlite3_step(s);
    *seq = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int show(struct writer *w, struct msg_moderation *m)
{
    sqlite3_stmt *s = w->stmts[W_REVIEW_GET];
    struct buf *b = &m->entries;
    struct room_entry *room = NULL;
    stmt_int(s, 1, m->id);
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW) {
        m->ask.status = E_NOT_FOUND;
        sqlite3_reset(s);
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    encode_item(b, s);
    buf_append_str(b, ",\"context\":[");
    const char *name = stmt_get_text(s, 3);
    int64_t seq = sqlite3_column_int64(s, 4);
    bool shown = seq != 0;
    rc = rooms_find(&w->rooms, name, &room);
    if (rc == SQLITE_OK && room != NULL && room->id != 0) {
        if (!shown)
            rc = find_moment(w, room->id, sqlite3_column_int64(s, 12), &seq);
        if (rc == SQLITE_OK)
            rc = put_around(w, b, name, room->id, seq, shown);
    }
    sqlite3_reset(s);
    buf_append_str(b, "]}");
    return rc;
}

int moderation_read(struct writer *w, struct msg_moderation *m)
{
    m->ask.status = 0;
    switch (m->act) {
    case MODERATION_LIST:
        return list(w, m);
    case MODERATION_SHOW:
        return show(w, m);
    case MODERATION_PRECISION:
        return list_rules(w, m);
    case MODERATION_LABELS:
        return list_labels(w, m);
    default:
        return audit_read(w, m);
    }
}
