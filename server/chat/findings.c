/* SPDX-License-Identifier: MIT
 * Findings as JSON; see findings.h. Thread: the caller's. */
#include "chat/findings.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "chat/flood.h"

#include <stdlib.h>
#include <string.h>

void findings_add_flood(struct msg_verdict *v)
{
    flood_labels((struct flood_count){v->origin.flood_repeats, v->origin.flood_users},
                 v->labels + v->n_labels);
    v->n_labels += FLOOD_LABELS;
    v->origin.flood_repeats = v->origin.flood_users = 0; /* said now */
}

/* -- labels for people --------------------------------------------------------------------- */

/* 0 to 1 with four digits at most: a message has dozens, so this is not printf's work. */
static void put_share(struct buf *b, float share)
{
    unsigned n = (unsigned)(share * 10000 + 0.5f);
    char text[8] = "0.";
    size_t len = 6;
    if (n == 0 || n >= 10000) {
        buf_append_char(b, n == 0 ? '0' : '1');
        return;
    }
    for (size_t i = 5; i >= 2; i--, n /= 10)
        text[i] = (char)('0' + n % 10);
    while (text[len - 1] == '0')
        len--;
    buf_append(b, text, len);
}

void findings_encode_spans(struct buf *b, const struct label *l)
{
    buf_append_char(b, '[');
    for (uint32_t i = 0; i < l->n_spans; i++) {
        buf_append_str(b, i > 0 ? ",[" : "[");
        buf_append_u64(b, l->spans[i].start);
        buf_append_char(b, ',');
        buf_append_u64(b, l->spans[i].end);
        buf_append_char(b, ']');
    }
    buf_append_char(b, ']');
}

static void put_why(struct buf *b, const char *label, uint32_t count)
{
    bool repeat = strcmp(label, "repeat") == 0;
    buf_printf(b, ",\"why\":\"%u %s in %u s\"", count,
               repeat ? "near-same messages of this user" : "users with near-same messages",
               repeat ? FLOOD_REPEAT_S : FLOOD_CAMPAIGN_S);
}

void findings_encode_label(struct buf *b, const struct label *l)
{
    buf_append_str(b, "{\"analyzer\":");
    json_put_cstring(b, l->analyzer);
    buf_append_str(b, ",\"version\":");
    json_put_cstring(b, l->version);
    buf_append_str(b, ",\"label\":");
    json_put_cstring(b, l->label);
    buf_append_str(b, ",\"score\":");
    put_share(b, l->score);
    buf_append_str(b, ",\"spans\":");
    findings_encode_spans(b, l);
    if (l->count > 0)
        put_why(b, l->label, l->count);
    buf_append_char(b, '}');
}

void findings_encode_labels(struct buf *b, const struct msg_verdict *v, const struct policy *p)
{
    bool first = true;
    for (size_t i = 0; i < v->n_labels; i++) {
        if (!v->labels[i].flagged && !policy_names(p, &v->labels[i]))
            continue;
        if (!first)
            buf_append_char(b, ',');
        first = false;
        findings_encode_label(b, &v->labels[i]);
    }
}

/* -- the trace ---------------------------------------------------------------------------------
 * Kept small: labels as [analyzer, version, model, [[label, score, threshold, flagged, spans,
 * count] …]], the last two only where there are some. */

static void put_ms(struct buf *b, const char *name, uint64_t from_us, uint64_t to_us)
{
    buf_append_str(b, name);
    if (from_us == 0 || to_us < from_us) {
        buf_append_str(b, "null");
        return;
    }
    buf_append_u64(b, (to_us - from_us) / 1000);
    uint64_t rest = (to_us - from_us) % 1000;
    const char digits[4] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                            (char)('0' + rest % 10)};
    buf_append(b, digits, sizeof digits);
}

static void put_gate(struct buf *b, const struct gate_pass *pass)
{
    static const char *const outcomes[] = {"none", "in time", "late", "helpless"};
    buf_append_str(b, ",\"gated\":");
    json_put_bool(b, pass->outcome != GATE_NONE);
    buf_append_str(b, ",\"gate\":");
    if (pass->outcome == GATE_NONE) {
        buf_append_str(b, "null");
        return;
    }
    buf_printf(b, "{\"mode\":\"%s\",\"deadline_ms\":%u,\"outcome\":\"%s\"",
               policy_mode_name(pass->closed ? GATE_CLOSED : GATE_OPEN), pass->deadline_ms,
               outcomes[pass->outcome]);
    put_ms(b, ",\"waited_ms\":", 1, 1 + (uint64_t)pass->waited_us);
    buf_append_char(b, '}');
}

