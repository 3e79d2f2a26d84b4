/* SPDX-License-Identifier: MIT
 *
 * Policies over HTTP: a room's is shown and changed, and tried on what was said before (a dry run).
 * Thread: the request's loop.
 */
#include "net/api_impl.h"

#include "base/json.h"
#include "base/status.h"
#include "chat/findings.h"
#include "chat/policy.h"

#include <stdlib.h>
#include <string.h>

#define DRY_RUN_LAST_MAX 100000
#define DRY_RUN_LAST     10000
#define DRY_RUN_PAGE     100 /* messages looked at in one turn of the loop */
#define EXAMPLES_MAX     20

/* What a policy would have done to a room's newest messages. */
struct dry_run {
    struct policy *policy;
    uint32_t left;             /* messages still to be looked at */
    uint32_t messages, unknown; /* looked at; of them never analysed */
    uint32_t exempt;
    uint32_t by_action[N_ACTIONS];
    uint32_t by_rule[POLICY_RULES_MAX]; /* that the rule matches, whichever decides */
    uint32_t decided[POLICY_RULES_MAX]; /* that it decides */
    struct buf examples;
    unsigned n_examples;
};

void dry_run_free(struct dry_run *d)
{
    if (d == NULL)
        return;
    policy_unref(d->policy);
    buf_fini(&d->examples);
    free(d);
}

/* -- telling and changing -------------------------------------------------------------------- */

