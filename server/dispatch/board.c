/* SPDX-License-Identifier: MIT
 *
 * The picture of the workers that people see (GET /api/v1/workers, /ops): written here as
 * JSON whenever something changed, at most twice a second, and given to every loop as one
 * frame, so that no loop ever asks the dispatch thread anything. Dispatch thread.
 */
#include "dispatch/impl.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define BOARD_US 500000u
/* Ages and memory move even when nothing happens. */
#define BOARD_IDLE_US 2000000u

typedef unsigned long long ull; /* for printf */

static int64_t wall_ms(const struct dispatch *d, uint64_t mono_us)
{
    return clock_wall_ms() - (int64_t)(d->now_us - mono_us) / 1000;
}

static uint64_t age_ms(const struct dispatch *d, uint64_t since_us)
{
    return since_us == 0 || since_us > d->now_us ? 0 : (d->now_us - since_us) / 1000;
}

static uint64_t oldest_ms(const struct dispatch *d)
{
    uint64_t oldest = ledger_oldest_us(&d->ledger, JOB_BACKGROUND);
    for (unsigned i = 0; i < d->workers.n; i++) {
        const struct worker *w = &d->workers.workers[i];
        if (w->n_batches > 0 && (oldest == 0 || w->head_since_us < oldest))
            oldest = w->head_since_us;
    }
    return age_ms(d, oldest);
}

static unsigned waiting(const struct dispatch *d)
{
    unsigned n = d->ledger.suspected;
    for (unsigned k = 0; k < N_JOB_KINDS; k++)
        n += d->ledger.lanes[k].n;
    return n;
}

static unsigned count_ready(const struct dispatch *d)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->workers.n; i++)
        n += worker_is_open(&d->workers.workers[i]);
    return n;
}

static unsigned count_given_up(const struct dispatch *d)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->workers.n; i++)
        n += d->workers.workers[i].given_up && !d->workers.workers[i].vacant;
    return n;
}

static void put(_Atomic uint64_t *to, uint64_t value)
{
    atomic_store_explicit(to, value, memory_order_relaxed);
}

static void publish_stats(struct dispatch *d)
{
    struct dispatch_stats *s = &d->stats;
    put(&s->sent, d->ledger.sent);
    put(&s->done, d->ledger.done);
    put(&s->failed, d->ledger.failed);
    put(&s->quarantined, d->ledger.quarantined);
    put(&s->in_flight, d->ledger.in_flight);
    put(&s->queued, waiting(d));
    put(&s->oldest_ms, oldest_ms(d));
    put(&s->deferred, d->intake.deferred);
    put(&s->redispatched, d->ledger.redispatched);
    put(&s->workers_ready, count_ready(d));
    put(&s->workers_given_up, count_given_up(d));
}

static uint32_t next_start_ms(const struct dispatch *d, const struct worker *w)
{
    uint64_t age = age_ms(d, w->exited_us);
    return w->pid != 0 || age >= w->next_start_ms ? 0 : w->next_start_ms - (uint32_t)age;
}

/* The one thing that an operator should know first; false: all is well. */
static bool find_problem(const struct dispatch *d, char *out, size_t len)
{
    const struct worker *bad = NULL;
    for (unsigned i = 0; i < d->workers.n; i++) {
        const struct worker *w = &d->workers.workers[i];
        if (w->vacant)
            continue;
        if (w->given_up || (w->failure[0] != '\0' && (bad == NULL || !bad->given_up)))
            bad = w;
    }
    if (d->problem[0] != '\0')
        snprintf(out, len, "%s", d->problem);
    else if (bad != NULL && bad->given_up)
        snprintf(out, len, "worker slot %u was given up after five crashes in 10 s (last: %s%s%s); "
                 "it is tried again in %u s, or at once by `parleyctl retry-workers`", bad->slot,
                 bad->exit, bad->failure[0] != '\0' ? ": " : "", bad->failure,
                 (next_start_ms(d, bad) + 999) / 1000);
    else if (bad != NULL)
        snprintf(out, len, "worker slot %u cannot work: %s", bad->slot, bad->failure);
    else if (d->reload_problem[0] != '\0')
        snprintf(out, len, "%s", d->reload_problem);
    else
        return report_problem(&d->report, out, len);
    return true;
}