static void put_label(struct buf *b, const struct label *l)
{
    buf_append_char(b, '[');
    json_put_cstring(b, l->label);
    buf_append_char(b, ',');
    put_share(b, l->score);
    buf_append_char(b, ',');
    put_share(b, l->threshold);
    buf_append_str(b, l->flagged ? ",1" : ",0");
    if (l->n_spans > 0 || l->count > 0) {
        buf_append_char(b, ',');
        findings_encode_spans(b, l);
    }
    if (l->count > 0) {
        buf_append_char(b, ',');
        buf_append_u64(b, l->count);
    }
    buf_append_char(b, ']');
}

static void put_labels(struct buf *b, const struct msg_verdict *v)
{
    const char *analyzer = "";
    for (size_t i = 0; i < v->n_labels; i++) {
        const struct label *l = &v->labels[i];
        if (strcmp(l->analyzer, analyzer) != 0) {
            buf_append_str(b, i > 0 ? "]],[" : "[");
            analyzer = l->analyzer;
            json_put_cstring(b, l->analyzer);
            buf_append_char(b, ',');
            json_put_cstring(b, l->version);
            buf_append_char(b, ',');
            json_put_cstring(b, l->model);
            buf_append_str(b, ",[");
        } else {
            buf_append_char(b, ',');
        }
        put_label(b, l);
    }
    if (v->n_labels > 0)
        buf_append_str(b, "]]");
}

static void put_trace(struct buf *b, const struct msg_verdict *v, const struct rule *rule,
                      enum action taken)
{
    const struct origin *o = &v->origin;
    uint64_t now_us = clock_mono_us();
    buf_append_str(b, "{\"received_ms\":");
    if (o->received_us != 0)
        buf_append_i64(b, clock_wall_ms() - (int64_t)((now_us - o->received_us) / 1000));
    else
        buf_append_str(b, "null");
    put_gate(b, &o->pass);
    if (v->batch != 0)
        buf_printf(b, ",\"worker\":{\"slot\":%u,\"pid\":%d},\"batch\":{\"id\":%llu,\"size\":%u}",
                   v->worker, v->pid, (unsigned long long)v->batch, v->batch_size);
    else
        buf_append_str(b, ",\"worker\":null,\"batch\":null");
    put_ms(b, ",\"queue_ms\":", 1, 1 + (uint64_t)v->queue_us);
    put_ms(b, ",\"compute_ms\":", 1, 1 + (uint64_t)v->compute_us);
    put_ms(b, ",\"commit_ms\":", o->received_us, o->committed_us);
    put_ms(b, ",\"fanout_ms\":", o->committed_us, o->shown_us);
    buf_append_str(b, ",\"rule\":");
    if (rule != NULL)
        rule_encode(b, rule);
    else
        buf_append_str(b, "null");
    buf_append_str(b, ",\"action\":\"");
    buf_append_str(b, action_name(taken));
    buf_append_str(b, "\",\"labels\":[");
    put_labels(b, v);
    buf_append_str(b, "]}");
}

void findings_make(struct chat *c, struct finding *f, const struct msg_verdict *v,
                   const struct policy *p, enum action taken)
{
    const struct rule *rule;
    struct buf *b = &c->scratch;
    buf_clear(b);
    f->id = v->id;
    f->action = taken;
    f->wanted = policy_judge(p, v->labels, v->n_labels, &rule);
    f->review = rule != NULL;
    f->trace = NULL;
    put_trace(b, v, rule, taken);
    buf_append_char(b, '\0');
    size_t labels_at = b->len;
    buf_append_char(b, '[');
    findings_encode_labels(b, v, p);
    buf_append(b, "]", 2);
    size_t rule_at = b->len;
    if (rule != NULL)
        rule_encode(b, rule);
    buf_append_char(b, '\0');
    if (b->failed || (f->trace = malloc(b->len)) == NULL)
        return;
    memcpy(f->trace, b->data, b->len);
    f->labels = f->trace + labels_at;
    f->rule = f->trace + rule_at;
}

