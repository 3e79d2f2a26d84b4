/* SPDX-License-Identifier: MIT
 *
 * HTTP requests of one loop; see http.h. Thread: the loop's.
 *
 * Nothing blocks: a response is written at once as far as the socket takes it, the rest in pieces
 * (HTTP_WRITEABLE); pages come from memory; what another thread must answer leaves the request
 * waiting, at most WAIT_S. A request is always read to its end before it is answered, so that a
 * kept connection stays in step; where that cannot be (too large, or of unknown length) the
 * connection ends after the response.
 *
 * libwebsockets 4.1.6 decodes percent escapes and folds "/../" while it parses, and refuses broken
 * ones. Two things it does not do well are kept from it. While a request is in hand it leaves what
 * the client sends (the next request, or its end) in the socket, readable, and would turn without
 * rest: so reading is paused while a request waits. And a request with a body whose head it took
 * from what was sent ahead (pipelined) gets a wrong body, in a loop that never ends: so that
 * connection is closed, which such a client must expect (RFC 9112, 9.3.2).
 */
#include "net/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "net/api.h"
#include "net/assets.h"
#include "net/inquiry.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define BODY_MAX 65536
#define COMMENT_BODY_MAX (2 * 1024 * 1024) /* Perspective's; its context may be long */
#define PIECE 16384
#define HEAD_MIN 16      /* bytes; the shortest is "GET / HTTP/1.1" and two line ends */
#define WAIT_S 10     /* for another thread's answer */
#define WRITE_S 20    /* for the client to take a piece */
#define LOOK_US 500000 /* whether who waits for the inquiry thread is still there */
#define CHOKED_US 5000
#define LINGER_S 2    /* for a client that still sends what nobody reads */

/* -- the request's head -------------------------------------------------------------------- */

/* A header's value; "" when absent, or longer than any that could be meant (*too_long says so). */
static void read_header(struct lws *wsi, enum lws_token_indexes token, char *to, size_t len)
{
    if (lws_hdr_copy(wsi, to, (int)len, token) < 0)
        to[0] = '\0';
}

static bool has_header(struct lws *wsi, enum lws_token_indexes token)
{
    return lws_hdr_total_length(wsi, token) > 0;
}

static enum http_method read_method(struct lws *wsi)
{
    if (has_header(wsi, WSI_TOKEN_GET_URI))
        return METHOD_GET;
    if (has_header(wsi, WSI_TOKEN_HEAD_URI))
        return METHOD_HEAD;
    if (has_header(wsi, WSI_TOKEN_DELETE_URI))
        return METHOD_DELETE;
    if (has_header(wsi, WSI_TOKEN_PUT_URI))
        return METHOD_PUT;
    return has_header(wsi, WSI_TOKEN_POST_URI) ? METHOD_POST : METHOD_OTHER;
}

/* HTTP/1.1 keeps the connection unless told otherwise; 1.0 does not. */
static bool wants_keep_alive(struct lws *wsi)
{
    char version[16], connection[128];
    read_header(wsi, WSI_TOKEN_HTTP, version, sizeof version);
    read_header(wsi, WSI_TOKEN_CONNECTION, connection, sizeof connection);
    return strcmp(version, "HTTP/1.1") == 0 && !header_lists(connection, "close");
}

/* Written down once a minute a key. */
static void note_use(struct http_request *r, struct api_key *key)
{
    int64_t now_ms = clock_wall_ms();
    if (!api_key_note_use(key, now_ms))
        return;
    struct msg_key *m = msg_new(MSG_STORE_KEY, 0);
    if (m == NULL)
        return;
    m->act = KEY_USED;
    m->ts_ms = now_ms;
    memcpy(m->name, key->name, sizeof m->name);
    chat_post_store(r->net->chat, &m->head);
}

