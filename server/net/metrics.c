/* SPDX-License-Identifier: MIT
 * Prometheus text; see metrics.h. The loop of the request. */
#include "net/metrics.h"

#include "dispatch/dispatch.h"
#include "net/route.h"
#include "store/store.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/*    field of the stats, metric, type, help */
#define LOOP_METRICS(X)                                                       \
    X(connections, "parley_connections", gauge,                               \
      "Open WebSocket connections.")                                          \
    X(sessions, "parley_sessions", gauge,                                     \
      "Connections that said hello.")                                         \
    X(rooms, "parley_rooms", gauge,                                           \
      "Rooms in memory, on their home loop.")                                 \
    X(accepted, "parley_connections_accepted_total", counter,                 \
      "Connections accepted.")                                                \
    X(refused, "parley_connections_refused_total", counter,                   \
      "Connections refused at a cap.")                                        \
    X(frames_in, "parley_frames_received_total", counter,                     \
      "WebSocket messages received.")                                         \
    X(messages, "parley_messages_total", counter,                             \
      "Chat messages accepted.")                                              \
    X(events, "parley_events_total", counter,                                 \
      "Numbered events of rooms.")                                            \
    X(deliveries, "parley_deliveries_total", counter,                         \
      "Events given to members.")                                             \
    X(bytes_out, "parley_sent_bytes_total", counter,                          \
      "Bytes written to WebSockets.")                                         \
    X(errors, "parley_request_errors_total", counter,                         \
      "Requests answered with an error.")                                     \
    X(closed_slow, "parley_slow_clients_closed_total", counter,               \
      "Connections closed with 4008.")                                        \
    X(dropped_ephemeral, "parley_ephemeral_dropped_total", counter,           \
      "Typing and presence not sent to slow clients.")                        \
    X(gate_judged, "parley_gate_judged_total", counter,                       \
      "Messages judged in time, before anybody saw them.")                    \
    X(gate_open, "parley_gate_open_total", counter,                           \
      "Messages shown without a verdict in time.")                            \
    X(gate_closed, "parley_gate_closed_total", counter,                       \
      "Messages refused for want of a verdict in time.")

#define STORE_METRICS(X)                                                      \
    X(commits, "parley_store_commits_total", counter,                         \
      "Transactions committed.")                                              \
    X(failed_commits, "parley_store_failed_commits_total", counter,           \
      "Transactions that failed.")                                            \
    X(events, "parley_store_events_total", counter,                           \
      "Events written.")                                                      \
    X(duplicates, "parley_store_duplicates_total", counter,                   \
      "Repeated messages recognised by cid.")                                 \
    X(reads, "parley_store_reads_total", counter,                             \
      "Pages of history read.")                                               \
    X(review_dropped, "parley_review_dropped_total", counter,                 \
      "Flagged messages that fell out of the full review queue.")             \
    X(failing, "parley_store_failing", gauge,                                 \
      "1 while commits fail.")                                                \
    X(queue, "parley_store_queue", gauge,                                     \
      "Events taken and not yet committed.")

#define DISPATCH_METRICS(X)                                                   \
    X(sent, "parley_jobs_sent_total", counter,                                \
      "Jobs taken; sent = done + failed + quarantined + in flight.")          \
    X(done, "parley_jobs_done_total", counter,                                \
      "Jobs that ended in a verdict.")                                        \
    X(failed, "parley_jobs_failed_total", counter,                            \
      "Jobs that every analyzer failed at.")                                  \
    X(quarantined, "parley_jobs_quarantined_total", counter,                  \
      "Jobs set aside for killing workers.")                                  \
    X(in_flight, "parley_jobs_in_flight", gauge,                              \
      "Jobs sent and not ended.")                                             \
    X(queued, "parley_jobs_queued", gauge,                                    \
      "Jobs waiting for a worker.")                                           \
    X(deferred, "parley_jobs_deferred_total", counter,                        \
      "Jobs left to the store while the queue was full.")                     \
    X(redispatched, "parley_jobs_redispatched_total", counter,                \
      "Jobs sent again after a worker was lost.")                             \
    X(batches, "parley_job_batches_total", counter,                           \
      "Batches sent to workers.")

