/* SPDX-License-Identifier: MIT
 * Policies from JSON and from text, with errors that say what would be right; see policy.h. */
#include "chat/policy.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MAX_MS 10000
#define SECONDS_MAX     604800
#define LABEL_FORM                                                                                 \
    "must be \"ANALYZER.LABEL\", such as \"toxicity.toxic\", with letters, digits, '_', '-' and "  \
    "spaces in each part"

struct parser {
    struct policy *policy;
    char *err;
};

static bool fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->err, POLICY_ERR_MAX, format, args);
    va_end(args);
    return false;
}

/* -- values, of either form ---------------------------------------------------------------------
 * `where` names the field or the line. */

static bool set_mode(struct parser *p, const char *where, const char *text)
{
    for (enum gate_mode m = GATE_OFF; m <= GATE_CLOSED; m++) {
        if (strcmp(text, policy_mode_name(m)) == 0) {
            p->policy->mode = m;
            return true;
        }
    }
    return fail(p, "%s must be off, open or closed, not '%.20s'", where, text);
}

static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '_' && c != '-' && c != ' ')
            return false;
    }
    return len > 0 && len < sizeof((struct rule *)0)->label;
}

static bool set_label(struct parser *p, struct rule *r, const char *where, const char *text)
{
    const char *dot = strchr(text, '.');
    size_t len = dot != NULL ? (size_t)(dot - text) : 0;
    if (dot == NULL || !is_name(text, len) || !is_name(dot + 1, strlen(dot + 1)))
        return fail(p, "%s " LABEL_FORM, where);
    memcpy(r->analyzer, text, len);
    memcpy(r->label, dot + 1, strlen(dot + 1) + 1);
    return true;
}

static bool set_action(struct parser *p, struct rule *r, const char *where, const char *text)
{
    r->action = action_find(text);
    if (r->action != N_ACTIONS && r->action != ACTION_NONE)
        return true;
    return fail(p, "%s must be flag, mask, hold, bounce, shadow or block, not '%.20s'", where,
                text);
}

static bool set_share(struct parser *p, double *to, const char *where, double value)
{
    *to = value;
    return (isfinite(value) && value > 0 && value <= 1)
           || fail(p, "%s must be a number above 0 and at most 1", where);
}

static bool set_whole(struct parser *p, uint32_t *to, const char *where, double value, uint32_t min,
                      uint32_t max)
{
    if (!(value >= min && value <= max) || value != floor(value))
        return fail(p, "%s must be a whole number from %u to %u", where, min, max);
    *to = (uint32_t)value;
    return true;
}

static bool set_role(struct parser *p, const char *where, const char *text)
{
    enum role role = role_find(text);
    if (role == N_ROLES)
        return fail(p, "%s must be guest, member, bot, moderator or operator, not '%.20s'", where,
                    text);
    p->policy->exempt |= 1u << role;
    return true;
}

static bool set_penalty(struct parser *p, struct rung *r, const char *where, const char *text)
{
    for (enum penalty x = PENALTY_SLOW; x <= PENALTY_KICK; x++) {
        if (strcmp(text, penalty_name(x)) == 0) {
            r->penalty = x;
            return true;
        }
    }
    return fail(p, "%s must be slow, timeout or kick, not '%.20s'", where, text);
}

static struct rule *add_rule(struct parser *p)
{
    if (p->policy->n_rules < POLICY_RULES_MAX)
        return &p->policy->rules[p->policy->n_rules++];
    fail(p, "a policy has at most %d rules", POLICY_RULES_MAX);
    return NULL;
}

static struct rung *add_rung(struct parser *p)
{
    if (p->policy->n_ladder < POLICY_LADDER_MAX)
        return &p->policy->ladder[p->policy->n_ladder++];
    fail(p, "a ladder has at most %d steps", POLICY_LADDER_MAX);
    return NULL;
}

/* -- JSON ---------------------------------------------------------------------------------- */

/* Whether all fields are known; `known` is a list by commas, as people are told. */
static bool check_fields(struct parser *p, const char *where, const json_t *object,
                         const char *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        const char *at = strstr(known, key);
        size_t len = strlen(key);
        bool whole = at != NULL && len > 0 && (at == known || at[-1] == ' ')
                     && (at[len] == '\0' || at[len] == ',');
        if (!whole)
            return fail(p, "%s has no field '%.30s'; it has %s", where, key, known);
    }
    return true;
}

static const char *get_text(struct parser *p, const json_t *object, const char *key,
                            const char *where)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        fail(p, "%s is missing or not a string", where);
    return text;
}

