/* SPDX-License-Identifier: MIT
 * Events as JSON; see event.h. */
#include "base/event.h"

#include "base/json.h"

static const char *const kind_names[] = {
#define X(tag, number, name) [number] = name,
    EVENT_KINDS(X)
#undef X
};

const char *event_kind_name(enum event_kind kind)
{
    return kind < N_EVENT_KINDS ? kind_names[kind] : "notice";
}

static void encode_user(struct buf *b, const struct event *e)
{
    buf_append_str(b, ",\"user\":{\"id\":");
    json_put_cstring(b, e->user_id);
    buf_append_str(b, ",\"name\":");
    json_put_cstring(b, e->user_name);
    if (e->role != ROLE_GUEST) {
        buf_append_str(b, ",\"role\":");
        json_put_cstring(b, role_name(e->role));
    }
    buf_append_char(b, '}');
}

static void encode_number(struct buf *b, const char *name, uint64_t value)
{
    buf_append_str(b, name);
    buf_append_u64(b, value);
}

static void encode_text(struct buf *b, const char *name, const struct event *e)
{
    buf_append_str(b, name);
    json_put_string(b, e->text, e->text_len);
}

static void encode_content(struct buf *b, const struct event *e)
{
    switch (e->kind) {
    case EVENT_MESSAGE:
        encode_text(b, ",\"text\":", e);
        if (e->on != 0)
            encode_number(b, ",\"reply_to\":", e->on);
        break;
    case EVENT_EDIT:
        encode_number(b, ",\"on\":", e->on);
        encode_text(b, ",\"text\":", e);
        break;
    case EVENT_DELETE:
        encode_number(b, ",\"on\":", e->on);
        break;
    case EVENT_REACTION:
        encode_number(b, ",\"on\":", e->on);
        encode_text(b, ",\"emoji\":", e);
        buf_append_str(b, ",\"add\":");
        json_put_bool(b, e->add);
        break;
    case EVENT_VERDICT:
        buf_append_str(b, ",\"items\":");
        buf_append(b, e->text, e->text_len);
        break;
    case EVENT_HIDDEN:
        break;
    case EVENT_NOTICE:
    case N_EVENT_KINDS:
        encode_text(b, ",\"text\":", e);
        break;
    }
}

void event_encode(struct buf *b, const char *room, const struct event *e)
{
    buf_append_str(b, "{\"type\":\"event\",\"room\":");
    json_put_cstring(b, room);
    encode_number(b, ",\"seq\":", e->seq);
    buf_append_str(b, ",\"ts\":");
    buf_append_i64(b, e->ts_ms);
    buf_append_str(b, ",\"kind\":\"");
    buf_append_str(b, event_kind_name(e->kind));
    buf_append_char(b, '"');
    if (e->user_id != NULL && e->kind != EVENT_HIDDEN)
        encode_user(b, e);
    encode_content(b, e);
    if (e->cid != NULL && e->cid[0] != '\0' && e->kind != EVENT_HIDDEN) {
        buf_append_str(b, ",\"cid\":");
        json_put_cstring(b, e->cid);
    }
    buf_append_char(b, '}');
}
