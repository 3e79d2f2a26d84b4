/* SPDX-License-Identifier: MIT
 * Intrusive hash table; see hash.h. */
#include "base/hash.h"

#include "base/status.h"

#include <stdlib.h>

static uint64_t seed_value = 0x9e3779b97f4a7c15ull;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

void hash_seed(uint64_t seed)
{
    seed_value = seed;
}

uint64_t hash_bytes(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325ull ^ seed_value;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3ull;
    return mix(h);
}

uint64_t hash_u64(uint64_t value)
{
    return mix(value ^ seed_value);
}

void hash_fini(struct hash *h)
{
    free(h->slots);
    *h = (struct hash)HASH_INIT;
}

struct hash_node *hash_first(const struct hash *h, uint64_t hash)
{
    if (h->n_slots == 0)
        return NULL;
    struct hash_node *node = h->slots[hash & (h->n_slots - 1)];
    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

struct hash_node *hash_next(const struct hash_node *node)
{
    struct hash_node *next = node->next;
    while (next != NULL && next->hash != node->hash)
        next = next->next;
    return next;
}

static int grow(struct hash *h)
{
    size_t n = h->n_slots ? h->n_slots * 2 : 16;
    struct hash_node **slots = calloc(n, sizeof *slots);
    if (slots == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < h->n_slots; i++) {
        struct hash_node *node = h->slots[i];
        while (node != NULL) {
            struct hash_node *next = node->next;
            struct hash_node **slot = &slots[node->hash & (n - 1)];
            node->next = *slot;
            *slot = node;
            node = next;
        }
    }
    free(h->slots);
    h->slots = slots;
    h->n_slots = n;
    return 0;
}

int hash_insert(struct hash *h, struct hash_node *node, uint64_t hash)
{
    /* A table that cannot grow still works, only slower; an empty one cannot hold anything. */
    if (h->count >= h->n_slots && grow(h) != 0 && h->n_slots == 0)
        return E_NO_MEMORY;
    struct hash_node **slot = &h->slots[hash & (h->n_slots - 1)];
    node->hash = hash;
    node->next = *slot;
    *slot = node;
    h->count++;
    return 0;
}

void hash_remove(struct hash *h, struct hash_node *node)
{
    struct hash_node **at = &h->slots[node->hash & (h->n_slots - 1)];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    h->count--;
}
