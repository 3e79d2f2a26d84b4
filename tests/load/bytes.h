/* SPDX-License-Identifier: MIT */
/*
 * bytes: a growing byte queue: appended at the end, consumed from the front.
 * Owned by one worker thread.
 */
#ifndef PARLEY_LOAD_BYTES_H
#define PARLEY_LOAD_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t from, len, cap; /* len bytes wait at data + from */
};

/* Room for n more bytes behind what waits; NULL when memory is out. */
uint8_t *bytes_reserve(struct bytes *bytes, size_t n);

/* 0, or -1 when memory is out. */
int bytes_append(struct bytes *bytes, const void *data, size_t n);

/* n bytes of the front are done with. */
void bytes_consume(struct bytes *bytes, size_t n);

void bytes_free(struct bytes *bytes);

#endif
