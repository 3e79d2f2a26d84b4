/* SPDX-License-Identifier: MIT */
/*
 * session: what a client says and hears once its WebSocket is open: Parley's
 * protocol, or the bare texts of a broadcast server.  Runs on its worker's thread.
 */
#ifndef PARLEY_LOAD_SESSION_H
#define PARLEY_LOAD_SESSION_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct worker;

/* The WebSocket is open. */
void session_start(struct worker *worker, struct client *client);

/*
 * The fast way: when the bytes at 'data' are exactly the frame that others got
 * as this client's next event, takes it and returns its size; else 0.
 */
size_t session_on_known(struct worker *worker, struct client *client, const uint8_t *data,
                        size_t len);

/* A whole message; 'frame' is its one frame on the wire, or NULL if it had several. */
void session_on_message(struct worker *worker, struct client *client, const char *text, size_t len,
                        const uint8_t *frame, size_t frame_len);

/* The server broke the protocol; the connection is dropped. */
void session_bad_frame(struct worker *worker, struct client *client, const char *why);

/* The socket takes bytes again. */
void session_on_writable(struct worker *worker, struct client *client);

#endif
