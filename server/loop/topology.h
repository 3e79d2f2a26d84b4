/* SPDX-License-Identifier: MIT
 *
 * Where everybody can be reached: one mailbox a thread. Filled by main before any thread starts and
 * constant until all have stopped; therefore any thread may read it.
 */
#ifndef LOOP_TOPOLOGY_H
#define LOOP_TOPOLOGY_H

#include "base/hash.h"
#include "loop/mailbox.h"

#include <string.h>

#define LOOPS_MAX 64

struct topology {
    unsigned n_loops;
    struct mailbox *loops[LOOPS_MAX];
    struct mailbox *store;
    struct mailbox *dispatch; /* NULL: no workers configured */
    struct mailbox *main;
    char epoch[17];           /* of every room in this data directory */
};

/* The loop that owns a room, or a name. */
static inline unsigned topology_home(const struct topology *t, const char *key)
{
    return (unsigned)((hash_bytes(key, strlen(key)) >> 32) % t->n_loops);
}

#endif
