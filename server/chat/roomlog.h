/* SPDX-License-Identifier: MIT
 *
 * The log of one room on one loop: ready-made frames one behind the other, which every member reads
 * from an offset of its own. Offsets count from the log's birth and never repeat, so trimming the
 * front moves nobody. Owner: the roster that embeds it.
 *
 *     base                         turn                    end
 *      |--- kept for who lags -----|----- what is new ------|
 */
#ifndef CHAT_ROOMLOG_H
#define CHAT_ROOMLOG_H

#include "base/frame.h"

struct roomlog_range {
    uint64_t start, end;
};

struct roomlog {
    struct buf bytes;
    uint64_t base;                   /* offset of bytes.data[0] */
    uint64_t turn;                   /* what lies before has been offered to everybody */
    struct roomlog_range *ephemeral; /* frames that who lags does not get, oldest first */
    uint32_t n_ephemeral, cap_ephemeral;
};

void roomlog_fini(struct roomlog *l);

static inline uint64_t roomlog_end(const struct roomlog *l)
{
    return l->base + l->bytes.len;
}

/* 0 or E_NO_MEMORY (nothing was appended then). */
int roomlog_append(struct roomlog *l, const struct frame *f, bool ephemeral);

/* The next piece for a reader at *at: whole frames, at most `max` bytes (but always one frame).
 * When `skip_ephemeral`, *at first moves over ephemeral frames. Returns its length, 0 at the end.
 */
size_t roomlog_next(const struct roomlog *l, uint64_t *at, bool skip_ephemeral, size_t max,
                    const uint8_t **piece);
/* Number of frames in a piece. */
size_t roomlog_count(const uint8_t *piece, size_t len);
/* Forgets what lies before `offset`, when that is worth a move of the rest; everything, when it is
 * the end. */
void roomlog_trim(struct roomlog *l, uint64_t offset);

#endif
