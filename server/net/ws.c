/* SPDX-License-Identifier: MIT
 *
 * WebSocket connections: bytes to whole frames to sessions, and back. Thread: the loop's.
 *
 * libwebsockets hands over pieces of a message, and sets no bound on fragments or length: both are
 * counted here. What a session writes are ready-made frames, sent raw; libwebsockets keeps the rest
 * when the socket is full, and nothing more is given to it until WRITEABLE. Only libwebsockets ends
 * a connection, with CLOSED; everybody else asks.
 */
#include "net/net.h"

#include "base/clock.h"
#include "base/status.h"
#include "chat/session.h"
#include "net/origin.h"
#include "net/peers.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define HEADER_MAX 256

struct ws_conn {
    struct net *net;
    struct lws *wsi;
    struct session *session;
    struct buf message; /* pieces so far; empty between messages */
    uint32_t fragments; /* of the message in hand */
    uint32_t peer;      /* slot in peers */
    bool is_closing;    /* our close frame is sent; the peer's ends it */
    bool is_counted;
};

/* -- what a session can do (struct conn_ops) -------------------------------------------------- */

static void ops_kill(void *conn)
{
    struct ws_conn *ws = conn;
    lws_set_timeout(ws->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

static bool ops_write(void *conn, const uint8_t *frames, size_t len)
{
    struct ws_conn *ws = conn;
    /* Raw: sent as it is; the cast is of libwebsockets' making, it does not write to it. */
    if (lws_write(ws->wsi, (unsigned char *)(uintptr_t)frames, len, LWS_WRITE_RAW) < 0) {
        ops_kill(ws);
        return false;
    }
    if (!lws_partial_buffered(ws->wsi))
        return true;
    lws_callback_on_writable(ws->wsi);
    return false;
}

static size_t ops_unsent(void *conn)
{
    struct ws_conn *ws = conn;
    int bytes = 0;
    if (ioctl(lws_get_socket_fd(ws->wsi), SIOCOUTQ, &bytes) != 0)
        return 0;
    return (size_t)bytes;
}

static void ops_pause(void *conn, bool paused)
{
    struct ws_conn *ws = conn;
    lws_rx_flow_control(ws->wsi, !paused);
}

/* The close frame goes out as frames do, behind all others; libwebsockets' own way of closing drops
 * it when raw writes went before. The peer answers with its close frame, and the connection ends
 * (peer_closes). */
static bool ops_close(void *conn, uint16_t code)
{
    struct ws_conn *ws = conn;
    const uint8_t frame[] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code};
    ws->is_closing = true;
    return ops_write(ws, frame, sizeof frame);
}

static const struct conn_ops ops = {
    .write = ops_write,
    .unsent = ops_unsent,
    .pause = ops_pause,
    .close = ops_close,
    .kill = ops_kill,
};

/* -- opening ---------------------------------------------------------------------------------- */

static bool header(struct lws *wsi, enum lws_token_indexes token, char value[HEADER_MAX])
{
    value[0] = '\0';
    return lws_hdr_copy(wsi, value, HEADER_MAX, token) > 0;
}

/* The whole response at once, then the connection ends. By hand, because at this stage
 * libwebsockets would call it HTTP/1.0, which some clients do not take. `retry_s` 0: no
 * Retry-After. */
static int refuse(struct net *n, struct lws *wsi, int status, const char *phrase,
                  const char *message, unsigned retry_s)
{
    char text[LWS_PRE + 640], retry[40] = "", body[256];
    STAT_ADD(n->chat->stats->refused, 1);
    if (retry_s > 0)
        snprintf(retry, sizeof retry, "retry-after: %u\r\n", retry_s);
    int body_len = snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}\n",
                            status_wire(status), message);
    int len =
        snprintf(text + LWS_PRE, sizeof text - LWS_PRE,
                 "HTTP/1.1 %d %s\r\n%scontent-type: application/json\r\ncontent-length: %d\r\n"
                 "connection: close\r\n\r\n%s",
                 status_http(status), phrase, retry, body_len, body);
    lws_write(wsi, (unsigned char *)text + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_HEADERS);
    return -1;
}

/* May this request become a socket? `in` is never looked at (a known fault of this callback). */
static int confirm(struct net *n, struct lws *wsi)
{
    char upgrade[HEADER_MAX], path[HEADER_MAX], origin[HEADER_MAX], host[HEADER_MAX];
    uint64_t now_us = clock_mono_us();
    if (!header(wsi, WSI_TOKEN_UPGRADE, upgrade))
        return -1;
    if (strcasecmp(upgrade, "websocket") != 0)
        return refuse(n, wsi, E_BAD_REQUEST, "Bad Request", "upgrade to websocket, or to nothing",
                      0);
    if (!header(wsi, WSI_TOKEN_GET_URI, path) || strcmp(path, "/ws") != 0)
        return refuse(n, wsi, E_NOT_FOUND, "Not Found", "sockets are at /ws", 0);
    bool has_origin = lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0;
    bool is_read = header(wsi, WSI_TOKEN_ORIGIN, origin);
    header(wsi, WSI_TOKEN_HOST, host);
    if ((has_origin && !is_read) || !origin_is_allowed(origin, host, n->shared->config->origins))
        return refuse(n, wsi, E_FORBIDDEN, "Forbidden",
                      "pages of this origin may not open a socket here", 0);
    if (n->chat->draining || !admission_answers(&n->admission, now_us))
        return refuse(
            n, wsi, E_UNAVAILABLE, "Service Unavailable",
            "many are coming back at once, or a restart",
            1 + randombytes_uniform(1 + admission_spread_ms(&n->admission, now_us) / 1000));
    return 0;
}

