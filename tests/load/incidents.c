/* SPDX-License-Identifier: MIT */
/* incidents: see incidents.h.  Runs on the worker's thread. */
#include "incidents.h"

#include "client.h"
#include "publisher.h"
#include "worker.h"

/* ---- storms ---- */

static void begin_storms(struct worker *w)
{
    const struct options *o = w->options;

    w->next_storm_ns = UINT64_MAX;
    if (o->storm > 0)
        w->next_storm_ns = w->plan->from_ns + (uint64_t)(o->storm_at * 1e9);
}

static void storm(struct worker *w)
{
    const struct options *o = w->options;

    for (uint32_t i = 0; i < w->client_count; i++)
        if (chance_picks(w->clients[i].index, o->storm))
            client_cut(w, &w->clients[i]);
    if (options_given(o, "storm-every"))
        w->next_storm_ns += (uint64_t)(o->storm_every * 1e9);
    else
        w->next_storm_ns = UINT64_MAX;
}

/* ---- slow readers ---- */

static void read_at_a_rate(struct worker *w, struct client *c, double seconds)
{
    size_t limit;

    client_hold(w, c, true);
    c->allowance += seconds * w->options->slow_rate;
    if (c->allowance > (double)WORKER_RX_CHUNK)
        c->allowance = (double)WORKER_RX_CHUNK;
    limit = (size_t)c->allowance;
    if (limit > 0)
        c->allowance -= (double)client_receive(w, c, limit);
}

/* While the load runs; after it they read like the others, so that all can be judged. */
static void tend_slow(struct worker *w)
{
    double seconds = (double)(w->now - w->slow_seen_ns) / 1e9;
    uint64_t pause = (uint64_t)(w->options->slow_pause * 1e9);
    bool running = w->phase == PHASE_RUN && w->loading && w->now < w->plan->to_ns;

    w->slow_seen_ns = w->now;
    for (uint32_t i = 0; i < w->client_count; i++) {
        struct client *c = &w->clients[i];

        if (!c->slow || c->state != CLIENT_READY)
            continue;
        if (!running)
            client_hold(w, c, false);
        else if (pause > 0)
            client_hold(w, c, (w->now - w->plan->start_ns) / pause % 2 == 0);
        else
            read_at_a_rate(w, c, seconds);
    }
}

/* ---- replay ---- */

static void begin_replay(struct worker *w)
{
    const struct script *script = w->plan->script;

    for (uint32_t i = 0; i < w->client_count; i++)
        if (script->people[w->clients[i].index].comes_later)
            client_leave(w, &w->clients[i]);
}

static void leave_when_settled(struct worker *w, struct client *c)
{
    if (!c->leaving || c->state != CLIENT_READY || c->publisher->waiting > 0 ||
        c->publisher->late_count > 0)
        return;
    c->leaving = false;
    client_leave(w, c);
    w->count[CNT_LEFT]++;
}

void incidents_play(struct worker *w)
{
    const struct script *script = w->plan->script;

    while (incidents_next(w) <= w->now) {
        const struct script_line *line = &script->lines[w->script_at++];
        struct client *c = worker_client(w, line->who);

        if (!c)
            continue;
        switch (line->act) {
        case SCRIPT_SAYS:
            publisher_on_due(w, c->publisher, w->plan->start_ns + line->at_ns);
            break;
        case SCRIPT_COMES:
            client_come_back(w, c);
            break;
        case SCRIPT_GOES:
            c->leaving = true;
            leave_when_settled(w, c);
            break;
        }
    }
}

uint64_t incidents_next(const struct worker *w)
{
    const struct script *script = w->plan->script;
    uint64_t at;

    if (w->script_at == script->line_count)
        return UINT64_MAX;
    at = w->plan->start_ns + script->lines[w->script_at].at_ns;
    return at < w->plan->to_ns ? at : UINT64_MAX;
}

/* The log is over: who is away comes back once more and is judged by what was missed. */
static void call_all_back(struct worker *w)
{
    for (uint32_t i = 0; i < w->client_count; i++)
        client_come_back(w, &w->clients[i]);
}

/* ---- all of them ---- */

void incidents_begin(struct worker *w)
{
    begin_storms(w);
    w->slow_seen_ns = w->now;
    if (w->plan->script)
        begin_replay(w);
}

void incidents_on_sweep(struct worker *w)
{
    if (w->plan->slow_from < w->options->clients)
        tend_slow(w);
    if (w->phase == PHASE_RUN && w->loading && w->now >= w->next_storm_ns &&
        w->now < w->plan->to_ns)
        storm(w);
    if (!w->plan->script)
        return;
    for (uint32_t i = 0; w->phase == PHASE_RUN && i < w->client_count; i++)
        leave_when_settled(w, &w->clients[i]);
    if (w->phase == PHASE_DRAIN)
        call_all_back(w);
}
