/* SPDX-License-Identifier: MIT */
/* report_json: the report for programs; README.md describes it.  Main thread. */
#include "report_impl.h"

#include <inttypes.h>
#include <string.h>

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
        {"bytes_in", CNT_BYTES},      {"typing", CNT_TYPING},
        {"typing_seen", CNT_TYPING_SEEN}, {"cut", CNT_CUT}, {"left", CNT_LEFT},
        {"rogue", CNT_ROGUE}, {"rogue_answered", CNT_ROGUE_ANSWERED},
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
            r->measured_s, report_rate(r, CNT_SENT), report_rate(r, CNT_DELIVERIES),
            report_rate(r, CNT_BYTES), r->ready_s, report_per_second(r, r->upgrade_s),
            report_per_second(r, r->ready_s));
}

static void json_servers(FILE *out, const struct run_result *r)
{
    double millions = (double)r->window[CNT_DELIVERIES] / 1e6;

    fputs("  \"servers\": [", out);
    for (unsigned i = 0; i < r->server_count; i++) {
        const struct proc_watch *p = &r->servers[i];
        double cpu = report_cpu(&p->from, &p->to);

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
                p->to.rss_bytes, p->rss_max, report_cpu(&p->before, &p->connected));
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

static void json_quantiles(FILE *out, const char *name, const struct run_quantiles *q)
{
    fprintf(out, ", \"%s_ms\": {\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p99_9\": %.3f}",
            name, q->p50, q->p90, q->p99, q->p99_9);
}

/* The first server's under names of their own, then all of them. */
static void json_server_samples(FILE *out, const struct run_result *r, unsigned sample)
{
    const struct run_server_sample none = {0, 0};
    const struct run_server_sample *first =
        r->server_count ? run_server_sample(r, sample, 0) : &none;

    fprintf(out, ", \"server_cpu_ns\": %" PRIu64 ", \"server_rss\": %" PRIu64 ", \"servers\": [",
            first->cpu_ns, first->rss_bytes);
    for (unsigned i = 0; i < r->server_count; i++)
        fprintf(out, "%s{\"cpu_ns\": %" PRIu64 ", \"rss\": %" PRIu64 "}", i ? ", " : "",
                first[i].cpu_ns, first[i].rss_bytes);
    fputs("]", out);
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
                ", \"deliveries\": %" PRIu64 ", \"up\": %" PRIu64,
                i ? "," : "", s->at_s, s->sent, s->acked, s->deliveries, s->alive);
        json_quantiles(out, "delivery", &s->delivery);
        json_quantiles(out, "ack", &s->ack);
        json_server_samples(out, r, i);
        fputc('}', out);
    }
    fputs("]", out);
}

/* Every option by its name, as it was in this run. */
static void json_all_options(FILE *out, const struct options *o)
{
    char value[600];
    const char *name;

    fputs(",\n  \"options\": {", out);
    for (unsigned row = 0; (name = options_show(o, row, value, sizeof(value))) != NULL; row++) {
        fprintf(out, "%s\"%s\": ", row ? ", " : "", name);
        json_put_string(out, value);
    }
    fputs("}", out);
}

static void json_find(FILE *out, const struct find *find)
{
    static const char *const verdicts[] = {"held", "broke", "client"};

    if (!find)
        return;
    fprintf(out, ",\n  \"find_max\": {\"held\": %.10g, \"broke\": %.10g, \"says\": ", find->held,
            find->broke);
    json_put_string(out, find->why);
    fputs(", \"steps\": [", out);
    for (unsigned i = 0; i < find->count; i++) {
        const struct find_step *step = &find->step[i];

        fprintf(out,
                "%s\n    {\"size\": %.10g, \"verdict\": \"%s\", \"p50_ms\": %.3f, "
                "\"p99_ms\": %.3f, \"deliveries_per_s\": %.3f, \"why\": ",
                i ? "," : "", step->size, verdicts[step->verdict], step->p50, step->p99,
                step->deliveries_per_s);
        json_put_string(out, step->why);
        fputs("}", out);
    }
    fputs("]}", out);
}

int report_write_json(const char *path, const struct options *options, const struct run_result *r,
                      const struct find *find)
{
    FILE *out = report_open("json", path);

    if (!out)
        return -1;
    fputs("{\n", out);
    json_options(out, options);
    json_counts(out, r);
    json_hist(out, "delivery", &r->delivery);
    json_hist(out, "slow_delivery", &r->slow_delivery);
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
    json_all_options(out, options);
    json_find(out, find);
    fputs("\n}\n", out);
    return report_close("json", path, out);
}
