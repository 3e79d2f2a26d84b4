/* SPDX-License-Identifier: MIT
 * Perspective requests and answers; see perspective.h. */
#include "net/perspective.h"

#include "base/json.h"
#include "base/status.h"
#include "net/perspective_attributes.h"
#include "net/plain.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WANTED_MAX 32
#define SURE 0.9 /* of a language, to refuse a comment for it */
#define LANGUAGE "language" /* the analyzer */

struct wanted {
    const char *name;             /* as the client wrote it */
    const struct attribute *attribute;
    double threshold;             /* -1: none */
};

struct part {
    struct stretch where;         /* bytes of the plain text */
    int status;
    double scores[N_SCORES];      /* NAN: the analyzers gave none */
};

struct perspective {
    enum perspective_call call;
    json_t *json;
    struct plain plain;
    bool wants_spans;
    struct wanted wanted[WANTED_MAX];
    size_t n_wanted;
    const json_t *languages;      /* of the request; NULL or empty: none */
    char detected[40];
    double detected_score;        /* 0: not sure enough to be told */
    size_t n_parts;
    struct part parts[PERSPECTIVE_PARTS_MAX];
};

/* ---- errors ---- */

#define ERROR_TYPE "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"

static const char *status_of(int http)
{
    switch (http) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 500:
        return "INTERNAL";
    case 503:
        return "UNAVAILABLE";
    default:
        return "INVALID_ARGUMENT";
    }
}

void perspective_error(struct buf *b, int http, const char *message, const char *details)
{
    buf_clear(b);
    buf_printf(b, "{\"error\":{\"code\":%d,\"message\":", http);
    json_put_cstring(b, message);
    buf_printf(b, ",\"status\":\"%s\",\"details\":[", status_of(http));
    buf_append_str(b, details);
    buf_append_str(b, "]}}");
}

int perspective_refuse(struct buf *b, enum perspective_refusal why)
{
#define REASON(name)                                                                    \
    "{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"" name         \
    "\",\"domain\":\"googleapis.com\",\"metadata\":{"                                   \
    "\"service\":\"commentanalyzer.googleapis.com\"}}"
    static const struct {
        int http;
        const char *message, *details;
    } refusals[] = {
        [PERSPECTIVE_NO_KEY] = {403, "The request is missing a valid API key.",
                                REASON("CREDENTIALS_MISSING")},
        [PERSPECTIVE_WRONG_KEY] = {400, "API key not valid. Please pass a valid API key.",
                                   REASON("API_KEY_INVALID")},
        [PERSPECTIVE_WRONG_SCOPE] = {403, "This API key lacks the scope 'analyze'.",
                                     REASON("API_KEY_SERVICE_BLOCKED")},
        [PERSPECTIVE_QUOTA] = {429, "Quota exceeded: texts a second of this key (--rate-analyze)",
                               REASON("RATE_LIMIT_EXCEEDED")},
        [PERSPECTIVE_UNAVAILABLE] = {503, "The analyzers are not available; try again.",
                                     REASON("SERVICE_UNAVAILABLE")},
        [PERSPECTIVE_TYPE] = {400, "The request's Content-Type must be application/json.",
                              "{\"@type\":\"" ERROR_TYPE "\",\"errorType\":\"INVALID_REQUEST\"}"},
    };
    perspective_error(b, refusals[why].http, refusals[why].message, refusals[why].details);
    return refusals[why].http;
}

/* 400 with an error type of theirs. */
static int refuse(struct buf *error, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct buf *error, const char *type, const char *format, ...)
{
    char message[400], details[160];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (char *c = message; *c != '\0'; c++) /* what it quotes may be cut within a character */
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    snprintf(details, sizeof details, "{\"@type\":\"" ERROR_TYPE "\",\"errorType\":\"%s\"}", type);
    perspective_error(error, 400, message, details);
    return 400;
}

#define INVALID "INVALID_REQUEST"

