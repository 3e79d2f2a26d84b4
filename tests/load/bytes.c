/* SPDX-License-Identifier: MIT */
/* bytes: see bytes.h. */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

uint8_t *bytes_reserve(struct bytes *bytes, size_t n)
{
    size_t want = bytes->len + n, cap = bytes->cap ? bytes->cap : 512;
    uint8_t *data;

    if (bytes->cap - bytes->from >= want)
        return bytes->data + bytes->from + bytes->len;
    if (bytes->from > 0) {
        memmove(bytes->data, bytes->data + bytes->from, bytes->len);
        bytes->from = 0;
    }
    while (cap < want)
        cap *= 2;
    if (cap > bytes->cap) {
        data = realloc(bytes->data, cap);
        if (!data)
            return NULL;
        bytes->data = data;
        bytes->cap = cap;
    }
    return bytes->data + bytes->len;
}

int bytes_append(struct bytes *bytes, const void *data, size_t n)
{
    uint8_t *to = bytes_reserve(bytes, n);

    if (!to)
        return -1;
    memcpy(to, data, n);
    bytes->len += n;
    return 0;
}

void bytes_consume(struct bytes *bytes, size_t n)
{
    bytes->from += n;
    bytes->len -= n;
    if (bytes->len == 0)
        bytes->from = 0;
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}