static void encode_counts(const struct dispatch *d, struct buf *out)
{
    char problem[PROBLEM_MAX + 256];
    buf_printf(out, "{\"now_ms\":%lld,\"configured\":%u,\"problem\":", (long long)clock_wall_ms(),
               d->config.workers);
    if (find_problem(d, problem, sizeof problem))
        json_put_cstring(out, problem);
    else
        buf_append_str(out, "null");
    buf_printf(out, ",\"queue\":{\"depth\":%u,\"oldest_ms\":%llu,\"deferred\":%llu}",
               waiting(d), (ull)oldest_ms(d), (ull)d->intake.deferred);
    buf_printf(out,
               ",\"ledger\":{\"sent\":%llu,\"done\":%llu,\"failed\":%llu,\"quarantined\":%llu,"
               "\"in_flight\":%llu,\"redispatched\":%llu,\"late_results\":%llu}",
               (ull)d->ledger.sent, (ull)d->ledger.done, (ull)d->ledger.failed,
               (ull)d->ledger.quarantined, (ull)d->ledger.in_flight, (ull)d->ledger.redispatched,
               (ull)d->late_results);
}

static void encode_work(struct dispatch *d, struct worker *w, struct buf *out)
{
    buf_printf(out, "\"jobs\":%llu,\"jobs_per_s\":", (ull)w->jobs);
    json_put_number(out, w->rate.per_s, 4);
    buf_printf(out, ",\"batches\":%llu,\"latency_p50_ms\":", (ull)w->n_results);
    json_put_number(out, (double)recent_quantile(&w->latency_us, d->now_us, 0.5) / 1000, 4);
    buf_append_str(out, ",\"latency_p99_ms\":");
    json_put_number(out, (double)recent_quantile(&w->latency_us, d->now_us, 0.99) / 1000, 4);
    buf_printf(out, ",\"in_flight\":%llu,\"oldest_ms\":%llu,\"errors\":%llu",
               (ull)w->jobs_in_flight,
               (ull)(w->n_batches > 0 ? age_ms(d, w->head_since_us) : 0), (ull)w->errors);
}

static void encode_worker(struct dispatch *d, struct worker *w, struct buf *out)
{
    buf_printf(out, "{\"slot\":%u,\"pid\":%d,\"state\":\"%s\",\"since_ms\":%lld,\"python\":",
               w->slot, w->pid, worker_state_name(w->state), (long long)wall_ms(d, w->since_us));
    json_put_cstring(out, w->runtime);
    buf_append_char(out, ',');
    encode_work(d, w, out);
    buf_printf(out, ",\"restarts\":%u,\"rss_bytes\":%llu", w->restarts, (ull)w->rss_bytes);
    buf_printf(out, ",\"heartbeat_age_ms\":%llu,\"progress\":%llu",
               (ull)age_ms(d, w->heard_us), (ull)w->progress);
    buf_append_str(out, ",\"exit\":");
    if (w->exit[0] != '\0')
        json_put_cstring(out, w->exit);
    else
        buf_append_str(out, "null");
    buf_printf(out, ",\"given_up\":%s,\"next_start_ms\":%u,\"start_ms\":%llu,\"load_ms\":%llu}",
               w->given_up ? "true" : "false", next_start_ms(d, w), (ull)w->start_ms,
               (ull)w->load_ms);
}

static void encode(struct dispatch *d, struct buf *out)
{
    encode_counts(d, out);
    buf_append_str(out, ",\"workers\":[");
    bool first = true;
    for (unsigned i = 0; i < d->workers.n; i++) {
        if (d->workers.workers[i].vacant)
            continue;
        if (!first)
            buf_append_char(out, ',');
        first = false;
        encode_worker(d, &d->workers.workers[i], out);
    }
    buf_append_str(out, "],\"analyzers\":");
    report_encode_analyzers(&d->report, out, d->now_us);
    buf_append_str(out, ",\"exceptions\":");
    report_encode_exceptions(&d->report, out);
    buf_append_char(out, '}');
}

static void post_to(struct dispatch *d, unsigned loop, struct frame *frame)
{
    struct msg_board *m = msg_new(MSG_LOOP_BOARD, 0);
    if (m == NULL)
        return; /* the next board tells all that this one did */
    m->workers = frame_ref(frame);
    m->configured = d->config.workers;
    m->ready = count_ready(d);
    mailbox_post(d->topology->loops[loop], &m->head);
}

static void show(struct dispatch *d)
{
    struct buf json = BUF_INIT;
    encode(d, &json);
    struct frame *frame = json.failed ? NULL : frame_new(json.data, json.len);
    buf_fini(&json);
    if (frame == NULL) {
        log_warn("dispatch", "no memory for the picture of the workers");
        return;
    }
    for (unsigned i = 0; i < d->topology->n_loops; i++)
        post_to(d, i, frame);
    frame_unref(frame);
}

void board_tick(struct dispatch *d)
{
    publish_stats(d);
    uint64_t passed = d->now_us - d->board_us;
    if (passed < BOARD_US || (!d->changed && passed < BOARD_IDLE_US))
        return;
    d->board_us = d->now_us;
    d->changed = false;
    for (unsigned i = 0; i < d->workers.n; i++)
        rate_update(&d->workers.workers[i].rate, d->now_us, d->workers.workers[i].jobs);
    show(d);
}