static struct msg_policy *make(struct http_request *r)
{
    struct msg_policy *m = msg_new(MSG_ROOM_POLICY, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return NULL;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    memcpy(m->by, r->actor, sizeof m->by);
    return m;
}

static void post(struct http_request *r, struct msg_policy *m)
{
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_home(r->net->chat, r->room, &m->head);
    else
        msg_free(&m->head);
}

void handle_policy(struct http_request *r)
{
    struct msg_policy *m = make(r);
    if (m != NULL)
        post(r, m);
}

void handle_policy_put(struct http_request *r)
{
    struct request fields;
    char err[POLICY_ERR_MAX];
    api_parse_body(r, &fields);
    struct policy *p = NULL;
    if (fields.status != 0)
        http_fail(r, fields.status, fields.message);
    else if ((p = policy_parse(fields.json, err)) == NULL)
        http_fail(r, E_BAD_REQUEST, err);
    request_fini(&fields);
    struct msg_policy *m = p != NULL ? make(r) : NULL;
    if (m != NULL) {
        m->change = true;
        policy_encode(&m->json, p);
        buf_append_char(&m->json, '\0');
        m->json.len--;
        post(r, m);
    }
    policy_unref(p);
}

/* -- the dry run ------------------------------------------------------------------------------ */

static void ask_page(struct http_request *r, uint64_t below)
{
    struct dry_run *d = r->dry_run;
    struct msg_traces *m = msg_new(MSG_STORE_TRACES, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    m->reply = chat_mailbox(r->net->chat);
    m->page = true;
    m->seq = below;
    m->limit = d->left < DRY_RUN_PAGE ? d->left : DRY_RUN_PAGE;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

/* With its own policy it can begin; else the room's is asked for first. */
void handle_dry_run(struct http_request *r)
{
    struct request fields;
    char err[POLICY_ERR_MAX] = "";
    api_parse_body(r, &fields);
    uint64_t last =
        request_number(&fields, "last", false, 1, DRY_RUN_LAST_MAX, DRY_RUN_LAST);
    struct policy *p = NULL;
    bool given = fields.status == 0 && request_has(&fields, "policy");
    if (given)
        p = policy_parse(json_object_get(fields.json, "policy"), err);
    if (fields.status == 0 && given && p == NULL)
        request_fail(&fields, E_BAD_REQUEST, "%s", err);
    r->dry_run = fields.status == 0 ? calloc(1, sizeof *r->dry_run) : NULL;
    if (r->dry_run == NULL) {
        http_fail(r, fields.status != 0 ? fields.status : E_NO_MEMORY, fields.message);
        policy_unref(p);
    } else {
        r->dry_run->policy = p;
        r->dry_run->left = (uint32_t)last;
        if (given)
            ask_page(r, INT64_MAX);
        else
            handle_policy(r);
    }
    request_fini(&fields);
}

static void add_example(struct dry_run *d, const json_t *row, const struct rule *rule)
{
    struct buf *b = &d->examples;
    if (d->n_examples == EXAMPLES_MAX)
        return;
    buf_append_str(b, d->n_examples++ > 0 ? ",{\"seq\":" : "{\"seq\":");
    buf_append_i64(b, json_integer_value(json_object_get(row, "seq")));
    buf_append_str(b, ",\"text\":");
    json_put_cstring(b, json_string_value(json_object_get(row, "text")));
    buf_append_str(b, ",\"rule\":");
    rule_encode(b, rule);
    buf_append_str(b, ",\"action\":\"");
    buf_append_str(b, action_name(rule->action));
    buf_append_str(b, "\"}");
}

static void look_at(struct dry_run *d, const json_t *row)
{
    struct trace trace;
    const struct rule *rule;
    const struct policy *p = d->policy;
    d->messages++;
    if (!trace_read(&trace, json_object_get(row, "trace"))) {
        d->unknown++;
        return;
    }
    if (policy_exempts(p, (enum role)json_integer_value(json_object_get(row, "role")))) {
        d->exempt++;
        return;
    }
    for (unsigned i = 0; i < p->n_rules; i++) {
        size_t k = 0;
        while (k < trace.n_labels && !rule_matches(&p->rules[i], &trace.labels[k]))
            k++;
        d->by_rule[i] += k < trace.n_labels;
    }
    enum action action = policy_judge(p, trace.labels, trace.n_labels, &rule);
    d->by_action[action]++;
    if (rule == NULL)
        return;
    d->decided[rule - p->rules]++;
    add_example(d, row, rule);
}

static void respond_dry_run(struct http_request *r)
{
    const struct dry_run *d = r->dry_run;
    struct buf *b = api_open_json(r, 200);
    buf_printf(b, "{\"messages\":%u,\"unknown\":%u,\"exempt\":%u,\"actions\":{", d->messages,
               d->unknown, d->exempt);
    for (unsigned a = 0; a < N_ACTIONS; a++)
        buf_printf(b, "%s\"%s\":%u", a > 0 ? "," : "", action_name((enum action)a),
                   d->by_action[a]);
    buf_append_str(b, "},\"rules\":[");
    for (unsigned i = 0; i < d->policy->n_rules; i++) {
        buf_append_str(b, i > 0 ? ",{\"rule\":" : "{\"rule\":");
        rule_encode(b, &d->policy->rules[i]);
        buf_printf(b, ",\"matched\":%u,\"decided\":%u}", d->by_rule[i], d->decided[i]);
    }
    buf_append_str(b, "],\"examples\":[");
    buf_append(b, d->examples.data, d->examples.len);
    buf_append_str(b, "]}");
    api_respond(r);
}

void api_answer_page(struct http_request *r, const struct msg_traces *m)
{
    struct dry_run *d = r->dry_run;
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    json_t *rows = json_loadb(m->rows.data, m->rows.len, 0, NULL);
    for (size_t i = 0; i < json_array_size(rows); i++)
        look_at(d, json_array_get(rows, i));
    json_decref(rows);
    d->left -= m->count < d->left ? m->count : d->left;
    if (rows == NULL)
        http_fail(r, E_INTERNAL, "the stored traces cannot be read");
    else if (m->count == DRY_RUN_PAGE && d->left > 0)
        ask_page(r, m->first);
    else
        respond_dry_run(r);
}

void api_answer_policy(struct http_request *r, const struct msg_policy *m)
{
    char err[POLICY_ERR_MAX];
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    if (r->dry_run != NULL) {
        json_t *json = json_loadb(m->json.data, m->json.len, 0, NULL);
        r->dry_run->policy = policy_parse(json, err);
        json_decref(json);
        if (r->dry_run->policy != NULL)
            ask_page(r, INT64_MAX);
        else
            http_fail(r, E_INTERNAL, err);
        return;
    }
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, r->room);
    buf_append_str(b, ",\"own\":");
    json_put_bool(b, m->own);
    buf_append_char(b, ',');
    buf_append(b, m->json.data + 1, m->json.len - 1);
    api_respond(r);
}
