/* SPDX-License-Identifier: MIT
 * POST /api/v1/analyze; see analyze.h. */
#include "net/analyze.h"

#include "base/json.h"
#include "base/status.h"
#include "chat/findings.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct analyze {
    json_t *json;
    const json_t *texts;
    const json_t *analyzers; /* NULL: all */
    size_t n;
    int worst;               /* of a text that was not analysed for want of a worker; else 0 */
    size_t analysed;         /* or found to be impossible */
    struct buf results[];    /* one a text: {"labels":[…]} or {"error":{…}} */
};

/* ---- errors ---- */

int analyze_error(struct buf *b, int status, const char *message)
{
    buf_clear(b);
    buf_append_str(b, "{\"error\":{\"code\":");
    json_put_cstring(b, status_wire(status));
    buf_append_str(b, ",\"message\":");
    json_put_cstring(b, message);
    buf_append_str(b, "}}");
    return status_http(status);
}

static int refuse(struct buf *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct buf *error, int status, const char *format, ...)
{
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return analyze_error(error, status, message);
}

/* ---- reading ---- */

static const char *json_problem(const json_error_t *why)
{
    switch (json_error_code(why)) {
    case json_error_invalid_utf8:
        return "is not UTF-8";
    case json_error_duplicate_key:
        return "names a field twice";
    case json_error_stack_overflow:
        return "is nested too deeply";
    case json_error_out_of_memory:
        return "is too large for the memory there is";
    default:
        return "is not one JSON object";
    }
}

static int check_texts(const json_t *texts, struct buf *error)
{
    size_t n = json_array_size(texts);
    if (!json_is_array(texts) || n == 0)
        return refuse(error, E_BAD_REQUEST,
                      "'texts' must be a list of 1 to %d strings, for example [\"hello\"]",
                      ANALYZE_TEXTS_MAX);
    if (n > ANALYZE_TEXTS_MAX)
        return refuse(error, E_TOO_LARGE, "'texts' has %zu entries; at most %d are allowed", n,
                      ANALYZE_TEXTS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!json_is_string(json_array_get(texts, i)))
            return refuse(error, E_BAD_REQUEST, "texts[%zu] is not a string", i);
    }
    return 200;
}

static void list_known(const json_t *known, char *to, size_t len)
{
    size_t at = 0;
    to[0] = '\0';
    for (size_t i = 0; i < json_array_size(known) && at + 70 < len; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(known, i), "name"));
        at += (size_t)snprintf(to + at, len - at, "%s%.64s", i > 0 ? ", " : "",
                               name != NULL ? name : "?");
    }
}

static const json_t *find_analyzer(const json_t *known, const char *name)
{
    for (size_t i = 0; i < json_array_size(known); i++) {
        const json_t *entry = json_array_get(known, i);
        const char *other = json_string_value(json_object_get(entry, "name"));
        if (other != NULL && strcmp(other, name) == 0)
            return entry;
    }
    return NULL;
}

static int check_analyzer(const json_t *known, const json_t *name, size_t i, struct buf *error)
{
    char list[400];
    if (!json_is_string(name))
        return refuse(error, E_BAD_REQUEST, "analyzers[%zu] is not a string", i);
    const json_t *entry = find_analyzer(known, json_string_value(name));
    list_known(known, list, sizeof list);
    if (entry == NULL && json_array_size(known) == 0)
        return refuse(error, E_UNAVAILABLE, "no analyzer is loaded yet; try again");
    if (entry == NULL)
        return refuse(error, E_BAD_REQUEST, "analyzers[%zu] is none of those that are loaded: %s",
                      i, list);
    const char *status = json_string_value(json_object_get(entry, "status"));
    if (status == NULL || strcmp(status, "ready") != 0)
        return refuse(error, E_UNAVAILABLE, "analyzers[%zu]: '%s' is %s; /api/v1/workers says why",
                      i, json_string_value(name), status != NULL ? status : "not ready");
    return 200;
}

static int check_analyzers(const json_t *names, const char *board, size_t board_len,
                           struct buf *error)
{
    if (!json_is_array(names) || json_array_size(names) == 0)
        return refuse(error, E_BAD_REQUEST,
                      "'analyzers' must be a list of names such as [\"toxicity\"], or be left out");
    json_t *workers = board != NULL ? json_loadb(board, board_len, 0, NULL) : NULL;
    const json_t *known = json_object_get(workers, "analyzers");
    int http = 200;
    for (size_t i = 0; i < json_array_size(names) && http == 200; i++)
        http = check_analyzer(known, json_array_get(names, i), i, error);
    json_decref(workers);
    return http;
}

/* A text that cannot be analysed: its error stands in its place. */
static void fail_text(struct analyze *a, size_t i, int status, const char *message)
{
    analyze_error(&a->results[i], status, message);
    a->analysed++;
}

static void check_text(struct analyze *a, size_t i)
{
    const json_t *text = json_array_get(a->texts, i);
    size_t len = json_string_length(text);
    if (len > ANALYZE_TEXT_MAX)
        fail_text(a, i, E_TOO_LARGE, "a text may have 65536 bytes");
    else if (strlen(json_string_value(text)) != len)
        fail_text(a, i, E_BAD_REQUEST, "a text may not hold U+0000");
}

