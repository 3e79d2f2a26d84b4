/* SPDX-License-Identifier: MIT */
/*
 * wsframe: the client's side of RFC 6455 framing.  Frames from the server are
 * read where they lie; frames to the server are masked while they are copied.
 * Pure; any thread.
 */
#ifndef PARLEY_LOAD_WSFRAME_H
#define PARLEY_LOAD_WSFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

/* Why a server's frame is refused. */
enum ws_error {
    WS_E_RESERVED = -1,   /* RSV bit or unknown opcode */
    WS_E_MASKED = -2,     /* a server must not mask */
    WS_E_CONTROL = -3,    /* control frame fragmented or above 125 bytes */
    WS_E_LENGTH = -4,     /* length not in its shortest form */
    WS_E_TOO_LARGE = -5   /* above the limit given */
};

struct ws_frame {
    enum ws_opcode opcode;
    bool fin;
    const uint8_t *payload;
    size_t len;  /* of the payload */
    size_t wire; /* of the whole frame */
};

#define WS_MAX_HEADER 14

/* 1: a whole frame; 0: more bytes are needed; negative: enum ws_error. */
int ws_parse(const uint8_t *data, size_t len, size_t limit, struct ws_frame *frame);

/* Writes one final masked frame; 'to' holds len + WS_MAX_HEADER bytes. Returns its size. */
size_t ws_write(uint8_t *to, enum ws_opcode opcode, const void *payload, size_t len, uint32_t key);

const char *ws_error_text(int error);

#endif
