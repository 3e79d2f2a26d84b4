/* SPDX-License-Identifier: MIT
 * Figures as JSON; see stats_json.h. The loop of the request. */
#include "net/stats_json.h"

#include "base/json.h"
#include "dispatch/dispatch.h"
#include "net/route.h"
#include "store/store.h"

#include <stddef.h>

/* `name` comes with its comma and colon: a plain append. */
static void add_u64(struct buf *b, const char *name, uint64_t value)
{
    buf_append_str(b, name);
    buf_append_u64(b, value);
}

static void add_seconds(struct buf *b, const char *name, double value)
{
    buf_printf(b, "%s%.3f", name, value);
}

static void add_totals(struct buf *b, const struct figures *f, const struct loop_totals *t)
{
    add_u64(b, ",\"totals\":{\"messages\":", t->messages);
    add_u64(b, ",\"events\":", t->events);
    add_u64(b, ",\"deliveries\":", t->deliveries);
    add_u64(b, ",\"bytes_out\":", t->bytes_out);
    add_u64(b, ",\"frames_in\":", t->frames_in);
    add_u64(b, ",\"errors\":", t->errors);
    add_u64(b, ",\"commits\":", STAT_GET(f->store->commits));
    add_u64(b, ",\"analysed\":", f->dispatch != NULL ? STAT_GET(f->dispatch->done) : 0);
    buf_append_char(b, '}');
}

static void add_loop(struct buf *b, unsigned index, const struct loop_stats *l)
{
    add_u64(b, "{\"loop\":", index);
    add_u64(b, ",\"connections\":", STAT_GET(l->connections));
    add_u64(b, ",\"sessions\":", STAT_GET(l->sessions));
    add_u64(b, ",\"rooms\":", STAT_GET(l->rooms));
    add_u64(b, ",\"lag_p50_us\":", histogram_quantile(&l->lag_us, 0.5));
    add_u64(b, ",\"lag_p99_us\":", histogram_quantile(&l->lag_us, 0.99));
    add_u64(b, ",\"lag_max_us\":", STAT_GET(l->lag_us.max));
    add_u64(b, ",\"deliver_p50_us\":", histogram_quantile(&l->deliver_us, 0.5));
    add_u64(b, ",\"deliver_p99_us\":", histogram_quantile(&l->deliver_us, 0.99));
    add_u64(b, ",\"deliveries\":", STAT_GET(l->deliveries));
    buf_append_char(b, '}');
}

static void add_loops(struct buf *b, const struct figures *f)
{
    buf_append_str(b, ",\"loops\":[");
    for (unsigned i = 0; i < f->n_loops; i++) {
        if (i > 0)
            buf_append_char(b, ',');
        add_loop(b, i, f->loops[i]);
    }
    buf_append_char(b, ']');
}

static void add_store(struct buf *b, const struct store_stats *s)
{
    add_u64(b, ",\"store\":{\"commits\":", STAT_GET(s->commits));
    add_u64(b, ",\"events\":", STAT_GET(s->events));
    add_u64(b, ",\"batch_p50\":", histogram_quantile(&s->batch, 0.5));
    add_u64(b, ",\"commit_p50_us\":", histogram_quantile(&s->commit_us, 0.5));
    add_u64(b, ",\"commit_p99_us\":", histogram_quantile(&s->commit_us, 0.99));
    add_u64(b, ",\"queue\":", STAT_GET(s->queue));
    add_u64(b, ",\"failed_commits\":", STAT_GET(s->failed_commits));
    buf_append_char(b, '}');
}

static void add_http(struct buf *b, const struct loop_totals *t)
{
    add_u64(b, ",\"http\":{\"connections\":", t->http_connections);
    buf_append_str(b, ",\"requests\":{");
    for (unsigned k = 0; k < N_HTTP_CLASSES; k++)
        buf_printf(b, "%s\"%s\":%llu", k > 0 ? "," : "", route_class_name((enum http_class)k),
                   (unsigned long long)t->http_requests[k]);
    buf_append_str(b, "}}");
}

static void add_ms(struct buf *b, const char *name, uint64_t us)
{
    buf_printf(b, "%s%.3f", name, (double)us / 1000);
}

