/* SPDX-License-Identifier: MIT
 *
 * The newest events of a room, as frames: what a joining or resuming client gets without asking the
 * store. Consecutive seqs; bounded in events and bytes. Owner: the room that embeds it.
 */
#ifndef CHAT_RING_H
#define CHAT_RING_H

#include "base/frame.h"

struct ring {
    struct frame **frames; /* circular */
    uint32_t cap, count, head;
    uint64_t first;        /* seq of the oldest; meaningless when count is 0 */
    size_t bytes;
};

void ring_fini(struct ring *r);
void ring_clear(struct ring *r);
/* Takes a reference. `seq` follows the newest, else the ring starts afresh with it. An event that
 * finds no memory empties the ring: it never has a hole. */
void ring_push(struct ring *r, uint64_t seq, struct frame *f, uint32_t max_events,
               size_t max_bytes);
/* The event's frame (borrowed), or NULL. */
struct frame *ring_get(const struct ring *r, uint64_t seq);

/* Appends the JSON of events from seq on, joined by commas, until `limit` events or max_bytes in
 * `out`; returns how many. */
uint32_t ring_encode(const struct ring *r, uint64_t seq, uint32_t limit, size_t max_bytes,
                     struct buf *out);

#endif
