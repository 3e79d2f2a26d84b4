/* SPDX-License-Identifier: MIT
 * The newest events of a room; see ring.h. */
#include "chat/ring.h"

#include <stdlib.h>

static struct frame **slot(const struct ring *r, uint32_t index)
{
    return &r->frames[(r->head + index) % r->cap];
}

static void drop_oldest(struct ring *r)
{
    struct frame *f = *slot(r, 0);
    r->bytes -= f->len;
    frame_unref(f);
    r->head = (r->head + 1) % r->cap;
    r->first++;
    r->count--;
}

void ring_clear(struct ring *r)
{
    while (r->count > 0)
        drop_oldest(r);
}

void ring_fini(struct ring *r)
{
    ring_clear(r);
    free(r->frames);
    *r = (struct ring){0};
}

static int grow(struct ring *r, uint32_t max_events)
{
    uint32_t cap = r->cap ? r->cap * 2 : 16;
    if (cap > max_events)
        cap = max_events;
    struct frame **frames = malloc(cap * sizeof *frames);
    if (frames == NULL)
        return -1;
    for (uint32_t i = 0; i < r->count; i++)
        frames[i] = *slot(r, i);
    free(r->frames);
    r->frames = frames;
    r->cap = cap;
    r->head = 0;
    return 0;
}

void ring_push(struct ring *r, uint64_t seq, struct frame *f, uint32_t max_events, size_t max_bytes)
{
    if (r->count > 0 && seq != r->first + r->count)
        ring_clear(r);
    while (r->count > 0 && (r->count >= max_events || r->bytes + f->len > max_bytes))
        drop_oldest(r);
    if (r->count == r->cap && grow(r, max_events) != 0) {
        ring_clear(r);
        return;
    }
    if (r->count == 0)
        r->first = seq;
    *slot(r, r->count) = frame_ref(f);
    r->bytes += f->len;
    r->count++;
}

struct frame *ring_get(const struct ring *r, uint64_t seq)
{
    if (r->count == 0 || seq < r->first || seq >= r->first + r->count)
        return NULL;
    return *slot(r, (uint32_t)(seq - r->first));
}

uint32_t ring_encode(const struct ring *r, uint64_t seq, uint32_t limit, size_t max_bytes,
                     struct buf *out)
{
    uint32_t n = 0;
    for (; n < limit; n++) {
        const struct frame *f = ring_get(r, seq + n);
        if (f == NULL || (out->len > 0 && out->len + frame_payload_len(f) + 1 > max_bytes))
            break;
        if (out->len > 0)
            buf_append_char(out, ',');
        buf_append(out, frame_payload(f), frame_payload_len(f));
    }
    return n;
}
