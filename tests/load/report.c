/* SPDX-License-Identifier: MIT */
/* report: see report.h.  Main thread. */
#include "report_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SATURATED 0.95 /* busy share of a thread above which it holds the load back */

const char *report_grouped(double value, char buf[40])
{
    char digits[32];
    int n = snprintf(digits, sizeof(digits), "%.0f", value), at = 0;

    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
            buf[at++] = ',';
        buf[at++] = digits[i];
    }
    buf[at] = '\0';
    return buf;
}

const char *report_bottleneck(const struct options *options, const struct run_result *r, char *buf,
                              size_t size)
{
    double lag = (double)hist_at(&r->lag, 99) / 1e6;

    if (r->busiest > SATURATED)
        snprintf(buf, size, "a thread of the client was %.0f %% busy: more --threads, or less load",
                 r->busiest * 100);
    else if (lag > options->max_lag_ms)
        snprintf(buf, size, "the client sent late: p99 lag %.1f ms is above --max-lag %.1f ms", lag,
                 options->max_lag_ms);
    else
        return NULL;
    return buf;
}

/* What makes this load another than everybody sending at even times to everybody. */
static void print_variations(FILE *out, const struct options *o)
{
    static const char *const names[] = {
        "profile", "zipf", "lurkers", "arrivals", "burst", "burst-every", "burst-for",
        "burst-rest", "typing", "storm", "storm-at", "storm-every", "slow", "slow-rate",
        "slow-pause", "bad",
    };
    char value[200];
    const char *name;
    bool any = false;

    for (unsigned row = 0; (name = options_show(o, row, value, sizeof(value))) != NULL; row++)
        for (size_t i = 0; options_given(o, name) && i < sizeof(names) / sizeof(*names); i++)
            if (strcmp(name, names[i]) == 0) {
                fprintf(out, "%s%s %s", any ? ", " : "  with        ", name, value);
                any = true;
            }
    if (any)
        fputc('\n', out);
}

static void print_load(FILE *out, const struct options *o)
{
    fprintf(out, "parley-load %s\n", o->url_text);
    fprintf(out, "  load        %" PRIu32 " clients, %" PRIu32 " room%s, ", o->clients, o->rooms,
            o->rooms == 1 ? "" : "s");
    if (o->rooms_each > 1)
        fprintf(out, "%" PRIu32 " each, ", o->rooms_each);
    if (o->replay)
        fprintf(out, "replaying %s, %g times as fast", o->replay, o->speed);
    else if (o->publishers == 0)
        fputs("nobody sends", out);
    else if (o->window)
        fprintf(out, "%" PRIu32 " send, window %" PRIu32 " (closed loop)", o->publishers,
                o->window);
    else
        fprintf(out, "%" PRIu32 " send %g a second in total (open loop)", o->publishers, o->rate);
    if (!o->replay)
        fprintf(out, ", %" PRIu32 " bytes of text", o->size);
    fprintf(out, "%s%s\n", o->bare ? ", bare " : "", o->bare ? options_bare_name(o->bare) : "");
    print_variations(out, o);
}

static void print_connections(FILE *out, const struct options *o, const struct run_result *r)
{
    char ready[40];

    fprintf(out, "  connect     %" PRIu64 " of %" PRIu32 " in %.2f s: %s/s ready",
            r->count[CNT_READY], o->clients, r->ready_s,
            report_grouped(report_per_second(r, r->ready_s), ready));
    fprintf(out, ", %s handshakes/s", report_grouped(report_per_second(r, r->upgrade_s), ready));
    fprintf(out, ", p99 %.1f ms, %" PRIu64 " failed\n", (double)hist_at(&r->connect, 99) / 1e6,
            r->count[CNT_FAILED]);
    if (r->count[CNT_DISCONNECTS] == 0)
        return;
    fprintf(out, "  lost        %" PRIu64 " connections, %" PRIu64 " reconnects, %" PRIu64
                 " recovered, %" PRIu64 " sends retried",
            r->count[CNT_DISCONNECTS], r->count[CNT_RECONNECTS], r->count[CNT_RECOVERED],
            r->count[CNT_RETRIED]);
    if (r->resume.count)
        fprintf(out, "; back after p50 %.0f ms, max %.0f ms", (double)hist_at(&r->resume, 50) / 1e6,
                (double)r->resume.max / 1e6);
    fputc('\n', out);
}

