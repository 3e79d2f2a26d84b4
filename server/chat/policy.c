/* SPDX-License-Identifier: MIT
 * What a policy says about labels, and its JSON; see policy.h. Thread: the loop that owns it. */
#include "chat/policy.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"off", "open", "closed"};
static const char *const penalties[] = {"slow", "timeout", "kick"};

/* Analyzers whose raised labels flag a message; others only describe it. */
static const char *const harmful[] = {"toxicity", "spam"};

const char *policy_mode_name(enum gate_mode mode)
{
    return modes[mode];
}

const char *penalty_name(enum penalty penalty)
{
    return penalties[penalty];
}

struct policy *policy_ref(struct policy *p)
{
    p->refs++;
    return p;
}

void policy_unref(struct policy *p)
{
    if (p != NULL && --p->refs == 0)
        free(p);
}

bool policy_exempts(const struct policy *p, enum role role)
{
    return (p->exempt & 1u << role) != 0;
}

bool rule_matches(const struct rule *rule, const struct label *label)
{
    return label->score >= rule->at && strcmp(label->label, rule->label) == 0
           && strcmp(label->analyzer, rule->analyzer) == 0;
}

enum action policy_judge(const struct policy *p, const struct label *labels, size_t n,
                         const struct rule **rule)
{
    enum action action = ACTION_NONE;
    *rule = NULL;
    for (unsigned k = 0; p != NULL && k < p->n_rules; k++) {
        for (size_t i = 0; i < n && p->rules[k].action > action; i++) {
            if (!rule_matches(&p->rules[k], &labels[i]))
                continue;
            action = p->rules[k].action;
            *rule = &p->rules[k];
        }
    }
    return action;
}

bool policy_names(const struct policy *p, const struct label *label)
{
    for (unsigned k = 0; p != NULL && k < p->n_rules; k++) {
        if (rule_matches(&p->rules[k], label))
            return true;
    }
    return false;
}

bool policy_is_harm(const struct label *label)
{
    for (size_t k = 0; label->flagged && k < sizeof harmful / sizeof harmful[0]; k++) {
        if (strcmp(label->analyzer, harmful[k]) == 0)
            return true;
    }
    return false;
}

/* -- JSON ---------------------------------------------------------------------------------- */

void rule_encode(struct buf *out, const struct rule *rule)
{
    buf_append_str(out, "{\"label\":\"");
    buf_append_str(out, rule->analyzer);
    buf_append_char(out, '.');
    buf_append_str(out, rule->label);
    buf_append_str(out, "\",\"at\":");
    json_put_number(out, rule->at, 6);
    buf_append_str(out, ",\"action\":\"");
    buf_append_str(out, action_name(rule->action));
    buf_append_str(out, "\"}");
}

static void encode_exempt(struct buf *out, const struct policy *p)
{
    bool first = true;
    for (unsigned role = 0; role < N_ROLES; role++) {
        if (!policy_exempts(p, (enum role)role))
            continue;
        buf_append_str(out, first ? "\"" : ",\"");
        buf_append_str(out, role_name((enum role)role));
        buf_append_char(out, '"');
        first = false;
    }
}

void policy_encode(struct buf *out, const struct policy *p)
{
    buf_printf(out, "{\"gate\":{\"mode\":\"%s\",\"deadline_ms\":%u},\"rules\":[", modes[p->mode],
               p->deadline_ms);
    for (unsigned i = 0; i < p->n_rules; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        rule_encode(out, &p->rules[i]);
    }
    buf_append_str(out, "],\"exempt\":[");
    encode_exempt(out, p);
    buf_append_str(out, "],\"ladder\":[");
    for (unsigned i = 0; i < p->n_ladder; i++) {
        const struct rung *r = &p->ladder[i];
        buf_printf(out, "%s{\"strikes\":%u,\"within_s\":%u,\"action\":\"%s\",\"for_s\":%u}",
                   i > 0 ? "," : "", r->strikes, r->within_s, penalties[r->penalty], r->for_s);
    }
    buf_append_str(out, "]}");
}
