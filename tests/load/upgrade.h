/* SPDX-License-Identifier: MIT */
/*
 * upgrade: the ws:// address and the HTTP/1.1 handshake of RFC 6455.
 * Pure; any thread.
 */
#ifndef PARLEY_LOAD_UPGRADE_H
#define PARLEY_LOAD_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

#define UPGRADE_MAX_HEADER 8192

struct upgrade_url {
    char host[256];
    char port[6];
    bool tls;       /* wss:// */
    char path[512]; /* may hold %r, the number of the client's room */
};

/* 0, or -1 with what is wrong in 'why'. */
int upgrade_parse_url(const char *text, struct upgrade_url *url, char *why, size_t why_size);

/* Writes the request; returns its length or -1 when it does not fit. */
int upgrade_request(char *to, size_t size, const struct upgrade_url *url, unsigned room,
                    const char *subprotocol);

/*
 * Judges what the server answered so far.  Returns the size of the header when
 * the connection is a WebSocket now, 0 when more bytes are needed, -1 when it
 * was refused; then *status is the HTTP status (0: not HTTP, or a broken 101).
 */
int upgrade_parse_reply(const char *data, size_t len, int *status);

#endif
