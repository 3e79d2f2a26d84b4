/* SPDX-License-Identifier: MIT
 *
 * The figures as JSON: bodies of /readyz and /api/v1/stats, and of /api/v1/workers before dispatch
 * has spoken. Pure functions of what they are given; the loop of the request. */
#ifndef NET_STATS_JSON_H
#define NET_STATS_JSON_H

#include "net/figures.h"

void stats_json(struct buf *b, const struct figures *f);
void ready_json(struct buf *b, const struct figures *f, bool ready);
/* No worker is known: `problem` says why, NULL when none was wanted or they are only starting. */
void workers_json_empty(struct buf *b, const struct figures *f, const char *problem);

#endif
