/* SPDX-License-Identifier: MIT
 *
 * Memory for decoding one frame: jansson allocates here by moving a pointer and everything is given
 * back at once. That is faster than malloc, and it cannot fail: the arena is as large as the
 * longest frame can need (address space only; pages come as they are touched), which matters
 * because jansson 2.14 writes past its buffers when malloc fails.
 *
 * Owner: the loop. arena_enter makes it the allocator of jansson on this thread until arena_leave;
 * a thread that entered none gets malloc.
 */
#ifndef CHAT_ARENA_H
#define CHAT_ARENA_H

#include <stddef.h>

struct arena {
    char *base;
    size_t size, used;
};

/* Main thread, once, before any thread decodes. */
void arena_install(void);
/* For frames of at most frame_max bytes; 0 or E_NO_MEMORY. */
int arena_init(struct arena *a, size_t frame_max);
void arena_fini(struct arena *a);

void arena_enter(struct arena *a);
/* Forgets all that was allocated since arena_enter. */
void arena_leave(struct arena *a);

#endif