static void check_key(struct http_request *r, const char *token)
{
    unsigned char hash[KEY_HASH_LEN];
    if (token == NULL || !auth_hash_key(token, hash))
        return;
    struct api_key *key = keyring_find(r->net->keyring, hash);
    if (key == NULL)
        return;
    r->keyring = keyring_ref(r->net->keyring);
    r->key = key;
    r->scopes = key->scopes;
    snprintf(r->actor, sizeof r->actor, "key %s", key->name);
    note_use(r, key);
}

/* As clients of Google's APIs send it: X-Goog-Api-Key, or ?key=. */
static void read_google_key(struct http_request *r)
{
    static const char name[] = "x-goog-api-key:";
    char text[128] = "";
    const char *key = text;
    if (lws_hdr_custom_copy(r->wsi, text, sizeof text, name, sizeof name - 1) <= 0)
        key = lws_get_urlarg_by_name(r->wsi, "key=", text, sizeof text);
    if (key == NULL)
        return;
    r->has_credential = true;
    check_key(r, key);
}

static void read_token(struct http_request *r)
{
    char header[AUTH_TOKEN_MAX + 16];
    read_header(r->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, header, sizeof header);
    const char *token = bearer_token(header);
    r->has_credential = token != NULL;
    r->right = auth_check_bearer(r->net->shared->auth, token);
    if (r->right != RIGHT_NONE)
        auth_name_actor(token, r->right, r->actor);
    else if (token != NULL || !route_is_perspective(r->route))
        check_key(r, token);
    else
        read_google_key(r);
}

/* Whether the body is said to be JSON, or nothing is said of it. */
static bool says_json(struct lws *wsi)
{
    char type[128];
    read_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof type);
    return !has_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE) || header_lists(type, TYPE_JSON);
}

static int read_params(struct http_request *r, char *err, size_t err_len)
{
    char arg[SEARCH_Q_MAX + 8];
    params_init(&r->params, r->route);
    for (int i = 0; r->route->limit_max != 0; i++) {
        int n = lws_hdr_copy_fragment(r->wsi, arg, sizeof arg, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n == -1)
            break;
        int status = n < 0 ? 0 : params_take(&r->params, r->route, arg, err, err_len);
        if (status != 0)
            return status;
    }
    return 0;
}

/* -- finding what is asked for ------------------------------------------------------------- */

static void fail_method(struct http_request *r, const char *allow)
{
    r->response.allow = allow;
    response_error(&r->response, 405, "bad_request",
                   "this address takes another method; see the Allow header");
}

static void answer_page(struct http_request *r, const struct asset *a)
{
    char have[256], encodings[256];
    struct response *p = &r->response;
    read_header(r->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, have, sizeof have);
    read_header(r->wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, encodings, sizeof encodings);
    bool gzip = a->gzip.len > 0 && header_lists(encodings, "gzip");
    p->varies = a->gzip.len > 0;
    p->encoding = gzip ? "gzip" : NULL;
    p->etag = gzip ? a->etag_gzip : a->etag;
    p->type = a->type;
    p->cache = a->immutable ? CACHE_FOREVER : CACHE_CHECK;
    p->status = strstr(have, p->etag) != NULL ? 304 : 200;
    if (p->status == 200) {
        p->body = gzip ? a->gzip.data : a->plain.data;
        p->len = gzip ? a->gzip.len : a->plain.len;
    }
}

static void answer_unbuilt(struct http_request *r)
{
    struct buf *b = response_open(&r->response, 503, "text/plain; charset=utf-8");
    buf_append_str(b, "Parley is running, but its web pages are not here.\n"
                      "Build them with `cmake --build build` (needs Node.js 18 or newer), or name\n"
                      "their directory with --web DIR; then start Parley again.\n");
    response_close(&r->response);
}

static void find_page(struct http_request *r, const char *path, enum http_method method)
{
    const struct assets *assets = r->net->shared->assets;
    const struct asset *a = assets != NULL ? assets_find(assets, path) : NULL;
    bool home = strcmp(path, "/") == 0 || strcmp(path, "/ops") == 0;
    if (a == NULL && !(assets == NULL && home))
        response_status(&r->response, E_NOT_FOUND, NULL);
    else if (method != METHOD_GET && method != METHOD_HEAD)
        fail_method(r, "GET, HEAD");
    else if (a != NULL)
        answer_page(r, a);
    else
        answer_unbuilt(r);
}

