/* SPDX-License-Identifier: MIT
 * Perspective's requests in terms of our labels, and its answers and errors in its own shapes. */
#include "base/status.h"
#include "net/perspective.h"
#include "net/perspective_attributes.h"
#include "verdicts.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct perspective *p;
static struct buf out;

static const char *text_of(struct buf *b)
{
    buf_append_char(b, '\0');
    b->len--;
    return b->data;
}

static int parse(enum perspective_call call, const char *body)
{
    buf_clear(&out);
    return perspective_parse(&p, call, body, strlen(body), &out);
}

static void refused_as(enum perspective_call call, const char *body, const char *type,
                       const char *part)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, "\"errorType\":\"%s\"", type);
    ck_assert_int_eq(parse(call, body), 400);
    text_of(&out);
    ck_assert_msg(strstr(out.data, part) != NULL, "no %s in %s", part, out.data);
    ck_assert_msg(strstr(out.data, wanted) != NULL, "no %s in %s", wanted, out.data);
    ck_assert_int_eq(strncmp(out.data, "{\"error\":{\"code\":400,\"message\":", 31), 0);
    ck_assert_ptr_nonnull(strstr(out.data, "\"status\":\"INVALID_ARGUMENT\",\"details\":[{"));
}

static void refused(const char *body, const char *type, const char *part)
{
    refused_as(PERSPECTIVE_ANALYZE, body, type, part);
}

/* A verdict with every label that an attribute needs; `score` for all of them. */
static void take(size_t part, double score, const char *language, double sure)
{
    struct label labels[] = {
        make_label("toxicity", "toxic", score),    make_label("toxicity", "insult", score),
        make_label("toxicity", "threat", score),   make_label("toxicity", "identity", score),
        make_label("toxicity", "profane", score),  make_label("spam", "spam", score),
        make_label("language", language, sure),    make_label("sentiment", "neutral", 1),
    };
    const struct msg_verdict v = {.labels = labels, .n_labels = 8};
    perspective_take(p, part, &v);
}

static const char *answer(int http)
{
    buf_clear(&out);
    int got = perspective_answer(p, &out);
    text_of(&out);
    ck_assert_msg(got == http, "%d: %s", got, out.data);
    perspective_free(p);
    return out.data;
}

#define C "{\"comment\":{\"text\":\"hi there\"},"

START_TEST(errors_are_theirs)
{
    refused("", "INVALID_REQUEST", "Invalid JSON payload received");
    refused("[]", "INVALID_REQUEST", "Invalid JSON payload received");
    refused("{\"coment\":1}", "INVALID_REQUEST", "Unknown name \\\"coment\\\": Cannot find field.");
    refused("{\"requestedAttributes\":{\"TOXICITY\":{}}}", "COMMENT_EMPTY",
            "Comment must be non-empty.");
    refused("{\"comment\":{\"text\":\" \\n\"}}", "COMMENT_EMPTY", "Comment must be non-empty.");
    refused("{\"comment\":{\"text\":5}}", "INVALID_REQUEST", "comment.text");
    refused("{\"comment\":\"hi\"}", "INVALID_REQUEST", "'comment': it must be an object");
    refused("{\"comment\":{\"text\":\"hi\",\"type\":\"RTF\"}}", "INVALID_REQUEST",
            "Unknown text type");
    refused("{\"comment\":{\"text\":\"hi\"}}", "NO_REQUESTED_ATTRIBUTES",
            "Missing requested_attributes");
    refused(C "\"requestedAttributes\":{}}", "NO_REQUESTED_ATTRIBUTES", "Missing");
    refused(C "\"requestedAttributes\":{\"FLIRTATION\":{}}}", "INVALID_REQUEST",
            "Unknown requested attribute: FLIRTATION");
    refused(C "\"requestedAttributes\":{\"THREAT\":{\"scoreType\":\"RAW\"}}}", "INVALID_REQUEST",
            "Requested score type RAW is not supported by attribute THREAT");
    refused(C "\"requestedAttributes\":{\"THREAT\":{\"scoreThreshold\":2}}}", "INVALID_REQUEST",
            "scoreThreshold");
    refused(C "\"requestedAttributes\":{\"THREAT\":{}},\"doNotStore\":1}", "INVALID_REQUEST",
            "doNotStore");
    refused(C "\"requestedAttributes\":{\"THREAT\":{}},\"languages\":[\"en\",\"tr\"]}",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute THREAT does not support request languages: tr");
    refused(C "\"requestedAttributes\":{\"THREAT\":{}},\"context\":{\"entries\":[],"
              "\"articleAndParentComment\":{}}}",
            "INVALID_REQUEST", "either entries or article_and_parent_comment");
}
END_TEST

START_TEST(a_comment_has_at_most_20480_bytes)
{
    char body[PERSPECTIVE_TEXT_MAX + 200];
    for (int over = 0; over <= 1; over++) {
        size_t at = (size_t)snprintf(body, sizeof body, "{\"comment\":{\"text\":\"");
        memset(body + at, 'x', (size_t)PERSPECTIVE_TEXT_MAX + (size_t)over);
        at += (size_t)PERSPECTIVE_TEXT_MAX + (size_t)over;
        snprintf(body + at, sizeof body - at, "\"},\"requestedAttributes\":{\"INSULT\":{}}}");
        if (over == 0) {
            ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE, body), 200);
            perspective_free(p);
        } else {
            refused(body, "COMMENT_TOO_LONG", "Value (20481) exceeded limit (20480)");
        }
    }
}
END_TEST

