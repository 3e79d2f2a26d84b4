/* SPDX-License-Identifier: MIT */
/* client: see client.h.  Runs on its worker's thread. */
#include "client.h"

#include "chance.h"
#include "session.h"
#include "tls.h"
#include "upgrade.h"
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

#define SLOW_BUFFER      4096
#define RECONNECT_MIN_MS 250u
#define RECONNECT_MAX_MS 1000u

static bool is_connecting(int state)
{
    return state >= CLIENT_CONNECTING && state <= CLIENT_JOINING;
}

static bool is_unsettled(int state)
{
    return state != CLIENT_READY && state != CLIENT_DEAD;
}

void client_set_state(struct worker *w, struct client *c, int state)
{
    w->connecting += (unsigned)is_connecting(state) - (unsigned)is_connecting(c->state);
    w->count[CNT_UNSETTLED] +=
        (uint64_t)is_unsettled(state) - (uint64_t)is_unsettled(c->state);
    w->count[CNT_ALIVE] += (uint64_t)(state != CLIENT_DEAD) - (uint64_t)(c->state != CLIENT_DEAD);
    c->state = (uint8_t)state;
}

static void watch(struct worker *w, struct client *c, bool in, bool out)
{
    struct epoll_event event = {.events = (in ? (unsigned)EPOLLIN : 0) |
                                          (out ? (unsigned)EPOLLOUT : 0),
                                .data.ptr = c};

    if (out != c->watching_out || in == c->held)
        epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &event);
    c->watching_out = out;
    c->held = !in;
}

void client_hold(struct worker *w, struct client *c, bool held)
{
    if (c->fd >= 0 && held != c->held)
        watch(w, c, !held, c->watching_out);
}

int client_post(struct worker *w, struct client *c, enum ws_opcode opcode, const void *payload,
                size_t len)
{
    uint8_t *to = bytes_reserve(&c->out, len + WS_MAX_HEADER);

    if (!to) {
        w->out_of_memory = true;
        return -1;
    }
    c->out.len += ws_write(to, opcode, payload, len, (uint32_t)chance_next(&w->random));
    worker_mark_dirty(w, c);
    return 0;
}

void client_flush(struct worker *w, struct client *c)
{
    ssize_t n;

    if (c->fd < 0 || c->out.len == 0)
        return;
    if (c->tls)
        n = tls_write(c->tls, c->out.data + c->out.from, c->out.len);
    else
        n = send(c->fd, c->out.data + c->out.from, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        client_drop(w, c, strerror(errno));
        return;
    }
    if (n > 0)
        bytes_consume(&c->out, (size_t)n);
    watch(w, c, !c->held, c->out.len > 0);
    if (c->out.len == 0 && !c->publisher)
        bytes_free(&c->out);
}

/* A source address of its own for every so many clients; ports stay the kernel's choice. */
static int bind_source(const struct worker *w, const struct client *c, int fd)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1;

    if (w->plan->source_spread == 0)
        return 0;
    from.sin_addr.s_addr = htonl(0x7f000101u + c->index % w->plan->source_spread);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    return bind(fd, (struct sockaddr *)&from, sizeof(from));
}

static void send_upgrade(struct worker *w, struct client *c)
{
    const struct options *o = w->options;
    int n = upgrade_request(w->scratch, WORKER_SCRATCH, &o->url, c->in[0].room->index,
                            o->bare == BARE_NONE ? "parley.v1" : NULL);

    client_set_state(w, c, CLIENT_UPGRADING);
    if (n < 0 || bytes_append(&c->out, w->scratch, (size_t)n) != 0)
        client_drop(w, c, "request too long");
    else
        worker_mark_dirty(w, c);
}

void client_connect(struct worker *w, struct client *c)
{
    const struct sockaddr *to = (const struct sockaddr *)&w->plan->address;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    int on = 1;

    if (c->state == CLIENT_NEW)
        c->since_ns = w->now;
    client_set_state(w, c, CLIENT_CONNECTING);
    c->timer_ns = w->now + (uint64_t)(w->options->connect_timeout * 1e9);
    c->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || bind_source(w, c, c->fd) != 0) {
        client_drop(w, c, strerror(errno));
        return;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (c->slow) /* else the kernel reads ahead for it */
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){SLOW_BUFFER}, sizeof(int));
    if (connect(c->fd, to, w->plan->address_len) != 0 && errno != EINPROGRESS) {
        client_drop(w, c, strerror(errno));
        return;
    }
    c->watching_out = true;
    if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        client_drop(w, c, strerror(errno));
}

static void wait_to_return(struct worker *w, struct client *c)
{
    uint32_t base = RECONNECT_MIN_MS << (c->attempts < 4 ? c->attempts : 4);

    if (base > RECONNECT_MAX_MS)
        base = RECONNECT_MAX_MS;
    if (c->spread_ms > base)
        base = c->spread_ms;
    c->attempts++;
    c->spread_ms = 0;
    c->timer_ns = w->now + chance_next(&w->random) % base * MS;
    client_set_state(w, c, CLIENT_WAITING);
}

