/* SPDX-License-Identifier: MIT
 * Figures as JSON and as Prometheus text: well formed, and what was counted. */
#include "dispatch/dispatch.h"
#include "net/metrics.h"
#include "net/stats_json.h"
#include "store/store.h"

#include "unit.h"

#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES 4

static struct loop_stats loops[2];
static const struct loop_stats *const loop_list[] = {&loops[0], &loops[1]};
static struct store_stats store;
static struct dispatch_stats dispatch;
static struct sample samples[SAMPLES];

/* Two loops that did some work; three samples more than the ring of four holds. */
static struct figures make_figures(void)
{
    STAT_SET(loops[0].connections, 3);
    STAT_SET(loops[1].connections, 4);
    STAT_SET(loops[0].sockets, 5);
    STAT_SET(loops[1].sockets, 3); /* one behind: told a moment before its socket */
    STAT_SET(loops[0].http_requests[HTTP_ROOMS], 8);
    STAT_SET(loops[1].http_requests[HTTP_ROOMS], 1);
    STAT_SET(loops[0].messages, 10);
    STAT_SET(loops[1].messages, 20);
    STAT_SET(loops[1].closed_slow, 2);
    STAT_SET(loops[0].gate_judged, 5);
    STAT_SET(loops[1].gate_open, 6);
    STAT_SET(loops[1].gate_closed, 1);
    STAT_SET(loops[0].gate_actions[ACTION_HOLD], 2);
    STAT_SET(store.commits, 7);
    STAT_SET(store.review_dropped, 8);
    STAT_SET(dispatch.sent, 30);
    STAT_SET(dispatch.done, 25);
    STAT_SET(dispatch.in_flight, 5);
    STAT_SET(dispatch.oldest_ms, 1500);
    for (int i = 0; i < 100; i++) {
        histogram_record(&loops[0].lag_us, 20);
        histogram_record(&loops[0].gate_us, 20);
    }
    histogram_record(&store.commit_us, 30);
    for (unsigned i = 0; i < SAMPLES + 3; i++)
        samples[i % SAMPLES] = (struct sample){.ts_ms = 1000 + i, .messages = i, .queue = 100 + i};
    return (struct figures){
        .started_ms = 1769990000000,
        .now_ms = 1769990012345,
        .durability = "full",
        .n_loops = 2,
        .loops = loop_list,
        .store = &store,
        .dispatch = &dispatch,
        .workers = 2,
        .workers_ready = 1,
        .samples = samples,
        .samples_max = SAMPLES,
        .n_samples = SAMPLES,
        .next_sample = (SAMPLES + 3) % SAMPLES,
        .rss_bytes = 12345678,
        .cpu_s = 1.25,
    };
}

static json_t *decode(struct buf *b)
{
    json_error_t error;
    ck_assert(!b->failed);
    json_t *json = json_loadb(b->data, b->len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(json != NULL, "%s at %d: %.*s", error.text, error.position, (int)b->len, b->data);
    buf_fini(b);
    return json;
}

static long long number(const json_t *json, const char *outer, const char *field)
{
    const json_t *value = json_object_get(outer ? json_object_get(json, outer) : json, field);
    ck_assert_msg(json_is_number(value), "%s is no number", field);
    return (long long)json_number_value(value);
}

START_TEST(stats_sum_the_loops)
{
    struct figures f = make_figures();
    struct buf b = BUF_INIT;
    stats_json(&b, &f);
    json_t *json = decode(&b);
    ck_assert_int_eq(number(json, NULL, "connections"), 7);
    ck_assert_int_eq(number(json, NULL, "rss_bytes"), 12345678);
    ck_assert_int_eq(number(json, "totals", "messages"), 30);
    ck_assert_int_eq(number(json, "http", "connections"), 2);
    const json_t *requests = json_object_get(json_object_get(json, "http"), "requests");
    ck_assert_int_eq(number(requests, NULL, "rooms"), 9);
    ck_assert_int_eq(number(requests, NULL, "pages"), 0);
    ck_assert_uint_eq(json_object_size(requests), N_HTTP_CLASSES);
    ck_assert_int_eq(number(json, "totals", "commits"), 7);
    ck_assert_int_eq(number(json, "totals", "analysed"), 25);
    ck_assert_int_eq(number(json, "store", "commit_p50_us"), 30);
    const json_t *list = json_object_get(json, "loops");
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_int_eq(number(json_array_get(list, 0), NULL, "lag_p99_us"), 20);
    ck_assert_int_eq(number(json_array_get(list, 1), NULL, "connections"), 4);
    ck_assert(json_real_value(json_object_get(json, "uptime_s")) > 12.3);
    json_decref(json);
}
END_TEST

START_TEST(history_is_in_order_of_time_and_its_columns_agree)
{
    struct figures f = make_figures();
    struct buf b = BUF_INIT;
    stats_json(&b, &f);
    json_t *json = decode(&b);
    const json_t *history = json_object_get(json, "history"), *t = json_object_get(history, "t");
    ck_assert_uint_eq(json_array_size(t), SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++) {
        /* Of samples 0 to 6 the ring holds 3 to 6. */
        ck_assert_int_eq(json_integer_value(json_array_get(t, i)), 1003 + (int)i);
        const json_t *messages = json_object_get(history, "messages");
        ck_assert_int_eq(json_integer_value(json_array_get(messages, i)), 3 + (int)i);
        const json_t *queue = json_object_get(history, "queue");
        ck_assert_int_eq(json_integer_value(json_array_get(queue, i)), 103 + (int)i);
    }
    json_decref(json);
    f.n_samples = 0;
    f.next_sample = 0;
    stats_json(&b, &f);
    json = decode(&b);
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(json, "history"), "t")), 0);
    json_decref(json);
}
END_TEST