static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
static const char *const quantile_names[] = {"0.5", "0.9", "0.99", "0.999"};
#define N_QUANTILES (sizeof quantiles / sizeof quantiles[0])

struct metric {
    const char *name, *type, *help;
    size_t offset; /* of the _Atomic uint64_t */
};

#define METRIC_OF(container, field, name, type, help) \
    {name, #type, help, offsetof(struct container, field)},

static const struct metric loop_metrics[] = {
#define X(field, name, type, help) METRIC_OF(loop_stats, field, name, type, help)
    LOOP_METRICS(X)
#undef X
};

static const struct metric store_metrics[] = {
#define X(field, name, type, help) METRIC_OF(store_stats, field, name, type, help)
    STORE_METRICS(X)
#undef X
};

static const struct metric dispatch_metrics[] = {
#define X(field, name, type, help) METRIC_OF(dispatch_stats, field, name, type, help)
    DISPATCH_METRICS(X)
#undef X
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static uint64_t read_at(const void *stats, size_t offset)
{
    return STAT_GET(*(_Atomic uint64_t *)((char *)(uintptr_t)stats + offset));
}

static void add_family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_gauge(struct buf *b, const char *name, const char *help, double value)
{
    add_family(b, name, "gauge", help);
    buf_printf(b, "%s %.15g\n", name, value);
}

static void add_counters(struct buf *b, const struct metric *table, size_t n, const void *stats)
{
    for (size_t i = 0; i < n; i++) {
        add_family(b, table[i].name, table[i].type, table[i].help);
        buf_printf(b, "%s %" PRIu64 "\n", table[i].name, read_at(stats, table[i].offset));
    }
}

static void add_loop_counters(struct buf *b, const struct figures *f)
{
    for (size_t i = 0; i < COUNT(loop_metrics); i++) {
        const struct metric *m = &loop_metrics[i];
        add_family(b, m->name, m->type, m->help);
        for (unsigned l = 0; l < f->n_loops; l++)
            buf_printf(b, "%s{loop=\"%u\"} %" PRIu64 "\n", m->name, l,
                       read_at(f->loops[l], m->offset));
    }
}

/* One series of a summary family. `label` is `loop="0"` or "" ; values are scaled into the unit of
 * the metric's name (seconds from microseconds: 1e-6). */
static void add_summary(struct buf *b, const char *name, const char *label, double scale,
                        const struct histogram *h)
{
    const char *comma = *label != '\0' ? "," : "";
    for (size_t i = 0; i < N_QUANTILES; i++)
        buf_printf(b, "%s{%s%squantile=\"%s\"} %.15g\n", name, label, comma, quantile_names[i],
                   (double)histogram_quantile(h, quantiles[i]) * scale);
    const char *open = *label != '\0' ? "{" : "", *close = *label != '\0' ? "}" : "";
    buf_printf(b, "%s_sum%s%s%s %.15g\n", name, open, label, close,
               (double)STAT_GET(h->sum) * scale);
    buf_printf(b, "%s_count%s%s%s %" PRIu64 "\n", name, open, label, close, STAT_GET(h->total));
}

static void add_loop_summary(struct buf *b, const struct figures *f, const char *name,
                             const char *help, size_t offset)
{
    add_family(b, name, "summary", help);
    for (unsigned l = 0; l < f->n_loops; l++) {
        char label[24];
        snprintf(label, sizeof label, "loop=\"%u\"", l);
        add_summary(b, name, label, 1e-6,
                    (const struct histogram *)((const char *)f->loops[l] + offset));
    }
}

/* What became of the messages at the gate, whoever decided: a verdict or the room's choice. */
static void add_gate_actions(struct buf *b, const struct figures *f)
{
    const char *name = "parley_gate_actions_total";
    add_family(b, name, "counter", "Messages at the gate, by what was done to them.");
    for (unsigned l = 0; l < f->n_loops; l++) {
        for (unsigned a = 0; a < N_ACTIONS; a++)
            buf_printf(b, "%s{loop=\"%u\",action=\"%s\"} %" PRIu64 "\n", name, l,
                       action_name((enum action)a), STAT_GET(f->loops[l]->gate_actions[a]));
    }
}

static void add_http(struct buf *b, const struct figures *f)
{
    add_family(b, "parley_http_connections", "gauge",
               "Open connections that are no WebSockets (yet).");
    for (unsigned l = 0; l < f->n_loops; l++)
        buf_printf(b, "parley_http_connections{loop=\"%u\"} %" PRIu64 "\n", l,
                   figures_http_connections(f->loops[l]));
    add_family(b, "parley_http_requests_total", "counter", "HTTP requests, by what they ask for.");
    for (unsigned l = 0; l < f->n_loops; l++) {
        for (unsigned k = 0; k < N_HTTP_CLASSES; k++)
            buf_printf(b, "parley_http_requests_total{loop=\"%u\",class=\"%s\"} %" PRIu64 "\n", l,
                       route_class_name((enum http_class)k),
                       STAT_GET(f->loops[l]->http_requests[k]));
    }
}

static void add_process(struct buf *b, const struct figures *f)
{
    add_family(b, "parley_build_info", "gauge", "Version of the server.");
    buf_append_str(b, "parley_build_info{version=\"" PARLEY_VERSION "\"} 1\n");
    add_gauge(b, "process_start_time_seconds", "Start, in seconds since 1970.",
              (double)f->started_ms / 1e3);
    add_gauge(b, "process_resident_memory_bytes", "Resident memory.", (double)f->rss_bytes);
    add_family(b, "process_cpu_seconds_total", "counter", "Processor time, user and system.");
    buf_printf(b, "process_cpu_seconds_total %.6f\n", f->cpu_s);
}

static void add_store(struct buf *b, const struct store_stats *s)
{
    add_counters(b, store_metrics, COUNT(store_metrics), s);
    add_family(b, "parley_store_commit_seconds", "summary", "Time of a commit, since start.");
    add_summary(b, "parley_store_commit_seconds", "", 1e-6, &s->commit_us);
    add_family(b, "parley_store_batch_events", "summary", "Events a commit, since start.");
    add_summary(b, "parley_store_batch_events", "", 1, &s->batch);
}

static void add_dispatch(struct buf *b, const struct dispatch_stats *d)
{
    add_counters(b, dispatch_metrics, COUNT(dispatch_metrics), d);
    add_gauge(b, "parley_jobs_oldest_seconds", "Age of the oldest waiting job.",
              (double)STAT_GET(d->oldest_ms) / 1e3);
    add_family(b, "parley_analysis_latency_seconds", "summary",
               "Committed to verdict, since start.");
    add_summary(b, "parley_analysis_latency_seconds", "", 1e-6, &d->latency_us);
    add_family(b, "parley_batch_jobs", "summary", "Jobs a batch, since start.");
    add_summary(b, "parley_batch_jobs", "", 1, &d->batch);
}

void metrics_text(struct buf *b, const struct figures *f)
{
    add_process(b, f);
    add_loop_counters(b, f);
    add_loop_summary(b, f, "parley_loop_lag_seconds",
                     "How late the loop came to its timer, since start.",
                     offsetof(struct loop_stats, lag_us));
    add_loop_summary(b, f, "parley_delivery_seconds",
                     "Request read to event written to this loop's members, since start.",
                     offsetof(struct loop_stats, deliver_us));
    add_http(b, f);
    add_gate_actions(b, f);
    add_loop_summary(b, f, "parley_gate_wait_seconds",
                     "Time that messages judged in time waited for it, since start.",
                     offsetof(struct loop_stats, gate_us));
    add_store(b, f->store);
    add_gauge(b, "parley_workers", "Worker processes wanted.", f->workers);
    add_gauge(b, "parley_workers_ready", "Worker processes ready.", f->workers_ready);
    if (f->dispatch != NULL)
        add_dispatch(b, f->dispatch);
    if (f->dispatch != NULL)
        add_gauge(b, "parley_workers_given_up",
                  "Worker processes that crashed too often and pause.",
                  STAT_GET(f->dispatch->workers_given_up));
}
