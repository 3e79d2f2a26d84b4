/* SPDX-License-Identifier: MIT
 *
 * What room analyzers know of a room, over HTTP: trends, mood, raids. Thread: the request's loop.
 */
#include "net/api_impl.h"

#include "base/json.h"
#include "base/status.h"

#include <string.h>

void handle_insights(struct http_request *r)
{
    struct mailbox *dispatch = r->net->shared->topology->dispatch;
    struct msg_insight *m = NULL;
    if (dispatch == NULL) {
        http_fail(r, E_UNAVAILABLE, "rooms are watched by workers, and this server has none");
        return;
    }
    m = msg_new(MSG_DISPATCH_INSIGHT_ASK, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    m->reply = chat_mailbox(r->net->chat);
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_dispatch(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

void api_answer_insight(struct http_request *r, const struct msg_insight *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, m->room.text);
    buf_append_str(b, ",\"as_of_ms\":");
    if (m->as_of_ms != 0)
        buf_append_i64(b, m->as_of_ms);
    else
        buf_append_str(b, "null");
    buf_append_str(b, ",\"analyzers\":");
    buf_append(b, m->json.data, m->json.len);
    buf_append_char(b, '}');
    api_respond(r);
}
