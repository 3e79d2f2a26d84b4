/* SPDX-License-Identifier: MIT
 *
 * The review queue over HTTP: lists, one item, acts on it; precision, labels, audit. Thread: the
 * request's loop.
 *
 * An act goes to the store. When it needs an event the item comes back, and the event is published
 * through the room's home with the decision in it: the store takes both or neither.
 */
#include "net/api_impl.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/mask.h"

#include <stdlib.h>
#include <string.h>

#define MODERATOR "moderator"
#define SPANS_MAX 1000

static const struct {
    const char *name;
    enum moderation_act act;
    const char *state; /* of the item when it is done */
} acts[] = {
    {"claim", MODERATION_CLAIM, "open"},        {"release", MODERATION_RELEASE, "open"},
    {"approve", MODERATION_APPROVE, "approved"}, {"reject", MODERATION_REJECT, "rejected"},
    {"mask", MODERATION_MASK, "masked"},        {"undo", MODERATION_UNDO, "open"},
};

/* -- asking -------------------------------------------------------------------------------- */

static struct msg_moderation *make(struct http_request *r, enum moderation_act act)
{
    struct msg_moderation *m = msg_new(MSG_STORE_MODERATE, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return NULL;
    }
    m->reply = chat_mailbox(r->net->chat);
    m->act = act;
    m->id = r->id;
    m->limit = r->params.limit;
    m->after = (int64_t)r->params.after;
    m->before = (int64_t)r->params.before;
    memcpy(m->room.text, r->params.room, sizeof m->room.text);
    memcpy(m->state, r->params.state, sizeof m->state);
    memcpy(m->actor, r->actor, sizeof m->actor);
    return m;
}

static void post(struct http_request *r, struct msg_moderation *m)
{
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void look(struct http_request *r, enum moderation_act act)
{
    struct msg_moderation *m = make(r, act);
    if (m != NULL)
        post(r, m);
}

void handle_review(struct http_request *r)
{
    look(r, MODERATION_LIST);
}

void handle_review_precision(struct http_request *r)
{
    look(r, MODERATION_PRECISION);
}

void handle_review_labels(struct http_request *r)
{
    look(r, MODERATION_LABELS);
}

void handle_review_item(struct http_request *r)
{
    look(r, MODERATION_SHOW);
}

void handle_audit(struct http_request *r)
{
    look(r, MODERATION_AUDIT);
}

static int find_act(struct request *fields)
{
    const char *name = request_string(fields, "act", true, 20, NULL);
    for (int i = 0; name != NULL && i < (int)(sizeof acts / sizeof acts[0]); i++) {
        if (strcmp(acts[i].name, name) == 0)
            return i;
    }
    request_fail(fields, E_BAD_REQUEST,
                 "'act' must be claim, release, approve, reject, mask or undo");
    return -1;
}

void handle_review_act(struct http_request *r)
{
    struct request fields;
    size_t note_len = 0;
    const char *note = NULL;
    int act = -1;
    api_parse_body(r, &fields);
    if (fields.status == 0) {
        act = find_act(&fields);
        note = request_string(&fields, "note", false, NOTE_MAX, &note_len);
    }
    struct msg_moderation *m = fields.status == 0 ? make(r, acts[act].act) : NULL;
    if (fields.status != 0) {
        http_fail(r, fields.status, fields.message);
    } else if (m != NULL) {
        if (note != NULL)
            memcpy(m->note, note, note_len + 1);
        post(r, m);
    }
    request_fini(&fields);
}

/* -- the event that a decision needs ------------------------------------------------------- */

/* The spans of the item's labels; without `flagged` a label is there because it matters. */
static size_t read_spans(const json_t *labels, struct span *spans, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        const json_t *list = json_object_get(label, "spans");
        if (json_is_false(json_object_get(label, "flagged")))
            continue;
        for (size_t k = 0; k < json_array_size(list) && n < max; k++) {
            const json_t *pair = json_array_get(list, k);
            json_int_t start = json_integer_value(json_array_get(pair, 0));
            json_int_t end = json_integer_value(json_array_get(pair, 1));
            if (start >= 0 && end > start && end <= UINT32_MAX)
                spans[n++] = (struct span){(uint32_t)start, (uint32_t)end};
        }
    }
    return n;
}

/* Without spans nobody knows which words it was: all of them are hidden. */
static void mask_item(struct buf *out, const struct review_item *i)
{
    struct span spans[SPANS_MAX];
    json_t *labels = json_loads(i->labels, 0, NULL);
    size_t n = read_spans(labels, spans, SPANS_MAX);
    if (n == 0)
        spans[n++] = (struct span){0, UINT32_MAX};
    json_decref(labels);
    mask_text(out, i->text, i->text_len, spans, n);
}

static struct msg_publication *make_event(const struct review_item *i, enum moderation_act act)
{
    struct buf masked = BUF_INIT;
    const char *text = i->text;
    size_t len = i->text_len;
    if (act == MODERATION_MASK) {
        mask_item(&masked, i);
        text = masked.data;
        len = masked.len;
    } else if (act == MODERATION_REJECT) {
        len = 0;
    } else if (act == MODERATION_UNDO && i->shown != NULL) {
        text = i->shown;
        len = strlen(text);
    }
    struct msg_publication *p = NULL;
    if (!masked.failed)
        p = msg_publication_new(MSG_ROOM_PUBLISH, text, len);
    buf_fini(&masked);
    return p;
}

