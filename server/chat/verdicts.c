/* SPDX-License-Identifier: MIT
 *
 * What the workers found, as numbered events of the room. Thread: the room's home loop.
 *
 * The first verdict after a pause goes out at the end of its turn, so that a badge appears at once;
 * what follows within the window is gathered into one event. A verdict event also takes away its
 * messages' pending marks, in the same transaction: every analysed message gets exactly one item.
 */
#include "chat/room.h"

#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/policy.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_MS 50
#define RETRY_MS  1000
/* An event leaves early at either of these. */
#define ITEMS_MAX 200
#define BYTES_MAX 32768

static void encode_label(struct buf *b, const struct label *l)
{
    buf_append_str(b, "{\"analyzer\":");
    json_put_cstring(b, l->analyzer);
    buf_append_str(b, ",\"version\":");
    json_put_cstring(b, l->version);
    buf_append_str(b, ",\"label\":");
    json_put_cstring(b, l->label);
    buf_append_str(b, ",\"score\":");
    json_put_number(b, l->score, 4);
    buf_append_str(b, ",\"spans\":[");
    for (uint32_t i = 0; i < l->n_spans; i++) {
        buf_append_str(b, i > 0 ? ",[" : "[");
        buf_append_u64(b, l->spans[i].start);
        buf_append_char(b, ',');
        buf_append_u64(b, l->spans[i].end);
        buf_append_char(b, ']');
    }
    buf_append_str(b, "]}");
}

static void encode_item(struct buf *b, const struct msg_verdict *m)
{
    buf_append_str(b, "{\"on\":");
    buf_append_u64(b, m->seq);
    buf_append_str(b, ",\"action\":");
    json_put_cstring(b, policy_action(m->labels, m->n_labels));
    buf_append_str(b, ",\"labels\":[");
    bool first = true;
    for (size_t i = 0; i < m->n_labels; i++) {
        if (!m->labels[i].flagged)
            continue;
        if (!first)
            buf_append_char(b, ',');
        first = false;
        encode_label(b, &m->labels[i]);
    }
    buf_append_str(b, "]}");
}

static int reserve(struct room *r)
{
    if (r->n_verdicts < r->cap_verdicts)
        return 0;
    uint32_t cap = r->cap_verdicts ? r->cap_verdicts * 2 : 8;
    int64_t *ids = realloc(r->verdict_ids, cap * sizeof *ids);
    if (ids == NULL)
        return E_NO_MEMORY;
    r->verdict_ids = ids;
    r->cap_verdicts = cap;
    return 0;
}

static void post(struct chat *c, struct room *r)
{
    buf_append_char(&r->verdict_items, ']');
    struct msg_publication *m = NULL;
    if (!r->verdict_items.failed)
        m = msg_publication_new(MSG_STORE_APPEND, r->verdict_items.data, r->verdict_items.len);
    if (m != NULL) {
        m->room = r->name;
        m->kind = EVENT_VERDICT;
        m->done = r->verdict_ids;
        m->n_done = r->n_verdicts;
        r->verdict_ids = NULL;
        r->cap_verdicts = 0;
        r->asked++;
        chat_post_store(c, &m->head);
    } else {
        /* The messages stay pending in the store: analysed again after the next start. */
        log_warn("room", "out of memory, %u verdicts put off room=%s", r->n_verdicts, r->name.text);
    }
    r->n_verdicts = 0;
    buf_fini(&r->verdict_items);
    r->verdict_ms = c->now_ms + WINDOW_MS;
}

void room_on_verdict(struct chat *c, struct msg_verdict *m)
{
    struct room *r = room_get(c, &m->room);
    if (r == NULL || reserve(r) != 0) {
        log_warn("room", "out of memory, a verdict was put off room=%s", m->room.text);
        msg_free(&m->head);
        return;
    }
    if (r->n_verdicts == 0)
        buf_append_char(&r->verdict_items, '[');
    struct buf *b = &c->scratch;
    buf_clear(b);
    encode_item(b, m);
    if (r->n_verdicts > 0)
        buf_append_char(&r->verdict_items, ',');
    buf_append(&r->verdict_items, b->data, b->len);
    r->verdict_ids[r->n_verdicts++] = m->id;
    msg_free(&m->head);
    if (r->n_verdicts >= ITEMS_MAX || r->verdict_items.len >= BYTES_MAX) {
        post(c, r);
    } else if (c->now_ms < r->verdict_ms) {
        room_set_timed(c, r);
    } else if (list_is_empty(&r->due)) {
        list_append(&c->due_rooms, &r->due);
    }
}

void verdicts_on_turn_end(struct chat *c)
{
    while (!list_is_empty(&c->due_rooms)) {
        struct room *r = container_of(c->due_rooms.next, struct room, due);
        list_remove(&r->due);
        if (r->n_verdicts > 0)
            post(c, r);
    }
}

void room_verdict_failed(struct chat *c, struct room *r, struct msg_publication *m)
{
    m->head.next = r->retry;
    r->retry = &m->head;
    r->retry_ms = c->now_ms + RETRY_MS;
    room_set_timed(c, r);
}

static void post_again(struct chat *c, struct room *r)
{
    while (r->retry != NULL) {
        struct msg_publication *m = (struct msg_publication *)r->retry;
        r->retry = m->head.next;
        m->ask.status = 0;
        m->head.tag = MSG_STORE_APPEND;
        r->asked++;
        chat_post_store(c, &m->head);
    }
}

void room_flush_verdicts(struct chat *c, struct room *r)
{
    if (r->n_verdicts > 0 && (c->now_ms >= r->verdict_ms || c->draining))
        post(c, r);
    if (r->retry != NULL && c->now_ms >= r->retry_ms)
        post_again(c, r);
}
