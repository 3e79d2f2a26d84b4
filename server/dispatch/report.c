/* SPDX-License-Identifier: MIT
 * What workers reported about their analyzers; see report.h. Dispatch thread only. */
#include "dispatch/report.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 1000
#define TRACEBACK_MAX 8000
#define TYPE_MAX 127

static struct exception *exception_of(struct list *link)
{
    return container_of(link, struct exception, link);
}

void report_init(struct report *r)
{
    *r = (struct report){0};
    list_init(&r->exceptions);
}

static void drop(struct report *r, struct exception *e)
{
    list_remove(&e->link);
    r->n_exceptions--;
    free(e);
}

void report_fini(struct report *r)
{
    for (unsigned i = 0; i < r->n_analyzers; i++)
        free(r->analyzers[i]);
    LIST_FOREACH(&r->exceptions, link, after)
        drop(r, exception_of(link));
}

static struct analyzer *find(const struct report *r, const char *name)
{
    for (unsigned i = 0; i < r->n_analyzers; i++)
        if (strcmp(r->analyzers[i]->name, name) == 0)
            return r->analyzers[i];
    return NULL;
}

const char *report_model(const struct report *r, const char *analyzer)
{
    const struct analyzer *a = find(r, analyzer);
    return a != NULL ? a->model : "";
}

/* NULL when there is no more room for it. */
static struct analyzer *find_or_add(struct report *r, const char *name)
{
    struct analyzer *a = find(r, name);
    if (a != NULL || r->n_analyzers == ANALYZERS_MAX)
        return a;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    snprintf(a->name, sizeof a->name, "%s", name);
    r->analyzers[r->n_analyzers++] = a;
    return a;
}

/* At most max, moved back to where a character begins; the text is longer than that. */
static size_t clip_bytes(const char *text, size_t max)
{
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

/* Length of at most max bytes of the text that does not cut a character. */
static size_t clip(const char *text, size_t max)
{
    size_t len = strlen(text);
    return len <= max ? len : clip_bytes(text, max);
}

static bool lists(const Parley__Worker__Ready *m, const char *name)
{
    for (size_t i = 0; i < m->n_analyzers; i++)
        if (strcmp(m->analyzers[i]->name, name) == 0)
            return true;
    return false;
}

/* A newer worker no longer knows them: their file was taken away. */
static void forget_others(struct report *r, const Parley__Worker__Ready *m)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < r->n_analyzers; i++)
        if (lists(m, r->analyzers[i]->name))
            r->analyzers[kept++] = r->analyzers[i];
        else
            free(r->analyzers[i]);
    r->n_analyzers = kept;
}

void report_ready(struct report *r, const Parley__Worker__Ready *m)
{
    forget_others(r, m);
    for (size_t i = 0; i < m->n_analyzers; i++) {
        const Parley__Worker__Analyzer *from = m->analyzers[i];
        struct analyzer *a = find_or_add(r, from->name);
        if (a == NULL)
            continue;
        snprintf(a->version, sizeof a->version, "%s", from->version);
        snprintf(a->model, sizeof a->model, "%s", from->model);
        snprintf(a->status, sizeof a->status, "%s", from->status);
        snprintf(a->detail, sizeof a->detail, "%.*s",
                 (int)clip(from->detail, sizeof a->detail - 1), from->detail);
    }
}

static bool is_same(const struct exception *e, const Parley__Worker__Error *from)
{
    size_t len = clip(from->message, MESSAGE_MAX);
    return strcmp(e->analyzer, from->analyzer) == 0 && strcmp(e->type, from->type) == 0
           && strlen(e->message) == len && memcmp(e->message, from->message, len) == 0;
}

static char *copy(char **at, const char *text, size_t len)
{
    char *to = *at;
    memcpy(to, text, len);
    to[len] = '\0';
    *at += len + 1;
    return to;
}

static struct exception *make(const Parley__Worker__Error *from)
{
    size_t analyzer = strlen(from->analyzer), type = clip(from->type, TYPE_MAX);
    size_t message = clip(from->message, MESSAGE_MAX);
    size_t traceback = clip(from->traceback, TRACEBACK_MAX);
    struct exception *e = calloc(1, sizeof *e + analyzer + type + message + traceback + 4);
    if (e == NULL)
        return NULL;
    char *at = (char *)(e + 1);
    list_init(&e->link);
    e->analyzer = copy(&at, from->analyzer, analyzer);
    e->type = copy(&at, from->type, type);
    e->message = copy(&at, from->message, message);
    e->traceback = copy(&at, from->traceback, traceback);
    return e;
}

/* At most a line a second: whoever writes messages may choose what an exception says. */
static void log_new(struct report *r, const struct exception *e, const struct worker *w)
{
    uint64_t now_us = clock_mono_us();
    if (r->logged_us != 0 && now_us - r->logged_us < 1000000)
        return;
    r->logged_us = now_us;
    log_warn("dispatch", "analyzer failed analyzer=%s type=%s slot=%u pid=%d", e->analyzer,
             e->type, w->slot, w->pid);
}

