/* SPDX-License-Identifier: MIT
 *
 * From a worker's answer to the message that a room gets: one for every job, whatever
 * became of it. Dispatch thread; the message is its receiver's.
 */
#ifndef DISPATCH_VERDICT_H
#define DISPATCH_VERDICT_H

#include "dispatch/codec.h"
#include "dispatch/report.h"

/* The labels must have been checked; NULL labels: none. `report` (or NULL) knows their models.
 * NULL when memory is short. */
struct msg_verdict *verdict_new(const struct msg_job *job, const Parley__Worker__Labels *labels,
                                const struct report *report);

#endif