START_TEST(without_workers_the_answers_are_whole)
{
    struct figures f = make_figures();
    struct buf b = BUF_INIT;
    f.dispatch = NULL;
    f.workers = f.workers_ready = 0;
    ck_assert(figures_ready(&f));
    stats_json(&b, &f);
    json_t *json = decode(&b);
    ck_assert_int_eq(number(json, "totals", "analysed"), 0);
    json_decref(json);
    workers_json_empty(&b, &f, "say \"why\"");
    json = decode(&b);
    ck_assert_str_eq(json_string_value(json_object_get(json, "problem")), "say \"why\"");
    ck_assert_uint_eq(json_array_size(json_object_get(json, "workers")), 0);
    ck_assert_int_eq(number(json, "ledger", "sent"), 0);
    json_decref(json);
    workers_json_empty(&b, &f, NULL);
    json = decode(&b);
    ck_assert(json_is_null(json_object_get(json, "problem")));
    json_decref(json);
}
END_TEST

START_TEST(ready_means_that_a_configured_worker_is)
{
    struct figures f = make_figures();
    struct buf b = BUF_INIT;
    ck_assert(figures_ready(&f));
    f.workers_ready = 0;
    ck_assert(!figures_ready(&f));
    ready_json(&b, &f, figures_ready(&f));
    json_t *json = decode(&b);
    ck_assert(json_is_false(json_object_get(json, "ready")));
    ck_assert_int_eq(number(json, NULL, "workers"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json, "store")), "ok");
    json_decref(json);
}
END_TEST

START_TEST(a_store_that_cannot_write_is_not_ready)
{
    struct figures f = make_figures();
    struct buf b = BUF_INIT;
    STAT_SET(store.failing, 1);
    ck_assert(!figures_ready(&f));
    ready_json(&b, &f, figures_ready(&f));
    json_t *json = decode(&b);
    ck_assert_str_eq(json_string_value(json_object_get(json, "store")), "failing");
    json_decref(json);
    STAT_SET(store.failing, 0);
    ck_assert(figures_ready(&f));
}
END_TEST

START_TEST(the_process_knows_itself)
{
    struct figures f = {0};
    figures_read_process(&f);
    ck_assert_uint_gt(f.rss_bytes, 500000);
    ck_assert(f.cpu_s >= 0);
}
END_TEST

/* -- Prometheus text -------------------------------------------------------------------------- */

static char *make_metrics(const struct figures *f)
{
    struct buf b = BUF_INIT;
    metrics_text(&b, f);
    buf_append_char(&b, '\0');
    ck_assert(!b.failed);
    return b.data;
}

static bool matches(const char *pattern, const char *line)
{
    regex_t re;
    ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool yes = regexec(&re, line, 0, NULL, 0) == 0;
    regfree(&re);
    return yes;
}