/* Messages that were judged before they were shown, over all loops. */
static void add_gate(struct buf *b, const struct figures *f)
{
    struct histogram waited = {0};
    uint64_t judged = 0, open = 0, closed = 0, actions[N_ACTIONS] = {0};
    for (unsigned i = 0; i < f->n_loops; i++) {
        const struct loop_stats *l = f->loops[i];
        judged += STAT_GET(l->gate_judged);
        open += STAT_GET(l->gate_open);
        closed += STAT_GET(l->gate_closed);
        for (unsigned a = 0; a < N_ACTIONS; a++)
            actions[a] += STAT_GET(l->gate_actions[a]);
        histogram_add(&waited, &l->gate_us);
    }
    add_u64(b, ",\"gate\":{\"judged\":", judged);
    add_u64(b, ",\"open\":", open);
    add_u64(b, ",\"closed\":", closed);
    buf_append_str(b, ",\"actions\":{");
    for (unsigned a = 0; a < N_ACTIONS; a++)
        buf_printf(b, "%s\"%s\":%llu", a > 0 ? "," : "", action_name((enum action)a),
                   (unsigned long long)actions[a]);
    buf_append_char(b, '}');
    add_ms(b, ",\"p50_ms\":", histogram_quantile(&waited, 0.5));
    add_ms(b, ",\"p99_ms\":", histogram_quantile(&waited, 0.99));
    add_u64(b, ",\"review_dropped\":", STAT_GET(f->store->review_dropped));
    buf_append_char(b, '}');
}

static void add_column(struct buf *b, const struct figures *f, const char *name, size_t offset)
{
    unsigned first = f->next_sample + f->samples_max - f->n_samples;
    buf_append_str(b, name);
    for (unsigned i = 0; i < f->n_samples; i++) {
        const struct sample *s = &f->samples[(first + i) % f->samples_max];
        if (i > 0)
            buf_append_char(b, ',');
        buf_append_u64(b, *(const uint64_t *)((const char *)s + offset));
    }
    buf_append_char(b, ']');
}

static void add_history(struct buf *b, const struct figures *f)
{
    buf_append_str(b, ",\"history\":{\"interval_ms\":1000");
    add_column(b, f, ",\"t\":[", offsetof(struct sample, ts_ms));
    add_column(b, f, ",\"messages\":[", offsetof(struct sample, messages));
    add_column(b, f, ",\"deliveries\":[", offsetof(struct sample, deliveries));
    add_column(b, f, ",\"analysed\":[", offsetof(struct sample, analysed));
    add_column(b, f, ",\"connections\":[", offsetof(struct sample, connections));
    add_column(b, f, ",\"lag_p99_us\":[", offsetof(struct sample, lag_p99_us));
    add_column(b, f, ",\"queue\":[", offsetof(struct sample, queue));
    buf_append_char(b, '}');
}

void stats_json(struct buf *b, const struct figures *f)
{
    struct loop_totals t = figures_total(f);
    buf_append_str(b, "{\"version\":\"" PARLEY_VERSION "\"");
    add_u64(b, ",\"started_ms\":", (uint64_t)f->started_ms);
    add_u64(b, ",\"now_ms\":", (uint64_t)f->now_ms);
    add_seconds(b, ",\"uptime_s\":", (double)(f->now_ms - f->started_ms) / 1e3);
    buf_append_str(b, ",\"durability\":");
    json_put_cstring(b, f->durability);
    add_u64(b, ",\"connections\":", t.connections);
    add_u64(b, ",\"sessions\":", t.sessions);
    add_u64(b, ",\"rooms\":", t.rooms);
    add_u64(b, ",\"rss_bytes\":", f->rss_bytes);
    add_seconds(b, ",\"cpu_s\":", f->cpu_s);
    add_totals(b, f, &t);
    add_http(b, &t);
    add_loops(b, f);
    add_store(b, f->store);
    add_gate(b, f);
    add_history(b, f);
    buf_append_char(b, '}');
}

void ready_json(struct buf *b, const struct figures *f, bool ready)
{
    buf_append_str(b, "{\"ready\":");
    json_put_bool(b, ready);
    add_u64(b, ",\"workers_ready\":", f->workers_ready);
    add_u64(b, ",\"workers\":", f->workers);
    bool failing = STAT_GET(f->store->failing) != 0;
    buf_append_str(b, failing ? ",\"store\":\"failing\"}" : ",\"store\":\"ok\"}");
}

void workers_json_empty(struct buf *b, const struct figures *f, const char *problem)
{
    add_u64(b, "{\"now_ms\":", (uint64_t)f->now_ms);
    add_u64(b, ",\"configured\":", f->workers);
    buf_append_str(b, ",\"problem\":");
    if (problem != NULL)
        json_put_cstring(b, problem);
    else
        buf_append_str(b, "null");
    buf_append_str(b, ",\"queue\":{\"depth\":0,\"oldest_ms\":0,\"deferred\":0}"
                      ",\"ledger\":{\"sent\":0,\"done\":0,\"failed\":0,\"quarantined\":0"
                      ",\"in_flight\":0}"
                      ",\"workers\":[],\"analyzers\":[],\"exceptions\":[]}");
}