START_TEST(an_answer_mirrors_its_request)
{
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE,
                           C "\"requestedAttributes\":{\"TOXICITY\":{},\"INSULT_EXPERIMENTAL\":{}},"
                             "\"languages\":[\"en\"],\"doNotStore\":true,\"clientToken\":\"t 1\","
                             "\"sessionId\":\"s\",\"communityId\":\"c\",\"context\":{\"entries\":["
                             "{\"text\":\"before\"}]}}"), 200);
    ck_assert_uint_eq(perspective_parts(p), 1);
    take(0, 0.25, "nl", 0.99); /* the client knows better */
    ck_assert_str_eq(answer(200),
                     "{\"attributeScores\":{\"TOXICITY\":{\"spanScores\":[{\"begin\":0,\"end\":8,"
                     "\"score\":{\"value\":0.25,\"type\":\"PROBABILITY\"}}],\"summaryScore\":"
                     "{\"value\":0.25,\"type\":\"PROBABILITY\"}},\"INSULT_EXPERIMENTAL\":{"
                     "\"spanScores\":[{\"begin\":0,\"end\":8,\"score\":{\"value\":0.25,\"type\":"
                     "\"PROBABILITY\"}}],\"summaryScore\":{\"value\":0.25,\"type\":"
                     "\"PROBABILITY\"}}},\"languages\":[\"en\"],\"detectedLanguages\":[\"nl\"],"
                     "\"clientToken\":\"t 1\"}");
}
END_TEST

START_TEST(spans_are_sentences_in_utf16)
{
    size_t len;
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE,
                           "{\"comment\":{\"text\":\"\xf0\x9f\x98\x80 one. two\"},"
                           "\"requestedAttributes\":{\"THREAT\":{}},\"spanAnnotations\":true}"),
                     200);
    ck_assert_uint_eq(perspective_parts(p), 3);
    ck_assert_int_eq(strncmp(perspective_part(p, 1, &len), "\xf0\x9f\x98\x80 one.", 9), 0);
    ck_assert_uint_eq(len, 9);
    perspective_part(p, 0, &len);
    ck_assert_uint_eq(len, 13);
    take(0, 0.5, "en", 0.9);
    take(1, 0.25, "en", 0.9);
    take(2, 0.75, "xx", 1);
    ck_assert_str_eq(answer(200),
                     "{\"attributeScores\":{\"THREAT\":{\"spanScores\":["
                     "{\"begin\":0,\"end\":7,\"score\":{\"value\":0.25,\"type\":\"PROBABILITY\"}},"
                     "{\"begin\":8,\"end\":11,\"score\":{\"value\":0.75,\"type\":\"PROBABILITY\"}}"
                     "],\"summaryScore\":{\"value\":0.5,\"type\":\"PROBABILITY\"}}},"
                     "\"languages\":[\"en\"],\"detectedLanguages\":[\"en\"]}");
}
END_TEST

