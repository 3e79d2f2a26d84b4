/* SPDX-License-Identifier: MIT
 * WebSocket frames, made once; see frame.h. */
#include "base/frame.h"

#include <stdlib.h>
#include <string.h>

#define FIN_TEXT 0x81

size_t frame_write_header(uint8_t header[FRAME_HEADER_MAX], size_t len)
{
    header[0] = FIN_TEXT;
    if (len < 126) {
        header[1] = (uint8_t)len;
        return 2;
    }
    if (len < 65536) {
        header[1] = 126;
        header[2] = (uint8_t)(len >> 8);
        header[3] = (uint8_t)len;
        return 4;
    }
    header[1] = 127;
    for (int i = 0; i < 8; i++)
        header[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return 10;
}

struct frame *frame_new(const char *payload, size_t len)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t n = frame_write_header(header, len);
    struct frame *f = malloc(sizeof *f + n + len);
    if (f == NULL)
        return NULL;
    atomic_init(&f->refs, 1);
    f->len = (uint32_t)(n + len);
    f->header = (uint32_t)n;
    memcpy(f->bytes, header, n);
    memcpy(f->bytes + n, payload, len);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame *f)
{
    if (f == NULL)
        return;
    if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}

void frame_append(struct buf *b, const char *payload, size_t len)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t n = frame_write_header(header, len);
    if (buf_reserve(b, n + len) == NULL)
        return;
    buf_append(b, header, n);
    buf_append(b, payload, len);
}

size_t frame_len_at(const uint8_t *bytes)
{
    size_t len = bytes[1];
    if (len < 126)
        return 2 + len;
    if (len == 126)
        return 4 + ((size_t)bytes[2] << 8 | bytes[3]);
    uint64_t wide = 0;
    for (int i = 0; i < 8; i++)
        wide = wide << 8 | bytes[2 + i];
    return 10 + (size_t)wide;
}
