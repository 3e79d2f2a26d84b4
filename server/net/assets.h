/* SPDX-License-Identifier: MIT
 *
 * The web pages, held in memory: read once at start from the directory that web/ builds, so that a
 * request touches no file and a path can lead nowhere else. Constant after start, read by all
 * loops.
 */
#ifndef NET_ASSETS_H
#define NET_ASSETS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct asset {
    char *path;          /* "/index.html" */
    const char *type;
    bool immutable;      /* its name holds a hash of its content */
    struct buf plain;
    struct buf gzip;     /* empty when compression gains too little */
    char etag[40];       /* quoted */
    char etag_gzip[44];
};

struct assets;

/* Main thread. On failure *out is NULL and err says why: E_NOT_FOUND (no such directory, or no
 * index.html in it: not built), E_IO, E_TOO_LARGE, E_NO_MEMORY. */
int assets_load(struct assets **out, const char *dir, char *err, size_t err_len);
void assets_free(struct assets *a);
size_t assets_count(const struct assets *a);

/* "/" is /index.html and "/ops" is /ops.html; NULL when there is none. */
const struct asset *assets_find(const struct assets *a, const char *path);

/* By the name's ending. */
const char *assets_type(const char *path);

#endif