static void close_socket(struct worker *w, struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    tls_free(c->tls);
    c->tls = NULL;
    c->fd = -1;
    c->watching_out = c->held = c->fragmented = false;
    c->typing_open = 0;
    c->allowance = 0;
    for (uint32_t turn = 0; turn < w->plan->seats.each; turn++)
        c->in[turn].joined = c->in[turn].catching_up = false;
    bytes_free(&c->rest);
    bytes_free(&c->out);
    bytes_free(&c->message);
}

void client_drop(struct worker *w, struct client *c, const char *why)
{
    static const char *const steps[] = {
        [CLIENT_CONNECTING] = "connect", [CLIENT_SECURING] = "TLS",  [CLIENT_UPGRADING] = "upgrade",
        [CLIENT_HELLO] = "hello",        [CLIENT_JOINING] = "join", [CLIENT_READY] = "lost",
    };
    const char *step = c->state <= CLIENT_READY && steps[c->state] ? steps[c->state] : "lost";
    bool was_ready = c->state == CLIENT_READY;

    c->was_away &= !was_ready;
    close_socket(w, c);
    tally_count(&w->errors, "%s: %s", step, why);
    if (!c->joined_before) {
        w->count[CNT_FAILED]++;
        oracle_note(&w->oracle, RULE_CONNECT, 1, "client %" PRIu32 ": %s: %s", c->index, step, why);
        client_set_state(w, c, CLIENT_DEAD);
        return;
    }
    if (was_ready) {
        w->count[CNT_DISCONNECTS]++;
        c->since_ns = w->now;
    }
    if (w->options->reconnect && !c->bye_final) {
        wait_to_return(w, c);
        return;
    }
    oracle_note(&w->oracle, RULE_CLOSED, 1, "client %" PRIu32 ": %s: %s", c->index, step, why);
    client_set_state(w, c, CLIENT_DEAD);
}

void client_cut(struct worker *w, struct client *c)
{
    if (c->state != CLIENT_READY)
        return;
    close_socket(w, c);
    c->was_away = false;
    w->count[CNT_CUT]++;
    w->count[CNT_DISCONNECTS]++;
    c->since_ns = w->now;
    wait_to_return(w, c);
}

void client_leave(struct worker *w, struct client *c)
{
    if (c->fd >= 0)
        client_finish(w, c);
    close_socket(w, c);
    if (!c->joined_before || c->state == CLIENT_DEAD)
        return;
    c->away = c->was_away = true;
    c->timer_ns = UINT64_MAX;
    client_set_state(w, c, CLIENT_WAITING);
}

void client_come_back(struct worker *w, struct client *c)
{
    c->leaving = false;
    if (!c->away)
        return;
    c->away = false;
    c->since_ns = c->timer_ns = w->now;
}

void client_on_timer(struct worker *w, struct client *c)
{
    if (w->now < c->timer_ns)
        return;
    if (c->state == CLIENT_WAITING)
        client_connect(w, c);
    else if (is_connecting(c->state))
        client_drop(w, c, "no answer in time");
}

static void on_close_frame(struct worker *w, struct client *c, const struct ws_frame *frame)
{
    unsigned code = frame->len >= 2 ? (unsigned)(frame->payload[0] << 8 | frame->payload[1]) : 1005;
    char why[32];

    client_post(w, c, WS_CLOSE, frame->payload, frame->len >= 2 ? 2 : 0);
    client_flush(w, c);
    if (c->fd < 0)
        return;
    snprintf(why, sizeof(why), "closed by server, %u", code);
    client_drop(w, c, why);
}

/* A data frame of a message in several frames. */
static void on_fragment(struct worker *w, struct client *c, const struct ws_frame *frame)
{
    if (c->fragmented != (frame->opcode == WS_CONTINUATION) || frame->opcode == WS_BINARY ||
        c->message.len + frame->len > WORKER_MAX_FRAME) {
        session_bad_frame(w, c, "fragments out of order or too long");
        return;
    }
    if (bytes_append(&c->message, frame->payload, frame->len) != 0) {
        w->out_of_memory = true;
        return;
    }
    c->fragmented = !frame->fin;
    if (frame->fin) {
        session_on_message(w, c, (const char *)c->message.data + c->message.from, c->message.len,
                           NULL, 0);
        bytes_free(&c->message);
    }
}

static void on_frame(struct worker *w, struct client *c, const struct ws_frame *frame,
                     const uint8_t *raw)
{
    switch (frame->opcode) {
    case WS_PING:
        client_post(w, c, WS_PONG, frame->payload, frame->len);
        break;
    case WS_PONG:
        break;
    case WS_CLOSE:
        on_close_frame(w, c, frame);
        break;
    case WS_TEXT:
    case WS_BINARY:
    case WS_CONTINUATION:
        if (frame->opcode != WS_TEXT || !frame->fin || c->fragmented)
            on_fragment(w, c, frame);
        else
            session_on_message(w, c, (const char *)frame->payload, frame->len, raw, frame->wire);
        break;
    }
}