/* What --typing, --storm, --slow, --bad and --replay did. */
static void print_incidents(FILE *out, const struct run_result *r)
{
    const uint64_t *n = r->count;

    if (n[CNT_TYPING] > 0)
        fprintf(out, "  typing      %" PRIu64 " indicators, seen %" PRIu64 " times\n",
                n[CNT_TYPING], n[CNT_TYPING_SEEN]);
    if (n[CNT_CUT] > 0)
        fprintf(out, "  storm       %" PRIu64 " connections cut\n", n[CNT_CUT]);
    if (n[CNT_LEFT] > 0)
        fprintf(out, "  people      left %" PRIu64 " times, and came back\n", n[CNT_LEFT]);
    if (n[CNT_ROGUE] > 0)
        fprintf(out, "  bad frames  %" PRIu64 " sent, %" PRIu64 " answered as promised\n",
                n[CNT_ROGUE], n[CNT_ROGUE_ANSWERED]);
}

static void print_latency(FILE *out, const char *name, const struct hist *h)
{
    if (h->count == 0)
        return;
    fprintf(out, "    %-9s %10.3f %10.3f %10.3f %10.3f %10.3f   of %" PRIu64 "\n", name,
            (double)hist_at(h, 50) / 1e6, (double)hist_at(h, 90) / 1e6,
            (double)hist_at(h, 99) / 1e6, (double)hist_at(h, 99.9) / 1e6, (double)h->max / 1e6,
            h->count);
}

static void print_traffic(FILE *out, const struct options *o, const struct run_result *r)
{
    char sends[40], deliveries[40], owed[40];

    if (o->publishers == 0)
        return;
    fprintf(out, "  sends       %s/s", report_grouped(report_rate(r, CNT_SENT), sends));
    if (!o->window && !o->replay && r->measured)
        fprintf(out, " of %s/s wanted", report_grouped(o->rate, owed));
    fprintf(out, "; %" PRIu64 " in all, %" PRIu64 " acked, %" PRIu64 " refused, %" PRIu64
                 " held back by the server\n",
            r->count[CNT_SENT], r->count[CNT_ACKED], r->count[CNT_REFUSED],
            r->count[CNT_LATE_SENDS]);
    fprintf(out, "  deliveries  %s/s, %.1f MB/s; %" PRIu64 " in all, %" PRIu64 " owed",
            report_grouped(report_rate(r, CNT_DELIVERIES), deliveries),
            report_rate(r, CNT_BYTES) / 1e6, r->count[CNT_DELIVERIES], r->count[CNT_EXPECTED]);
    if (r->count[CNT_OTHER] > 0)
        fprintf(out, "; %" PRIu64 " other events", r->count[CNT_OTHER]);
    if (r->count[CNT_VERDICTS] > 0)
        fprintf(out, "; verdicts on %" PRIu64 " messages", r->count[CNT_VERDICTS]);
    fprintf(out, "\n  latency, ms        p50        p90        p99      p99.9        max\n");
    print_latency(out, "delivery", &r->delivery);
    print_latency(out, "to slow", &r->slow_delivery);
    print_latency(out, "ack", &r->ack);
    print_latency(out, "verdict", &r->verdict);
    print_latency(out, "send lag", &r->lag);
    print_latency(out, "turn", &r->turn);
}

static void print_server(FILE *out, const struct run_result *r, const struct proc_watch *p)
{
    double cpu = report_cpu(&p->from, &p->to);
    double millions = (double)r->window[CNT_DELIVERIES] / 1e6;

    fprintf(out, "  server      %s (%d): ", p->name, (int)p->pid);
    if (r->measured)
        fprintf(out, "%.1f %% CPU (user %.2f s, system %.2f s)", 100 * cpu / r->measured_s,
                (double)(p->to.user_ns - p->from.user_ns) / 1e9,
                (double)(p->to.system_ns - p->from.system_ns) / 1e9);
    if (millions > 0)
        fprintf(out, ", %.3f CPU s per million deliveries", cpu / millions);
    fprintf(out, "; RSS %.1f MB, at most %.1f MB", (double)p->to.rss_bytes / 1e6,
            (double)p->rss_max / 1e6);
    if (p->connected.valid && r->count[CNT_READY] > 0)
        fprintf(out, "; a connection took %.0f bytes, %.0f us CPU",
                ((double)p->connected.rss_bytes - (double)p->before.rss_bytes) /
                    (double)r->count[CNT_READY],
                report_cpu(&p->before, &p->connected) * 1e6 / (double)r->count[CNT_READY]);
    fputs(p->to.valid || !r->measured ? "\n" : "; GONE\n", out);
}

