/* SPDX-License-Identifier: MIT */
/*
 * incidents: what happens to clients beside chat: connections cut in a storm,
 * readers that are slow, and the people of a replayed log, who come, say and
 * go.  Runs on the worker's thread.
 */
#ifndef PARLEY_LOAD_INCIDENTS_H
#define PARLEY_LOAD_INCIDENTS_H

#include <stdint.h>

struct worker;

/* The load begins. */
void incidents_begin(struct worker *worker);

/* Called each 20 ms. */
void incidents_on_sweep(struct worker *worker);

/* What the script has for this thread by now, and when its next line is due. */
void incidents_play(struct worker *worker);
uint64_t incidents_next(const struct worker *worker);

#endif
