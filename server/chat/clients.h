/* SPDX-License-Identifier: MIT
 *
 * Who waits for answers on this loop: WebSocket sessions and HTTP requests, by an id that other
 * threads can keep. An id whose client has gone finds nobody. Owner: the loop; its thread only.
 */
#ifndef CHAT_CLIENTS_H
#define CHAT_CLIENTS_H

#include "loop/msg.h"

/* Borrows the message. */
typedef void client_answer_fn(void *owner, struct msg *m);

struct clients {
    unsigned loop;
    struct client_slot *slots;
    uint32_t n_slots, free; /* head of the free list, 1-based; 0 = none */
    uint32_t count;
};

void clients_init(struct clients *c, unsigned loop);
void clients_fini(struct clients *c);
/* 0 when memory is short. */
client_id clients_add(struct clients *c, client_answer_fn *answer, void *owner);
void clients_remove(struct clients *c, client_id id);
/* Hands the message to the client, if it is still there. */
void clients_answer(struct clients *c, client_id id, struct msg *m);

#endif
