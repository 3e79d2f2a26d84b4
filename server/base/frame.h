/* SPDX-License-Identifier: MIT
 *
 * A frame: one ready-made WebSocket text frame (header and JSON payload), immutable after it is
 * made and reference-counted, so that loops share it without copying. Nobody owns it: everybody
 * holds a reference. Any thread.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/buf.h"

#include <stdatomic.h>
#include <stdint.h>

struct frame {
    _Atomic uint32_t refs;
    uint32_t len;       /* of bytes: header and payload */
    uint32_t header;    /* bytes of header: 2, 4 or 10 */
    uint8_t bytes[];
};

/* Longest header of an unmasked (server) frame. */
#define FRAME_HEADER_MAX 10

/* One reference, the caller's; NULL when memory is short. */
struct frame *frame_new(const char *payload, size_t len);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f);

static inline const char *frame_payload(const struct frame *f)
{
    return (const char *)f->bytes + f->header;
}

static inline size_t frame_payload_len(const struct frame *f)
{
    return f->len - f->header;
}

/* Writes the header of a final text frame of `len` bytes; returns its length. */
size_t frame_write_header(uint8_t header[FRAME_HEADER_MAX], size_t len);
/* Appends header and payload to a buffer of ready-made frames. */
void frame_append(struct buf *b, const char *payload, size_t len);
/* Length in bytes of the frame that starts at `bytes`, which this process made. */
size_t frame_len_at(const uint8_t *bytes);

#endif
