/* SPDX-License-Identifier: MIT
 * Which code points of a text are hidden. */
#include "chat/mask.h"

#include "unit.h"

#include <string.h>

#define X "\xe2\x96\x88"

static void expect(const char *text, const struct span *spans, size_t n, const char *masked)
{
    struct buf b = BUF_INIT;
    mask_text(&b, text, strlen(text), spans, n);
    buf_append_char(&b, '\0');
    ck_assert_str_eq(b.data, masked);
    buf_fini(&b);
}

START_TEST(code_points_are_counted_not_bytes)
{
    expect("caf\xc3\xa9 \xf0\x9f\x98\x80!", (struct span[]){{3, 4}, {5, 6}}, 2, "caf" X " " X "!");
}
END_TEST

START_TEST(spans_may_overlap_and_reach_too_far)
{
    expect("abcdef", (struct span[]){{4, 99}, {1, 3}, {2, 3}, {7, 9}, {3, 3}}, 5, "a" X X "d" X X);
    expect("abc", NULL, 0, "abc");
    expect("", (struct span[]){{0, 9}}, 1, "");
}
END_TEST

START_TEST(lines_stay_lines)
{
    expect("a\r\nb", (struct span[]){{0, 9}}, 1, X "\r\n" X);
}
END_TEST

UNIT_MAIN("mask", code_points_are_counted_not_bytes, spans_may_overlap_and_reach_too_far,
          lines_stay_lines)
