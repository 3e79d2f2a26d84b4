/* SPDX-License-Identifier: MIT */
/*
 * client: one simulated user: connect, upgrade, hello, join, receive, and with
 * --reconnect come back and resume.  Runs on its worker's thread.
 */
#ifndef PARLEY_LOAD_CLIENT_H
#define PARLEY_LOAD_CLIENT_H

#include "wsframe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct worker;

/* Request ids of one connection; the sends' ids are REQUEST_SEND + counter. */
enum {
    REQUEST_HELLO = 1,
    REQUEST_TYPING = 2,
    REQUEST_JOIN = 100,    /* plus the client's room: 0 .. 255 */
    REQUEST_HISTORY = 400, /* the same */
    REQUEST_SEND = 1000    /* plus the counter */
};

/* The only way to change the state: the gauges go with it. */
void client_set_state(struct worker *worker, struct client *client, int state);

void client_connect(struct worker *worker, struct client *client);

/* epoll said something about the socket. */
void client_on_ready(struct worker *worker, struct client *client, uint32_t events);

/* Looks at the client's timer; called now and then while it is not ready. */
void client_on_timer(struct worker *worker, struct client *client);

/* Queues one frame; it leaves at the end of the turn. 0, or -1 (memory). */
int client_post(struct worker *worker, struct client *client, enum ws_opcode opcode,
                const void *payload, size_t len);

/* Writes what is queued, as far as the socket takes it. */
void client_flush(struct worker *worker, struct client *client);

/* The connection is of no more use: come back when that is wanted, else die. */
void client_drop(struct worker *worker, struct client *client, const char *why);

/* Cuts the connection without a word, and comes back soon. */
void client_cut(struct worker *worker, struct client *client);

/* Takes leave and stays away until client_come_back. */
void client_leave(struct worker *worker, struct client *client);
void client_come_back(struct worker *worker, struct client *client);

/* Input is left in the socket while 'held'. */
void client_hold(struct worker *worker, struct client *client, bool held);

/* Takes at most so much from the socket; returns the bytes taken. */
size_t client_receive(struct worker *worker, struct client *client, size_t limit);

/* The run is over: a close frame, and the socket is closed. */
void client_finish(struct worker *worker, struct client *client);

#endif