/* Sets r->route, or makes the response. */
static void find_target(struct http_request *r, const char *path, enum http_method method)
{
    struct route_match match;
    const char *problem = NULL;
    char err[128];
    int status = route_find(path, method, &match, &problem);
    if (match.route == NULL) {
        find_page(r, path, method);
    } else if (!route_takes(match.route, method)) {
        fail_method(r, route_allow(match.route));
    } else if (status != 0) {
        response_status(&r->response, status, problem);
    } else {
        r->route = match.route;
        memcpy(r->room, match.room, sizeof r->room);
        r->id = match.id;
        read_token(r);
        if (read_params(r, err, sizeof err) != 0)
            response_status(&r->response, E_BAD_REQUEST, err);
    }
}

/* -- what was sent ahead ------------------------------------------------------------------- */

/* Bytes of its connection that libwebsockets has read: those that the kernel received and does not
 * hold any more (a FIN counts as one). 0 when it is not TCP. */
static uint64_t bytes_read(struct lws *wsi)
{
    int fd = lws_get_socket_fd(wsi), held = 0;
    struct tcp_info before = {0}, after = {0};
    do {
        socklen_t len = sizeof before;
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &before, &len) != 0 ||
            ioctl(fd, SIOCINQ, &held) != 0)
            return 0;
        len = sizeof after;
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &after, &len) != 0)
            return 0;
    } while (before.tcpi_bytes_received != after.tcpi_bytes_received);
    return before.tcpi_bytes_received - (uint64_t)held;
}

/* As of the end of a transaction. libwebsockets drops `struct net_user` there, but keeps this. */
static void note_bytes_read(struct lws *wsi)
{
    lws_set_opaque_user_data(wsi, (void *)(uintptr_t)(bytes_read(wsi) + 1));
}

/* Whether a head that was just parsed was read, all of it, before the last transaction ended. */
static bool was_pipelined(struct lws *wsi)
{
    uintptr_t noted = (uintptr_t)lws_get_opaque_user_data(wsi);
    const int yes = 1;
    if (noted != 0)
        return bytes_read(wsi) + 1 - noted < HEAD_MIN;
    /* The first of its connection. Urgent bytes would confuse the count. */
    setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_OOBINLINE, &yes, sizeof yes);
    return false;
}

/* Refuses what libwebsockets would read a wrong body for. */
static int check_pipelined(struct lws *wsi)
{
    enum http_method method = read_method(wsi);
    bool body = has_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) || method == METHOD_POST ||
                method == METHOD_PUT || method == METHOD_OTHER;
    return was_pipelined(wsi) && body ? -1 : 0;
}

/* -- the request's body -------------------------------------------------------------------- */

/* How long the body may be. Who may not have anything analysed sends no megabytes. */
static size_t body_max(const struct http_request *r)
{
    if (r->route == NULL || r->response.status != 0)
        return BODY_MAX;
    if (r->route->id == ROUTE_ANALYZE && api_may(r))
        return INQUIRY_BODY_MAX;
    bool may = r->right >= RIGHT_OPERATE || (r->scopes & SCOPE_ANALYZE) != 0;
    return route_is_perspective(r->route) && may ? COMMENT_BODY_MAX : BODY_MAX;
}

/* Memory for a long body. */
static int reserve(struct http_request *r, uint64_t length)
{
    if (length <= BODY_MAX)
        return 0;
    if (!inquiry_reserve(r->net->shared->inquiry, (size_t)length) ||
        buf_reserve(&r->body, (size_t)length) == NULL) {
        response_status(&r->response, E_UNAVAILABLE,
                        "too many long bodies are being read; try again");
        return E_UNAVAILABLE;
    }
    r->reserved = (size_t)length;
    return 0;
}

