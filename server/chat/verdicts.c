/* SPDX-License-Identifier: MIT
 *
 * What the workers found, as numbered events of the room. Thread: the room's home loop.
 *
 * The first verdict after a pause goes out at the end of its turn, so that a badge appears at once.
 * What follows is gathered into one event, which leaves with the room's next message: in the same
 * transaction, and in the same send to each member, which alone would cost as much as a message
 * does. Without a message it leaves by itself soon after. A verdict event also takes away its
 * messages' pending marks, in the same transaction: every analysed message gets exactly one item.
 */
#include "chat/room.h"

#include "base/log.h"
#include "base/status.h"
#include "chat/findings.h"
#include "chat/gate.h"

#include <stdlib.h>
#include <string.h>

/* Since the last event: the next may leave with a message; the next leaves at once. */
#define RIDE_MS   20
#define SILENT_MS 100
/* What waits for a message leaves by itself at the next tick after this. */
#define WAIT_MS   25
#define RETRY_MS  1000
/* An event leaves early at either of these. */
#define ITEMS_MAX 200
#define BYTES_MAX 32768

/* What may still be done about it: who passed the gate in time was shown as the rules want it,
 * others were shown already, and can only be flagged. */
static enum action take_action(const struct msg_verdict *v, const struct policy *p)
{
    const struct rule *rule;
    enum action wanted = policy_judge(p, v->labels, v->n_labels, &rule);
    if (v->origin.pass.outcome == GATE_IN_TIME && wanted <= ACTION_MASK && wanted != ACTION_NONE)
        return wanted;
    bool flag = wanted != ACTION_NONE;
    for (size_t i = 0; i < v->n_labels && !flag; i++)
        flag = policy_is_harm(&v->labels[i]);
    return flag ? ACTION_FLAG : ACTION_NONE;
}

static void encode_item(struct buf *b, const struct msg_verdict *m, const struct policy *p,
                        enum action action)
{
    buf_append_str(b, "{\"on\":");
    buf_append_u64(b, m->on != 0 ? m->on : m->seq);
    if (m->on != 0) {
        buf_append_str(b, ",\"edit\":");
        buf_append_u64(b, m->seq);
    }
    buf_append_str(b, ",\"action\":\"");
    buf_append_str(b, action_name(action));
    buf_append_str(b, "\",\"labels\":[");
    findings_encode_labels(b, m, p);
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
    struct finding *findings = realloc(r->findings, cap * sizeof *findings);
    if (findings == NULL)
        return E_NO_MEMORY;
    r->findings = findings;
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
        m->findings = r->findings;
        r->verdict_ids = NULL;
        r->findings = NULL;
        r->cap_verdicts = 0;
        r->asked++;
        chat_post_store(c, &m->head);
    } else {
        /* The messages stay pending in the store: analysed again after the next start. */
        log_warn("room", "out of memory, %u verdicts put off room=%s", r->n_verdicts, r->name.text);
        for (uint32_t i = 0; i < r->n_verdicts; i++)
            free(r->findings[i].trace);
    }
    r->n_verdicts = 0;
    buf_fini(&r->verdict_items);
    r->told_ms = c->now_ms;
}

static void set_due(struct chat *c, struct room *r)
{
    if (list_is_empty(&r->due))
        list_append(&c->due_rooms, &r->due);
}

void room_on_verdict(struct chat *c, struct msg_verdict *m)
{
    struct room *r = room_get(c, &m->room);
    if (r != NULL && r->is_opening) { /* its policy is not known yet */
        room_wait_open(r, &m->head);
        return;
    }
    if (r == NULL || reserve(r) != 0) {
        log_warn("room", "out of memory, a verdict was put off room=%s", m->room.text);
        msg_free(&m->head);
        return;
    }
    if (r->n_verdicts == 0) {
        buf_append_char(&r->verdict_items, '[');
        r->verdict_ms = c->now_ms;
    }
    const struct policy *p = r->policy;
    if (p != NULL && policy_exempts(p, m->origin.role))
        p = NULL;
    if (m->origin.flood_repeats > 0)
        findings_add_flood(m);
    enum action action = take_action(m, p);
    struct finding *found = &r->findings[r->n_verdicts];
    findings_make(c, found, m, p, action);
    found->review &= !m->origin.decided;
    if (found->review)
        gate_strike(c, r, m->user_id);
    struct buf *b = &c->scratch;
    buf_clear(b);
    encode_item(b, m, p, action);
    if (r->n_verdicts > 0)
        buf_append_char(&r->verdict_items, ',');
    buf_append(&r->verdict_items, b->data, b->len);
    r->verdict_ids[r->n_verdicts++] = m->id;
    msg_free(&m->head);
    if (r->n_verdicts >= ITEMS_MAX || r->verdict_items.len >= BYTES_MAX)
        post(c, r);
    else if (c->now_ms < r->told_ms + SILENT_MS)
        room_set_timed(c, r);
    else
        set_due(c, r);
}

void room_verdicts_ride(struct chat *c, struct room *r)
{
    if (r->n_verdicts > 0 && c->now_ms >= r->told_ms + RIDE_MS)
        set_due(c, r);
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
    if (r->n_verdicts > 0 && (c->now_ms >= r->verdict_ms + WAIT_MS || c->draining))
        post(c, r);
    if (r->retry != NULL && c->now_ms >= r->retry_ms)
        post_again(c, r);
}