void report_exception(struct report *r, const Parley__Worker__Error *from, const struct worker *w)
{
    struct exception *e = NULL;
    LIST_FOREACH(&r->exceptions, link, after)
        if (e == NULL && is_same(exception_of(link), from))
            e = exception_of(link);
    if (e == NULL) {
        e = make(from);
        if (e == NULL)
            return;
        log_new(r, e, w);
        if (r->n_exceptions++ == EXCEPTIONS_MAX)
            drop(r, exception_of(r->exceptions.prev));
    }
    e->ts_ms = clock_wall_ms();
    e->slot = w->slot;
    e->pid = w->pid;
    e->count++;
    list_remove(&e->link);
    list_append(r->exceptions.next, &e->link);
}

void report_crash(struct report *r, const struct worker *w)
{
    Parley__Worker__Error e = PARLEY__WORKER__ERROR__INIT;
    e.index = -1;
    e.type = "Crash";
    e.message = (char *)w->exit;
    e.traceback = (char *)w->stack;
    report_exception(r, &e, w);
}

void report_result(struct report *r, const Parley__Worker__Result *m, struct worker *w,
                   uint64_t now_us)
{
    for (size_t i = 0; i < m->n_timings; i++) {
        /* The last batches of a worker that is being replaced may tell of what is gone. */
        struct analyzer *a = find(r, m->timings[i]->analyzer);
        if (a == NULL || m->timings[i]->messages == 0)
            continue;
        a->jobs += m->timings[i]->messages;
        recent_record(&a->us_per_message, now_us, m->timings[i]->us / m->timings[i]->messages);
    }
    for (size_t i = 0; i < m->n_errors; i++) {
        struct analyzer *a = find(r, m->errors[i]->analyzer);
        if (a != NULL)
            a->errors++;
        w->errors++;
        report_exception(r, m->errors[i], w);
    }
}

/* Of a traceback, the line that says what happened. */
static const char *last_line(const char *text, int *len)
{
    size_t end = strlen(text);
    while (end > 0 && text[end - 1] == '\n')
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    *len = (int)(end - start);
    return text + start;
}

bool report_problem(const struct report *r, char *out, size_t len)
{
    unsigned bad = 0;
    const struct analyzer *first = NULL;
    for (unsigned i = 0; i < r->n_analyzers; i++)
        if (strcmp(r->analyzers[i]->status, "failed") == 0 && bad++ == 0)
            first = r->analyzers[i];
    if (bad == 0)
        return false;
    char others[40] = "";
    if (bad > 1)
        snprintf(others, sizeof others, " (and %u more)", bad - 1);
    int line_len;
    const char *line = last_line(first->detail, &line_len);
    const char *hint = memmem(line, (size_t)line_len, "'numpy'", 7) != NULL
                           ? "; install it: apt-get install python3-numpy" : "";
    snprintf(out, len, "analyzer %s%s does not work: %.*s%s", first->name, others,
             line_len < 300 ? line_len : (int)clip_bytes(line, 300), line, hint);
    return true;
}

static void encode_text(struct buf *out, const char *key, const char *text, bool null_if_empty)
{
    buf_printf(out, "\"%s\":", key);
    if (text[0] == '\0' && null_if_empty)
        buf_append_str(out, "null");
    else
        json_put_cstring(out, text);
}

void report_encode_analyzers(struct report *r, struct buf *out, uint64_t now_us)
{
    buf_append_char(out, '[');
    for (unsigned i = 0; i < r->n_analyzers; i++) {
        struct analyzer *a = r->analyzers[i];
        buf_append_str(out, i > 0 ? ",{" : "{");
        encode_text(out, "name", a->name, false);
        buf_append_char(out, ',');
        encode_text(out, "version", a->version, false);
        buf_append_char(out, ',');
        encode_text(out, "model", a->model, true);
        buf_append_char(out, ',');
        encode_text(out, "status", a->status[0] != '\0' ? a->status : "ready", false);
        buf_append_char(out, ',');
        encode_text(out, "detail", a->detail, true);
        buf_printf(out, ",\"jobs\":%llu,\"errors\":%llu,\"ms_per_message_p50\":",
                   (unsigned long long)a->jobs, (unsigned long long)a->errors);
        json_put_number(out, (double)recent_quantile(&a->us_per_message, now_us, 0.5) / 1000, 4);
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
}

void report_encode_exceptions(const struct report *r, struct buf *out)
{
    const char *comma = "";
    buf_append_char(out, '[');
    LIST_FOREACH(&r->exceptions, link, after) {
        const struct exception *e = exception_of(link);
        buf_printf(out, "%s{\"ts\":%lld,\"worker\":%u,\"pid\":%d,", comma, (long long)e->ts_ms,
                   e->slot, e->pid);
        encode_text(out, "analyzer", e->analyzer[0] != '\0' ? e->analyzer : "worker", false);
        buf_append_char(out, ',');
        encode_text(out, "type", e->type, false);
        buf_append_char(out, ',');
        encode_text(out, "message", e->message, false);
        buf_append_char(out, ',');
        encode_text(out, "traceback", e->traceback, false);
        buf_printf(out, ",\"count\":%llu}", (unsigned long long)e->count);
        comma = ",";
    }
    buf_append_char(out, ']');
}
