/* SPDX-License-Identifier: MIT
 * Claims about what people see of analyzers: equal exceptions count as one, the newest come
 * first. */
#include "unit.h"

#include "dispatch/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct report r;
static struct worker w = {.slot = 1, .pid = 77};
static struct buf out;

static void start(void)
{
    report_init(&r);
    buf_clear(&out);
}

static void stop(void)
{
    report_fini(&r);
    buf_fini(&out);
}

static const char *exceptions(void)
{
    buf_clear(&out);
    report_encode_exceptions(&r, &out);
    buf_append_char(&out, '\0');
    return out.data;
}

static void fail_with(const char *message)
{
    Parley__Worker__Error e = PARLEY__WORKER__ERROR__INIT;
    e.analyzer = "shout";
    e.type = "ValueError";
    e.message = (char *)message;
    e.traceback = "Traceback: line 1";
    report_exception(&r, &e, &w);
}

START_TEST(equal_exceptions_are_counted_and_the_newest_is_first)
{
    start();
    fail_with("first");
    fail_with("second");
    fail_with("fir");
    fail_with("first");
    const char *json = exceptions();
    ck_assert_uint_eq(r.n_exceptions, 3);
    const char *first = strstr(json, "\"first\""), *second = strstr(json, "\"second\"");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert(first < second);
    ck_assert_ptr_nonnull(strstr(first, "\"count\":2"));
    ck_assert_ptr_nonnull(strstr(json, "\"worker\":1,\"pid\":77"));
    stop();
}
END_TEST

START_TEST(only_the_newest_fifty_are_kept)
{
    start();
    for (int i = 0; i < 200; i++) {
        char text[16];
        snprintf(text, sizeof text, "number %d.", i);
        fail_with(text);
    }
    ck_assert_uint_eq(r.n_exceptions, EXCEPTIONS_MAX);
    const char *json = exceptions();
    ck_assert_ptr_nonnull(strstr(json, "number 199."));
    ck_assert_ptr_nonnull(strstr(json, "number 150."));
    ck_assert_ptr_null(strstr(json, "number 149."));
    stop();
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    start();
    char *text = malloc(3001);
    for (int i = 0; i < 1500; i++)
        memcpy(text + 2 * i, "\u00e9", 2);
    memmove(text + 1, text, 2999);
    text[0] = 'x'; /* so that byte 1000 lies within a character */
    text[2999] = '\0';
    fail_with(text);
    fail_with(text);
    ck_assert_uint_eq(r.n_exceptions, 1);
    ck_assert_ptr_nonnull(strstr(exceptions(), "\u00e9\",\"traceback\""));
    free(text);
    stop();
}
END_TEST

static void get_ready(const char *name, const char *status, const char *detail)
{
    Parley__Worker__Ready ready = PARLEY__WORKER__READY__INIT;
    Parley__Worker__Analyzer a = PARLEY__WORKER__ANALYZER__INIT, good = a, *list[] = {&good, &a};
    good.name = "question";
    good.status = "ready";
    a.name = (char *)name;
    a.status = (char *)status;
    a.detail = (char *)detail;
    ready.analyzers = list;
    ready.n_analyzers = 2;
    report_ready(&r, &ready);
}

START_TEST(the_newest_worker_says_which_analyzers_there_are_and_what_is_wrong)
{
    char problem[512];
    start();
    get_ready("shout", "failed", "Traceback:\n  File x\nModuleNotFoundError: No module 'numpy'\n");
    ck_assert(report_problem(&r, problem, sizeof problem));
    ck_assert_str_eq(problem, "analyzer shout does not work: ModuleNotFoundError: No module "
                              "'numpy'; install it: apt-get install python3-numpy");
    get_ready("shout", "failed", "its file cannot be read");
    ck_assert(report_problem(&r, problem, sizeof problem));
    ck_assert_str_eq(problem, "analyzer shout does not work: its file cannot be read");
    get_ready("shout", "ready", "");
    ck_assert(!report_problem(&r, problem, sizeof problem));
    get_ready("whisper", "not installed", "needs torch");
    ck_assert(!report_problem(&r, problem, sizeof problem));
    buf_clear(&out);
    report_encode_analyzers(&r, &out, 1);
    buf_append_char(&out, '\0');
    ck_assert_ptr_null(strstr(out.data, "shout"));
    ck_assert_ptr_nonnull(strstr(out.data, "\"name\":\"whisper\""));
    ck_assert_ptr_nonnull(strstr(out.data, "\"model\":null,\"status\":\"not installed\""));
    stop();
}
END_TEST

START_TEST(timings_make_a_median_for_each_message)
{
    Parley__Worker__Result m = PARLEY__WORKER__RESULT__INIT;
    Parley__Worker__Timing t = PARLEY__WORKER__TIMING__INIT, *list[] = {&t};
    start();
    get_ready("shout", "ready", "");
    t.analyzer = "shout";
    t.messages = 10;
    t.us = 20000;
    m.timings = list;
    m.n_timings = 1;
    report_result(&r, &m, &w, 1000);
    report_result(&r, &m, &w, 1000);
    ck_assert_uint_eq(r.analyzers[1]->jobs, 20);
    buf_clear(&out);
    report_encode_analyzers(&r, &out, 1000);
    buf_append_char(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.data, "\"jobs\":20,\"errors\":0,\"ms_per_message_p50\":2"));
    stop();
}
END_TEST

START_TEST(the_last_words_of_a_replaced_worker_do_not_bring_back_what_is_gone)
{
    Parley__Worker__Result m = PARLEY__WORKER__RESULT__INIT;
    Parley__Worker__Timing t = PARLEY__WORKER__TIMING__INIT, *list[] = {&t};
    start();
    get_ready("shout", "ready", "");
    get_ready("whisper", "ready", "");
    t.analyzer = "shout";
    t.messages = 1;
    m.timings = list;
    m.n_timings = 1;
    report_result(&r, &m, &w, 1000);
    buf_clear(&out);
    report_encode_analyzers(&r, &out, 1000);
    buf_append_char(&out, '\0');
    ck_assert_ptr_null(strstr(out.data, "shout"));
    stop();
}
END_TEST

UNIT_MAIN("report", equal_exceptions_are_counted_and_the_newest_is_first,
          only_the_newest_fifty_are_kept, long_texts_are_cut_between_characters,
          the_newest_worker_says_which_analyzers_there_are_and_what_is_wrong,
          timings_make_a_median_for_each_message,
          the_last_words_of_a_replaced_worker_do_not_bring_back_what_is_gone)
