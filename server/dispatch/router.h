/* SPDX-License-Identifier: MIT
 *
 * The only ZeroMQ socket of the server: a bound ROUTER. It never waits on a send and never
 * drops in silence (ZMQ_ROUTER_MANDATORY): what cannot be sent is said so. Opened by the
 * main thread, then used by the dispatch thread alone.
 */
#ifndef DISPATCH_ROUTER_H
#define DISPATCH_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is at the other end of a connection: a routing id made by ROUTER. */
struct peer {
    uint8_t bytes[16];
    uint8_t len; /* 0: nobody */
};

static inline bool peer_equal(const struct peer *a, const struct peer *b)
{
    if (a->len != b->len)
        return false;
    for (uint8_t i = 0; i < a->len; i++)
        if (a->bytes[i] != b->bytes[i])
            return false;
    return true;
}

struct router;

/* 0 or E_…; then err says why. */
int router_open(struct router **out, const char *endpoint, char *err, size_t err_len);
void router_close(struct router *r);

/* Waits until a message or the descriptor `fd` is readable, at most timeout_ms. */
void router_wait(struct router *r, int fd, int timeout_ms);

/* One message: *data is valid until the next call. False when there is none. Messages of a
 * wrong form (more than one frame of payload) come with *data NULL. */
bool router_receive(struct router *r, struct peer *from, const void **data, size_t *len);

/* 0; E_FULL: the peer takes no more now; E_NOT_FOUND: it is gone. */
int router_send(struct router *r, const struct peer *to, const void *data, size_t len);

#endif