/* Whether a sample of name `line` (up to { or space) belongs to the family. */
static bool of_family(const char *line, const char *family, const char *type)
{
    size_t len = strlen(family);
    if (strncmp(line, family, len) != 0)
        return false;
    if (line[len] == '{' || line[len] == ' ')
        return true;
    return strcmp(type, "summary") == 0 && matches("^_(sum|count)[{ ]", line + len);
}

START_TEST(metrics_follow_the_exposition_format)
{
    struct figures f = make_figures();
    char *text = make_metrics(&f), *rest = text, *line;
    char family[128] = "", type[32] = "", help[128] = "";
    size_t len = strlen(text), samples_seen = 0;
    ck_assert_int_eq(text[len - 1], '\n');
    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            ck_assert_int_eq(sscanf(line, "# HELP %127s", help), 1);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            ck_assert_int_eq(sscanf(line, "# TYPE %127s %31s", family, type), 2);
            ck_assert_str_eq(family, help);
            ck_assert_msg(matches("^(counter|gauge|summary)$", type), "%s", line);
            if (strcmp(type, "counter") == 0)
                ck_assert_msg(matches("_total$", family), "%s", family);
        } else {
            ck_assert_msg(matches("^[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? "
                                  "[0-9]+(\\.[0-9]+)?(e[+-]?[0-9]+)?$", line), "%s", line);
            ck_assert_msg(of_family(line, family, type), "%s is not of %s", line, family);
            samples_seen++;
        }
    }
    ck_assert_uint_gt(samples_seen, 60);
    free(text);
}
END_TEST

START_TEST(metrics_tell_what_was_counted)
{
    struct figures f = make_figures();
    char *text = make_metrics(&f);
    static const char *const lines[] = {
        "\nparley_connections{loop=\"0\"} 3\n",
        "\nparley_connections{loop=\"1\"} 4\n",
        "\nparley_messages_total{loop=\"1\"} 20\n",
        "\nparley_slow_clients_closed_total{loop=\"1\"} 2\n",
        "\nparley_loop_lag_seconds{loop=\"0\",quantile=\"0.99\"} 2e-05\n",
        "\nparley_loop_lag_seconds_count{loop=\"0\"} 100\n",
        "\nparley_loop_lag_seconds_sum{loop=\"0\"} 0.002\n",
        "\nparley_gate_judged_total{loop=\"0\"} 5\n",
        "\nparley_gate_open_total{loop=\"1\"} 6\n",
        "\nparley_gate_closed_total{loop=\"1\"} 1\n",
        "\nparley_gate_actions_total{loop=\"0\",action=\"hold\"} 2\n",
        "\nparley_gate_actions_total{loop=\"1\",action=\"block\"} 0\n",
        "\nparley_gate_wait_seconds{loop=\"0\",quantile=\"0.99\"} 2e-05\n",
        "\nparley_gate_wait_seconds_count{loop=\"0\"} 100\n",
        "\nparley_review_dropped_total 8\n",
        "\nparley_store_commits_total 7\n",
        "\nparley_jobs_sent_total 30\n",
        "\nparley_jobs_in_flight 5\n",
        "\nparley_jobs_oldest_seconds 1.5\n",
        "\nparley_workers 2\n",
        "\nprocess_resident_memory_bytes 12345678\n",
        "\nprocess_cpu_seconds_total 1.25",
        "\nprocess_start_time_seconds 1769990000\n",
        "\nparley_build_info{version=\"" PARLEY_VERSION "\"} 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "missing: %s", lines[i] + 1);
    free(text);
}
END_TEST

START_TEST(no_series_is_told_twice)
{
    struct figures f = make_figures();
    char *text = make_metrics(&f), *rest = text, *line;
    static char seen[512][128];
    size_t n = 0;
    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        if (line[0] == '#' && line[2] != 'T')
            continue;
        *strrchr(line, ' ') = '\0';
        for (size_t i = 0; i < n; i++)
            ck_assert_str_ne(seen[i], line);
        ck_assert_uint_lt(n, 512);
        snprintf(seen[n++], sizeof seen[0], "%s", line);
    }
    free(text);
}
END_TEST

UNIT_MAIN("figures", stats_sum_the_loops, history_is_in_order_of_time_and_its_columns_agree,
          without_workers_the_answers_are_whole, ready_means_that_a_configured_worker_is,
          a_store_that_cannot_write_is_not_ready, the_process_knows_itself,
          metrics_follow_the_exposition_format, metrics_tell_what_was_counted,
          no_series_is_told_twice)
