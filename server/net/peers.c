/* SPDX-License-Identifier: MIT
 * Connections an address; see peers.h. Any loop. */
#include "net/peers.h"

#include "base/hash.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SLOTS 16384

struct peers {
    uint32_t per_address, in_all;
    _Atomic uint32_t total;
    _Atomic uint32_t counts[SLOTS];
};

struct peers *peers_new(uint32_t per_address, uint32_t in_all)
{
    struct peers *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->per_address = per_address;
    p->in_all = in_all;
    return p;
}

void peers_free(struct peers *p)
{
    free(p);
}

uint32_t peers_slot(const struct sockaddr *address)
{
    uint64_t hash = 0;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        hash = hash_bytes(&in->sin_addr, sizeof in->sin_addr);
    } else if (address->sa_family == AF_INET6) {
        /* One network of 64 bits is one party: its owner has all of its addresses. */
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        hash = hash_bytes(&in6->sin6_addr, 8);
    }
    return (uint32_t)(hash % SLOTS);
}

static bool enter(_Atomic uint32_t *count, uint32_t cap)
{
    uint32_t before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    if (cap == 0 || before < cap)
        return true;
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

bool peers_enter(struct peers *p, uint32_t slot)
{
    if (!enter(&p->total, p->in_all))
        return false;
    if (enter(&p->counts[slot], p->per_address))
        return true;
    atomic_fetch_sub_explicit(&p->total, 1, memory_order_relaxed);
    return false;
}

void peers_leave(struct peers *p, uint32_t slot)
{
    atomic_fetch_sub_explicit(&p->total, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&p->counts[slot], 1, memory_order_relaxed);
}
