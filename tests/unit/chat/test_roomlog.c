/* SPDX-License-Identifier: MIT
 * The room's log: offsets, pieces of whole frames, ephemerals that laggards do not get, trimming;
 * and the ring. */
#include "chat/ring.h"
#include "chat/roomlog.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct frame *frame_of(const char *text)
{
    return frame_new(text, strlen(text));
}

static void append(struct roomlog *l, const char *text, bool ephemeral)
{
    struct frame *f = frame_of(text);
    ck_assert_int_eq(roomlog_append(l, f, ephemeral), 0);
    frame_unref(f);
}

START_TEST(a_reader_gets_everything_from_its_offset)
{
    struct roomlog l = {0};
    const uint8_t *piece;
    append(&l, "aaa", false);
    uint64_t at = roomlog_end(&l);
    append(&l, "bb", false);
    append(&l, "c", true);
    size_t len = roomlog_next(&l, &at, false, 65536, &piece);
    ck_assert_uint_eq(len, 4 + 3);
    ck_assert_uint_eq(roomlog_count(piece, len), 2);
    at += len;
    ck_assert_uint_eq(roomlog_next(&l, &at, false, 65536, &piece), 0);
    roomlog_fini(&l);
}
END_TEST

START_TEST(pieces_are_whole_frames)
{
    struct roomlog l = {0};
    const uint8_t *piece;
    uint64_t at = 0;
    for (int i = 0; i < 10; i++)
        append(&l, "12345678", false); /* 10 bytes each */
    ck_assert_uint_eq(roomlog_next(&l, &at, false, 35, &piece), 30);
    ck_assert_uint_eq(roomlog_next(&l, &at, false, 5, &piece), 10); /* one frame always fits */
    roomlog_fini(&l);
}
END_TEST

START_TEST(who_lags_skips_the_ephemeral)
{
    struct roomlog l = {0};
    const uint8_t *piece;
    uint64_t at = 0;
    append(&l, "typing", true);
    append(&l, "one", false);
    append(&l, "typing", true);
    append(&l, "typing", true);
    append(&l, "two", false);
    append(&l, "typing", true);
    char got[64] = "";
    size_t len;
    while ((len = roomlog_next(&l, &at, true, 65536, &piece)) > 0) {
        for (size_t i = 0; i < len; i += frame_len_at(piece + i))
            strncat(got, (const char *)piece + i + 2, frame_len_at(piece + i) - 2);
        at += len;
    }
    ck_assert_str_eq(got, "onetwo");
    ck_assert_uint_eq(at, roomlog_end(&l));
    roomlog_fini(&l);
}
END_TEST

START_TEST(trimming_moves_nobody)
{
    struct roomlog l = {0};
    const uint8_t *piece;
    for (int i = 0; i < 100; i++)
        append(&l, i % 2 ? "x" : "yy", i % 10 == 0);
    uint64_t at = roomlog_end(&l) - 3; /* the last frame */
    roomlog_trim(&l, at);
    ck_assert_uint_eq(l.bytes.len, 3);
    ck_assert_uint_eq(roomlog_next(&l, &at, true, 65536, &piece), 3);
    roomlog_trim(&l, roomlog_end(&l));
    ck_assert_uint_eq(l.bytes.len, 0);
    ck_assert_uint_eq(l.n_ephemeral, 0);
    append(&l, "new", false);
    at += 3;
    ck_assert_uint_eq(roomlog_next(&l, &at, false, 65536, &piece), 5);
    roomlog_fini(&l);
}
END_TEST

static void push(struct ring *r, uint64_t seq, uint32_t max, size_t max_bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
    struct frame *f = frame_of(text);
    ring_push(r, seq, f, max, max_bytes);
    frame_unref(f);
}

static const char *encoded(const struct ring *r, uint64_t from, uint32_t limit, size_t max_bytes)
{
    static char out[256];
    struct buf b = BUF_INIT;
    ring_encode(r, from, limit, max_bytes, &b);
    snprintf(out, sizeof out, "%.*s", (int)b.len, b.data ? b.data : "");
    buf_fini(&b);
    return out;
}

START_TEST(the_ring_keeps_the_newest_and_has_no_hole)
{
    struct ring r = {0};
    for (uint64_t seq = 1; seq <= 40; seq++)
        push(&r, seq, 20, 1 << 20);
    ck_assert_uint_eq(r.first, 21);
    ck_assert_ptr_null(ring_get(&r, 20));
    ck_assert_str_eq(encoded(&r, 38, 100, 1000), "38,39,40");
    ck_assert_str_eq(encoded(&r, 30, 2, 1000), "30,31");
    ck_assert_str_eq(encoded(&r, 30, 100, 8), "30,31,32");
    push(&r, 50, 20, 1 << 20); /* a jump starts afresh */
    ck_assert_uint_eq(r.first, 50);
    ck_assert_uint_eq(r.count, 1);
    ring_fini(&r);
}
END_TEST

START_TEST(the_ring_is_bounded_in_bytes)
{
    struct ring r = {0};
    for (uint64_t seq = 1; seq <= 100; seq++)
        push(&r, seq, 1000, 50);
    ck_assert_uint_le(r.bytes, 50);
    ck_assert_ptr_nonnull(ring_get(&r, 100));
    ring_fini(&r);
}
END_TEST

UNIT_MAIN("roomlog", a_reader_gets_everything_from_its_offset, pieces_are_whole_frames,
          who_lags_skips_the_ephemeral, trimming_moves_nobody,
          the_ring_keeps_the_newest_and_has_no_hole, the_ring_is_bounded_in_bytes)
