/* SPDX-License-Identifier: MIT */
/* report: see report.h.  Main thread. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SATURATED 0.95 /* busy share of a thread above which it holds the load back */

/* 1234567 as 1,234,567. */
static const char *grouped(double value, char buf[40])
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

static double rate(const struct run_result *r, enum counter counter)
{
    return r->measured ? (double)r->window[counter] / r->measured_s : 0.0;
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

static void print_load(FILE *out, const struct options *o)
{
    fprintf(out, "parley-load %s\n", o->url_text);
    fprintf(out, "  load        %" PRIu32 " clients, %" PRIu32 " room%s, ", o->clients, o->rooms,
            o->rooms == 1 ? "" : "s");
    if (o->publishers == 0)
        fputs("nobody sends", out);
    else if (o->window)
        fprintf(out, "%" PRIu32 " send, window %" PRIu32 " (closed loop)", o->publishers,
                o->window);
    else
        fprintf(out, "%" PRIu32 " send %g a second in total (open loop)", o->publishers, o->rate);
    fprintf(out, ", %" PRIu32 " bytes of text%s%s\n", o->size, o->bare ? ", bare " : "",
            o->bare ? options_bare_name(o->bare) : "");
}

/* Clients that got in, by the time that took. */
static double per_second(const struct run_result *r, double seconds)
{
    return seconds > 0 ? (double)r->count[CNT_READY] / seconds : 0.0;
}

static void print_connections(FILE *out, const struct options *o, const struct run_result *r)
{
    char ready[40];

    fprintf(out, "  connect     %" PRIu64 " of %" PRIu32 " in %.2f s: %s/s ready",
            r->count[CNT_READY], o->clients, r->ready_s,
            grouped(per_second(r, r->ready_s), ready));
    fprintf(out, ", %s handshakes/s", grouped(per_second(r, r->upgrade_s), ready));
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
    fprintf(out, "  sends       %s/s", grouped(rate(r, CNT_SENT), sends));
    if (!o->window && r->measured)
        fprintf(out, " of %s/s wanted", grouped(o->rate, owed));
    fprintf(out, "; %" PRIu64 " in all, %" PRIu64 " acked, %" PRIu64 " refused, %" PRIu64
                 " held back by the server\n",
            r->count[CNT_SENT], r->count[CNT_ACKED], r->count[CNT_REFUSED],
            r->count[CNT_LATE_SENDS]);
    fprintf(out, "  deliveries  %s/s, %.1f MB/s; %" PRIu64 " in all, %" PRIu64 " owed",
            grouped(rate(r, CNT_DELIVERIES), deliveries), rate(r, CNT_BYTES) / 1e6,
            r->count[CNT_DELIVERIES], r->count[CNT_EXPECTED]);
    if (r->count[CNT_OTHER] > 0)
        fprintf(out, "; %" PRIu64 " other events", r->count[CNT_OTHER]);
    if (r->count[CNT_VERDICTS] > 0)
        fprintf(out, "; verdicts on %" PRIu64 " messages", r->count[CNT_VERDICTS]);
    fprintf(out, "\n  latency, ms        p50        p90        p99      p99.9        max\n");
    print_latency(out, "delivery", &r->delivery);
    print_latency(out, "ack", &r->ack);
    print_latency(out, "verdict", &r->verdict);
    print_latency(out, "send lag", &r->lag);
    print_latency(out, "turn", &r->turn);
}

static double cpu_between(const struct proc_sample *from, const struct proc_sample *to)
{
    return from->valid && to->valid ? (double)(to->cpu_ns - from->cpu_ns) / 1e9 : 0.0;
}

static void print_server(FILE *out, const struct run_result *r, const struct proc_watch *p)
{
    double cpu = cpu_between(&p->from, &p->to);
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
                cpu_between(&p->before, &p->connected) * 1e6 / (double)r->count[CNT_READY]);
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
    fprintf(out, "  oracle      FAIL: reach %.6f\n",
            owed ? (double)(owed - (lost < owed ? lost : owed)) / (double)owed : 1.0);
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

void report_print(FILE *out, const struct options *options, const struct run_result *r)
{
    print_load(out, options);
    if (r->interrupted)
        fputs("  STOPPED     early, by a signal\n", out);
    else if (r->all_lost)
        fputs("  STOPPED     early: all connections were lost\n", out);
    print_connections(out, options, r);
    print_traffic(out, options, r);
    for (unsigned i = 0; i < r->server_count; i++)
        print_server(out, r, &r->servers[i]);
    print_client(out, options, r);
    for (unsigned i = 0; i < r->errors.used; i++)
        fprintf(out, "  error       %10" PRIu64 "  %s\n", r->errors.entry[i].count,
                r->errors.entry[i].name);
    print_oracle(out, r);
}

/* ---- JSON ---- */

/* Text of this tool or of the server, as a JSON string. */
static void json_put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void json_hist(FILE *out, const char *name, const struct hist *h)
{
    fprintf(out,
            "  \"%s_ms\": {\"count\": %" PRIu64 ", \"mean\": %.6f, \"p50\": %.6f, \"p90\": %.6f, "
            "\"p99\": %.6f, \"p99_9\": %.6f, \"max\": %.6f},\n",
            name, h->count, hist_mean(h) / 1e6, (double)hist_at(h, 50) / 1e6,
            (double)hist_at(h, 90) / 1e6, (double)hist_at(h, 99) / 1e6,
            (double)hist_at(h, 99.9) / 1e6, (double)h->max / 1e6);
}

static void json_options(FILE *out, const struct options *o)
{
    fputs("  \"url\": ", out);
    json_put_string(out, o->url_text);
    fputs(",\n  \"bare\": ", out);
    if (o->bare)
        json_put_string(out, options_bare_name(o->bare));
    else
        fputs("null", out);
    fprintf(out,
            ", \"clients\": %" PRIu32 ", \"rooms\": %" PRIu32 ", \"publishers\": %" PRIu32
            ", \"rate\": %.10g, \"window\": %" PRIu32 ", \"size\": %" PRIu32
            ", \"threads\": %" PRIu32 ", \"idle\": %s, \"reconnect\": %s,\n"
            "  \"duration_s\": %.10g, \"warmup_s\": %.10g,\n",
            o->clients, o->rooms, o->publishers, o->window ? 0.0 : o->rate, o->window, o->size,
            o->threads, o->idle ? "true" : "false", o->reconnect ? "true" : "false", o->duration,
            o->warmup);
}

static void json_counts(FILE *out, const struct run_result *r)
{
    static const struct {
        const char *name;
        enum counter counter;
    } names[] = {
        {"ready", CNT_READY},         {"failed", CNT_FAILED},
        {"sent", CNT_SENT},           {"retried", CNT_RETRIED},
        {"acked", CNT_ACKED},         {"refused", CNT_REFUSED},
        {"held", CNT_HELD},           {"held_back", CNT_LATE_SENDS},
        {"never_left", CNT_DUE},      {"unacked", CNT_OUTSTANDING},
        {"deliveries", CNT_DELIVERIES}, {"owed", CNT_EXPECTED},
        {"foreign", CNT_FOREIGN},     {"other_events", CNT_OTHER},
        {"verdicts", CNT_VERDICTS},   {"parsed", CNT_PARSED},
        {"bytes_in", CNT_BYTES},
        {"disconnects", CNT_DISCONNECTS}, {"reconnects", CNT_RECONNECTS},
        {"recovered", CNT_RECOVERED},
    };

    fputs("  \"totals\": {", out);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        fprintf(out, "%s\"%s\": %" PRIu64, i ? ", " : "", names[i].name,
                r->count[names[i].counter]);
    fputs("},\n", out);
    fprintf(out,
            "  \"measured_s\": %.6f, \"sends_per_s\": %.3f, \"deliveries_per_s\": %.3f, "
            "\"bytes_per_s\": %.1f,\n  \"connect_s\": %.6f, \"handshakes_per_s\": %.3f, "
            "\"ready_per_s\": %.3f,\n",
            r->measured_s, rate(r, CNT_SENT), rate(r, CNT_DELIVERIES), rate(r, CNT_BYTES),
            r->ready_s, per_second(r, r->upgrade_s), per_second(r, r->ready_s));
}

static void json_servers(FILE *out, const struct run_result *r)
{
    double millions = (double)r->window[CNT_DELIVERIES] / 1e6;

    fputs("  \"servers\": [", out);
    for (unsigned i = 0; i < r->server_count; i++) {
        const struct proc_watch *p = &r->servers[i];
        double cpu = cpu_between(&p->from, &p->to);

        fprintf(out, "%s{\"pid\": %d, \"name\": ", i ? ", " : "", (int)p->pid);
        json_put_string(out, p->name);
        fprintf(out,
                ", \"alive\": %s, \"cpu_s\": %.6f, \"user_s\": %.3f, \"system_s\": %.3f, "
                "\"cpu_s_per_million_deliveries\": %.6f, \"rss_before\": %" PRIu64
                ", \"rss_connected\": %" PRIu64 ", \"rss_end\": %" PRIu64 ", \"rss_max\": %" PRIu64
                ", \"connect_cpu_s\": %.6f}",
                p->to.valid ? "true" : "false", cpu,
                (double)(p->to.user_ns - p->from.user_ns) / 1e9,
                (double)(p->to.system_ns - p->from.system_ns) / 1e9,
                millions > 0 ? cpu / millions : 0.0, p->before.rss_bytes, p->connected.rss_bytes,
                p->to.rss_bytes, p->rss_max, cpu_between(&p->before, &p->connected));
    }
    fputs("],\n", out);
}

static void json_client(FILE *out, const struct options *o, const struct run_result *r)
{
    char buf[160];
    const char *why = report_bottleneck(o, r, buf, sizeof(buf));

    fputs("  \"client\": {\"busy\": [", out);
    for (uint32_t i = 0; i < o->threads; i++)
        fprintf(out, "%s%.4f", i ? ", " : "", r->threads[i].busy);
    fputs("], \"bottleneck\": ", out);
    if (why)
        json_put_string(out, why);
    else
        fputs("null", out);
    fputs("},\n", out);
}

static void json_oracle(FILE *out, const struct run_result *r)
{
    bool first = true;

    fprintf(out, "  \"oracle\": {\"pass\": %s, \"senders_checked\": %s, \"violations\": {",
            oracle_violations(&r->oracle) == 0 ? "true" : "false",
            r->senders_checked ? "true" : "false");
    for (unsigned i = 0; i < RULE_MAX; i++) {
        if (r->oracle.rule[i].count == 0)
            continue;
        fprintf(out, "%s\"%s\": {\"count\": %" PRIu64 ", \"first\": ", first ? "" : ", ",
                oracle_rule_name(i), r->oracle.rule[i].count);
        json_put_string(out, r->oracle.rule[i].first);
        fputc('}', out);
        first = false;
    }
    fputs("}},\n", out);
}

static void json_course(FILE *out, const struct run_result *r)
{
    fputs("  \"errors\": {", out);
    for (unsigned i = 0; i < r->errors.used; i++) {
        fputs(i ? ", " : "", out);
        json_put_string(out, r->errors.entry[i].name);
        fprintf(out, ": %" PRIu64, r->errors.entry[i].count);
    }
    fputs("},\n  \"course\": [", out);
    for (unsigned i = 0; i < r->sample_count; i++) {
        const struct run_sample *s = &r->samples[i];

        fprintf(out,
                "%s\n    {\"at_s\": %.3f, \"sent\": %" PRIu64 ", \"acked\": %" PRIu64
                ", \"deliveries\": %" PRIu64 ", \"up\": %" PRIu64 ", \"server_cpu_ns\": %" PRIu64
                ", \"server_rss\": %" PRIu64 "}",
                i ? "," : "", s->at_s, s->sent, s->acked, s->deliveries, s->alive, s->cpu_ns,
                s->rss_bytes);
    }
    fputs("]\n", out);
}

int report_write_json(const char *path, const struct options *options, const struct run_result *r)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *out = to_stdout ? stdout : fopen(path, "we");
    int failed;

    if (!out) {
        fprintf(stderr, "parley-load: --json: cannot write '%s': %s\n", path, strerror(errno));
        return -1;
    }
    fputs("{\n", out);
    json_options(out, options);
    json_counts(out, r);
    json_hist(out, "delivery", &r->delivery);
    json_hist(out, "ack", &r->ack);
    json_hist(out, "verdict", &r->verdict);
    json_hist(out, "send_lag", &r->lag);
    json_hist(out, "turn", &r->turn);
    json_hist(out, "connect", &r->connect);
    json_hist(out, "resume", &r->resume);
    json_servers(out, r);
    json_client(out, options, r);
    json_oracle(out, r);
    json_course(out, r);
    fputs("}\n", out);
    failed = ferror(out) | fflush(out);
    if (!to_stdout)
        failed |= fclose(out);
    if (failed)
        fprintf(stderr, "parley-load: --json: cannot write '%s'\n", path);
    return failed ? -1 : 0;
}