START_TEST(scores_below_their_threshold_are_left_out)
{
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE,
                           C "\"requestedAttributes\":{\"TOXICITY\":{\"scoreThreshold\":0.75}}}"),
                     200);
    take(0, 0.5, "en", 0.2);
    ck_assert_str_eq(answer(200), "{\"languages\":[\"und\"],\"detectedLanguages\":[\"und\"]}");
}
END_TEST

START_TEST(a_language_that_is_surely_another_is_refused)
{
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE, C "\"requestedAttributes\":{\"TOXICITY\":{}}}"),
                     200);
    take(0, 0.5, "ru", 0.97);
    const char *said = answer(400);
    ck_assert_ptr_nonnull(strstr(said, "TOXICITY does not support request languages: ru"));
    ck_assert_ptr_nonnull(strstr(said, "\"languageNotSupportedByAttributeError\":{"
                                       "\"detectedLanguages\":[\"ru\"],"
                                       "\"attribute\":\"TOXICITY\"}"));
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE, C "\"requestedAttributes\":{\"TOXICITY\":{}}}"),
                     200);
    take(0, 0.5, "ru", 0.6); /* short texts look like many languages */
    answer(200);
}
END_TEST

START_TEST(what_the_workers_cannot_do_is_not_scored)
{
    const struct msg_verdict none = {.status = E_UNAVAILABLE}, deadly = {.status = E_REJECTED};
    const struct msg_verdict empty = {0};
    const struct msg_verdict *const verdicts[] = {&none, &empty, &deadly};
    static const int https[] = {503, 503, 400};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE, C "\"requestedAttributes\":{\"TOXICITY\":{}}}"),
                         200);
        perspective_take(p, 0, verdicts[i]);
        answer(https[i]);
    }
}
END_TEST

START_TEST(a_suggestion_is_checked_and_let_go)
{
    ck_assert_int_eq(parse(PERSPECTIVE_SUGGEST,
                           C "\"attributeScores\":{\"TOXICITY\":{\"summaryScore\":{\"value\":0}}},"
                             "\"communityId\":\"/forum\",\"clientToken\":\"c\"}"), 200);
    ck_assert_uint_eq(perspective_parts(p), 0);
    ck_assert_str_eq(answer(200), "{\"clientToken\":\"c\"}");
    refused_as(PERSPECTIVE_SUGGEST, C "\"attributeScores\":{}}", "INVALID_REQUEST",
               "attribute_scores");
    refused_as(PERSPECTIVE_SUGGEST, C "\"attributeScores\":{\"X\":{}}}", "INVALID_REQUEST", "X");
    refused_as(PERSPECTIVE_SUGGEST, C "\"attributeScores\":{\"INSULT\":{}}}", "INVALID_REQUEST",
               "neither");
    refused_as(PERSPECTIVE_SUGGEST,
               C "\"attributeScores\":{\"INSULT\":{\"summaryScore\":{\"value\":\"1\"}}}}",
               "INVALID_REQUEST", "must be a number");
}
END_TEST

