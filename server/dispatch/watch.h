/* SPDX-License-Identifier: MIT
 *
 * Notices when a folder's files change: added, removed, edited, replaced. Owner: whoever
 * holds it; one thread. It looks when it is told to, rather than being woken by inotify, so
 * that it sees the same over network mounts, through symbolic links and in folders that come
 * and go.
 */
#ifndef DISPATCH_WATCH_H
#define DISPATCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch {
    uint64_t known; /* the folder as it was last told */
    uint64_t seen;  /* … and at the last look */
};

/* The folder as it is now is known. */
void watch_init(struct watch *w, const char *dir);
/* Looks. True, once, when something changed and then stayed as it is for one look, so that
 * a file that is still being written is not told. */
bool watch_look(struct watch *w, const char *dir);

#endif
