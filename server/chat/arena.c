/* SPDX-License-Identifier: MIT
 * Memory for decoding one frame; see arena.h. */
#include "chat/arena.h"

#include "base/status.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Bytes that jansson may take for a byte of JSON: nested empty objects need the most, about 60. */
#define FACTOR 128
/* A frame that needed more than this gives its pages back. */
#define KEEP (256 * 1024)

static _Thread_local struct arena *current;

static void *take(size_t size)
{
    struct arena *a = current;
    if (a == NULL)
        return malloc(size);
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded > a->size - a->used)
        return NULL;
    void *p = a->base + a->used;
    a->used += rounded;
    return p;
}

static void give(void *p)
{
    const struct arena *a = current;
    if (a == NULL || (char *)p < a->base || (char *)p >= a->base + a->size)
        free(p);
}

void arena_install(void)
{
    json_set_alloc_funcs(take, give);
}

int arena_init(struct arena *a, size_t frame_max)
{
    *a = (struct arena){.size = frame_max * FACTOR + KEEP};
    void *base = mmap(NULL, a->size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        a->size = 0;
        return E_NO_MEMORY;
    }
    a->base = base;
    return 0;
}

void arena_fini(struct arena *a)
{
    if (a->base != NULL)
        munmap(a->base, a->size);
    *a = (struct arena){0};
}

void arena_enter(struct arena *a)
{
    current = a;
}

void arena_leave(struct arena *a)
{
    if (a->used > KEEP)
        madvise(a->base + KEEP, a->used - KEEP, MADV_DONTNEED);
    a->used = 0;
    current = NULL;
}
