/* SPDX-License-Identifier: MIT
 *
 * Growable bytes. Owned by whoever holds it; no thread of its own.
 * Growth can fail: the buffer then remembers (`failed`) and ignores further appends, so a writer
 * checks once at the end instead of at every append.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

#define BUF_INIT {NULL, 0, 0, false}

void buf_fini(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Room for `more` bytes behind len; NULL when memory is short. The caller adds to len. */
char *buf_reserve(struct buf *b, size_t more);
void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_str(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_append_u64(struct buf *b, uint64_t value);
void buf_append_i64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops `n` bytes (n <= len) from the front. */
void buf_consume(struct buf *b, size_t n);

#endif
