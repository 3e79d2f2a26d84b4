/* SPDX-License-Identifier: MIT */
/* report_html: the report as one page that needs nothing else.  Main thread. */
#include "chart.h"
#include "report_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char style[] =
    ":root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--ink:#1d1f23;--soft:#666b75;"
    "--line:#e3e4e8;--good:#1a7f4b;--bad:#c0362c;--warn:#9a6700;"
    "--c0:#2f6fde;--c1:#1a9a8a;--c2:#c77d0a;--c3:#c8403b;--c4:#8250c4;--c5:#6b7280}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#131417;--card:#1b1d21;--ink:#e8e9ec;"
    "--soft:#9aa0ab;--line:#2d3036;--good:#4cc38a;--bad:#ff7b6f;--warn:#e3b341;"
    "--c0:#6ea8ff;--c1:#4fd1c0;--c2:#f0b04a;--c3:#ff7d78;--c4:#b392f0;--c5:#a1a7b3}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}"
    "main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem}\n"
    "h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .7rem}"
    "p{margin:.4rem 0}.soft,figcaption span,th{color:var(--soft)}code{overflow-wrap:anywhere}\n"
    ".tiles{display:grid;gap:.75rem;"
    "grid-template-columns:repeat(auto-fit,minmax(min(46%,13rem),1fr));"
    "margin:1.2rem 0}.tile,figure,.table{background:var(--card);border:1px solid var(--line);"
    "border-radius:10px}.tile{padding:.7rem .9rem}.tile b{display:block;font-size:1.3rem;"
    "font-variant-numeric:tabular-nums;line-height:1.3}.tile span{color:var(--soft);"
    "font-size:.82rem}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));"
    "gap:.75rem}figure{margin:0;padding:.7rem .8rem .4rem}figcaption{font-size:.88rem}"
    "figcaption span{font-size:.8rem}.legend{display:flex;flex-wrap:wrap;gap:0 .9rem;"
    "min-height:1.3rem}.legend i{font-style:normal;display:flex;align-items:center;gap:.35rem}"
    ".legend i::before{content:'';width:.9rem;height:3px;border-radius:2px;"
    "background:var(--c)}.none{color:var(--soft);font-size:.85rem;padding:2rem 0;"
    "text-align:center}\n"
    "svg{display:block;width:100%;height:auto;overflow:visible}svg text{fill:var(--soft);"
    "font:10px system-ui,sans-serif;font-variant-numeric:tabular-nums}.grid{stroke:var(--line)}"
    ".mark{stroke:var(--soft);stroke-dasharray:3 3}path{fill:none;stroke:var(--c);"
    "stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}"
    ".tip{fill:transparent}.tip:hover{fill:var(--soft);fill-opacity:.12}\n"
    ".s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}"
    ".s5{--c:var(--c5)}\n"
    ".table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem}"
    "th,td{text-align:left;padding:.35rem .8rem;border-bottom:1px solid var(--line);"
    "vertical-align:top}th{font-weight:500;white-space:nowrap}td.n,th.n{text-align:right;"
    "white-space:nowrap;font-variant-numeric:tabular-nums}tr:last-child td{border-bottom:0}\n"
    ".options{columns:17rem;column-gap:2rem;padding:.6rem .9rem;font-size:.85rem}"
    ".options div{display:flex;justify-content:space-between;gap:1rem;break-inside:avoid}"
    ".options .unset{color:var(--soft)}"
    ".options b{font-weight:500;text-align:right;overflow-wrap:anywhere}\n";

/* Text of this tool or of the server, harmless in HTML. */
static void put(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

__attribute__((format(printf, 4, 5)))
static void tile(FILE *out, const char *class, const char *name, const char *format, ...)
{
    char value[80];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    fprintf(out, "<div class=\"tile\"><b class=\"%s\">", class);
    put(out, value);
    fprintf(out, "</b><span>%s</span></div>\n", name);
}

static void put_head(FILE *out, const struct options *o, const struct run_result *r,
                     const struct find *find)
{
    time_t now = time(NULL);
    struct tm utc;
    char when[40], why[200];

    strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
          "<title>parley-load</title>\n<style>",
          out);
    fputs(style, out);
    fputs("</style></head><body><main>\n<h1>Load test</h1><p class=\"soft\"><code>", out);
    put(out, o->url_text);
    fprintf(out, "</code> · %s · parley-load " PARLEY_VERSION "</p>\n", when);
    if (find) {
        fputs("<p><b>Found:</b> ", out);
        put(out, find->why);
        fputs("</p>\n", out);
    }
    if (report_bottleneck(o, r, why, sizeof(why))) {
        fputs("<p class=\"warn\"><b>The client was the bottleneck:</b> ", out);
        put(out, why);
        fputs(". The figures say little about the server.</p>\n", out);
    }
    if (r->interrupted || r->all_lost)
        fprintf(out, "<p class=\"warn\">Ended early: %s.</p>\n",
                r->interrupted ? "a signal" : "all connections were lost");
}

