/* SPDX-License-Identifier: MIT
 * How a message came to its verdict, over HTTP. Thread: the request's loop. */
#include "net/api_impl.h"

#include "base/json.h"
#include "base/status.h"
#include "chat/findings.h"

#include <string.h>

void handle_trace(struct http_request *r)
{
    struct msg_traces *m = msg_new(MSG_STORE_TRACES, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    m->reply = chat_mailbox(r->net->chat);
    m->seq = (uint64_t)r->id;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void respond(struct http_request *r, const struct msg_traces *m, const json_t *trace)
{
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, r->room);
    buf_append_str(b, ",\"seq\":");
    buf_append_u64(b, m->seq);
    buf_append_str(b, ",\"ts\":");
    buf_append_i64(b, m->ts_ms);
    buf_append_str(b, ",\"verdict_seq\":");
    if (m->verdict_seq != 0)
        buf_append_u64(b, m->verdict_seq);
    else
        buf_append_str(b, "null");
    buf_append_char(b, ',');
    trace_expand(b, trace);
    buf_append_char(b, '}');
    api_respond(r);
}

void api_answer_trace(struct http_request *r, const struct msg_traces *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
    } else if (!m->known) {
        http_fail(r, E_NOT_FOUND, "no message or edit of this room has this seq");
    } else if (m->rows.len == 0) {
        http_fail(r, E_NOT_FOUND, "this was not analysed, or not yet");
    } else {
        json_t *trace = json_loadb(m->rows.data, m->rows.len, 0, NULL);
        if (trace != NULL)
            respond(r, m, trace);
        else
            http_fail(r, E_INTERNAL, "the stored trace cannot be read");
        json_decref(trace);
    }
}
