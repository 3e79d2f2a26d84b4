/* SPDX-License-Identifier: MIT */
/* wsframe: see wsframe.h.  Pure. */
#include "wsframe.h"

#include <string.h>

static bool opcode_known(unsigned opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

/* Reads the length field; 0 when more bytes are needed, else the header's size. */
static int parse_length(const uint8_t *data, size_t have, uint64_t *len)
{
    uint64_t value = 0;
    unsigned field = (data[1] & 127) == 127 ? 8 : 2;

    if ((data[1] & 127) < 126) {
        *len = data[1] & 127;
        return 2;
    }
    if (have < 2 + field)
        return 0;
    for (unsigned i = 0; i < field; i++)
        value = value << 8 | data[2 + i];
    if (value < 126 || (field == 8 && value < 65536))
        return WS_E_LENGTH;
    *len = value;
    return (int)(2 + field);
}

int ws_parse(const uint8_t *data, size_t len, size_t limit, struct ws_frame *frame)
{
    uint64_t payload = 0;
    int header;

    if (len < 2)
        return 0;
    if ((data[0] & 0x70) != 0 || !opcode_known(data[0] & 15))
        return WS_E_RESERVED;
    if (data[1] & 0x80)
        return WS_E_MASKED;
    if ((data[0] & 8) && ((data[1] & 127) > 125 || !(data[0] & 0x80)))
        return WS_E_CONTROL;
    header = parse_length(data, len, &payload);
    if (header <= 0)
        return header;
    if (payload > limit)
        return WS_E_TOO_LARGE;
    if (len - (size_t)header < payload)
        return 0;
    frame->opcode = (enum ws_opcode)(data[0] & 15);
    frame->fin = (data[0] & 0x80) != 0;
    frame->payload = data + header;
    frame->len = payload;
    frame->wire = (size_t)header + payload;
    return 1;
}

static void mask_copy(uint8_t *to, const uint8_t *from, size_t len, uint32_t key)
{
    uint64_t wide = (uint64_t)key << 32 | key, word;
    uint8_t bytes[4];
    size_t i = 0;

    for (; i + 8 <= len; i += 8) {
        memcpy(&word, from + i, 8);
        word ^= wide;
        memcpy(to + i, &word, 8);
    }
    memcpy(bytes, &key, 4);
    for (; i < len; i++)
        to[i] = from[i] ^ bytes[i & 3];
}

size_t ws_write(uint8_t *to, enum ws_opcode opcode, const void *payload, size_t len, uint32_t key)
{
    size_t at = 2;

    to[0] = (uint8_t)(0x80 | opcode);
    if (len < 126) {
        to[1] = (uint8_t)(0x80 | len);
    } else {
        unsigned field = len < 65536 ? 2 : 8;

        to[1] = field == 2 ? 0x80 | 126 : 0x80 | 127;
        for (unsigned i = 0; i < field; i++)
            to[at++] = (uint8_t)((uint64_t)len >> 8 * (field - 1 - i));
    }
    memcpy(to + at, &key, 4);
    at += 4;
    mask_copy(to + at, payload, len, key);
    return at + len;
}

const char *ws_error_text(int error)
{
    switch (error) {
    case WS_E_RESERVED:
        return "reserved bit or unknown opcode";
    case WS_E_MASKED:
        return "masked frame from the server";
    case WS_E_CONTROL:
        return "bad control frame";
    case WS_E_LENGTH:
        return "length not in shortest form";
    case WS_E_TOO_LARGE:
        return "frame too large";
    }
    return "bad frame";
}
