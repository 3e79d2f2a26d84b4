/* SPDX-License-Identifier: MIT */
/*
 * seats: who is in which rooms.  Made by the main thread before any worker
 * starts, from the options and their seed alone; read-only afterwards.
 */
#ifndef PARLEY_LOAD_SEATS_H
#define PARLEY_LOAD_SEATS_H

#include "chance.h"
#include "options.h"

#include <stdint.h>

#define SEATS_NONE UINT32_MAX

struct seats {
    uint32_t each;     /* rooms a client */
    uint32_t *room;    /* [client * each + turn] */
    uint32_t *row;     /* the same for publishers: its place among the senders of that room */
    uint32_t *senders; /* of each room */
};

/* 'rooms' gives each client's one room, or is NULL: then the options say. 0, or -1 (memory). */
int seats_init(struct seats *seats, const struct options *options, const uint32_t *rooms);
void seats_free(struct seats *seats);

/* Which of its rooms a publisher's message goes to; everybody can tell from the stamp. */
static inline uint32_t seats_turn(const struct seats *seats, uint32_t publisher, uint32_t counter)
{
    if (seats->each == 1)
        return 0;
    return (uint32_t)(chance_mix((uint64_t)publisher << 32 | counter) % seats->each);
}

static inline uint32_t seats_room(const struct seats *seats, uint32_t client, uint32_t turn)
{
    return seats->room[(uint64_t)client * seats->each + turn];
}

/* The publisher's place among the senders of a room that it is in, or SEATS_NONE. */
static inline uint32_t seats_row(const struct seats *seats, uint32_t publisher, uint32_t room)
{
    for (uint32_t turn = 0; turn < seats->each; turn++)
        if (seats_room(seats, publisher, turn) == room)
            return seats->row[(uint64_t)publisher * seats->each + turn];
    return SEATS_NONE;
}

/* The running sums of 1/k^exponent for k = 1 .. n, the last one scaled to 1. */
void seats_zipf_table(double *sums, uint32_t n, double exponent);

/* The place, from 0, that a number 0 <= unit < 1 falls into. */
uint32_t seats_zipf_pick(const double *sums, uint32_t n, double unit);

#endif
