/* SPDX-License-Identifier: MIT
 * UTF-8; see utf8.h. */
#include "base/utf8.h"

static size_t sequence_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    if (lead >= 0xf0 && lead < 0xf5)
        return 4;
    return 0;
}

static bool tail_is_valid(const unsigned char *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return false;
    }
    /* The second byte tells overlong forms, surrogates and what lies above U+10FFFF. */
    if (n == 3)
        return !(p[0] == 0xe0 && p[1] < 0xa0) && !(p[0] == 0xed && p[1] > 0x9f);
    if (n == 4)
        return !(p[0] == 0xf0 && p[1] < 0x90) && !(p[0] == 0xf4 && p[1] > 0x8f);
    return true;
}

bool utf8_is_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        size_t n = sequence_len(p[i]);
        if (n == 0 || n > len - i || !tail_is_valid(p + i, n))
            return false;
        i += n;
    }
    return true;
}

size_t utf8_count(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

uint32_t utf8_next(const char *text, size_t len, size_t *at)
{
    const unsigned char *p = (const unsigned char *)text + *at;
    size_t n = sequence_len(p[0]);
    if (n == 0 || n > len - *at) {
        *at = len;
        return 0xfffd;
    }
    uint32_t code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3f);
    *at += n;
    return code;
}
