/* SPDX-License-Identifier: MIT
 *
 * Connections an address and in all, for the caps. Shared by all loops: counters only, atomic,
 * hashed by address, so its size is fixed; two addresses that meet in one counter share a cap (one
 * in 16,384).
 */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct peers;

/* A cap of 0 is none. NULL when memory is short. */
struct peers *peers_new(uint32_t per_address, uint32_t in_all);
void peers_free(struct peers *p);

/* The counter of an address, to be kept with its connection. */
uint32_t peers_slot(const struct sockaddr *address);
/* Counts a connection; false (and not counted) when a cap is reached. */
bool peers_enter(struct peers *p, uint32_t slot);
void peers_leave(struct peers *p, uint32_t slot);

#endif
