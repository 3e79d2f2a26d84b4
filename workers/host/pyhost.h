/* SPDX-License-Identifier: MIT
 *
 * The embedded interpreter: started once, never ended (the process just exits). Only pyhost*.c
 * include Python.h. All functions but pyhost_interrupt are the main thread's, which holds Python's
 * lock whenever it is not waiting for a batch.
 */
#ifndef HOST_PYHOST_H
#define HOST_PYHOST_H

#include "link.h"
#include "options.h"

#include <stdbool.h>

/* Before the link starts: this thread will be Python's. */
void pyhost_prepare(void);

/* Starts Python, imports the package, loads every analyzer and tells the server (Ready).
 * False: it cannot work; that has been logged and told (Failed). */
bool pyhost_start(const struct options *o, struct link *l);

/* Analyses batch after batch until the link drains. */
void pyhost_serve(struct link *l);

/* Any thread: raises SoftTimeout in the analyzer that works on that batch, if one still does. */
void pyhost_interrupt(uint64_t batch);

#endif
