/* SPDX-License-Identifier: MIT */
/* gather: what the threads found, together, when they have ended.  Main thread. */
#include "run_impl.h"

static uint64_t owed_to(const struct run *run, const struct client *c, uint32_t room,
                        uint64_t *unknown)
{
    uint64_t accepted = 0;

    *unknown = 0;
    if (run->options->bare == BARE_ECHO)
        return c->publisher ? c->publisher->next - 1 : 0;
    for (unsigned i = 0; i < run->started; i++) {
        accepted += run->workers[i].rooms[room].accepted;
        *unknown += run->workers[i].rooms[room].unknown;
    }
    return accepted;
}

static void judge_member(struct run *run, const struct client *c, const struct member *m)
{
    uint64_t unknown, accepted = owed_to(run, c, m->room->index, &unknown);

    oracle_reach(&run->result->oracle, c->index, m->room->index, m->received, accepted, unknown);
    if (c->state != CLIENT_READY && m->received < accepted)
        run->result->lost_on_dead += accepted - m->received;
}

static void judge_reach(struct run *run, const struct worker *w)
{
    for (uint32_t i = 0; i < w->client_count; i++)
        for (uint32_t turn = 0; turn < run->plan.seats.each; turn++)
            if (w->clients[i].joined_before)
                judge_member(run, &w->clients[i], &w->clients[i].in[turn]);
}

static double seconds_between(uint64_t from, uint64_t to)
{
    return to > from ? (double)(to - from) / 1e9 : 0.0;
}

static void merge_marks(struct run_result *result, const struct worker *w)
{
    double seconds = seconds_between(w->from.wall_ns, w->to.wall_ns), busy;

    if (!w->from.taken || seconds <= 0.0)
        return;
    result->measured = true;
    if (seconds > result->measured_s)
        result->measured_s = seconds;
    for (unsigned i = 0; i < CNT_MAX; i++)
        result->window[i] += w->to.count[i] - w->from.count[i];
    busy = seconds_between(w->from.cpu_ns, w->to.cpu_ns) / seconds;
    result->threads[w->id].busy = busy;
    if (busy > result->busiest)
        result->busiest = busy;
}

static void merge_worker(struct run *run, const struct worker *w)
{
    struct run_result *result = run->result;

    for (unsigned i = 0; i < CNT_MAX; i++)
        result->count[i] += w->count[i];
    hist_merge(&result->delivery, &w->delivery);
    hist_merge(&result->slow_delivery, &w->slow_delivery);
    hist_merge(&result->ack, &w->ack);
    hist_merge(&result->verdict, &w->verdict);
    hist_merge(&result->lag, &w->lag);
    hist_merge(&result->turn, &w->turn);
    hist_merge(&result->connect, &w->connect);
    hist_merge(&result->resume, &w->resume);
    oracle_merge(&result->oracle, &w->oracle);
    tally_merge(&result->errors, &w->errors);
    merge_marks(result, w);
    judge_reach(run, w);
}

static struct run_quantiles quantiles(const uint32_t *buckets)
{
    return (struct run_quantiles){
        (double)seconds_value(buckets, 50) / 1e6, (double)seconds_value(buckets, 90) / 1e6,
        (double)seconds_value(buckets, 99) / 1e6, (double)seconds_value(buckets, 99.9) / 1e6,
    };
}

/* A sample tells of the second before it. */
static void gather_seconds(struct run *run)
{
    struct run_result *result = run->result;

    for (unsigned i = 1; i < result->sample_count; i++) {
        struct second sum = {0};

        for (unsigned k = 0; k < run->started; k++)
            if (run->workers[k].seconds.at[i - 1])
                seconds_add(&sum, run->workers[k].seconds.at[i - 1]);
        result->samples[i].delivery = quantiles(sum.delivery);
        result->samples[i].ack = quantiles(sum.ack);
    }
}

void gather(struct run *run)
{
    uint64_t first = UINT64_MAX, upgraded = 0, ready = 0;

    for (unsigned i = 0; i < run->started; i++) {
        const struct worker *w = &run->workers[i];

        merge_worker(run, w);
        if (w->first_connect_ns && w->first_connect_ns < first)
            first = w->first_connect_ns;
        if (w->last_upgrade_ns > upgraded)
            upgraded = w->last_upgrade_ns;
        if (w->last_ready_ns > ready)
            ready = w->last_ready_ns;
    }
    run->result->upgrade_s = seconds_between(first, upgraded);
    run->result->ready_s = seconds_between(first, ready);
    gather_seconds(run);
    rogues_gather(run->rogues, run->result->count, &run->result->oracle);
}