static bool get_number(struct parser *p, const json_t *object, const char *key, const char *where,
                       double *to)
{
    const json_t *value = json_object_get(object, key);
    *to = json_number_value(value);
    return json_is_number(value) || fail(p, "%s is missing or not a number", where);
}

static bool parse_gate(struct parser *p, const json_t *gate)
{
    if (!json_is_object(gate))
        return fail(p, "gate must be an object {\"mode\",\"deadline_ms\"}");
    if (!check_fields(p, "gate", gate, "mode, deadline_ms"))
        return false;
    const char *mode = get_text(p, gate, "mode", "gate.mode");
    if (mode == NULL || !set_mode(p, "gate.mode", mode))
        return false;
    double deadline;
    if (json_object_get(gate, "deadline_ms") == NULL)
        return true;
    return get_number(p, gate, "deadline_ms", "gate.deadline_ms", &deadline)
           && set_whole(p, &p->policy->deadline_ms, "gate.deadline_ms", deadline, 1,
                        DEADLINE_MAX_MS);
}

static bool parse_rule(struct parser *p, const json_t *json, size_t i)
{
    char where[48];
    double at;
    snprintf(where, sizeof where, "rules[%zu]", i);
    if (!json_is_object(json))
        return fail(p, "%s must be an object {\"label\",\"at\",\"action\"}", where);
    struct rule *r = add_rule(p);
    if (r == NULL || !check_fields(p, where, json, "label, at, action"))
        return false;
    snprintf(where, sizeof where, "rules[%zu].label", i);
    const char *text = get_text(p, json, "label", where);
    if (text == NULL || !set_label(p, r, where, text))
        return false;
    snprintf(where, sizeof where, "rules[%zu].at", i);
    if (!get_number(p, json, "at", where, &at) || !set_share(p, &r->at, where, at))
        return false;
    snprintf(where, sizeof where, "rules[%zu].action", i);
    text = get_text(p, json, "action", where);
    return text != NULL && set_action(p, r, where, text);
}

static bool parse_exempt(struct parser *p, const json_t *json, size_t i)
{
    char where[32];
    snprintf(where, sizeof where, "exempt[%zu]", i);
    const char *text = json_string_value(json);
    return text != NULL ? set_role(p, where, text) : fail(p, "%s must be a role's name", where);
}

static bool parse_count(struct parser *p, const json_t *json, const char *field, size_t i,
                        uint32_t *to, uint32_t max)
{
    char where[48];
    double value;
    snprintf(where, sizeof where, "ladder[%zu].%s", i, field);
    return get_number(p, json, field, where, &value) && set_whole(p, to, where, value, 1, max);
}

static bool parse_rung(struct parser *p, const json_t *json, size_t i)
{
    char where[48];
    snprintf(where, sizeof where, "ladder[%zu]", i);
    if (!json_is_object(json))
        return fail(p, "%s must be an object {\"strikes\",\"within_s\",\"action\",\"for_s\"}",
                    where);
    struct rung *r = add_rung(p);
    if (r == NULL || !check_fields(p, where, json, "strikes, within_s, action, for_s")
        || !parse_count(p, json, "strikes", i, &r->strikes, POLICY_STRIKES_MAX)
        || !parse_count(p, json, "within_s", i, &r->within_s, SECONDS_MAX)
        || !parse_count(p, json, "for_s", i, &r->for_s, SECONDS_MAX))
        return false;
    snprintf(where, sizeof where, "ladder[%zu].action", i);
    const char *text = get_text(p, json, "action", where);
    return text != NULL && set_penalty(p, r, where, text);
}

static bool parse_list(struct parser *p, const json_t *json, const char *field,
                       bool (*parse)(struct parser *, const json_t *, size_t))
{
    const json_t *list = json_object_get(json, field);
    if (list == NULL)
        return true;
    if (!json_is_array(list))
        return fail(p, "%s must be a list", field);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!parse(p, json_array_get(list, i), i))
            return false;
    }
    return true;
}

static bool parse_all(struct parser *p, const json_t *json)
{
    if (!json_is_object(json))
        return fail(p, "a policy is an object with gate, rules, exempt and ladder");
    const json_t *gate = json_object_get(json, "gate");
    return check_fields(p, "a policy", json, "gate, rules, exempt, ladder")
           && (gate == NULL || parse_gate(p, gate)) && parse_list(p, json, "rules", parse_rule)
           && parse_list(p, json, "exempt", parse_exempt)
           && parse_list(p, json, "ladder", parse_rung);
}

/* -- text ---------------------------------------------------------------------------------- */

#define WORDS_MAX 8

/* A number, or NaN, which is within no bounds. */
static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    return *end == '\0' && end != text ? value : NAN;
}

