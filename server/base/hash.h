/* SPDX-License-Identifier: MIT
 *
 * Intrusive hash table from a string or number to a struct. The element embeds `struct hash_node`;
 * the table never allocates an element and never frees one. Owned by whoever holds it; one thread.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_node {
    struct hash_node *next;
    uint64_t hash;
};

struct hash {
    struct hash_node **slots;
    size_t n_slots; /* 0 or a power of two */
    size_t count;
};

#define HASH_INIT {NULL, 0, 0}

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

/* 64-bit hashes with good low bits (FNV-1a with a final mix; the seed is set once at start from
 * random bytes, so that a client cannot choose colliding names). Equal for all threads of one run.
 */
void hash_seed(uint64_t seed);
uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_u64(uint64_t value);

void hash_fini(struct hash *h);
/* First node whose hash equals; the caller compares keys and goes on with hash_next. */
struct hash_node *hash_first(const struct hash *h, uint64_t hash);
struct hash_node *hash_next(const struct hash_node *node);
/* 0 or E_NO_MEMORY. The node must not be in a table. */
int hash_insert(struct hash *h, struct hash_node *node, uint64_t hash);
/* The node must be in this table. */
void hash_remove(struct hash *h, struct hash_node *node);

/* Walks every node; the body may remove the current one. */
#define HASH_FOREACH(h, node, after)                                               \
    for (size_t slot_ = 0; slot_ < (h)->n_slots; slot_++)                           \
        for (struct hash_node *node = (h)->slots[slot_], *after = NULL;              \
             node != NULL && (after = node->next, 1); node = after)

#endif