static int make(struct analyze **out, json_t *json, const char *board, size_t board_len,
                struct buf *error)
{
    const json_t *texts = json_object_get(json, "texts");
    const json_t *analyzers = json_object_get(json, "analyzers");
    int http = check_texts(texts, error);
    if (http == 200 && analyzers != NULL && !json_is_null(analyzers))
        http = check_analyzers(analyzers, board, board_len, error);
    if (http != 200)
        return http;
    size_t n = json_array_size(texts);
    struct analyze *a = calloc(1, sizeof *a + n * sizeof a->results[0]);
    if (a == NULL)
        return refuse(error, E_NO_MEMORY, "the server is short of memory");
    a->json = json_incref(json);
    a->texts = texts;
    a->analyzers = json_is_array(analyzers) ? analyzers : NULL;
    a->n = n;
    for (size_t i = 0; i < n; i++)
        check_text(a, i);
    *out = a;
    return 200;
}

int analyze_parse(struct analyze **out, const char *body, size_t len, const char *board,
                  size_t board_len, struct buf *error)
{
    json_error_t why;
    *out = NULL;
    json_t *json = json_loadb(len > 0 ? body : "", len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                              &why);
    if (json == NULL)
        return refuse(error, E_BAD_REQUEST, "the body %s, at byte %d", json_problem(&why),
                      why.position);
    int http = json_is_object(json)
                   ? make(out, json, board, board_len, error)
                   : refuse(error, E_BAD_REQUEST, "the body must be one JSON object");
    json_decref(json);
    return http;
}

void analyze_free(struct analyze *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->n; i++)
        buf_fini(&a->results[i]);
    json_decref(a->json);
    free(a);
}

size_t analyze_count(const struct analyze *a)
{
    return a->n;
}

const char *analyze_text(const struct analyze *a, size_t i, size_t *len)
{
    const json_t *text = json_array_get(a->texts, i);
    *len = json_string_length(text);
    return a->results[i].len == 0 ? json_string_value(text) : NULL;
}

char *analyze_wants(const struct analyze *a)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < json_array_size(a->analyzers); i++) {
        if (i > 0)
            buf_append_char(&b, '\n');
        buf_append_str(&b, json_string_value(json_array_get(a->analyzers, i)));
    }
    buf_append_char(&b, '\0');
    if (b.failed || a->analyzers == NULL)
        buf_fini(&b);
    return b.data;
}

/* ---- results ---- */

static bool is_asked_for(const struct analyze *a, const char *analyzer)
{
    if (a->analyzers == NULL)
        return true;
    for (size_t i = 0; i < json_array_size(a->analyzers); i++) {
        if (strcmp(json_string_value(json_array_get(a->analyzers, i)), analyzer) == 0)
            return true;
    }
    return false;
}

static void put_label(struct buf *b, const struct label *l)
{
    buf_append_str(b, "{\"analyzer\":");
    json_put_cstring(b, l->analyzer);
    buf_append_str(b, ",\"version\":");
    json_put_cstring(b, l->version);
    buf_append_str(b, ",\"label\":");
    json_put_cstring(b, l->label);
    buf_append_str(b, ",\"score\":");
    json_put_number(b, l->score, 6);
    buf_append_str(b, ",\"threshold\":");
    json_put_number(b, l->threshold, 6);
    buf_append_str(b, ",\"flagged\":");
    /* Not the analyzer's own word, which may be said of its strongest label alone. */
    json_put_bool(b, l->score >= l->threshold);
    buf_append_str(b, ",\"spans\":");
    findings_encode_spans(b, l);
    buf_append_char(b, '}');
}

/* How many there are. */
static size_t put_labels(struct buf *b, const struct analyze *a, const struct msg_verdict *v)
{
    size_t n = 0;
    buf_append_str(b, "{\"labels\":[");
    for (size_t i = 0; i < v->n_labels; i++) {
        if (!is_asked_for(a, v->labels[i].analyzer))
            continue;
        if (n++ > 0)
            buf_append_char(b, ',');
        put_label(b, &v->labels[i]);
    }
    buf_append_str(b, "]}");
    return n;
}

static const char *reason(int status)
{
    switch (status) {
    case E_REJECTED:
        return "this text ended the worker each time that it was analysed";
    case E_TIMEOUT:
        return "the workers did not get to this text in time";
    default:
        return "no worker could take this text; try again";
    }
}

void analyze_take(struct analyze *a, size_t i, const struct msg_verdict *v)
{
    if (v->status == 0) {
        if (put_labels(&a->results[i], a, v) > 0)
            a->analysed++;
        else
            fail_text(a, i, E_INTERNAL, "the analyzers failed on this text; /api/v1/workers shows "
                                        "their exceptions");
    } else if (v->status == E_REJECTED) {
        fail_text(a, i, v->status, reason(v->status));
    } else {
        analyze_error(&a->results[i], v->status, reason(v->status));
        a->worst = v->status;
    }
}

int analyze_answer(const struct analyze *a, struct buf *out)
{
    if (a->worst != 0 && a->analysed == 0)
        return refuse(out, a->worst, "no worker is ready to analyse; try again");
    buf_append_str(out, "{\"results\":[");
    for (size_t i = 0; i < a->n; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        buf_append(out, a->results[i].data, a->results[i].len);
        out->failed |= a->results[i].failed;
    }
    buf_append_str(out, "]}");
    return 200;
}
