/* SPDX-License-Identifier: MIT */
/*
 * roomlog: the last events of a room, as the first client of this thread saw
 * them: their bytes on the wire and what they mean.  Everybody else in the room
 * is owed the same bytes, so a delivery is normally judged by one memcmp and
 * only the first one is parsed.  A frame that differs is parsed like any other.
 * Bounded: a ring indexed by number.  Owned by one worker thread.
 */
#ifndef PARLEY_LOAD_ROOMLOG_H
#define PARLEY_LOAD_ROOMLOG_H

#include "oracle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct roomlog_slot {
    struct oracle_event event; /* seq 0: empty */
    size_t len;                /* of the frame; 0 when it was too long to keep */
    bool judged;               /* a verdict on it has come */
    uint8_t frame[];
};

struct roomlog {
    unsigned char *slots;
    size_t slot_size;
    uint64_t mask;
};

/* 'slots' is a power of two; 'frame_max' the longest frame kept. 0, or -1 (memory). */
int roomlog_init(struct roomlog *log, unsigned slots, size_t frame_max);
void roomlog_free(struct roomlog *log);

static inline struct roomlog_slot *roomlog_slot(const struct roomlog *log, uint64_t seq)
{
    return (struct roomlog_slot *)(void *)(log->slots + (seq & log->mask) * log->slot_size);
}

/* The event 'seq' when exactly its bytes lie at 'data'; else NULL. */
static inline const struct roomlog_slot *roomlog_match(const struct roomlog *log, uint64_t seq,
                                                       const uint8_t *data, size_t len)
{
    const struct roomlog_slot *slot = roomlog_slot(log, seq);

    if (slot->event.seq != seq || slot->len == 0 || len < slot->len ||
        memcmp(data, slot->frame, slot->len) != 0)
        return NULL;
    return slot;
}

/* Keeps an event; 'frame' may be NULL when its bytes are not at hand. */
void roomlog_keep(struct roomlog *log, const struct oracle_event *event, const uint8_t *frame,
                  size_t len);

/* What is known of event 'seq', or NULL. */
const struct oracle_event *roomlog_find(const struct roomlog *log, uint64_t seq);

#endif
