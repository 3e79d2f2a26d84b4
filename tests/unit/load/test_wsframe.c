/* SPDX-License-Identifier: MIT */
/* wsframe: RFC 6455 framing as a client sees it. */
#include "wsframe.h"

#include "suite.h"

#include <string.h>

/* What a server would send: no mask. Returns its size. */
static size_t server_frame(uint8_t *to, unsigned first, size_t len)
{
    size_t at = 2;

    to[0] = (uint8_t)first;
    if (len < 126) {
        to[1] = (uint8_t)len;
    } else if (len < 65536) {
        to[1] = 126;
        to[2] = (uint8_t)(len >> 8);
        to[3] = (uint8_t)len;
        at = 4;
    } else {
        to[1] = 127;
        for (unsigned i = 0; i < 8; i++)
            to[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
        at = 10;
    }
    memset(to + at, 'x', len);
    return at + len;
}

static uint8_t buf[70000];

START_TEST(frames_of_all_length_forms_parse)
{
    static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 69000};

    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t n = server_frame(buf, 0x81, lengths[i]);
        struct ws_frame frame;

        ck_assert_int_eq(ws_parse(buf, n, 69000, &frame), 1);
        ck_assert_uint_eq(frame.len, lengths[i]);
        ck_assert_uint_eq(frame.wire, n);
        ck_assert(frame.fin);
        ck_assert_int_eq(frame.opcode, WS_TEXT);
        ck_assert_ptr_eq(frame.payload, buf + (n - lengths[i]));
    }
}
END_TEST

START_TEST(every_cut_asks_for_more)
{
    static const size_t lengths[] = {5, 300, 66000};
    struct ws_frame frame;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t n = server_frame(buf, 0x81, lengths[i]);

        for (size_t cut = 0; cut < n; cut += cut < 20 ? 1 : 997)
            ck_assert_int_eq(ws_parse(buf, cut, 69000, &frame), 0);
    }
}
END_TEST

START_TEST(broken_frames_are_named)
{
    static const struct {
        uint8_t bytes[12];
        int error;
    } cases[] = {
        {{0xc1, 0}, WS_E_RESERVED},
        {{0x83, 0}, WS_E_RESERVED},
        {{0x8b, 0}, WS_E_RESERVED},
        {{0x81, 0x81, 1, 2, 3, 4, 5}, WS_E_MASKED},
        {{0x09, 0}, WS_E_CONTROL},
        {{0x89, 126, 0, 200}, WS_E_CONTROL},
        {{0x81, 126, 0, 125}, WS_E_LENGTH},
        {{0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255}, WS_E_LENGTH},
        {{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, WS_E_TOO_LARGE},
        {{0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255}, WS_E_TOO_LARGE},
    };
    struct ws_frame frame;

    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_msg(ws_parse(cases[i].bytes, 12, 65535, &frame) == cases[i].error, "case %zu", i);
}
END_TEST

START_TEST(what_is_written_can_be_unmasked)
{
    static const size_t lengths[] = {0, 3, 8, 125, 126, 1001, 65535, 65536};
    static uint8_t payload[65536], out[65536 + WS_MAX_HEADER];

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 31);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t len = lengths[i], n = ws_write(out, WS_TEXT, payload, len, 0xa1b2c3d4u);
        uint8_t *mask = out + (n - len - 4);

        ck_assert_uint_eq(out[0], 0x81);
        ck_assert(out[1] & 0x80);
        for (size_t j = 0; j < len; j++)
            ck_assert_uint_eq(mask[4 + j] ^ mask[j & 3], payload[j]);
        out[1] &= 0x7f; /* without its mask bit the header must read back */
        memmove(mask, mask + 4, len);
        {
            struct ws_frame frame;

            ck_assert_int_eq(ws_parse(out, n - 4, sizeof(out), &frame), 1);
            ck_assert_uint_eq(frame.len, len);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        frames_of_all_length_forms_parse,
        every_cut_asks_for_more,
        broken_frames_are_named,
        what_is_written_can_be_unmasked,
    };

    return run_suite("wsframe", tests, COUNT(tests));
}