static bool read_gate(struct parser *p, const char *where, char **words, unsigned n)
{
    if (n != 2 && n != 3)
        return fail(p, "%s: write: gate off|open|closed [DEADLINE_MS]", where);
    return set_mode(p, where, words[1])
           && (n == 2
               || set_whole(p, &p->policy->deadline_ms, where, number(words[2]), 1,
                            DEADLINE_MAX_MS));
}

static bool read_rule(struct parser *p, const char *where, char **words, unsigned n)
{
    struct rule *r = add_rule(p);
    if (r == NULL)
        return false;
    if (n != 4)
        return fail(p, "%s: write: rule ANALYZER.LABEL AT ACTION", where);
    return set_label(p, r, where, words[1]) && set_share(p, &r->at, where, number(words[2]))
           && set_action(p, r, where, words[3]);
}

static bool read_exempt(struct parser *p, const char *where, char **words, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        if (!set_role(p, where, words[i]))
            return false;
    }
    return n > 1 || fail(p, "%s: write: exempt ROLE…", where);
}

static bool read_ladder(struct parser *p, const char *where, char **words, unsigned n)
{
    struct rung *r = add_rung(p);
    if (r == NULL)
        return false;
    if (n != 5)
        return fail(p, "%s: write: ladder STRIKES WITHIN_S slow|timeout|kick FOR_S", where);
    return set_whole(p, &r->strikes, where, number(words[1]), 1, POLICY_STRIKES_MAX)
           && set_whole(p, &r->within_s, where, number(words[2]), 1, SECONDS_MAX)
           && set_penalty(p, r, where, words[3])
           && set_whole(p, &r->for_s, where, number(words[4]), 1, SECONDS_MAX);
}

static const struct {
    const char *name;
    bool (*read)(struct parser *p, const char *where, char **words, unsigned n);
} lines[] = {
    {"gate", read_gate},
    {"rule", read_rule},
    {"exempt", read_exempt},
    {"ladder", read_ladder},
};

static bool read_line(struct parser *p, char *line, unsigned number_of_line)
{
    char where[24], *words[WORDS_MAX], *rest = NULL;
    unsigned n = 0;
    line[strcspn(line, "#")] = '\0';
    snprintf(where, sizeof where, "line %u", number_of_line);
    for (char *word = strtok_r(line, " \t\r", &rest); word != NULL && n < WORDS_MAX;
         word = strtok_r(NULL, " \t\r", &rest))
        words[n++] = word;
    if (n == 0)
        return true;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strcmp(words[0], lines[i].name) == 0)
            return lines[i].read(p, where, words, n);
    }
    return fail(p, "%s begins with '%.20s'; known are gate, rule, exempt and ladder", where,
                words[0]);
}

static bool read_all(struct parser *p, char *text)
{
    unsigned line = 1;
    for (char *at = text, *next; at != NULL; at = next, line++) {
        next = strchr(at, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!read_line(p, at, line))
            return false;
    }
    return true;
}

/* -- both ---------------------------------------------------------------------------------- */

static struct policy *begin(struct parser *p, char *err)
{
    *p = (struct parser){calloc(1, sizeof *p->policy), err};
    if (p->policy == NULL)
        fail(p, "the server is short of memory");
    else
        *p->policy = (struct policy){.refs = 1, .deadline_ms = POLICY_DEADLINE_MS};
    return p->policy;
}

static struct policy *end(struct parser *p, bool good)
{
    struct policy *policy = p->policy;
    for (unsigned i = 0; good && i < policy->n_rules; i++) {
        bool flood = strcmp(policy->rules[i].analyzer, FLOOD_ANALYZER) == 0;
        policy->uses_flood |= flood;
        policy->uses_workers |= !flood;
    }
    if (good)
        return policy;
    policy_unref(policy);
    return NULL;
}

struct policy *policy_parse(const json_t *json, char err[POLICY_ERR_MAX])
{
    struct parser p;
    return begin(&p, err) != NULL ? end(&p, parse_all(&p, json)) : NULL;
}

struct policy *policy_parse_text(const char *text, char err[POLICY_ERR_MAX])
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    struct policy *p = policy_parse(json, err);
    json_decref(json);
    return p;
}

struct policy *policy_read(const char *text, char err[POLICY_ERR_MAX])
{
    struct parser p;
    char *copy = strdup(text);
    struct policy *policy = copy != NULL ? begin(&p, err) : NULL;
    if (policy != NULL)
        policy = end(&p, read_all(&p, copy));
    else
        snprintf(err, POLICY_ERR_MAX, "the server is short of memory");
    free(copy);
    return policy;
}
