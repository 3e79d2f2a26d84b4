/* SPDX-License-Identifier: MIT
 * Hiding parts of a text; see mask.h. */
#include "chat/mask.h"

#include "base/utf8.h"

#define BLOCK "\xe2\x96\x88"

static bool is_within(uint32_t at, const struct span *spans, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (at >= spans[i].start && at < spans[i].end)
            return true;
    }
    return false;
}

void mask_text(struct buf *out, const char *text, size_t len, const struct span *spans, size_t n)
{
    size_t at = 0;
    for (uint32_t point = 0; at < len; point++) {
        size_t begin = at;
        uint32_t c = utf8_next(text, len, &at);
        if (c != '\n' && c != '\r' && is_within(point, spans, n))
            buf_append(out, BLOCK, sizeof BLOCK - 1);
        else
            buf_append(out, text + begin, at - begin);
    }
}