/* 0 and the announced length, or a status with the response made and the connection to be ended. */
static int read_length(struct http_request *r, uint64_t *length)
{
    char text[24];
    *length = 0;
    int status = 0;
    if (has_header(r->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
        response_error(&r->response, 411, "bad_request", "send the body with a Content-Length");
        status = E_BAD_REQUEST;
    } else if (has_header(r->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) {
        read_header(r->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text);
        if (!parse_u64(text, INT64_MAX, length)) {
            status = E_BAD_REQUEST;
            response_status(&r->response, status, "Content-Length must be one number");
        } else if (*length > r->body_max) {
            char message[80];
            snprintf(message, sizeof message, "a body may have %zu bytes here", r->body_max);
            status = E_TOO_LARGE;
            response_status(&r->response, status, message);
        } else {
            status = reserve(r, *length);
        }
    }
    if (status != 0) {
        r->unread = true;
        r->keep_alive = false;
    }
    return status;
}

static int ask_for_body(struct http_request *r)
{
    char expect[32];
    unsigned char go_on[LWS_PRE + 32] = {0};
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    read_header(r->wsi, WSI_TOKEN_HTTP_EXPECT, expect, sizeof expect);
    if (!header_lists(expect, "100-continue"))
        return 0;
    memcpy(go_on + LWS_PRE, text, sizeof text - 1);
    return lws_write(r->wsi, go_on + LWS_PRE, sizeof text - 1, LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static void take_body(struct http_request *r, const void *data, size_t len)
{
    if (r->state == HTTP_READING && r->body.len + len <= r->body_max)
        buf_append(&r->body, data, len);
}

/* -- a request's life ---------------------------------------------------------------------- */

static void stop_waiting(struct http_request *r)
{
    clients_remove(&r->net->chat->clients, r->client);
    r->client = 0;
    lws_sul_cancel(&r->timer);
}

/* Nobody waits for the rest of it. */
static void cancel_inquiry(struct http_request *r)
{
    struct msg_inquiry *m = msg_new(MSG_INQUIRY_CANCEL, 0);
    if (m == NULL)
        return; /* it is analysed for nobody */
    m->ask.client = r->client;
    mailbox_post(inquiry_mailbox(r->net->shared->inquiry), &m->head);
}

static void forget(struct net_user *user)
{
    struct http_request *r = user != NULL ? user->http : NULL;
    if (r == NULL)
        return;
    user->http = NULL;
    if (r->client != 0 && r->asks_inquiry)
        cancel_inquiry(r);
    if (r->reserved > 0)
        inquiry_release(r->net->shared->inquiry, r->reserved);
    stop_waiting(r);
    keyring_unref(r->keyring);
    dry_run_free(r->dry_run);
    search_free(r->search);
    response_fini(&r->response);
    buf_fini(&r->head);
    buf_fini(&r->body);
    free(r);
}

/* The answer's response is made outside libwebsockets' callbacks, but written in one. */
static void go_on(struct http_request *r)
{
    lws_rx_flow_control(r->wsi, 1);
    lws_callback_on_writable(r->wsi);
}

static void on_answer(void *owner, struct msg *m)
{
    struct http_request *r = owner;
    stop_waiting(r);
    api_on_answer(r, m);
    if (r->state == HTTP_WRITING) /* else it waits for another answer */
        go_on(r);
}

/* Reading is paused while a request waits, so nobody else finds out. */
static bool is_gone(const struct http_request *r)
{
    struct pollfd socket = {.fd = lws_get_socket_fd(r->wsi), .events = POLLRDHUP};
    return poll(&socket, 1, 0) == 1 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct http_request *r = lws_container_of(timer, struct http_request, timer);
    if (r->asks_inquiry && clock_mono_us() < r->wait_until_us) {
        if (is_gone(r)) /* CLOSED_HTTP follows */
            lws_set_timeout(r->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
        else
            lws_sul_schedule(lws_get_context(r->wsi), 0, timer, on_timer, LOOK_US);
        return;
    }
    bool asks_inquiry = r->asks_inquiry;
    if (asks_inquiry)
        cancel_inquiry(r);
    stop_waiting(r);
    log_warn("http", "no answer in time path=%s", r->route->path);
    http_fail(r, E_TIMEOUT, asks_inquiry ? "no answer in time; send fewer texts at once"
                                         : "no answer in time; it may still happen: repeat it with "
                                           "the same cid");
    go_on(r);
}

static client_id await(struct http_request *r, lws_usec_t first_look_us)
{
    r->client = clients_add(&r->net->chat->clients, on_answer, r);
    if (r->client == 0) {
        http_fail(r, E_NO_MEMORY, NULL);
        return 0;
    }
    r->state = HTTP_WAITING;
    lws_set_timeout(r->wsi, NO_PENDING_TIMEOUT, 0);
    lws_sul_schedule(lws_get_context(r->wsi), 0, &r->timer, on_timer, first_look_us);
    lws_rx_flow_control(r->wsi, 0);
    return r->client;
}

client_id http_await(struct http_request *r)
{
    r->asks_inquiry = false;
    return await(r, WAIT_S * LWS_USEC_PER_SEC);
}

client_id http_await_inquiry(struct http_request *r, unsigned seconds)
{
    r->asks_inquiry = true;
    r->wait_until_us = clock_mono_us() + seconds * UINT64_C(1000000);
    return await(r, LOOK_US);
}

void http_own_address(const struct http_request *r, char *to, size_t len)
{
    char host[256];
    const char *url = r->net->shared->url;
    read_header(r->wsi, WSI_TOKEN_HOST, host, sizeof host);
    size_t fine = strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               ".:-[]");
    if (fine == 0 || host[fine] != '\0')
        snprintf(to, len, "%s/", url);
    else
        snprintf(to, len, "%.*s://%s/", (int)strcspn(url, ":"), url, host);
}

void http_fail(struct http_request *r, int status, const char *message)
{
    response_status(&r->response, status, message);
    http_respond(r);
}

void http_respond(struct http_request *r)
{
    response_head(&r->head, &r->response, r->keep_alive, clock_wall_ms() / 1000);
    if (r->head_only)
        r->response.len = 0;
    r->state = HTTP_WRITING;
    lws_set_timeout(r->wsi, PENDING_TIMEOUT_HTTP_CONTENT, WRITE_S);
}

/* -- writing ------------------------------------------------------------------------------- */

/* Copies the next piece of head and body; returns its length. */
static size_t next_piece(const struct http_request *r, unsigned char *to, size_t max)
{
    size_t n = 0;
    if (r->sent < r->head.len) {
        n = r->head.len - r->sent < max ? r->head.len - r->sent : max;
        memcpy(to, r->head.data + r->sent, n);
    }
    size_t at = r->sent + n - r->head.len;
    size_t left = r->response.len - at;
    if (n < max && left > 0) {
        size_t m = left < max - n ? left : max - n;
        memcpy(to + n, r->response.body + at, m);
        n += m;
    }
    return n;
}

/* The client may still be sending what nobody reads; closing at once would make its system throw
 * away the response. So end our side, and read until it ends its own. */
static int linger(struct http_request *r)
{
    r->state = HTTP_LINGERING;
    shutdown(lws_get_socket_fd(r->wsi), SHUT_WR);
    lws_set_timeout(r->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LINGER_S);
    return 0;
}

static int end(struct http_request *r, struct net_user *user)
{
    struct lws *wsi = r->wsi;
    bool keep = r->keep_alive;
    if (!keep && r->unread)
        return linger(r);
    forget(user);
    if (!keep)
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* libwebsockets cannot wait for POLLOUT without looking at POLLIN, so this asks by the clock. It is
 * rare: most responses fit into the kernel's buffer. */
static void sleep_until_writable(lws_sorted_usec_list_t *timer)
{
    struct http_request *r = lws_container_of(timer, struct http_request, timer);
    struct pollfd socket = {.fd = lws_get_socket_fd(r->wsi), .events = POLLOUT};
    if (poll(&socket, 1, 0) == 1)
        go_on(r);
    else
        lws_sul_schedule(lws_get_context(r->wsi), 0, timer, sleep_until_writable, CHOKED_US);
}

static int write_some(struct http_request *r, struct net_user *user)
{
    unsigned char piece[LWS_PRE + PIECE];
    size_t total = r->head.len + r->response.len;
    if (r->state != HTTP_WRITING)
        return 0;
    if (r->head.failed)
        return -1;
    while (r->sent < total && !lws_partial_buffered(r->wsi)) {
        size_t n = next_piece(r, piece + LWS_PRE, PIECE);
        if (lws_write(r->wsi, piece + LWS_PRE, n, LWS_WRITE_HTTP) < (int)n)
            return -1;
        r->sent += n;
    }
    if (!lws_partial_buffered(r->wsi))
        return end(r, user);
    lws_set_timeout(r->wsi, PENDING_TIMEOUT_HTTP_CONTENT, WRITE_S);
    lws_rx_flow_control(r->wsi, 0);
    sleep_until_writable(&r->timer);
    return 0;
}

/* -- reading ------------------------------------------------------------------------------- */

/* The request is whole, or its response is made without the rest. */
static int complete(struct http_request *r, struct net_user *user)
{
    if (r->response.status != 0)
        http_respond(r);
    else if (r->body.failed)
        http_fail(r, E_NO_MEMORY, NULL);
    else
        api_handle(r);
    return r->state == HTTP_WRITING ? write_some(r, user) : 0;
}

static int begin(struct net *n, struct lws *wsi, struct net_user *user, const char *path)
{
    enum http_method method = read_method(wsi);
    bool sized = has_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    struct http_request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return -1;
    user->http = r;
    r->net = n;
    r->wsi = wsi;
    r->head_only = method == METHOD_HEAD;
    r->keep_alive = wants_keep_alive(wsi);
    r->is_json = says_json(wsi);
    uint64_t length;
    find_target(r, path, method);
    STAT_ADD(n->chat->stats->http_requests[route_class(r->route)], 1);
    r->body_max = body_max(r);
    if (read_length(r, &length) != 0)
        return complete(r, user);
    if (length > 0)
        return ask_for_body(r);
    if (sized && method == METHOD_POST)
        return 0; /* BODY_COMPLETION comes nevertheless */
    /* Without a length libwebsockets waits for a body in the methods that can have one; of a PUT
     * with nothing in it, it never tells. */
    if (method == METHOD_POST || method == METHOD_PUT || method == METHOD_OTHER)
        r->keep_alive = false;
    return complete(r, user);
}

int http_callback(struct net *n, struct lws *wsi, enum lws_callback_reasons reason,
                  struct net_user *user, void *in, size_t len)
{
    struct http_request *r = user != NULL ? user->http : NULL;
    switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
        STAT_ADD(n->chat->stats->sockets, 1);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        STAT_ADD(n->chat->stats->sockets, -1);
        return 0;
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
        return check_pipelined(wsi);
    case LWS_CALLBACK_HTTP_BIND_PROTOCOL: /* behind each transaction, and behind FILTER */
        note_bytes_read(wsi);
        return 0;
    case LWS_CALLBACK_HTTP:
        /* One at a time: libwebsockets keeps what a client sends ahead. */
        if (r != NULL || user == NULL || strlen(in) != len) /* "%00": not the path it seems */
            return -1;
        return begin(n, wsi, user, in);
    case LWS_CALLBACK_HTTP_BODY:
        if (r != NULL)
            take_body(r, in, len);
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        /* It may come again, when more was sent behind the body. */
        if (r != NULL && r->state == HTTP_LINGERING)
            return -1;
        return r != NULL && r->state == HTTP_READING ? complete(r, user) : 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return r != NULL ? write_some(r, user) : 0;
    case LWS_CALLBACK_RAW_ADOPT: /* of CONNECT libwebsockets makes bytes without a protocol */
    case LWS_CALLBACK_RAW_RX:
        return -1;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        forget(user);
        return 0;
    default:
        return 0;
    }
}