void publication_encode_verdict(struct buf *b, const struct msg_publication *m)
{
    const struct judgement *j = m->judgement;
    if (m->ask.status != E_REJECTED)
        return;
    /* Else nobody could judge it, or a moderator did. */
    bool found = j != NULL && j->finding.trace != NULL;
    buf_append_str(b, ",\"verdict\":{\"action\":\"");
    buf_append_str(b, action_name(found ? j->action : ACTION_BLOCK));
    buf_append_str(b, "\",\"labels\":");
    buf_append_str(b, found ? j->finding.labels : "[]");
    buf_append_char(b, '}');
}

/* -- reading it back ----------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const json_t *from)
{
    const char *text = json_string_value(from);
    if (text != NULL)
        strncpy(to, text, size - 1);
}

static void read_label(struct label *l, const json_t *analyzer, const json_t *from)
{
    memset(l, 0, sizeof *l);
    copy_text(l->analyzer, sizeof l->analyzer, json_array_get(analyzer, 0));
    copy_text(l->version, sizeof l->version, json_array_get(analyzer, 1));
    copy_text(l->model, sizeof l->model, json_array_get(analyzer, 2));
    copy_text(l->label, sizeof l->label, json_array_get(from, 0));
    l->score = (float)json_number_value(json_array_get(from, 1));
    l->threshold = (float)json_number_value(json_array_get(from, 2));
    l->flagged = json_integer_value(json_array_get(from, 3)) != 0;
    l->count = (uint32_t)json_integer_value(json_array_get(from, 5));
}

bool trace_read(struct trace *t, const json_t *trace)
{
    const json_t *all = json_object_get(trace, "labels");
    t->n_labels = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *analyzer = json_array_get(all, i);
        const json_t *labels = json_array_get(analyzer, 3);
        for (size_t k = 0; k < json_array_size(labels) && t->n_labels < TRACE_LABELS_MAX; k++)
            read_label(&t->labels[t->n_labels++], analyzer, json_array_get(labels, k));
    }
    return json_is_array(all);
}

static void expand_label(struct buf *b, const struct label *l, const json_t *spans)
{
    buf_append_str(b, "{\"analyzer\":");
    json_put_cstring(b, l->analyzer);
    buf_append_str(b, ",\"version\":");
    json_put_cstring(b, l->version);
    buf_append_str(b, ",\"model\":");
    json_put_cstring(b, l->model);
    buf_append_str(b, ",\"label\":");
    json_put_cstring(b, l->label);
    buf_append_str(b, ",\"score\":");
    put_share(b, l->score);
    buf_append_str(b, ",\"threshold\":");
    put_share(b, l->threshold);
    buf_append_str(b, ",\"flagged\":");
    json_put_bool(b, l->flagged);
    buf_append_str(b, ",\"spans\":[");
    for (size_t i = 0; i < json_array_size(spans); i++) {
        const json_t *span = json_array_get(spans, i);
        buf_printf(b, "%s[%lld,%lld]", i > 0 ? "," : "",
                   (long long)json_integer_value(json_array_get(span, 0)),
                   (long long)json_integer_value(json_array_get(span, 1)));
    }
    buf_append_char(b, ']');
    if (l->count > 0)
        put_why(b, l->label, l->count);
    buf_append_char(b, '}');
}

static void expand_labels(struct buf *b, const json_t *all)
{
    bool first = true;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *analyzer = json_array_get(all, i);
        const json_t *labels = json_array_get(analyzer, 3);
        for (size_t k = 0; k < json_array_size(labels); k++) {
            struct label l;
            const json_t *from = json_array_get(labels, k);
            read_label(&l, analyzer, from);
            if (!first)
                buf_append_char(b, ',');
            first = false;
            expand_label(b, &l, json_array_get(from, 4));
        }
    }
}

void trace_expand(struct buf *b, const json_t *trace)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)trace, key, value)
    {
        if (strcmp(key, "labels") == 0)
            continue;
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
        buf_append_char(b, '"');
        buf_append_str(b, key);
        buf_append_str(b, "\":");
        buf_append_str(b, text != NULL ? text : "null");
        buf_append_char(b, ',');
        free(text);
    }
    buf_append_str(b, "\"labels\":[");
    expand_labels(b, json_object_get(trace, "labels"));
    buf_append_char(b, ']');
}
