/* SPDX-License-Identifier: MIT
 * Memory for one answer; see arena.h. */
#include "arena.h"

#include "base/log.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

void *arena_take(struct arena *a, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size > a->left) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        struct arena_chunk *c = calloc(1, sizeof *c + room);
        if (c == NULL)
            fatal("worker", "no memory for an answer");
        *c = (struct arena_chunk){a->chunks, room};
        a->chunks = c;
        a->left = room;
    }
    void *p = a->chunks->bytes + a->chunks->size - a->left;
    a->left -= size;
    return p;
}

char *arena_text(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_take(a, len + 1);
    memcpy(copy, text, len);
    return copy;
}

void arena_free(struct arena *a)
{
    while (a->chunks != NULL) {
        struct arena_chunk *next = a->chunks->next;
        free(a->chunks);
        a->chunks = next;
    }
    a->left = 0;
}
