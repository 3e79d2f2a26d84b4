/* SPDX-License-Identifier: MIT
 *
 * The routes' answers; see api.h. Thread: the request's loop.
 *
 * A handle_* answers at once or posts a message and leaves the request waiting; an answer_* turns
 * what came back into the response.
 */
#include "net/api_impl.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/rates.h"
#include "base/status.h"
#include "chat/auth.h"
#include "chat/findings.h"
#include "chat/request.h"
#include "net/figures.h"
#include "net/metrics.h"
#include "net/stats_json.h"

#include <string.h>

#define PAGE_BYTES_MAX (256 * 1024)
#define DEFAULT_AUTHOR "operator"
#define KEY_BURST_S 10 /* of --rate-key, at once */
#define TICKET_MAX (sizeof((struct msg_ticket *)NULL)->ticket - 1)

static struct figures gather(const struct http_request *r)
{
    static const char *const durability_names[] = {"full", "os", "memory"};
    const struct net_shared *s = r->net->shared;
    const struct boards *boards = &r->net->chat->boards;
    struct figures f = {
        .started_ms = s->started_ms,
        .now_ms = clock_wall_ms(),
        .durability = durability_names[s->config->durability],
        .n_loops = s->topology->n_loops,
        .loops = s->loops,
        .store = s->store,
        .dispatch = s->dispatch,
        .workers = (uint32_t)s->config->workers,
        .workers_ready = boards->workers_ready,
        .samples = boards->samples,
        .samples_max = SAMPLES_MAX,
        .n_samples = boards->n_samples,
        .next_sample = boards->next_sample,
    };
    figures_read_process(&f);
    return f;
}

void api_respond(struct http_request *r)
{
    response_close(&r->response);
    http_respond(r);
}

struct buf *api_open_json(struct http_request *r, int status)
{
    return response_open(&r->response, status, TYPE_JSON);
}

void api_fail_ask(struct http_request *r, const struct ask *ask)
{
    r->response.retry_after_s = (ask->retry_after_ms + 999) / 1000;
    http_fail(r, ask->status, ask->detail);
}

bool api_fail_read(struct http_request *r, const struct ask *ask, bool known)
{
    if (ask->status != 0)
        api_fail_ask(r, ask);
    else if (!known)
        http_fail(r, E_NOT_FOUND, "nothing was ever said in this room");
    return ask->status != 0 || !known;
}

/* -- health -------------------------------------------------------------------------------- */

static void handle_healthz(struct http_request *r)
{
    buf_append_str(api_open_json(r, 200), "{\"status\":\"ok\"}");
    api_respond(r);
}

static void handle_readyz(struct http_request *r)
{
    struct figures f = gather(r);
    bool ready = figures_ready(&f) && !r->net->chat->draining;
    ready_json(api_open_json(r, ready ? 200 : 503), &f, ready);
    api_respond(r);
}

static void handle_metrics(struct http_request *r)
{
    struct figures f = gather(r);
    metrics_text(response_open(&r->response, 200, METRICS_TYPE), &f);
    api_respond(r);
}

/* The socket's address, asked for without an upgrade. */
static void handle_socket(struct http_request *r)
{
    response_error(&r->response, 426, "bad_request", "this address is for WebSockets (RFC 6455)");
    http_respond(r);
}

/* -- the operator's ------------------------------------------------------------------------ */

static void handle_stats(struct http_request *r)
{
    struct figures f = gather(r);
    stats_json(api_open_json(r, 200), &f);
    api_respond(r);
}

static void handle_workers(struct http_request *r)
{
    const struct frame *board = r->net->chat->boards.workers;
    struct buf *b = api_open_json(r, 200);
    if (board != NULL) {
        buf_append(b, frame_payload(board), frame_payload_len(board));
    } else {
        struct figures f = gather(r);
        const char *problem = NULL;
        if (f.workers > 0 && f.dispatch == NULL)
            problem = "analysis could not be started; the server's log says why";
        workers_json_empty(b, &f, problem);
    }
    api_respond(r);
}

