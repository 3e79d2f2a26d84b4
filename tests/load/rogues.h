/* SPDX-License-Identifier: MIT */
/*
 * rogues: connections that misbehave beside the clients (--bad).  Each comes,
 * sends one malformed thing, waits for the error or the close that the
 * protocol promises for it, goes, and comes again with the next.  A thread of
 * their own; the main thread starts, stops and reads them.
 */
#ifndef PARLEY_LOAD_ROGUES_H
#define PARLEY_LOAD_ROGUES_H

#include "worker.h"

struct rogues;

/* How many of them these options ask for. */
uint32_t rogues_wanted(const struct options *options);

/* NULL when none are wanted, or when the thread cannot be had (which is said). */
struct rogues *rogues_start(const struct plan *plan);

/* They finish what they are at and go. */
void rogues_stop(struct rogues *rogues);

/* What they met; after rogues_stop. */
void rogues_gather(const struct rogues *rogues, uint64_t count[CNT_MAX], struct oracle *oracle);

void rogues_free(struct rogues *rogues);

#endif
