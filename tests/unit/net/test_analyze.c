/* SPDX-License-Identifier: MIT
 * POST /api/v1/analyze: what a body may be, and what results look like. */
#include "base/status.h"
#include "net/analyze.h"
#include "verdicts.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const char board[] = "{\"analyzers\":[{\"name\":\"toxicity\",\"status\":\"ready\"},"
                            "{\"name\":\"spam\",\"status\":\"failed\"}]}";
#define SPAM                                                                            \
    "{\"labels\":[{\"analyzer\":\"spam\",\"version\":\"1.0.0\",\"label\":\"spam\",\"score\":0," \
    "\"threshold\":0.5,\"flagged\":false,\"spans\":[]}]}"

static struct analyze *a;
static struct buf out;

static const char *text_of(struct buf *b)
{
    buf_append_char(b, '\0');
    b->len--;
    return b->data;
}

static int parse(const char *body, size_t len)
{
    buf_clear(&out);
    return analyze_parse(&a, body, len, board, sizeof board - 1, &out);
}

static void refused(const char *body, int http, const char *part)
{
    ck_assert_int_eq(parse(body, strlen(body)), http);
    ck_assert_ptr_null(a);
    ck_assert_msg(strstr(text_of(&out), part) != NULL, "no %s in %s", part, out.data);
    ck_assert_int_eq(strncmp(out.data, "{\"error\":{\"code\":", 17), 0);
}

static void expect_answer(int http, const char *json)
{
    buf_clear(&out);
    ck_assert_int_eq(analyze_answer(a, &out), http);
    ck_assert_str_eq(text_of(&out), json);
}

START_TEST(a_body_that_is_wrong_is_told_what_is_wrong)
{
    refused("", 400, "not one JSON object");
    refused("[]", 400, "must be one JSON object");
    refused("{\"texts\":", 400, "at byte 9");
    refused("{\"texts\":[\"\xff\"]}", 400, "is not UTF-8");
    refused("{}", 400, "'texts' must be a list");
    refused("{\"texts\":[]}", 400, "'texts' must be a list");
    refused("{\"texts\":\"a\"}", 400, "'texts' must be a list");
    refused("{\"texts\":[\"a\",null]}", 400, "texts[1] is not a string");
    refused("{\"texts\":[\"a\"],\"texts\":[\"b\"]}", 400, "twice");
    refused("{\"texts\":[\"a\"],\"analyzers\":[]}", 400, "'analyzers' must be a list");
    refused("{\"texts\":[\"a\"],\"analyzers\":[\"x\"]}", 400,
            "analyzers[0] is none of those that are loaded: toxicity, spam");
    refused("{\"texts\":[\"a\"],\"analyzers\":[\"toxicity\",7]}", 400, "analyzers[1] is not a str");
    refused("{\"texts\":[\"a\"],\"analyzers\":[\"spam\"]}", 503, "'spam' is failed");
}
END_TEST

START_TEST(a_thousand_texts_and_no_more)
{
    for (int n = ANALYZE_TEXTS_MAX; n <= ANALYZE_TEXTS_MAX + 1; n++) {
        struct buf body = BUF_INIT;
        buf_append_str(&body, "{\"texts\":[\"a\"");
        for (int i = 1; i < n; i++)
            buf_append_str(&body, ",\"a\"");
        buf_append_str(&body, "]}");
        ck_assert_int_eq(parse(body.data, body.len), n == ANALYZE_TEXTS_MAX ? 200 : 413);
        analyze_free(a);
        buf_fini(&body);
    }
    ck_assert_ptr_nonnull(strstr(text_of(&out), "1001 entries; at most 1000"));
}
END_TEST

START_TEST(a_text_that_cannot_be_analysed_has_an_error_in_its_place)
{
    struct buf body = BUF_INIT;
    size_t len = 0;
    buf_append_str(&body, "{\"texts\":[\"a\\u0000b\",\"");
    memset(buf_reserve(&body, ANALYZE_TEXT_MAX + 1), 'x', ANALYZE_TEXT_MAX + 1);
    body.len += ANALYZE_TEXT_MAX + 1;
    buf_append_str(&body, "\",\"fine\",\"deadly\",\"odd\"]}");
    ck_assert_int_eq(parse(body.data, body.len), 200);
    buf_fini(&body);
    ck_assert_uint_eq(analyze_count(a), 5);
    ck_assert_ptr_null(analyze_text(a, 0, &len));
    ck_assert_ptr_null(analyze_text(a, 1, &len));
    ck_assert_str_eq(analyze_text(a, 2, &len), "fine");
    ck_assert_uint_eq(len, 4);
    struct label spam = make_label("spam", "spam", 0);
    const struct msg_verdict fine = {.labels = &spam, .n_labels = 1};
    const struct msg_verdict deadly = {.status = E_REJECTED}, none = {0};
    analyze_take(a, 3, &deadly);
    analyze_take(a, 4, &none);
    analyze_take(a, 2, &fine);
    expect_answer(200,
                  "{\"results\":[{\"error\":{\"code\":\"bad_request\",\"message\":"
                  "\"a text may not hold U+0000\"}},{\"error\":{\"code\":\"too_large\","
                  "\"message\":\"a text may have 65536 bytes\"}}," SPAM ","
                  "{\"error\":{\"code\":\"rejected\",\"message\":"
                  "\"this text ended the worker each time that it was analysed\"}},"
                  "{\"error\":{\"code\":\"internal\",\"message\":\"the analyzers failed on this "
                  "text; /api/v1/workers shows their exceptions\"}}]}");
    analyze_free(a);
}
END_TEST