static void put_tiles(FILE *out, const struct options *o, const struct run_result *r)
{
    uint64_t broken = oracle_violations(&r->oracle);
    double millions = (double)r->window[CNT_DELIVERIES] / 1e6;
    char buf[40];

    fputs("<div class=\"tiles\">\n", out);
    tile(out, broken ? "bad" : "good", "oracle", "%s", broken ? "FAIL" : "PASS");
    tile(out, "", "clients ready", "%s", report_grouped((double)r->count[CNT_READY], buf));
    if (o->publishers > 0) {
        tile(out, "", "sends a second", "%s", report_grouped(report_rate(r, CNT_SENT), buf));
        tile(out, "", "deliveries a second", "%s",
             report_grouped(report_rate(r, CNT_DELIVERIES), buf));
        tile(out, "", "delivery p50", "%.2f ms", report_ms(&r->delivery, 50));
        tile(out, "", "delivery p99", "%.2f ms", report_ms(&r->delivery, 99));
    }
    if (r->server_count > 0 && millions > 0)
        tile(out, "", "server CPU a million deliveries", "%.3f s",
             report_cpu(&r->servers[0].from, &r->servers[0].to) / millions);
    if (r->server_count > 0)
        tile(out, "", "server RSS, at most", "%.1f MB", (double)r->servers[0].rss_max / 1e6);
    fputs("</div>\n", out);
}

/* ---- charts ---- */

/* Columns of the course, for the charts; one block of memory. */
struct course {
    unsigned points;
    double *x, *column[8];
};

static bool make_course(struct course *course, const struct run_result *r, unsigned columns)
{
    course->points = r->sample_count;
    course->x = calloc((size_t)(columns + 1) * (r->sample_count + 1), sizeof(double));
    for (unsigned i = 0; course->x && i < columns; i++)
        course->column[i] = course->x + (size_t)(i + 1) * (r->sample_count + 1);
    for (unsigned i = 0; course->x && i < r->sample_count; i++)
        course->x[i] = r->samples[i].at_s;
    return course->x != NULL;
}

static struct chart course_chart(const struct course *course, const struct options *o,
                                 const char *title, const char *unit)
{
    return (struct chart){
        .title = title, .unit = unit, .x_unit = "s", .x = course->x, .points = course->points,
        .mark = o->warmup > 0 && !o->idle ? o->warmup : NAN, .mark_name = "measured from here",
    };
}

static void add_series(struct chart *chart, const char *name, const double *y)
{
    struct chart_series *series = &chart->series[chart->series_count++];

    snprintf(series->name, sizeof(series->name), "%s", name);
    series->y = y;
}

static double or_nothing(double value)
{
    return value > 0 ? value : NAN;
}

static void put_latency_chart(FILE *out, const struct options *o, const struct run_result *r,
                              bool ack)
{
    struct course course;
    struct chart chart;

    if (!make_course(&course, r, 4))
        return;
    for (unsigned i = 0; i < course.points; i++) {
        const struct run_quantiles *q = ack ? &r->samples[i].ack : &r->samples[i].delivery;

        course.column[0][i] = or_nothing(q->p50);
        course.column[1][i] = or_nothing(q->p90);
        course.column[2][i] = or_nothing(q->p99);
        course.column[3][i] = or_nothing(q->p99_9);
    }
    chart = course_chart(&course, o, ack ? "Ack latency" : "Delivery latency", "ms");
    chart.log_y = true;
    add_series(&chart, "p50", course.column[0]);
    add_series(&chart, "p90", course.column[1]);
    add_series(&chart, "p99", course.column[2]);
    add_series(&chart, "p99.9", course.column[3]);
    chart_write(out, &chart);
    free(course.x);
}