/* A message that nobody saw is its author's; a change to one that was shown is a moderator's. */
static bool address(struct msg_publication *p, const struct review_item *i, enum moderation_act act)
{
    bool shown = i->seq != 0;
    p->room = i->room;
    p->kind = !shown ? i->kind : act == MODERATION_REJECT ? EVENT_DELETE : EVENT_EDIT;
    p->on = shown && i->kind == EVENT_MESSAGE ? i->seq : i->on;
    p->moderator = shown;
    p->user = shown ? user_new(MODERATOR, MODERATOR, ROLE_MODERATOR)
                    : user_new(i->user_id, i->user_name, i->role);
    if (!shown)
        memcpy(p->cid, i->cid, sizeof p->cid);
    return p->user != NULL;
}

static bool decide(struct msg_publication *p, const struct msg_moderation *m)
{
    p->decision = calloc(1, sizeof *p->decision);
    if (p->decision == NULL)
        return false;
    p->decision->review = m->id;
    p->decision->act = m->act;
    memcpy(p->decision->actor, m->actor, sizeof m->actor);
    memcpy(p->decision->note, m->note, sizeof m->note);
    return true;
}

static void publish(struct http_request *r, const struct msg_moderation *m)
{
    struct chat *chat = r->net->chat;
    struct msg_publication *p = make_event(m->item, m->act);
    if (p == NULL || !address(p, m->item, m->act) || !decide(p, m)) {
        if (p != NULL)
            msg_free(&p->head);
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    p->analyse = p->kind == EVENT_MESSAGE && chat_has_dispatch(chat);
    p->received_us = clock_mono_us();
    r->act = m->act;
    if (m->item->seq == 0) { /* its author waits to hear of it */
        memcpy(r->told_user, m->item->user_id, sizeof r->told_user);
        memcpy(r->told_cid, m->item->cid, sizeof r->told_cid);
    }
    p->ask.client = http_await(r);
    if (p->ask.client != 0)
        chat_post_home(chat, p->room.text, &p->head);
    else
        msg_free(&p->head);
}

/* -- answering ----------------------------------------------------------------------------- */

static const char *state_after(enum moderation_act act)
{
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (acts[i].act == act)
            return acts[i].state;
    }
    return "open";
}

static void put_seq(struct buf *b, const char *name, uint64_t seq)
{
    buf_append_str(b, name);
    if (seq != 0)
        buf_append_u64(b, seq);
    else
        buf_append_str(b, "null");
}

/* To the author of a held message, on every connection that is in its room. */
static void tell_author(struct http_request *r, const char *user, const char *cid,
                        const char *room, enum moderation_act act, uint64_t seq)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "{\"type\":\"moderated\",\"room\":");
    json_put_cstring(&b, room);
    buf_append_str(&b, ",\"cid\":");
    json_put_cstring(&b, cid);
    buf_append_str(&b, ",\"state\":");
    json_put_cstring(&b, state_after(act));
    if (seq != 0)
        put_seq(&b, ",\"seq\":", seq);
    buf_append_char(&b, '}');
    struct frame *f = b.failed ? NULL : frame_new(b.data, b.len);
    buf_fini(&b);
    for (unsigned i = 0; f != NULL && i < r->net->shared->topology->n_loops; i++) {
        struct msg_tell *m = msg_new(MSG_LOOP_TELL, 0);
        if (m == NULL)
            break; /* he sees it in the room, or asks again by the same cid */
        strncpy(m->room.text, room, ROOM_NAME_MAX);
        strncpy(m->user_id, user, USER_ID_MAX);
        m->frame = frame_ref(f);
        chat_post_loop(r->net->chat, i, &m->head);
    }
    frame_unref(f);
}

static void answer_act(struct http_request *r, enum moderation_act act, uint64_t seq, bool was_done,
                       bool restored)
{
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"id\":");
    buf_append_i64(b, r->id);
    buf_append_str(b, ",\"state\":");
    json_put_cstring(b, state_after(act));
    put_seq(b, ",\"seq\":", seq);
    buf_append_str(b, ",\"was_done\":");
    json_put_bool(b, was_done);
    if (act == MODERATION_UNDO) {
        buf_append_str(b, ",\"restored\":");
        json_put_bool(b, restored);
    }
    buf_append_char(b, '}');
    api_respond(r);
}

static void answer_look(struct http_request *r, const struct msg_moderation *m)
{
    const char *list = m->act == MODERATION_PRECISION ? "rules" : "audit";
    if (m->act == MODERATION_LABELS) {
        struct buf *lines = response_open(&r->response, 200, TYPE_JSON_LINES);
        buf_append(lines, m->entries.data, m->entries.len);
        api_respond(r);
        return;
    }
    struct buf *b = api_open_json(r, 200);
    if (m->act == MODERATION_LIST) {
        buf_append_str(b, "{\"total\":");
        buf_append_u64(b, m->total);
        buf_append_str(b, ",\"items\":[");
    } else if (m->act != MODERATION_SHOW) {
        buf_printf(b, "{\"%s\":[", list);
    }
    buf_append(b, m->entries.data, m->entries.len);
    if (m->act != MODERATION_SHOW)
        buf_append_str(b, "]}");
    api_respond(r);
}

void api_answer_moderation(struct http_request *r, struct msg_moderation *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
    } else if (m->act < MODERATION_CLAIM) {
        answer_look(r, m);
    } else if (m->item != NULL) {
        publish(r, m);
    } else {
        if (m->act == MODERATION_REJECT && m->seq == 0 && !m->was_done)
            tell_author(r, m->user_id, m->cid, m->room.text, m->act, 0);
        answer_act(r, m->act, m->seq, m->was_done, m->restored);
    }
}

void api_answer_decided(struct http_request *r, const struct msg_publication *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    uint64_t seq = m->kind == EVENT_MESSAGE ? m->seq : m->on;
    if (r->told_user[0] != '\0')
        tell_author(r, r->told_user, r->told_cid, m->room.text, r->act, seq);
    answer_act(r, r->act, seq, false, true);
}