static int refuse_language(struct buf *error, const char *attribute, const char *languages,
                           const char *field)
{
    struct buf details = BUF_INIT;
    char message[200];
    snprintf(message, sizeof message, "Attribute %s does not support request languages: %s",
             attribute, languages);
    buf_append_str(&details, "{\"@type\":\"" ERROR_TYPE "\",\"errorType\":"
                             "\"LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE\","
                             "\"languageNotSupportedByAttributeError\":{");
    buf_printf(&details, "\"%s\":[", field);
    json_put_cstring(&details, languages);
    buf_append_str(&details, "],\"attribute\":");
    json_put_cstring(&details, attribute);
    buf_append(&details, "}}\0", 3);
    perspective_error(error, 400, message, details.failed ? "{}" : details.data);
    buf_fini(&details);
    return 400;
}

/* ---- reading a request ---- */

struct field {
    const char *name, *snake; /* JSON of protocol buffers takes both */
    json_type type;
    const char *type_name;
};

static const struct field analyze_fields[] = {
    {"comment", "comment", JSON_OBJECT, "an object"},
    {"context", "context", JSON_OBJECT, "an object"},
    {"requestedAttributes", "requested_attributes", JSON_OBJECT, "an object"},
    {"spanAnnotations", "span_annotations", JSON_TRUE, "true or false"},
    {"languages", "languages", JSON_ARRAY, "a list"},
    {"doNotStore", "do_not_store", JSON_TRUE, "true or false"},
    {"clientToken", "client_token", JSON_STRING, "a string"},
    {"sessionId", "session_id", JSON_STRING, "a string"},
    {"communityId", "community_id", JSON_STRING, "a string"},
    {NULL, NULL, JSON_NULL, NULL},
};

static const struct field suggest_fields[] = {
    {"comment", "comment", JSON_OBJECT, "an object"},
    {"context", "context", JSON_OBJECT, "an object"},
    {"attributeScores", "attribute_scores", JSON_OBJECT, "an object"},
    {"languages", "languages", JSON_ARRAY, "a list"},
    {"clientToken", "client_token", JSON_STRING, "a string"},
    {"sessionId", "session_id", JSON_STRING, "a string"},
    {"communityId", "community_id", JSON_STRING, "a string"},
    {NULL, NULL, JSON_NULL, NULL},
};

static const json_t *get(const json_t *object, const char *name, const char *snake)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        value = json_object_get(object, snake);
    return json_is_null(value) ? NULL : value;
}

static bool is_of(const json_t *value, json_type type)
{
    if (json_is_null(value))
        return true;
    return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

/* Every field is known and of its type. */
static int check_fields(json_t *json, const struct field *fields, struct buf *error)
{
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value) {
        const struct field *f = fields;
        while (f->name != NULL && strcmp(f->name, name) != 0 && strcmp(f->snake, name) != 0)
            f++;
        if (f->name == NULL)
            return refuse(error, INVALID,
                          "Invalid JSON payload received. Unknown name \"%.60s\": Cannot find "
                          "field.", name);
        if (!is_of(value, f->type))
            return refuse(error, INVALID, "Invalid value at '%s': it must be %s", name,
                          f->type_name);
    }
    return 200;
}

static int read_comment(struct perspective *p, struct buf *error)
{
    const json_t *comment = get(p->json, "comment", "comment");
    const json_t *text = get(comment, "text", "text"), *type = get(comment, "type", "type");
    const char *kind = type != NULL ? json_string_value(type) : "PLAIN_TEXT";
    if (text != NULL && !json_is_string(text))
        return refuse(error, INVALID, "Invalid value at 'comment.text': it must be a string");
    size_t len = json_string_length(text);
    if (kind == NULL || (strcmp(kind, "PLAIN_TEXT") != 0 && strcmp(kind, "HTML") != 0 &&
                         strcmp(kind, "TEXT_TYPE_UNSPECIFIED") != 0))
        return refuse(error, INVALID, "Unknown text type");
    if (len == 0)
        return refuse(error, "COMMENT_EMPTY", "Comment must be non-empty.");
    if (len > PERSPECTIVE_TEXT_MAX)
        return refuse(error, "COMMENT_TOO_LONG",
                      "Comment text was too many bytes. Value (%zu) exceeded limit (%d).", len,
                      PERSPECTIVE_TEXT_MAX);
    if (strlen(json_string_value(text)) != len)
        return refuse(error, INVALID, "Invalid value at 'comment.text': it holds U+0000");
    if (plain_make(&p->plain, json_string_value(text), len, strcmp(kind, "HTML") == 0) != 0)
        return perspective_refuse(error, PERSPECTIVE_UNAVAILABLE);
    if (plain_split(&p->plain, &p->parts[0].where, 1) == 0)
        return refuse(error, "COMMENT_EMPTY", "Comment must be non-empty.");
    return 200;
}

