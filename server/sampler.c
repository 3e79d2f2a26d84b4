/* SPDX-License-Identifier: MIT
 * A sample of the figures each second; see sampler.h. Thread: main. */
#include "sampler.h"

#include "base/clock.h"
#include "dispatch/dispatch.h"

#include <string.h>

/* total - *before; *before becomes total. */
static uint64_t since(uint64_t *before, uint64_t total)
{
    uint64_t fresh = total - *before;
    *before = total;
    return fresh;
}

static void measure(struct sampler *s, const struct net_shared *shared, unsigned n_loops,
                    struct sample *out)
{
    static struct histogram window, lag; /* 16 KB: too much for a stack; main only */
    uint64_t messages = 0, deliveries = 0;
    memset(&lag, 0, sizeof lag);
    for (unsigned i = 0; i < n_loops; i++) {
        const struct loop_stats *stats = shared->loops[i];
        messages += STAT_GET(stats->messages);
        deliveries += STAT_GET(stats->deliveries);
        out->connections += STAT_GET(stats->connections);
        histogram_window(&window, &stats->lag_us, &s->lag_before[i]);
        histogram_add(&lag, &window);
    }
    out->ts_ms = clock_wall_ms();
    out->messages = since(&s->messages, messages);
    out->deliveries = since(&s->deliveries, deliveries);
    out->lag_p99_us = histogram_quantile(&lag, 0.99);
    if (shared->dispatch != NULL) {
        out->analysed = since(&s->analysed, STAT_GET(shared->dispatch->done));
        out->queue = STAT_GET(shared->dispatch->queued);
    }
}

void sampler_take(struct sampler *s, const struct net_shared *shared,
                  const struct topology *topology)
{
    struct sample sample = {0};
    measure(s, shared, topology->n_loops, &sample);
    for (unsigned i = 0; i < topology->n_loops; i++) {
        struct msg_sample *m = msg_new(MSG_LOOP_SAMPLE, 0);
        if (m == NULL)
            return; /* a hole in a chart */
        m->sample = sample;
        mailbox_post(topology->loops[i], &m->head);
    }
}
