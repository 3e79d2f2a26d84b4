/* SPDX-License-Identifier: MIT
 * Once a second: what happened since the last sample, sent to every loop for the charts. Owner:
 * main. */
#ifndef SAMPLER_H
#define SAMPLER_H

#include "net/net.h"

struct sampler {
    uint64_t messages, deliveries, analysed; /* totals at the last sample */
    struct histogram lag_before[LOOPS_MAX];  /* as of the last sample */
};

void sampler_take(struct sampler *s, const struct net_shared *shared,
                  const struct topology *topology);

#endif
