/* SPDX-License-Identifier: MIT
 *
 * Who gets which batch, and when. Dispatch thread.
 *
 * What was suspected first, then the gate's jobs, then ad-hoc ones, then history's, then calls, one
 * by one. A worker takes
 * the gate's batches before others that lie there, so these have credits of their own; and while
 * there is a gate, no batch is larger than what takes a few milliseconds, so that the gate never
 * waits long behind one in hand.
 */
#include "dispatch/impl.h"

/* Of the gate, that may lie at a worker. */
#define GATE_CREDITS 2
/* A batch costs more than the few messages in it, so the gate's gather too while they stream, for
 * so long at most, and for no more than this part of what is left until the deadline. */
#define GATE_GATHER_US 8000
#define GATE_GATHER_SHARE 8
/* A batch while there is a gate. */
#define SHORT_BATCH_US 8000

/* False: the worker takes nothing now, and the batch waits again. */
static bool send_batch(struct dispatch *d, struct worker *w, struct batch *b)
{
    buf_clear(&d->out);
    codec_pack_batch(&d->out, b, d->config.deadline_ms);
    if (d->out.failed || router_send(d->router, &w->peer, d->out.data, d->out.len) < 0) {
        /* Full or gone. If gone, its exit or its missing heartbeat will tell. */
        if (d->out.failed)
            buf_fini(&d->out);
        w->refuses = true;
        ledger_untake(&d->ledger, b);
        return false;
    }
    ledger_sent(&d->ledger, b, d->now_us);
    worker_give(w, b, d->now_us);
    histogram_record(&d->stats.batch, b->n);
    atomic_fetch_add_explicit(&d->stats.batches, 1, memory_order_relaxed);
    d->changed = true;
    return true;
}

static bool has_suspect(const struct worker *w)
{
    return w->n_batches > 0 && container_of(w->batches.next, struct batch, link)->suspect;
}

/* Batches at the worker that one of this kind comes behind. */
static unsigned load_of(const struct worker *w, enum job_kind kind)
{
    return kind == JOB_GATE ? w->n_gate : w->n_batches - w->n_gate;
}

/* The same, for choosing: a call in hand takes longer than any batch of the gate's. */
static unsigned delay_of(const struct worker *w, enum job_kind kind)
{
    bool calls = w->n_batches > 0
                 && container_of(w->batches.next, struct batch, link)->kind == JOB_CALL;
    return load_of(w, kind) + (kind == JOB_GATE && calls ? GATE_CREDITS : 0);
}

/* The open worker with the fewest batches in the way, those after the last choice first; NULL:
 * none. */
static struct worker *pick(struct dispatch *d, enum job_kind kind, const struct worker *except)
{
    struct worker *best = NULL;
    for (unsigned i = 0; i < d->workers.n; i++) {
        struct worker *w = &d->workers.workers[(d->next_slot + i) % d->workers.n];
        if (w == except || !worker_is_open(w) || has_suspect(w))
            continue;
        if (best == NULL || delay_of(w, kind) < delay_of(best, kind)
            || (delay_of(w, kind) == delay_of(best, kind) && w->n_batches < best->n_batches))
            best = w;
    }
    return best;
}

/* Suspected batches run one at a time, each on a worker that has nothing else. Returns the
 * worker that is to become free for the next one, if any. */
static struct worker *assign_suspects(struct dispatch *d)
{
    if (list_is_empty(&d->ledger.suspects))
        return NULL;
    for (unsigned i = 0; i < d->workers.n; i++)
        if (has_suspect(&d->workers.workers[i]))
            return NULL;
    struct worker *w = pick(d, JOB_BACKGROUND, NULL);
    if (w != NULL && w->n_batches == 0) {
        send_batch(d, w, ledger_take_suspect(&d->ledger));
        return NULL;
    }
    return w;
}

static unsigned count_idle(const struct dispatch *d, const struct worker *except)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->workers.n; i++) {
        const struct worker *w = &d->workers.workers[i];
        n += w != except && worker_is_open(w) && w->n_batches == 0;
    }
    return n;
}

/* Jobs that this worker is done with soon enough for the gate; calls go alone. */
static uint32_t size_max(const struct dispatch *d, const struct worker *w, enum job_kind kind)
{
    if (kind == JOB_CALL)
        return 1;
    if (!dispatch_is_gated(d) || w->mean_job_us == 0)
        return d->batcher.batch_max;
    uint64_t n = SHORT_BATCH_US / w->mean_job_us;
    return n < 1 ? 1 : n < d->batcher.batch_max ? (uint32_t)n : d->batcher.batch_max;
}

/* How long waiting jobs of a kind may gather behind the last batch; 0: not at all. */
static uint64_t gather_us(const struct dispatch *d, enum job_kind kind)
{
    if (kind == JOB_BACKGROUND)
        return d->batcher.delay_us;
    if (kind != JOB_GATE)
        return 0;
    uint64_t due_us = ledger_due_us(&d->ledger, kind), most_us = GATE_GATHER_US;
    if (due_us != 0)
        most_us = due_us > d->now_us ? (due_us - d->now_us) / GATE_GATHER_SHARE : 0;
    if (most_us > GATE_GATHER_US)
        most_us = GATE_GATHER_US;
    return most_us < d->batcher.delay_us ? most_us : d->batcher.delay_us;
}

/* Hands out what can be handed out of a kind. Returns how long until age alone makes another
 * batch, in µs. */
static uint64_t assign(struct dispatch *d, enum job_kind kind, const struct worker *reserved)
{
    struct ledger *l = &d->ledger;
    while (l->lanes[kind].n > 0) {
        struct worker *w = pick(d, kind, reserved);
        if (w == NULL)
            break;
        uint64_t age = d->now_us - ledger_oldest_us(l, kind);
        unsigned credits = kind == JOB_GATE ? GATE_CREDITS : batcher_credits(w->mean_batch_us);
        if (load_of(w, kind) >= credits)
            break;
        struct batcher limits = {size_max(d, w, kind), d->batcher.delay_us};
        unsigned sharing = count_idle(d, reserved);
        uint64_t gather = gather_us(d, kind);
        if (gather > 0) {
            limits.delay_us = gather;
            sharing = 1;
            uint64_t pause = batcher_pause_us(&limits, l->lanes[kind].n,
                                              d->now_us - d->emptied_us[kind], w->mean_batch_us);
            if (pause > 0)
                return pause;
        }
        uint32_t n = batcher_size(&limits, l->lanes[kind].n, age, load_of(w, kind), credits,
                                  sharing);
        if (n == 0)
            return batcher_wait_us(&limits, age);
        struct batch *b = ledger_take(l, kind, n < limits.batch_max ? n : limits.batch_max,
                                      BATCH_BYTES_MAX);
        if (b == NULL)
            break;
        if (!send_batch(d, w, b))
            continue;
        if (kind != JOB_BACKGROUND) /* history's keep to the worker whose caches are warm */
            d->next_slot = w->slot + 1;
        if (l->lanes[kind].n == 0)
            d->emptied_us[kind] = d->now_us;
    }
    return UINT64_MAX;
}

uint64_t assign_work(struct dispatch *d)
{
    static const enum job_kind order[] = {JOB_GATE, JOB_ADHOC, JOB_BACKGROUND, JOB_CALL};
    const struct worker *reserved = assign_suspects(d);
    uint64_t soonest = UINT64_MAX;
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        uint64_t wait = assign(d, order[i], reserved);
        if (wait < soonest)
            soonest = wait;
    }
    return soonest;
}