/* What was gained a second since the sample before; NAN at the first. */
static double gain(const struct run_result *r, unsigned i, uint64_t now, uint64_t before)
{
    double seconds = i ? r->samples[i].at_s - r->samples[i - 1].at_s : 0;

    return seconds > 0 ? ((double)now - (double)before) / seconds : NAN;
}

static void put_traffic_charts(FILE *out, const struct options *o, const struct run_result *r)
{
    struct course course;
    struct chart chart;

    if (!make_course(&course, r, 5))
        return;
    for (unsigned i = 0; i < course.points; i++) {
        const struct run_sample *s = &r->samples[i], *b = i ? s - 1 : s;

        course.column[0][i] = gain(r, i, s->deliveries, b->deliveries);
        course.column[1][i] = gain(r, i, s->sent, b->sent);
        course.column[2][i] = gain(r, i, s->acked, b->acked);
        course.column[3][i] = (double)s->alive;
        course.column[4][i] = (double)s->sent - (double)s->acked;
    }
    chart = course_chart(&course, o, "Deliveries", "a second");
    add_series(&chart, "deliveries", course.column[0]);
    chart_write(out, &chart);
    chart = course_chart(&course, o, "Sends", "a second");
    add_series(&chart, "sent", course.column[1]);
    if (o->bare == BARE_NONE)
        add_series(&chart, "acked", course.column[2]);
    chart_write(out, &chart);
    if (o->bare == BARE_NONE) {
        chart = course_chart(&course, o, "Not acked", "sends, at that moment");
        add_series(&chart, "not acked", course.column[4]);
        chart_write(out, &chart);
    }
    chart = course_chart(&course, o, "Connections", "up");
    add_series(&chart, "up", course.column[3]);
    chart_write(out, &chart);
    free(course.x);
}

static void put_server_chart(FILE *out, const struct options *o, const struct run_result *r,
                             bool memory)
{
    unsigned servers = r->server_count < CHART_MAX_SERIES ? r->server_count : CHART_MAX_SERIES;
    struct course course;
    struct chart chart;

    if (!make_course(&course, r, servers))
        return;
    chart = course_chart(&course, o, memory ? "Server memory (RSS)" : "Server CPU",
                         memory ? "MB" : "% of a core");
    for (unsigned k = 0; k < servers; k++) {
        char name[48];

        for (unsigned i = 0; i < course.points; i++) {
            const struct run_server_sample *s = run_server_sample(r, i, k);
            const struct run_server_sample *b = run_server_sample(r, i ? i - 1 : i, k);

            course.column[k][i] = memory ? or_nothing((double)s->rss_bytes / 1e6)
                                         : gain(r, i, s->cpu_ns, b->cpu_ns) / 1e7;
        }
        snprintf(name, sizeof(name), "%s (%d)", r->servers[k].name, (int)r->servers[k].pid);
        add_series(&chart, name, course.column[k]);
    }
    chart_write(out, &chart);
    free(course.x);
}

static void put_charts(FILE *out, const struct options *o, const struct run_result *r)
{
    fputs("<h2>Course</h2><div class=\"charts\">\n", out);
    if (o->publishers > 0)
        put_latency_chart(out, o, r, false);
    if (o->publishers > 0 && o->bare == BARE_NONE)
        put_latency_chart(out, o, r, true);
    put_traffic_charts(out, o, r);
    if (r->server_count > 0) {
        put_server_chart(out, o, r, false);
        put_server_chart(out, o, r, true);
    }
    fputs("</div>\n", out);
}

/* ---- tables ---- */

static void put_latency_row(FILE *out, const char *name, const struct hist *h)
{
    char count[40];

    if (h->count == 0)
        return;
    fprintf(out,
            "<tr><td>%s</td><td class=\"n\">%.3f</td><td class=\"n\">%.3f</td>"
            "<td class=\"n\">%.3f</td><td class=\"n\">%.3f</td><td class=\"n\">%.3f</td>"
            "<td class=\"n\">%s</td></tr>\n",
            name, report_ms(h, 50), report_ms(h, 90), report_ms(h, 99), report_ms(h, 99.9),
            (double)h->max / 1e6, report_grouped((double)h->count, count));
}

