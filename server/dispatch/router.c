/* SPDX-License-Identifier: MIT
 * The ROUTER socket; see router.h. */
#include "dispatch/router.h"

#include "base/status.h"
#include "dispatch/codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* Messages a peer may have on the way in either direction; credits keep it far below. */
#define HIGH_WATER 1000

struct router {
    void *context;
    void *socket;
    zmq_msg_t payload;
};

static bool set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool configure(void *socket)
{
    int64_t max = LINK_FROM_WORKER_MAX;
    return set(socket, ZMQ_ROUTER_MANDATORY, 1) && set(socket, ZMQ_LINGER, 0)
           && set(socket, ZMQ_SNDHWM, HIGH_WATER) && set(socket, ZMQ_RCVHWM, HIGH_WATER)
           && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof max) == 0;
}

int router_open(struct router **out, const char *endpoint, char *err, size_t err_len)
{
    int status = E_IO;
    const char *step = "start ZeroMQ";
    struct router *r = calloc(1, sizeof *r);
    if (r == NULL)
        return E_NO_MEMORY;
    zmq_msg_init(&r->payload);
    r->context = zmq_ctx_new();
    if (r->context == NULL)
        goto out;
    r->socket = zmq_socket(r->context, ZMQ_ROUTER);
    if (r->socket == NULL || !configure(r->socket))
        goto out;
    step = "bind the socket";
    if (zmq_bind(r->socket, endpoint) < 0)
        goto out;
    *out = r;
    return 0;
out:
    snprintf(err, err_len, "cannot %s for workers: %s%s: %s", step, zmq_strerror(errno),
             errno == ENAMETOOLONG ? "; choose a data directory with a shorter path" : "",
             endpoint);
    router_close(r);
    return status;
}

void router_close(struct router *r)
{
    if (r == NULL)
        return;
    zmq_msg_close(&r->payload);
    if (r->socket != NULL)
        zmq_close(r->socket);
    if (r->context != NULL)
        zmq_ctx_term(r->context);
    free(r);
}

void router_wait(struct router *r, int fd, int timeout_ms)
{
    zmq_pollitem_t items[] = {
        {.socket = r->socket, .events = ZMQ_POLLIN},
        {.fd = fd, .events = ZMQ_POLLIN},
    };
    /* EINTR is a turn without news. */
    zmq_poll(items, 2, timeout_ms);
}

static bool more(struct router *r)
{
    return zmq_msg_more(&r->payload) != 0;
}

/* Reads away what is left of a message. */
static void skip_rest(struct router *r)
{
    while (more(r) && zmq_msg_recv(&r->payload, r->socket, ZMQ_DONTWAIT) >= 0)
        continue;
}

bool router_receive(struct router *r, struct peer *from, const void **data, size_t *len)
{
    if (zmq_msg_recv(&r->payload, r->socket, ZMQ_DONTWAIT) < 0)
        return false;
    size_t id_len = zmq_msg_size(&r->payload);
    *data = NULL;
    *len = 0;
    from->len = id_len <= sizeof from->bytes ? (uint8_t)id_len : 0;
    memcpy(from->bytes, zmq_msg_data(&r->payload), from->len);
    if (!more(r) || zmq_msg_recv(&r->payload, r->socket, ZMQ_DONTWAIT) < 0)
        return true;
    if (more(r)) {
        skip_rest(r);
        return true;
    }
    *data = zmq_msg_data(&r->payload);
    *len = zmq_msg_size(&r->payload);
    return true;
}

int router_send(struct router *r, const struct peer *to, const void *data, size_t len)
{
    if (zmq_send(r->socket, to->bytes, to->len, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0
        || zmq_send(r->socket, data, len, ZMQ_DONTWAIT) < 0)
        return errno == EAGAIN ? E_FULL : E_NOT_FOUND;
    return 0;
}
