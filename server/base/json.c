/* SPDX-License-Identifier: MIT
 * Writing JSON; see json.h. */
#include "base/json.h"

#include <math.h>
#include <string.h>

/* 1 where a byte cannot stand in a JSON string as it is (RFC 8259 section 7). */
static bool must_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_append(b, "\\\"", 2);
        return;
    case '\\':
        buf_append(b, "\\\\", 2);
        return;
    case '\n':
        buf_append(b, "\\n", 2);
        return;
    case '\r':
        buf_append(b, "\\r", 2);
        return;
    case '\t':
        buf_append(b, "\\t", 2);
        return;
    default:
        buf_printf(b, "\\u%04x", c);
    }
}

void json_put_string(struct buf *b, const char *text, size_t len)
{
    buf_append_char(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (!must_escape((unsigned char)text[i]))
            continue;
        buf_append(b, text + from, i - from);
        escape(b, (unsigned char)text[i]);
        from = i + 1;
    }
    buf_append(b, text + from, len - from);
    buf_append_char(b, '"');
}

void json_put_cstring(struct buf *b, const char *text)
{
    json_put_string(b, text, strlen(text));
}

void json_put_number(struct buf *b, double value, int digits)
{
    if (isfinite(value))
        buf_printf(b, "%.*g", digits, value);
    else
        buf_append_str(b, "null");
}

void json_put_bool(struct buf *b, bool value)
{
    buf_append_str(b, value ? "true" : "false");
}