static int read_context(const struct perspective *p, struct buf *error)
{
    const json_t *context = get(p->json, "context", "context");
    if (get(context, "entries", "entries") != NULL &&
        get(context, "articleAndParentComment", "article_and_parent_comment") != NULL)
        return refuse(error, INVALID, "Context can have either entries or "
                                      "article_and_parent_comment, but both fields were "
                                      "populated.");
    return 200;
}

static int read_attribute(struct perspective *p, const char *name, const json_t *value,
                          struct buf *error)
{
    struct wanted *w = &p->wanted[p->n_wanted];
    const json_t *type = get(value, "scoreType", "score_type");
    const json_t *threshold = get(value, "scoreThreshold", "score_threshold");
    const char *kind = type != NULL ? json_string_value(type) : "PROBABILITY";
    *w = (struct wanted){.name = name, .attribute = attribute_find(name), .threshold = -1};
    if (w->attribute == NULL || p->n_wanted + 1 == WANTED_MAX)
        return refuse(error, INVALID, "Unknown requested attribute: %.80s", name);
    if (!json_is_object(value) && !json_is_null(value))
        return refuse(error, INVALID, "Invalid value at 'requestedAttributes.%.80s': it must be an "
                                      "object", name);
    if (kind == NULL || (strcmp(kind, "PROBABILITY") != 0 &&
                         strcmp(kind, "SCORE_TYPE_UNSPECIFIED") != 0))
        return refuse(error, INVALID, "Requested score type %.40s is not supported by attribute %s",
                      kind != NULL ? kind : "?", name);
    if (threshold != NULL && (!json_is_number(threshold) || json_number_value(threshold) < 0 ||
                              json_number_value(threshold) > 1))
        return refuse(error, INVALID, "Invalid value at 'requestedAttributes.%.80s.scoreThreshold':"
                                      " it must be a number from 0 to 1", name);
    if (threshold != NULL)
        w->threshold = json_number_value(threshold);
    p->n_wanted++;
    return 200;
}