static void print_client(FILE *out, const struct options *o, const struct run_result *r)
{
    char why[160];

    fprintf(out, "  client      %" PRIu32 " thread%s,", o->threads, o->threads == 1 ? "" : "s");
    for (uint32_t i = 0; i < o->threads; i++)
        fprintf(out, " %.0f %%", r->threads[i].busy * 100);
    fprintf(out, " busy; %.2f %% of events parsed, the others known by their bytes\n",
            r->count[CNT_DELIVERIES] + r->count[CNT_OTHER] == 0
                ? 0.0
                : 100.0 * (double)r->count[CNT_PARSED] /
                      (double)(r->count[CNT_DELIVERIES] + r->count[CNT_OTHER]));
    if (report_bottleneck(o, r, why, sizeof(why)))
        fprintf(out, "  BOTTLENECK  %s\n", why);
}

static void print_oracle(FILE *out, const struct run_result *r)
{
    uint64_t owed = r->count[CNT_EXPECTED];
    uint64_t lost = r->oracle.rule[RULE_LOST].count;

    if (oracle_violations(&r->oracle) == 0) {
        fprintf(out, "  oracle      PASS: %" PRIu64 " deliveries owed and made; no gap, repeat,"
                     " disorder or change%s\n",
                owed, r->senders_checked ? "" : " (order by sender unchecked: too many pairs)");
        return;
    }
    fprintf(out, "  oracle      FAIL: %.4f %% of the deliveries owed were made; broken rules:\n",
            owed ? 100.0 * (double)(owed - (lost < owed ? lost : owed)) / (double)owed : 100.0);
    for (unsigned i = 0; i < RULE_MAX; i++) {
        if (r->oracle.rule[i].count == 0)
            continue;
        fprintf(out, "    %-10s %10" PRIu64 "  %s; first: %s\n", oracle_rule_name(i),
                r->oracle.rule[i].count, oracle_rule_text(i), r->oracle.rule[i].first);
    }
    if (r->lost_on_dead > 0)
        fprintf(out, "    of the lost ones %" PRIu64 " were for connections that had ended\n",
                r->lost_on_dead);
}

/* Limits of the server that look like faults of it. */
static void print_hint(FILE *out, const struct run_result *r)
{
    bool crowded = false, limited = false;

    for (unsigned i = 0; i < r->errors.used; i++) {
        crowded |= strstr(r->errors.entry[i].name, "4009") != NULL;
        limited |= strstr(r->errors.entry[i].name, "rate_limited") != NULL ||
                   strstr(r->errors.entry[i].name, "4013") != NULL ||
                   strstr(r->errors.entry[i].name, "HTTP 503") != NULL;
    }
    if (crowded)
        fputs("  hint        4009 is a cap on connections, often by address: --source-spread N, "
              "or lift it (parleyd --limits off)\n", out);
    if (limited)
        fputs("  hint        the server's own rates were in the way: parleyd --limits off, "
              "or --ramp for newcomers\n", out);
}

void report_print(FILE *out, const struct options *options, const struct run_result *r)
{
    print_load(out, options);
    if (r->interrupted)
        fputs("  STOPPED     early, by a signal\n", out);
    else if (r->all_lost)
        fputs("  STOPPED     early: all connections were lost\n", out);
    print_connections(out, options, r);
    print_traffic(out, options, r);
    print_incidents(out, r);
    for (unsigned i = 0; i < r->server_count; i++)
        print_server(out, r, &r->servers[i]);
    print_client(out, options, r);
    for (unsigned i = 0; i < r->errors.used; i++)
        fprintf(out, "  error       %10" PRIu64 "  %s\n", r->errors.entry[i].count,
                r->errors.entry[i].name);
    print_hint(out, r);
    print_oracle(out, r);
}

FILE *report_open(const char *option, const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

    if (!out)
        fprintf(stderr, "parley-load: --%s: cannot write '%s': %s\n", option, path,
                strerror(errno));
    return out;
}

int report_check(const char *option, const char *path)
{
    FILE *out = path && strcmp(path, "-") != 0 ? fopen(path, "ae") : stdout;

    if (!out) {
        fprintf(stderr, "parley-load: --%s: cannot write '%s': %s\n", option, path,
                strerror(errno));
        return -1;
    }
    return out == stdout ? 0 : fclose(out);
}

int report_close(const char *option, const char *path, FILE *out)
{
    int failed = ferror(out) | fflush(out);

    if (out != stdout)
        failed |= fclose(out);
    if (failed)
        fprintf(stderr, "parley-load: --%s: cannot write '%s'\n", option, path);
    return failed ? -1 : 0;
}
