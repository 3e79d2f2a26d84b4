/* SPDX-License-Identifier: MIT
 *
 * Memory for one answer: taken piece by piece, given back all at once. Owner: the analysing
 * thread.
 */
#ifndef HOST_ARENA_H
#define HOST_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *chunks;
    size_t left;
};

#define ARENA_INIT {NULL, 0}

/* Zeroed and aligned for anything; ends the process when memory is short. */
void *arena_take(struct arena *a, size_t size);
/* A copy with a final NUL. */
char *arena_text(struct arena *a, const char *text, size_t len);
void arena_free(struct arena *a);

#endif