/* Whether they stay is seen where all workers are. */
static void handle_workers_retry(struct http_request *r)
{
    struct msg *m = msg_new(MSG_MAIN_WORKER_RETRY, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    mailbox_post(r->net->shared->topology->main, m);
    buf_append_str(api_open_json(r, 202), "{\"ok\":true}");
    api_respond(r);
}

static void handle_rooms(struct http_request *r)
{
    struct msg_rooms *m = msg_new(MSG_STORE_ROOMS, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    m->reply = r->net->shared->topology->loops[0];
    m->limit = r->params.limit;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void answer_rooms(struct http_request *r, const struct msg_rooms *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    struct buf *b = api_open_json(r, 200);
    uint32_t n = m->count < r->params.limit ? m->count : r->params.limit;
    buf_append_str(b, "{\"rooms\":[");
    for (uint32_t i = 0; i < n; i++) {
        buf_append_str(b, i == 0 ? "{\"room\":" : ",{\"room\":");
        json_put_cstring(b, m->rows[i].room.text);
        buf_append_str(b, ",\"epoch\":");
        json_put_cstring(b, r->net->shared->topology->epoch);
        buf_append_str(b, ",\"seq\":");
        buf_append_u64(b, m->rows[i].seq);
        buf_append_str(b, ",\"members\":");
        buf_append_u64(b, m->rows[i].members);
        buf_append_str(b, ",\"last_ts\":");
        buf_append_i64(b, m->rows[i].last_ts_ms);
        buf_append_char(b, '}');
    }
    buf_append_str(b, "]}");
    api_respond(r);
}

/* -- a room's events ----------------------------------------------------------------------- */

static void handle_events(struct http_request *r)
{
    struct msg_read *m = msg_new(MSG_STORE_READ, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    m->reply = chat_mailbox(r->net->chat);
    m->reply_tag = MSG_LOOP_READ;
    m->after = r->params.after;
    m->limit = r->params.limit;
    m->max_bytes = PAGE_BYTES_MAX;
    m->with_cid = true;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void answer_events(struct http_request *r, const struct msg_read *m)
{
    if (api_fail_read(r, &m->ask, m->known))
        return;
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, r->room);
    buf_append_str(b, ",\"epoch\":");
    json_put_cstring(b, r->net->shared->topology->epoch);
    buf_append_str(b, ",\"seq\":");
    buf_append_u64(b, m->top);
    buf_append_str(b, ",\"events\":[");
    buf_append(b, m->events.data, m->events.len);
    buf_append_str(b, "],\"more\":");
    json_put_bool(b, m->more);
    buf_append_char(b, '}');
    api_respond(r);
}

/* -- saying something in a room ------------------------------------------------------------ */

/* In our words: jansson's quote the body, cut anywhere. */
static const char *body_problem(enum json_error_code code)
{
    switch (code) {
    case json_error_invalid_utf8:
        return "is not UTF-8";
    case json_error_null_character:
        return "holds a NUL character";
    case json_error_duplicate_key:
        return "names a field twice";
    case json_error_stack_overflow:
        return "is nested too deeply";
    default:
        return "is not one JSON object";
    }
}

void api_parse_body(const struct http_request *r, struct request *fields)
{
    json_error_t error;
    *fields = (struct request){0};
    const char *text = r->body.len > 0 ? r->body.data : "";
    fields->json = json_loadb(text, r->body.len, JSON_REJECT_DUPLICATES, &error);
    if (fields->json == NULL)
        request_fail(fields, E_BAD_REQUEST, "the body %s, at byte %d",
                     body_problem(json_error_code(&error)), error.position);
    else if (!json_is_object(fields->json))
        request_fail(fields, E_BAD_REQUEST, "the body must be one JSON object");
}

/* The author: a bot of the given name. A reference; NULL when the request failed. */
static struct user *author(const struct http_request *r, struct request *fields)
{
    size_t len = 0;
    const char *name = request_string(fields, "name", false, USER_NAME_MAX, &len);
    const char *wrong = name != NULL ? auth_check_name(name, len) : NULL;
    if (wrong != NULL)
        request_fail(fields, E_BAD_REQUEST, "'name' %s", wrong);
    if (fields->status != 0)
        return NULL;
    if (name == NULL)
        name = r->key != NULL ? r->key->name : DEFAULT_AUTHOR;
    struct user *user = auth_bot(r->net->shared->auth, name);
    if (user == NULL)
        request_fail(fields, E_NO_MEMORY, "the server is short of memory");
    return user;
}

/* NULL when the request failed. */
static struct msg_publication *make_publication(const struct http_request *r,
                                                struct request *fields)
{
    struct chat *chat = r->net->chat;
    size_t len = 0;
    const char *text = request_text(fields, "text", chat->shared->limits.text_max, &len);
    const char *cid = request_string(fields, "cid", true, CID_MAX, NULL);
    struct user *user = fields->status == 0 ? author(r, fields) : NULL;
    if (user == NULL)
        return NULL;
    struct msg_publication *m = msg_publication_new(MSG_ROOM_PUBLISH, text, len);
    if (m == NULL) {
        user_unref(user);
        request_fail(fields, E_NO_MEMORY, "the server is short of memory");
        return NULL;
    }
    m->user = user;
    m->kind = EVENT_MESSAGE;
    memcpy(m->room.text, r->room, sizeof m->room.text);
    memcpy(m->cid, cid, strlen(cid) + 1);
    m->analyse = chat_has_dispatch(chat);
    m->received_us = clock_mono_us();
    return m;
}

/* As for who sends on a socket; and of a key, whatever its authors' names. An author beyond the
 * limit takes nothing away from others of the key. */
static void check_rate(struct http_request *r, struct request *fields, const char *user_id)
{
    const struct chat_shared *chat = r->net->chat->shared;
    const struct chat_limits *limits = &chat->limits;
    double rate_key = r->key != NULL ? r->net->shared->config->rate_key : 0;
    uint64_t now_us = clock_mono_us();
    uint64_t wait_us =
        rates_take(chat->rates, user_id, now_us, limits->rate_send, limits->rate_send_burst);
    if (wait_us != 0) {
        request_fail(fields, E_RATE_LIMITED, "too many messages: at most %g a second, %g at once",
                     limits->rate_send, limits->rate_send_burst);
    } else if (rate_key > 0) {
        double burst = rate_key * KEY_BURST_S < 1 ? 1 : rate_key * KEY_BURST_S;
        wait_us = rates_take(r->net->shared->key_rates, r->key->name, now_us, rate_key, burst);
        if (wait_us != 0)
            request_fail(fields, E_RATE_LIMITED,
                         "too many messages of this API key: at most %g a second, %g at once "
                         "(--rate-key)", rate_key, burst);
    }
    r->response.retry_after_s = (uint32_t)((wait_us + 999999) / 1000000);
}

static void handle_messages(struct http_request *r)
{
    struct request fields;
    api_parse_body(r, &fields);
    struct msg_publication *m = fields.status == 0 ? make_publication(r, &fields) : NULL;
    if (m != NULL)
        check_rate(r, &fields, m->user->id);
    if (fields.status != 0) {
        msg_free((struct msg *)m);
        http_fail(r, fields.status, fields.message);
        request_fini(&fields);
        return;
    }
    request_fini(&fields);
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_home(r->net->chat, m->room.text, &m->head);
    else
        msg_free(&m->head);
}

/* The gate refused it by a rule: with the verdict. */
static void answer_rejected(struct http_request *r, const struct msg_publication *m)
{
    struct buf *b = api_open_json(r, status_http(E_REJECTED));
    buf_append_str(b, "{\"error\":{\"code\":\"rejected\",\"message\":");
    json_put_cstring(b, m->ask.detail);
    publication_encode_verdict(b, m);
    buf_append_str(b, "}}");
    api_respond(r);
}

static void answer_messages(struct http_request *r, const struct msg_publication *m)
{
    enum action action = m->judgement != NULL ? m->judgement->action : ACTION_NONE;
    bool held = action == ACTION_HOLD && m->seq == 0;
    if (m->ask.status == E_REJECTED) {
        answer_rejected(r, m);
        return;
    }
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    struct buf *b = api_open_json(r, held ? 202 : 201);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, m->room.text);
    if (!held) {
        buf_append_str(b, ",\"seq\":");
        buf_append_u64(b, m->seq);
        buf_append_str(b, ",\"ts\":");
        buf_append_i64(b, m->ts_ms);
    }
    buf_append_str(b, ",\"cid\":");
    json_put_cstring(b, m->cid);
    if (held || action == ACTION_MASK)
        buf_append_str(b, held ? ",\"state\":\"held\"" : ",\"state\":\"masked\"");
    buf_append_char(b, '}');
    api_respond(r);
}

/* -- the operator page's key --------------------------------------------------------------- */

static void post_ticket(struct http_request *r, enum msg_tag tag, const char *ticket)
{
    struct msg_ticket *m = msg_new(tag, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    if (ticket != NULL)
        memcpy(m->ticket, ticket, strlen(ticket) + 1);
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_loop(r->net->chat, 0, &m->head);
    else
        msg_free(&m->head);
}

static void handle_ops_tickets(struct http_request *r)
{
    post_ticket(r, MSG_TICKET_MAKE, NULL);
}

static void handle_ops_session(struct http_request *r)
{
    struct request fields;
    api_parse_body(r, &fields);
    const char *ticket = NULL;
    if (fields.status == 0)
        ticket = request_string(&fields, "ticket", true, TICKET_MAX, NULL);
    if (ticket != NULL)
        post_ticket(r, MSG_TICKET_USE, ticket);
    else
        http_fail(r, fields.status, fields.message);
    request_fini(&fields);
}

static void answer_secret(struct http_request *r, const char *name, const char *secret,
                          unsigned expires_s)
{
    struct buf *b = api_open_json(r, 201);
    buf_append_str(b, name);
    json_put_cstring(b, secret);
    buf_append_str(b, ",\"expires_in_s\":");
    buf_append_u64(b, expires_s);
    buf_append_char(b, '}');
    api_respond(r);
}

static void answer_ticket(struct http_request *r, const struct msg_ticket *m)
{
    if (m->ask.status == E_UNAUTHENTICATED) {
        http_fail(r, E_UNAUTHENTICATED,
                  "this link was used or is too old; `parleyctl ops-link` makes a new one");
    } else if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
    } else if (r->route->id == ROUTE_OPS_TICKETS) {
        answer_secret(r, "{\"ticket\":", m->ticket, AUTH_TICKET_MS / 1000);
    } else {
        char token[AUTH_TOKEN_MAX];
        auth_sign_ops(r->net->shared->auth, token);
        answer_secret(r, "{\"token\":", token, AUTH_OPS_SESSION_S);
    }
}

/* -- the quarantine ------------------------------------------------------------------------ */

static void post_review(struct http_request *r, enum review_act act)
{
    struct msg_review *m = msg_new(MSG_STORE_REVIEW, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    m->reply = chat_mailbox(r->net->chat);
    m->act = act;
    m->id = r->id;
    m->limit = r->params.limit;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void handle_quarantine(struct http_request *r)
{
    post_review(r, REVIEW_LIST);
}

static void handle_culprit(struct http_request *r)
{
    post_review(r, REVIEW_SHOW);
}

static void handle_replay(struct http_request *r)
{
    post_review(r, REVIEW_REPLAY);
}

static void handle_drop(struct http_request *r)
{
    post_review(r, REVIEW_DROP);
}

static void answer_review(struct http_request *r, const struct msg_review *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    /* 202: it is queued; whether it survives this time is told by its verdict, or here again. */
    struct buf *b = api_open_json(r, m->act == REVIEW_REPLAY ? 202 : 200);
    if (m->act == REVIEW_LIST) {
        buf_append_str(b, "{\"total\":");
        buf_append_u64(b, m->total);
        buf_append_str(b, ",\"quarantine\":[");
        buf_append(b, m->entries.data, m->entries.len);
        buf_append_str(b, "]}");
    } else if (m->act == REVIEW_SHOW) {
        buf_append(b, m->entries.data, m->entries.len);
    } else {
        buf_append_str(b, "{\"id\":");
        buf_append_i64(b, m->id);
        buf_append_char(b, '}');
    }
    api_respond(r);
}

static void answer_published(struct http_request *r, const struct msg_publication *m)
{
    if (r->route->id == ROUTE_REVIEW_ACT)
        api_answer_decided(r, m);
    else
        answer_messages(r, m);
}

/* -- the tables ---------------------------------------------------------------------------- */

static void (*const handlers[N_ROUTES])(struct http_request *) = {
#define X(id, name, ...) [ROUTE_##id] = handle_##name,
    ROUTES(X)
#undef X
};

void api_handle(struct http_request *r)
{
    enum auth_right right = r->route->right;
    if (api_may(r))
        handlers[r->route->id](r);
    else if (r->right == RIGHT_NONE && r->scopes == 0)
        http_fail(r, E_UNAUTHENTICATED, "a token is needed (Authorization: Bearer TOKEN); the "
                                        "operator's is in admin-token of the data directory");
    else if (r->scopes != 0 && auth_right_scope(right) != 0)
        http_fail(r, E_FORBIDDEN, "this key lacks the scope for it; `parleyctl key add NAME "
                                  "--scope SCOPE` makes one that has it");
    else
        http_fail(r, E_FORBIDDEN, "this is for the operator's token");
}

bool api_may(const struct http_request *r)
{
    return r->right >= r->route->right || (r->scopes & auth_right_scope(r->route->right)) != 0;
}

void api_on_answer(struct http_request *r, struct msg *m)
{
    switch (m->tag) {
    case MSG_LOOP_ROOMS:
        answer_rooms(r, (struct msg_rooms *)m);
        return;
    case MSG_LOOP_READ:
        if (r->search != NULL)
            api_search_page(r, (const struct msg_read *)m);
        else
            answer_events(r, (struct msg_read *)m);
        return;
    case MSG_LOOP_FOUND:
        api_answer_found(r, (const struct msg_search *)m);
        return;
    case MSG_LOOP_RETURNED:
        api_answer_search(r, (const struct msg_verdict *)m);
        return;
    case MSG_LOOP_PUBLISHED:
        answer_published(r, (const struct msg_publication *)m);
        return;
    case MSG_LOOP_INQUIRED:
        api_answer_inquiry(r, (struct msg_inquiry *)m);
        return;
    case MSG_LOOP_POLICY:
        api_answer_policy(r, (const struct msg_policy *)m);
        return;
    case MSG_LOOP_TRACES:
        if (r->dry_run != NULL)
            api_answer_page(r, (const struct msg_traces *)m);
        else
            api_answer_trace(r, (const struct msg_traces *)m);
        return;
    case MSG_LOOP_KEY:
        api_answer_key(r, (const struct msg_key *)m);
        return;
    case MSG_LOOP_INSIGHT:
        api_answer_insight(r, (const struct msg_insight *)m);
        break;
    case MSG_LOOP_MODERATED:
        api_answer_moderation(r, (struct msg_moderation *)m);
        return;
    case MSG_LOOP_REVIEWED:
        answer_review(r, (struct msg_review *)m);
        return;
    case MSG_LOOP_TICKET:
        answer_ticket(r, (struct msg_ticket *)m);
        return;
    default:
        http_fail(r, E_INTERNAL, NULL);
    }
}
