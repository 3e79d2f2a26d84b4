/* SPDX-License-Identifier: MIT */
/*
 * pacer: the timetable of an open-loop load.  Message k of a thread is due at
 * start + k * interval, whatever became of the messages before; lanes (the
 * thread's publishers) take turns.  So the intended time of a late message is
 * known, and its latency counts from there.  Owned by one worker thread.
 */
#ifndef PARLEY_LOAD_PACER_H
#define PARLEY_LOAD_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
    uint64_t start_ns, end_ns;
    double interval_ns;
    uint32_t lanes;
    uint64_t next; /* k of the message that falls due next */
};

static inline uint64_t pacer_time(const struct pacer *pacer, uint64_t k)
{
    return pacer->start_ns + (uint64_t)((double)k * pacer->interval_ns);
}

/* When lane 'lane' wants its message number 'turn' (0, 1 ...) sent. */
static inline uint64_t pacer_lane_time(const struct pacer *pacer, uint32_t lane, uint64_t turn)
{
    return pacer_time(pacer, lane + turn * pacer->lanes);
}

/* Takes the next message that is due by now; false when there is none. */
static inline bool pacer_take(struct pacer *pacer, uint64_t now, uint32_t *lane)
{
    uint64_t due;

    if (pacer->lanes == 0)
        return false;
    due = pacer_time(pacer, pacer->next);
    if (due > now || due >= pacer->end_ns)
        return false;
    *lane = (uint32_t)(pacer->next % pacer->lanes);
    pacer->next++;
    return true;
}

#endif