/* Takes the whole frames out of what was received; returns the bytes used. */
static size_t take_frames(struct worker *w, struct client *c, const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len && c->fd >= 0) {
        size_t known = c->fragmented ? 0 : session_on_known(w, c, data + at, len - at);
        struct ws_frame frame;
        int result;

        if (known > 0) {
            at += known;
            continue;
        }
        result = ws_parse(data + at, len - at, WORKER_MAX_FRAME, &frame);
        if (result == 0)
            break;
        if (result < 0) {
            session_bad_frame(w, c, ws_error_text(result));
            break;
        }
        on_frame(w, c, &frame, data + at);
        at += frame.wire;
    }
    return at;
}

static size_t take_upgrade(struct worker *w, struct client *c, const char *data, size_t len)
{
    char why[32];
    int status, n = upgrade_parse_reply(data, len, &status);

    if (n > 0) {
        session_start(w, c);
    } else if (n < 0) {
        snprintf(why, sizeof(why), status ? "HTTP %d" : "no WebSocket", status);
        client_drop(w, c, why);
    }
    return n > 0 ? (size_t)n : 0;
}

/* Keeps what is left of a frame for the next time. */
static void keep_rest(struct worker *w, struct client *c, const uint8_t *data, size_t len)
{
    if (c->fd < 0)
        return;
    if (len == 0) {
        if (c->rest.cap)
            bytes_free(&c->rest);
        return;
    }
    c->rest.from = c->rest.len = 0;
    if (bytes_append(&c->rest, data, len) != 0)
        w->out_of_memory = true;
}

size_t client_receive(struct worker *w, struct client *c, size_t limit)
{
    size_t rest = c->rest.len, used = 0, len;
    ssize_t n;

    if (rest > 0)
        memcpy(w->rx, c->rest.data + c->rest.from, rest);
    if (c->tls)
        n = tls_read(c->tls, w->rx + rest, limit);
    else
        n = recv(c->fd, w->rx + rest, limit, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    w->now = worker_clock();
    if (n <= 0) {
        client_drop(w, c, n == 0 ? "connection ended without a close frame" : strerror(errno));
        return 0;
    }
    w->count[CNT_BYTES] += (uint64_t)n;
    len = rest + (size_t)n;
    if (c->state == CLIENT_UPGRADING)
        used = take_upgrade(w, c, (const char *)w->rx, len);
    if (c->state > CLIENT_UPGRADING && c->fd >= 0)
        used += take_frames(w, c, w->rx + used, len - used);
    keep_rest(w, c, w->rx + used, len - used);
    return (size_t)n;
}

static void on_connected(struct worker *w, struct client *c)
{
    if (!w->plan->tls) {
        send_upgrade(w, c);
        return;
    }
    c->tls = tls_new(w->plan->tls, c->fd);
    if (!c->tls) {
        w->out_of_memory = true;
        return;
    }
    client_set_state(w, c, CLIENT_SECURING);
}

static void secure(struct worker *w, struct client *c)
{
    switch (tls_handshake(c->tls)) {
    case TLS_DONE:
        watch(w, c, true, true);
        send_upgrade(w, c);
        break;
    case TLS_WANTS_INPUT:
        watch(w, c, true, false);
        break;
    case TLS_WANTS_OUTPUT:
        watch(w, c, true, true);
        break;
    case TLS_FAILED:
        client_drop(w, c, tls_error(c->tls));
        break;
    }
}

void client_on_ready(struct worker *w, struct client *c, uint32_t events)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (c->fd < 0)
        return;
    if (c->state == CLIENT_CONNECTING) {
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error)
            client_drop(w, c, strerror(error));
        else
            on_connected(w, c);
        if (c->state != CLIENT_SECURING)
            return;
    }
    if (c->state == CLIENT_SECURING) {
        secure(w, c);
        return;
    }
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        do
            client_receive(w, c, WORKER_RX_CHUNK);
        while (c->tls && tls_pending(c->tls));
    if (events & EPOLLOUT && c->fd >= 0) {
        client_flush(w, c);
        session_on_writable(w, c);
    }
}

void client_finish(struct worker *w, struct client *c)
{
    static const uint8_t normal[2] = {1000 >> 8, 1000 & 255};

    if (c->fd < 0 || c->state != CLIENT_READY || client_post(w, c, WS_CLOSE, normal, 2) != 0)
        return;
    if (c->tls)
        tls_write(c->tls, c->out.data + c->out.from, c->out.len);
    else
        send(c->fd, c->out.data + c->out.from, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}