START_TEST(each_attribute_comes_from_its_label)
{
    static const char *const names[] = {"TOXICITY", "INSULT", "THREAT", "IDENTITY_ATTACK",
                                        "PROFANITY", "SPAM"};
    double scores[N_SCORES] = {0.9, 0.8, 0.1, 0.2, 0.5, 0.6};
    for (size_t i = 0; i < N_SCORES; i++) {
        char experimental[40];
        snprintf(experimental, sizeof experimental, "%s_EXPERIMENTAL", names[i]);
        ck_assert_double_eq(attribute_score(attribute_find(names[i]), scores), scores[i]);
        ck_assert_ptr_eq(attribute_find(experimental), attribute_find(names[i]));
    }
    ck_assert_double_eq_tol(attribute_score(attribute_find("SEVERE_TOXICITY"), scores), 0.36, 1e-9);
    scores[SCORE_THREAT] = 1;
    ck_assert_double_eq_tol(attribute_score(attribute_find("SEVERE_TOXICITY"), scores), 0.9, 1e-9);
    scores[SCORE_PROFANE] = NAN;
    ck_assert(isnan(attribute_score(attribute_find("SEVERE_TOXICITY"), scores)));
    ck_assert_ptr_null(attribute_find("toxicity"));
    ck_assert_ptr_null(attribute_find("_EXPERIMENTAL"));
    ck_assert_ptr_null(attribute_find(""));
}
END_TEST

START_TEST(refusals_of_keys_and_quotas_are_googles)
{
    static const struct {
        enum perspective_refusal why;
        int http;
        const char *status, *reason;
    } refusals[] = {
        {PERSPECTIVE_NO_KEY, 403, "PERMISSION_DENIED", "CREDENTIALS_MISSING"},
        {PERSPECTIVE_WRONG_KEY, 400, "INVALID_ARGUMENT", "API_KEY_INVALID"},
        {PERSPECTIVE_WRONG_SCOPE, 403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED"},
        {PERSPECTIVE_QUOTA, 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"},
        {PERSPECTIVE_UNAVAILABLE, 503, "UNAVAILABLE", "SERVICE_UNAVAILABLE"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        char wanted[80];
        buf_clear(&out);
        ck_assert_int_eq(perspective_refuse(&out, refusals[i].why), refusals[i].http);
        snprintf(wanted, sizeof wanted, "\"status\":\"%s\",\"details\":[{", refusals[i].status);
        ck_assert_ptr_nonnull(strstr(text_of(&out), wanted));
        snprintf(wanted, sizeof wanted, "\"reason\":\"%s\"", refusals[i].reason);
        ck_assert_ptr_nonnull(strstr(out.data, wanted));
    }
}
END_TEST

START_TEST(the_description_names_our_address)
{
    buf_clear(&out);
    perspective_discovery(&out, "http://chat.example:8080/");
    text_of(&out);
    ck_assert_ptr_null(strstr(out.data, "{root}"));
    ck_assert_ptr_nonnull(strstr(out.data, "\"rootUrl\": \"http://chat.example:8080/\""));
    ck_assert_ptr_nonnull(strstr(out.data, "\"path\": \"v1alpha1/comments:analyze\""));
}
END_TEST

static void wants(const char *attributes, size_t part, const char *analyzers)
{
    char body[300];
    snprintf(body, sizeof body, C "\"requestedAttributes\":{%s},\"spanAnnotations\":true}",
             attributes);
    ck_assert_int_eq(parse(PERSPECTIVE_ANALYZE, body), 200);
    char *got = perspective_wants(p, part);
    ck_assert_str_eq(got, analyzers);
    free(got);
    perspective_free(p);
}

START_TEST(only_the_analyzers_that_attributes_need_are_wanted)
{
    wants("\"INSULT\":{}", 0, "toxicity\nlanguage");
    wants("\"INSULT\":{},\"SEVERE_TOXICITY\":{}", 1, "toxicity");
    wants("\"SPAM\":{}", 1, "spam");
    wants("\"SPAM\":{},\"THREAT\":{},\"OBSCENE\":{}", 0, "spam\ntoxicity\nlanguage");
}
END_TEST

UNIT_MAIN("perspective", errors_are_theirs, a_comment_has_at_most_20480_bytes,
          an_answer_mirrors_its_request, spans_are_sentences_in_utf16,
          scores_below_their_threshold_are_left_out,
          a_language_that_is_surely_another_is_refused, what_the_workers_cannot_do_is_not_scored,
          a_suggestion_is_checked_and_let_go, each_attribute_comes_from_its_label,
          only_the_analyzers_that_attributes_need_are_wanted,
          refusals_of_keys_and_quotas_are_googles, the_description_names_our_address)