START_TEST(flagged_is_a_score_at_its_threshold_whatever_the_analyzer_said)
{
    struct label labels[] = {make_label("mood", "joy", 0.5), make_label("mood", "anger", 0.25)};
    const struct msg_verdict v = {.labels = labels, .n_labels = 2};
    labels[0].flagged = false;
    labels[1].flagged = true;
    ck_assert_int_eq(parse("{\"texts\":[\"you\"]}", 17), 200);
    analyze_take(a, 0, &v);
    expect_answer(200, "{\"results\":[{\"labels\":[{\"analyzer\":\"mood\","
                       "\"version\":\"1.0.0\",\"label\":\"joy\",\"score\":0.5,"
                       "\"threshold\":0.5,\"flagged\":true,\"spans\":[]},"
                       "{\"analyzer\":\"mood\",\"version\":\"1.0.0\",\"label\":\"anger\","
                       "\"score\":0.25,\"threshold\":0.5,\"flagged\":false,\"spans\":[]}]}]}");
    analyze_free(a);
}
END_TEST

START_TEST(every_label_is_told_with_its_score_and_spans)
{
    struct span spans[] = {{0, 2}, {5, 9}};
    struct label labels[] = {make_label("toxicity", "toxic", 0.75), make_label("spam", "spam", 0)};
    struct msg_verdict v = {.labels = labels, .n_labels = 2};
    labels[0].spans = spans;
    labels[0].n_spans = 2;
    ck_assert_int_eq(parse("{\"texts\":[\"you\"]}", 17), 200);
    analyze_take(a, 0, &v);
    expect_answer(200, "{\"results\":[{\"labels\":[{\"analyzer\":\"toxicity\","
                       "\"version\":\"1.0.0\",\"label\":\"toxic\",\"score\":0.75,"
                       "\"threshold\":0.5,\"flagged\":true,\"spans\":[[0,2],[5,9]]},"
                       "{\"analyzer\":\"spam\",\"version\":\"1.0.0\",\"label\":\"spam\","
                       "\"score\":0,\"threshold\":0.5,\"flagged\":false,\"spans\":[]}]}]}");
    analyze_free(a);
    ck_assert_int_eq(parse("{\"texts\":[\"you\"],\"analyzers\":[\"toxicity\"]}", 42), 200);
    analyze_take(a, 0, &v);
    buf_clear(&out);
    ck_assert_int_eq(analyze_answer(a, &out), 200);
    ck_assert_ptr_null(strstr(text_of(&out), "\"spam\""));
    analyze_free(a);
}
END_TEST

START_TEST(the_analyzers_that_are_named_are_told_to_workers)
{
    const char *some = "{\"texts\":[\"a\"],\"analyzers\":[\"toxicity\",\"toxicity\"]}";
    ck_assert_int_eq(parse(some, strlen(some)), 200);
    char *wants = analyze_wants(a);
    ck_assert_str_eq(wants, "toxicity\ntoxicity");
    free(wants);
    analyze_free(a);
    const char *all = "{\"texts\":[\"a\"],\"analyzers\":null}";
    ck_assert_int_eq(parse(all, strlen(all)), 200);
    ck_assert_ptr_null(analyze_wants(a));
    analyze_free(a);
}
END_TEST

START_TEST(without_any_worker_the_whole_is_unavailable)
{
    const struct msg_verdict none = {.status = E_UNAVAILABLE}, late = {.status = E_TIMEOUT};
    struct label spam = make_label("spam", "spam", 0);
    const struct msg_verdict fine = {.labels = &spam, .n_labels = 1};
    ck_assert_int_eq(parse("{\"texts\":[\"a\",\"b\"]}", 19), 200);
    analyze_take(a, 0, &none);
    analyze_take(a, 1, &late);
    expect_answer(503, "{\"error\":{\"code\":\"unavailable\",\"message\":"
                       "\"no worker is ready to analyse; try again\"}}");
    analyze_free(a);
    ck_assert_int_eq(parse("{\"texts\":[\"a\",\"b\"]}", 19), 200);
    analyze_take(a, 0, &fine);
    analyze_take(a, 1, &late);
    expect_answer(200, "{\"results\":[" SPAM ",{\"error\":{\"code\":\"unavailable\","
                       "\"message\":\"the workers did not get to this text in time\"}}]}");
    analyze_free(a);
}
END_TEST

UNIT_MAIN("analyze", a_body_that_is_wrong_is_told_what_is_wrong, a_thousand_texts_and_no_more,
          a_text_that_cannot_be_analysed_has_an_error_in_its_place,
          every_label_is_told_with_its_score_and_spans,
          flagged_is_a_score_at_its_threshold_whatever_the_analyzer_said,
          the_analyzers_that_are_named_are_told_to_workers,
          without_any_worker_the_whole_is_unavailable)
