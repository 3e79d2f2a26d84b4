/* SPDX-License-Identifier: MIT */
/*
 * pacer: the timetable of an open-loop load: when each message is due, whatever
 * became of the messages before.  So the intended time of a late message is
 * known, and its latency counts from there.  Even arrivals come at start +
 * k * interval and the lanes (the thread's publishers) take turns; Poisson
 * arrivals draw both time and lane.  Bursts bend the time between.
 * Owned by one worker thread.
 */
#ifndef PARLEY_LOAD_PACER_H
#define PARLEY_LOAD_PACER_H

#include <stdbool.h>
#include <stdint.h>

/* In every 'every', for 'during', 'high' times as many arrivals, else 'low' times. */
struct pacer_bursts {
    double every_ns, during_ns, high, low; /* every_ns 0: none */
};

struct pacer {
    uint64_t start_ns, end_ns;
    double interval_ns;
    uint32_t lanes;
    bool poisson;
    struct pacer_bursts bursts;
    uint64_t random;

    uint64_t taken;     /* messages so far */
    double drawn_ns;    /* Poisson: when the next is due, were there no bursts */
    uint64_t due_ns;    /* when the next is due; UINT64_MAX without lanes */
    uint32_t lane;      /* and whose it is */
};

/* Start, end, interval, lanes and what follows are set: draws the first message. */
void pacer_begin(struct pacer *pacer);

/* Moves on to the next message. */
void pacer_advance(struct pacer *pacer);

/* Takes the next message that is due by now; false when there is none. */
static inline bool pacer_take(struct pacer *pacer, uint64_t now, uint32_t *lane, uint64_t *due_ns)
{
    if (pacer->due_ns > now || pacer->due_ns >= pacer->end_ns)
        return false;
    *lane = pacer->lane;
    *due_ns = pacer->due_ns;
    pacer_advance(pacer);
    return true;
}

/* The moment at which as much has arrived with bursts as without them by 'even_ns'. */
double pacer_bend(const struct pacer_bursts *bursts, double even_ns);

#endif
