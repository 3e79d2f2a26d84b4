/* SPDX-License-Identifier: MIT
 * Clients by id; see clients.h. */
#include "chat/clients.h"

#include <stdlib.h>

struct client_slot {
    client_answer_fn *answer; /* NULL: free */
    void *owner;
    uint32_t generation;
    uint32_t next_free;
};

void clients_init(struct clients *c, unsigned loop)
{
    *c = (struct clients){.loop = loop};
}

void clients_fini(struct clients *c)
{
    free(c->slots);
    c->slots = NULL;
}

static int grow(struct clients *c)
{
    uint32_t n = c->n_slots ? c->n_slots * 2 : 64;
    struct client_slot *slots = realloc(c->slots, n * sizeof *slots);
    if (slots == NULL)
        return -1;
    c->slots = slots;
    for (uint32_t i = n; i > c->n_slots; i--) {
        slots[i - 1] = (struct client_slot){.generation = 1, .next_free = c->free};
        c->free = i;
    }
    c->n_slots = n;
    return 0;
}

client_id clients_add(struct clients *c, client_answer_fn *answer, void *owner)
{
    if (c->free == 0 && grow(c) != 0)
        return 0;
    uint32_t index = c->free - 1;
    struct client_slot *slot = &c->slots[index];
    c->free = slot->next_free;
    slot->answer = answer;
    slot->owner = owner;
    c->count++;
    return client_id_make(c->loop, index, slot->generation);
}

static struct client_slot *find(struct clients *c, client_id id)
{
    uint32_t index = client_id_slot(id);
    if (id == 0 || client_id_loop(id) != c->loop || index >= c->n_slots)
        return NULL;
    struct client_slot *slot = &c->slots[index];
    return slot->answer != NULL && slot->generation == client_id_generation(id) ? slot : NULL;
}

void clients_remove(struct clients *c, client_id id)
{
    struct client_slot *slot = find(c, id);
    if (slot == NULL)
        return;
    slot->answer = NULL;
    slot->generation++;
    slot->next_free = c->free;
    c->free = client_id_slot(id) + 1;
    c->count--;
}

void clients_answer(struct clients *c, client_id id, struct msg *m)
{
    struct client_slot *slot = find(c, id);
    if (slot != NULL)
        slot->answer(slot->owner, m);
}