static uint32_t peer_slot(struct lws *wsi)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&address, &len);
    return peers_slot((struct sockaddr *)&address);
}

static int open_conn(struct net *n, struct lws *wsi, struct net_user *user)
{
    struct ws_conn *ws = calloc(1, sizeof *ws);
    if (ws == NULL)
        return -1;
    ws->net = n;
    ws->wsi = wsi;
    ws->peer = peer_slot(wsi);
    ws->is_counted = peers_enter(n->shared->peers, ws->peer);
    ws->session = session_new(n->chat, &ops, ws);
    if (ws->session == NULL) {
        if (ws->is_counted)
            peers_leave(n->shared->peers, ws->peer);
        free(ws);
        return -1;
    }
    user->ws = ws;
    STAT_ADD(n->chat->stats->connections, 1);
    uint64_t now_us = clock_mono_us();
    if (!ws->is_counted) {
        session_close(ws->session, CLOSE_TOO_MANY, SPREAD_MS,
                      "too many connections from this address, or in all");
    } else if (!admission_welcomes(&n->admission, now_us)) {
        session_close(ws->session, CLOSE_TRY_LATER, admission_spread_ms(&n->admission, now_us),
                      "many are coming back at once: please wait a moment");
    }
    return 0;
}

static void close_conn(struct net *n, struct net_user *user)
{
    struct ws_conn *ws = user->ws;
    if (ws == NULL)
        return;
    user->ws = NULL;
    session_free(ws->session);
    if (ws->is_counted)
        peers_leave(n->shared->peers, ws->peer);
    buf_fini(&ws->message);
    STAT_ADD(n->chat->stats->connections, -1);
    free(ws);
}

/* -- receiving -------------------------------------------------------------------------------- */

static void too_big(struct ws_conn *ws, const char *what)
{
    buf_fini(&ws->message);
    session_close(ws->session, CLOSE_TOO_BIG, SPREAD_MS, what);
}

static void receive(struct ws_conn *ws, const char *in, size_t len)
{
    const struct chat_limits *limits = &ws->net->chat->shared->limits;
    bool fragment_ends = lws_remaining_packet_payload(ws->wsi) == 0;
    bool message_ends = fragment_ends && lws_is_final_fragment(ws->wsi);
    if (ws->session->state == SESSION_CLOSING)
        return;
    if (lws_frame_is_binary(ws->wsi)) {
        session_close(ws->session, CLOSE_UNSUPPORTED, SPREAD_MS, "frames must be text, not binary");
        return;
    }
    if (ws->message.len + len > limits->frame_max) {
        too_big(ws, "the frame is longer than the limit told in hello");
        return;
    }
    if (fragment_ends && ++ws->fragments > limits->fragments_max) {
        too_big(ws, "the message has more fragments than the limit told in hello");
        return;
    }
    if (message_ends && ws->message.len == 0) {
        ws->fragments = 0;
        session_on_frame(ws->session, in, len); /* the usual case: whole, and not copied */
        return;
    }
    buf_append(&ws->message, in, len);
    if (ws->message.failed) {
        ops_kill(ws);
    } else if (message_ends) {
        ws->fragments = 0;
        session_on_frame(ws->session, ws->message.data, ws->message.len);
        buf_fini(&ws->message);
    }
}

static int writeable(struct ws_conn *ws)
{
    if (lws_partial_buffered(ws->wsi)) {
        lws_callback_on_writable(ws->wsi);
        return 0;
    }
    if (ws->session->is_choked)
        session_on_writable(ws->session);
    return 0;
}

int ws_callback(struct net *n, struct lws *wsi, enum lws_callback_reasons reason,
                struct net_user *user, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm(n, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        return open_conn(n, wsi, user);
    case LWS_CALLBACK_RECEIVE:
        if (user->ws != NULL)
            receive(user->ws, in, len);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return user->ws != NULL ? writeable(user->ws) : 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        /* An answer to ours ends the connection; else libwebsockets answers. */
        return user->ws != NULL && user->ws->is_closing ? -1 : 0;
    case LWS_CALLBACK_CLOSED:
        close_conn(n, user);
        return 0;
    default:
        return 0;
    }
}