static int read_attributes(struct perspective *p, struct buf *error)
{
    json_t *list = (json_t *)get(p->json, "requestedAttributes", "requested_attributes");
    const char *name;
    json_t *value;
    if (json_object_size(list) == 0)
        return refuse(error, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes");
    json_object_foreach(list, name, value) {
        int http = read_attribute(p, name, value, error);
        if (http != 200)
            return http;
    }
    return 200;
}

/* "en" and "en-GB" are of language "en". */
static bool is_served(const char *language)
{
    size_t len = strcspn(language, "-_");
    return len == strlen(ATTRIBUTE_LANGUAGE) && strncmp(language, ATTRIBUTE_LANGUAGE, len) == 0;
}

static int read_languages(struct perspective *p, struct buf *error)
{
    p->languages = get(p->json, "languages", "languages");
    for (size_t i = 0; i < json_array_size(p->languages); i++) {
        const char *language = json_string_value(json_array_get(p->languages, i));
        if (language == NULL)
            return refuse(error, INVALID, "Invalid value at 'languages': it must be a list of "
                                          "language codes such as \"en\"");
        if (p->n_wanted > 0 && !is_served(language))
            return refuse_language(error, p->wanted[0].name, language, "requestedLanguages");
    }
    return 200;
}

/* Suggested scores are checked as theirs are, and then let go. */
static int read_suggestion(const struct perspective *p, struct buf *error)
{
    json_t *scores = (json_t *)get(p->json, "attributeScores", "attribute_scores");
    const char *name;
    json_t *value;
    if (json_object_size(scores) == 0)
        return refuse(error, INVALID, "Missing attribute_scores");
    json_object_foreach(scores, name, value) {
        const json_t *summary = get(value, "summaryScore", "summary_score");
        const json_t *spans = get(value, "spanScores", "span_scores");
        if (attribute_find(name) == NULL)
            return refuse(error, INVALID, "Unknown requested attribute: %.80s", name);
        if (summary == NULL && spans == NULL)
            return refuse(error, INVALID, "Attribute %s has neither summary_score nor span_scores",
                          name);
        if (summary != NULL && !json_is_number(json_object_get(summary, "value")))
            return refuse(error, INVALID, "Invalid value at 'attributeScores.%s.summaryScore': its "
                                          "'value' must be a number", name);
    }
    return 200;
}

static void divide(struct perspective *p)
{
    struct stretch sentences[PERSPECTIVE_PARTS_MAX - 1];
    p->n_parts = 1;
    p->parts[0].where = (struct stretch){0, p->plain.len};
    p->wants_spans = json_is_true(get(p->json, "spanAnnotations", "span_annotations"));
    if (!p->wants_spans)
        return;
    size_t n = plain_split(&p->plain, sentences, PERSPECTIVE_PARTS_MAX - 1);
    for (size_t i = 0; i < n; i++)
        p->parts[p->n_parts++].where = sentences[i];
}

static int read_request(struct perspective *p, struct buf *error)
{
    bool suggest = p->call == PERSPECTIVE_SUGGEST;
    int http = check_fields(p->json, suggest ? suggest_fields : analyze_fields, error);
    if (http == 200)
        http = read_comment(p, error);
    if (http == 200)
        http = read_context(p, error);
    if (http == 200)
        http = suggest ? read_suggestion(p, error) : read_attributes(p, error);
    if (http == 200)
        http = read_languages(p, error);
    if (http == 200 && !suggest)
        divide(p);
    return http;
}

int perspective_parse(struct perspective **out, enum perspective_call call, const char *body,
                      size_t len, struct buf *error)
{
    *out = NULL;
    struct perspective *p = calloc(1, sizeof *p);
    if (p == NULL)
        return perspective_refuse(error, PERSPECTIVE_UNAVAILABLE);
    p->call = call;
    snprintf(p->detected, sizeof p->detected, "und");
    json_error_t why;
    p->json = json_loadb(len > 0 ? body : "", len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    int http = json_is_object(p->json)
                   ? read_request(p, error)
                   : refuse(error, INVALID, "Invalid JSON payload received. It is not one JSON "
                                            "object in UTF-8.");
    if (http != 200) {
        perspective_free(p);
        return http;
    }
    *out = p;
    return 200;
}

void perspective_free(struct perspective *p)
{
    if (p == NULL)
        return;
    json_decref(p->json);
    plain_fini(&p->plain);
    free(p);
}

/* ---- what the analyzers said ---- */

size_t perspective_parts(const struct perspective *p)
{
    return p->n_parts;
}

const char *perspective_part(const struct perspective *p, size_t i, size_t *len)
{
    *len = p->parts[i].where.end - p->parts[i].where.begin;
    return p->plain.text + p->parts[i].where.begin;
}

static bool was_named(const struct perspective *p, size_t n, const char *analyzer)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(attribute_analyzer(p->wanted[i].attribute), analyzer) == 0)
            return true;
    }
    return false;
}

/* Of the comment as a whole the language is told too. */
char *perspective_wants(const struct perspective *p, size_t i)
{
    struct buf b = BUF_INIT;
    for (size_t k = 0; k < p->n_wanted; k++) {
        const char *analyzer = attribute_analyzer(p->wanted[k].attribute);
        if (was_named(p, k, analyzer))
            continue;
        buf_append_str(&b, b.len > 0 ? "\n" : "");
        buf_append_str(&b, analyzer);
    }
    if (i == 0)
        buf_append_str(&b, "\n" LANGUAGE);
    buf_append_char(&b, '\0');
    if (b.failed)
        buf_fini(&b);
    return b.data;
}

static void take_language(struct perspective *p, const struct label *l)
{
    if (!l->flagged || l->score <= p->detected_score)
        return;
    p->detected_score = l->score;
    snprintf(p->detected, sizeof p->detected, "%s", l->label);
}

void perspective_take(struct perspective *p, size_t i, const struct msg_verdict *v)
{
    struct part *part = &p->parts[i];
    part->status = v->status;
    for (size_t s = 0; s < N_SCORES; s++)
        part->scores[s] = NAN;
    for (size_t k = 0; k < v->n_labels; k++) {
        const struct label *l = &v->labels[k];
        attribute_take(part->scores, l);
        if (i == 0 && strcmp(l->analyzer, LANGUAGE) == 0)
            take_language(p, l);
    }
}

