/* SPDX-License-Identifier: MIT
 * Growable bytes; see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

char *buf_reserve(struct buf *b, size_t more)
{
    if (b->failed)
        return NULL;
    if (b->cap - b->len < more) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap - b->len < more)
            cap *= 2;
        char *data = realloc(b->data, cap);
        if (data == NULL) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    char *to = buf_reserve(b, len);
    if (to == NULL || len == 0)
        return;
    memcpy(to, data, len);
    b->len += len;
}

void buf_append_str(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_append_char(struct buf *b, char c)
{
    buf_append(b, &c, 1);
}

void buf_append_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buf_append(b, digits + at, sizeof digits - at);
}

void buf_append_i64(struct buf *b, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        buf_append_char(b, '-');
        magnitude = 0 - magnitude;
    }
    buf_append_u64(b, magnitude);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return;
    char *to = buf_reserve(b, (size_t)len + 1);
    if (to == NULL)
        return;
    va_start(args, format);
    vsnprintf(to, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n < b->len)
        memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}
