/* SPDX-License-Identifier: MIT
 *
 * Texts of other programs, over HTTP: our own call and Perspective's. The body goes to the inquiry
 * thread as it came, its answer comes back ready to be written. Thread: the request's loop.
 */
#include "net/api_impl.h"

#include "base/status.h"
#include "net/inquiry.h"
#include "net/perspective.h"

#include <string.h>

/* The answer's wait is a little longer than the question's life. */
#define WAIT_S (INQUIRY_S + 15)

static void ask(struct http_request *r, enum inquiry_kind kind)
{
    struct msg_inquiry *m = msg_new(MSG_INQUIRY_ASK, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    const struct frame *board = r->net->chat->boards.workers;
    m->kind = kind;
    m->body = r->body; /* given away */
    r->body = (struct buf)BUF_INIT;
    if (board != NULL && kind == INQUIRY_ANALYZE)
        m->board = frame_ref(r->net->chat->boards.workers);
    if (r->key != NULL)
        memcpy(m->key, r->key->name, sizeof m->key);
    m->ask.client = http_await_inquiry(r, WAIT_S);
    if (m->ask.client != 0)
        mailbox_post(inquiry_mailbox(r->net->shared->inquiry), &m->head);
    else
        msg_free(&m->head);
}

/* -- our own ------------------------------------------------------------------------------- */

void handle_analyze(struct http_request *r)
{
    if (r->is_json) {
        ask(r, INQUIRY_ANALYZE);
        return;
    }
    response_error(&r->response, 415, "bad_request",
                   "the body must be JSON: send Content-Type: application/json");
    http_respond(r);
}

/* -- Perspective --------------------------------------------------------------------------- */

static void refuse(struct http_request *r, enum perspective_refusal why)
{
    struct buf *b = api_open_json(r, 200);
    r->response.status = perspective_refuse(b, why);
    api_respond(r);
}

static void ask_perspective(struct http_request *r, enum inquiry_kind kind)
{
    bool may = r->right >= RIGHT_OPERATE || (r->scopes & SCOPE_ANALYZE) != 0;
    if (!may && !r->has_credential)
        refuse(r, PERSPECTIVE_NO_KEY);
    else if (!may && r->scopes == 0)
        refuse(r, PERSPECTIVE_WRONG_KEY);
    else if (!may)
        refuse(r, PERSPECTIVE_WRONG_SCOPE);
    else if (r->body.len > 0 && !r->is_json)
        refuse(r, PERSPECTIVE_TYPE);
    else
        ask(r, kind);
}

void handle_comments_analyze(struct http_request *r)
{
    ask_perspective(r, INQUIRY_COMMENT);
}

void handle_comments_suggest(struct http_request *r)
{
    ask_perspective(r, INQUIRY_SUGGEST);
}

void handle_discovery(struct http_request *r)
{
    char root[300];
    http_own_address(r, root, sizeof root);
    perspective_discovery(api_open_json(r, 200), root);
    api_respond(r);
}

/* -- answers ------------------------------------------------------------------------------- */

void api_answer_inquiry(struct http_request *r, struct msg_inquiry *m)
{
    struct buf *own = api_open_json(r, m->http), taken = *own;
    *own = m->answer;
    m->answer = taken;
    r->response.retry_after_s = (m->ask.retry_after_ms + 999) / 1000;
    api_respond(r);
}
