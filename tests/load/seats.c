/* SPDX-License-Identifier: MIT */
/* seats: see seats.h.  Main thread. */
#include "seats.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 64 /* before the next free room is taken instead */

void seats_zipf_table(double *sums, uint32_t n, double exponent)
{
    double sum = 0;

    for (uint32_t k = 0; k < n; k++)
        sums[k] = sum += pow((double)k + 1.0, -exponent);
    for (uint32_t k = 0; k < n; k++)
        sums[k] /= sum;
}

uint32_t seats_zipf_pick(const double *sums, uint32_t n, double unit)
{
    uint32_t low = 0, high = n - 1; /* the first whose sum is above 'unit' */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (sums[middle] > unit)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool has_room(const uint32_t *rooms, uint32_t count, uint32_t room)
{
    for (uint32_t i = 0; i < count; i++)
        if (rooms[i] == room)
            return true;
    return false;
}

static void seat_by_zipf(uint32_t *mine, const struct options *o, const double *sums,
                         uint64_t *random)
{
    for (uint32_t turn = 0; turn < o->rooms_each; turn++) {
        uint32_t room = 0;

        for (int tries = 0; tries < TRIES; tries++) {
            room = seats_zipf_pick(sums, o->rooms, chance_unit(random));
            if (!has_room(mine, turn, room))
                break;
        }
        while (has_room(mine, turn, room))
            room = (room + 1) % o->rooms;
        mine[turn] = room;
    }
}

static int seat_all(struct seats *seats, const struct options *o)
{
    uint64_t random = chance_mix(o->seed);
    double *sums;

    if (o->zipf <= 0) {
        for (uint64_t i = 0; i < (uint64_t)o->clients * seats->each; i++)
            seats->room[i] = (uint32_t)(i % o->rooms);
        return 0;
    }
    sums = calloc(o->rooms, sizeof(*sums));
    if (!sums)
        return -1;
    seats_zipf_table(sums, o->rooms, o->zipf);
    for (uint32_t i = 0; i < o->clients; i++)
        seat_by_zipf(&seats->room[(uint64_t)i * seats->each], o, sums, &random);
    free(sums);
    return 0;
}

int seats_init(struct seats *seats, const struct options *o, const uint32_t *rooms)
{
    size_t places = (size_t)o->clients * o->rooms_each;

    seats->each = o->rooms_each;
    seats->room = calloc(places, sizeof(*seats->room));
    seats->row = calloc((size_t)o->publishers * o->rooms_each + 1, sizeof(*seats->row));
    seats->senders = calloc(o->rooms, sizeof(*seats->senders));
    if (!seats->room || !seats->row || !seats->senders)
        return -1;
    if (rooms)
        memcpy(seats->room, rooms, places * sizeof(*rooms));
    else if (seat_all(seats, o) != 0)
        return -1;
    for (size_t i = 0; i < (size_t)o->publishers * o->rooms_each; i++)
        seats->row[i] = seats->senders[seats->room[i]]++;
    return 0;
}

void seats_free(struct seats *seats)
{
    free(seats->room);
    free(seats->row);
    free(seats->senders);
}