static void put_latencies(FILE *out, const struct run_result *r)
{
    fputs("<h2>Latency, ms</h2><div class=\"table\"><table><tr><th></th><th class=\"n\">p50</th>"
          "<th class=\"n\">p90</th><th class=\"n\">p99</th><th class=\"n\">p99.9</th>"
          "<th class=\"n\">max</th><th class=\"n\">of</th></tr>\n", out);
    put_latency_row(out, "delivery, from the intended send time", &r->delivery);
    put_latency_row(out, "delivery to slow readers", &r->slow_delivery);
    put_latency_row(out, "ack", &r->ack);
    put_latency_row(out, "verdict", &r->verdict);
    put_latency_row(out, "connect, until ready", &r->connect);
    put_latency_row(out, "back after a loss", &r->resume);
    put_latency_row(out, "this tool: sent late by", &r->lag);
    put_latency_row(out, "this tool: one turn of its loop", &r->turn);
    fputs("</table></div>\n", out);
}

static void put_oracle(FILE *out, const struct run_result *r)
{
    char count[40];

    fprintf(out, "<h2>Oracle</h2><p>%s deliveries owed, ",
            report_grouped((double)r->count[CNT_EXPECTED], count));
    fprintf(out, "%s made.</p>\n<div class=\"table\"><table><tr><th>rule</th><th class=\"n\">broken"
            "</th><th>meaning, and the first case</th></tr>\n",
            report_grouped((double)r->count[CNT_DELIVERIES], count));
    for (unsigned i = 0; i < RULE_MAX; i++) {
        uint64_t n = r->oracle.rule[i].count;

        fprintf(out, "<tr><td>%s</td><td class=\"n %s\">%s</td><td>%s", oracle_rule_name(i),
                n ? "bad" : "good", report_grouped((double)n, count), oracle_rule_text(i));
        if (n) {
            fputs("<br><span class=\"soft\">", out);
            put(out, r->oracle.rule[i].first);
            fputs("</span>", out);
        }
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void put_steps(FILE *out, const struct options *o, const struct find *find)
{
    static const char *const words[] = {"held", "broke", "client"};
    static const char *const classes[] = {"good", "bad", "warn"};
    char size[40], rate[40];

    fprintf(out, "<h2>Steps</h2><div class=\"table\"><table><tr><th class=\"n\">%s</th><th></th>"
            "<th class=\"n\">p50 ms</th><th class=\"n\">p99 ms</th>"
            "<th class=\"n\">deliveries/s</th><th>why</th></tr>\n",
            o->find_max == FIND_USERS ? "users" : "messages/s");
    for (unsigned i = 0; i < find->count; i++) {
        const struct find_step *s = &find->step[i];

        fprintf(out,
                "<tr><td class=\"n\">%s</td><td class=\"%s\">%s</td><td class=\"n\">%.2f</td>"
                "<td class=\"n\">%.2f</td><td class=\"n\">%s</td><td>",
                report_grouped(s->size, size), classes[s->verdict], words[s->verdict], s->p50,
                s->p99, report_grouped(s->deliveries_per_s, rate));
        put(out, s->why);
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void put_errors(FILE *out, const struct run_result *r)
{
    if (r->errors.used == 0)
        return;
    fputs("<h2>Errors met</h2><div class=\"table\"><table>\n", out);
    for (unsigned i = 0; i < r->errors.used; i++) {
        fprintf(out, "<tr><td class=\"n\">%" PRIu64 "</td><td>", r->errors.entry[i].count);
        put(out, r->errors.entry[i].name);
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void put_options(FILE *out, const struct options *o)
{
    char value[600];
    const char *name;

    fputs("<h2>Options of this run</h2><div class=\"table\"><div class=\"options\">\n", out);
    for (unsigned row = 0; (name = options_show(o, row, value, sizeof(value))) != NULL; row++) {
        fprintf(out, "<div class=\"%s\"><span>%s</span><b>",
                options_given(o, name) ? "" : "unset", name);
        put(out, *value ? value : "–");
        fputs("</b></div>\n", out);
    }
    fputs("</div></div>\n", out);
}

int report_write_html(const char *path, const struct options *o, const struct run_result *r,
                      const struct find *find)
{
    FILE *out = report_open("html", path);

    if (!out)
        return -1;
    put_head(out, o, r, find);
    put_tiles(out, o, r);
    if (find)
        put_steps(out, o, find);
    put_charts(out, o, r);
    put_latencies(out, r);
    put_oracle(out, r);
    put_errors(out, r);
    put_options(out, o);
    fputs("</main></body></html>\n", out);
    return report_close("html", path, out);
}