/* ---- the answer ---- */

static void put_score(struct buf *b, const char *name, double value)
{
    buf_append_str(b, name);
    buf_append_str(b, "{\"value\":");
    json_put_number(b, value, 8);
    buf_append_str(b, ",\"type\":\"PROBABILITY\"}");
}

static void put_span(struct buf *b, const struct perspective *p, struct stretch where, double value)
{
    buf_append_str(b, "{\"begin\":");
    buf_append_u64(b, p->plain.at[where.begin]);
    buf_append_str(b, ",\"end\":");
    buf_append_u64(b, p->plain.at[where.end]);
    put_score(b, ",\"score\":", value);
    buf_append_char(b, '}');
}

static void put_attribute(struct buf *b, const struct perspective *p, const struct wanted *w,
                          double summary)
{
    bool first = true;
    json_put_cstring(b, w->name);
    buf_append_str(b, ":{\"spanScores\":[");
    for (size_t i = p->wants_spans ? 1 : 0; i < p->n_parts; i++) {
        double value = attribute_score(w->attribute, p->parts[i].scores);
        if (p->parts[i].status != 0 || isnan(value))
            continue;
        if (!first)
            buf_append_char(b, ',');
        first = false;
        put_span(b, p, p->parts[i].where, value);
    }
    put_score(b, "],\"summaryScore\":", summary);
    buf_append_char(b, '}');
}

static void put_languages(struct buf *b, const struct perspective *p, const char *name)
{
    buf_printf(b, "\"%s\":[", name);
    for (size_t i = 0; i < json_array_size(p->languages); i++) {
        if (i > 0)
            buf_append_char(b, ',');
        json_put_cstring(b, json_string_value(json_array_get(p->languages, i)));
    }
    if (json_array_size(p->languages) == 0)
        json_put_cstring(b, p->detected);
    buf_append_char(b, ']');
}

static void put_token(struct buf *b, const struct perspective *p, const char *comma)
{
    const json_t *token = get(p->json, "clientToken", "client_token");
    if (!json_is_string(token))
        return;
    buf_append_str(b, comma);
    buf_append_str(b, "\"clientToken\":");
    json_put_string(b, json_string_value(token), json_string_length(token));
}

static int answer_suggestion(const struct perspective *p, struct buf *out)
{
    buf_append_char(out, '{');
    put_token(out, p, "");
    buf_append_char(out, '}');
    return 200;
}

/* 200, or an error about the comment as a whole. */
static int check_whole(const struct perspective *p, struct buf *out)
{
    const struct part *whole = &p->parts[0];
    if (whole->status == E_REJECTED)
        return refuse(out, INVALID, "This comment cannot be analysed: the analyzers failed on it.");
    for (size_t i = 0; i < p->n_wanted; i++) {
        double value = attribute_score(p->wanted[i].attribute, whole->scores);
        if (whole->status != 0 || isnan(value))
            return perspective_refuse(out, PERSPECTIVE_UNAVAILABLE);
    }
    if (json_array_size(p->languages) == 0 && p->detected_score >= SURE && !is_served(p->detected))
        return refuse_language(out, p->wanted[0].name, p->detected, "detectedLanguages");
    return 200;
}

int perspective_answer(const struct perspective *p, struct buf *out)
{
    if (p->call == PERSPECTIVE_SUGGEST)
        return answer_suggestion(p, out);
    int http = check_whole(p, out);
    if (http != 200)
        return http;
    bool first = true;
    buf_append_char(out, '{');
    for (size_t i = 0; i < p->n_wanted; i++) {
        const struct wanted *w = &p->wanted[i];
        double summary = attribute_score(w->attribute, p->parts[0].scores);
        if (summary < w->threshold)
            continue;
        buf_append_str(out, first ? "\"attributeScores\":{" : ",");
        first = false;
        put_attribute(out, p, w, summary);
    }
    buf_append_str(out, first ? "" : "},");
    put_languages(out, p, "languages");
    buf_append_str(out, ",\"detectedLanguages\":[");
    json_put_cstring(out, p->detected);
    buf_append_char(out, ']');
    put_token(out, p, ",");
    buf_append_char(out, '}');
    return 200;
}
