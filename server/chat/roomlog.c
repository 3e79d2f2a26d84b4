/* SPDX-License-Identifier: MIT
 * The log of one room on one loop; see roomlog.h. */
#include "chat/roomlog.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* Memory that an empty log keeps for the next burst. */
#define KEEP_BYTES 16384

void roomlog_fini(struct roomlog *l)
{
    buf_fini(&l->bytes);
    free(l->ephemeral);
    *l = (struct roomlog){0};
}

static int note_ephemeral(struct roomlog *l, uint64_t start, uint64_t end)
{
    if (l->n_ephemeral > 0 && l->ephemeral[l->n_ephemeral - 1].end == start) {
        l->ephemeral[l->n_ephemeral - 1].end = end;
        return 0;
    }
    if (l->n_ephemeral == l->cap_ephemeral) {
        uint32_t cap = l->cap_ephemeral ? l->cap_ephemeral * 2 : 8;
        struct roomlog_range *ranges = realloc(l->ephemeral, cap * sizeof *ranges);
        if (ranges == NULL)
            return E_NO_MEMORY;
        l->ephemeral = ranges;
        l->cap_ephemeral = cap;
    }
    l->ephemeral[l->n_ephemeral++] = (struct roomlog_range){start, end};
    return 0;
}

int roomlog_append(struct roomlog *l, const struct frame *f, bool ephemeral)
{
    uint64_t start = roomlog_end(l);
    if (buf_reserve(&l->bytes, f->len) == NULL) {
        l->bytes.failed = false;
        return E_NO_MEMORY;
    }
    if (ephemeral && note_ephemeral(l, start, start + f->len) != 0)
        return E_NO_MEMORY;
    buf_append(&l->bytes, f->bytes, f->len);
    return 0;
}

/* The first ephemeral range that ends behind `at`, or NULL. */
static const struct roomlog_range *range_after(const struct roomlog *l, uint64_t at)
{
    for (uint32_t i = 0; i < l->n_ephemeral; i++) {
        if (l->ephemeral[i].end > at)
            return &l->ephemeral[i];
    }
    return NULL;
}

static size_t whole_frames(const uint8_t *bytes, size_t len, size_t max)
{
    if (len <= max)
        return len;
    size_t n = frame_len_at(bytes);
    while (n < len && n + frame_len_at(bytes + n) <= max)
        n += frame_len_at(bytes + n);
    return n;
}

size_t roomlog_next(const struct roomlog *l, uint64_t *at, bool skip_ephemeral, size_t max,
                    const uint8_t **piece)
{
    uint64_t end = roomlog_end(l);
    if (skip_ephemeral && l->n_ephemeral > 0) {
        const struct roomlog_range *range = range_after(l, *at);
        if (range != NULL && range->start <= *at) {
            *at = range->end;
            range = range_after(l, *at);
        }
        if (range != NULL)
            end = range->start;
    }
    if (*at >= end)
        return 0;
    *piece = (const uint8_t *)l->bytes.data + (*at - l->base);
    return whole_frames(*piece, (size_t)(end - *at), max);
}

size_t roomlog_count(const uint8_t *piece, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at < len; at += frame_len_at(piece + at))
        count++;
    return count;
}

static void forget_ranges(struct roomlog *l)
{
    uint32_t gone = 0;
    while (gone < l->n_ephemeral && l->ephemeral[gone].end <= l->base)
        gone++;
    l->n_ephemeral -= gone;
    memmove(l->ephemeral, l->ephemeral + gone, l->n_ephemeral * sizeof *l->ephemeral);
}

void roomlog_trim(struct roomlog *l, uint64_t offset)
{
    size_t gone = (size_t)(offset - l->base);
    if (gone == l->bytes.len) {
        l->base = offset;
        l->n_ephemeral = 0;
        buf_clear(&l->bytes);
        if (l->bytes.cap > KEEP_BYTES)
            buf_fini(&l->bytes);
    } else if (gone > l->bytes.len / 2) {
        buf_consume(&l->bytes, gone);
        l->base = offset;
        if (l->n_ephemeral > 0)
            forget_ranges(l);
    }
}
