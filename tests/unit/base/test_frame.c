/* SPDX-License-Identifier: MIT
 * Frames: header lengths of RFC 6455 5.2, reading back, references. */
#include "base/frame.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void check_length(size_t len, size_t header)
{
    char *payload = malloc(len + 1);
    memset(payload, 'x', len);
    struct frame *f = frame_new(payload, len);
    ck_assert_uint_eq(f->header, header);
    ck_assert_uint_eq(f->len, header + len);
    ck_assert_uint_eq(f->bytes[0], 0x81);
    ck_assert_uint_eq(frame_len_at(f->bytes), f->len);
    ck_assert_uint_eq(frame_payload_len(f), len);
    ck_assert_mem_eq(frame_payload(f), payload, len);
    frame_unref(f);
    free(payload);
}

START_TEST(header_follows_the_length)
{
    check_length(0, 2);
    check_length(125, 2);
    check_length(126, 4);
    check_length(65535, 4);
    check_length(65536, 10);
    check_length(1000000, 10);
}
END_TEST

START_TEST(append_puts_frames_one_behind_the_other)
{
    struct buf b = BUF_INIT;
    frame_append(&b, "one", 3);
    frame_append(&b, "three", 5);
    const uint8_t *at = (const uint8_t *)b.data;
    ck_assert_uint_eq(frame_len_at(at), 5);
    ck_assert_uint_eq(frame_len_at(at + 5), 7);
    ck_assert_uint_eq(b.len, 12);
    buf_fini(&b);
}
END_TEST

START_TEST(a_reference_keeps_it)
{
    struct frame *f = frame_new("x", 1);
    frame_ref(f);
    frame_unref(f);
    ck_assert_mem_eq(frame_payload(f), "x", 1);
    frame_unref(f);
    frame_unref(NULL);
}
END_TEST

UNIT_MAIN("frame", header_follows_the_length, append_puts_frames_one_behind_the_other,
          a_reference_keeps_it)
