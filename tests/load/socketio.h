/* SPDX-License-Identifier: MIT */
/*
 * socketio: what a Socket.IO server (protocol 5 over Engine.IO 4, WebSocket
 * only) says beside the messages: the handshake, heartbeats and the end.  A
 * message of ours is the event 'message' with the text as its only argument.
 * Runs on the worker's thread.
 */
#ifndef PARLEY_LOAD_SOCKETIO_H
#define PARLEY_LOAD_SOCKETIO_H

#include <stddef.h>

/* Where Socket.IO listens, when --url names no path. */
#define SOCKETIO_PATH "/socket.io/?EIO=4&transport=websocket&room=%r"

/* What stands round the text of a message. */
#define SOCKETIO_BEFORE "42[\"message\",\""
#define SOCKETIO_AFTER  "\"]"

enum socketio_packet {
    SOCKETIO_OPEN,  /* the server is there: ask for the default namespace */
    SOCKETIO_READY, /* and it lets us in */
    SOCKETIO_PING,  /* wants "3" back */
    SOCKETIO_EVENT, /* somebody's message */
    SOCKETIO_END,   /* closed, disconnected or refused */
    SOCKETIO_NOOP,
    SOCKETIO_BAD    /* none of these */
};

enum socketio_packet socketio_read(const char *text, size_t len);

#endif
