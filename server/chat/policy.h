/* SPDX-License-Identifier: MIT
 *
 * A room's policy: whether a message is judged before anybody sees it, and what labels do to it.
 * The default is to flag, never to punish. Immutable once made; a reference-counted object of one
 * loop (each loop has its own copies), so the count needs no atomics.
 *
 * As JSON (what PUT /api/v1/rooms/{room}/policy takes and the store keeps):
 *
 *     {"gate":{"mode":"off|open|closed","deadline_ms":150},
 *      "rules":[{"label":"toxicity.toxic","at":0.9,"action":"flag|mask|hold|bounce|shadow|block"}],
 *      "exempt":["moderator"],
 *      "ladder":[{"strikes":3,"within_s":600,"action":"slow|timeout|kick","for_s":60}]}
 *
 * As text (the file of --policy, for rooms that have none of their own), one thing a line:
 *
 *     gate closed 150
 *     rule toxicity.toxic 0.9 bounce
 *     exempt moderator
 *     ladder 3 600 timeout 60
 */
#ifndef CHAT_POLICY_H
#define CHAT_POLICY_H

#include "base/action.h"
#include "loop/msg.h"

#include <jansson.h>

#define POLICY_RULES_MAX  64
#define POLICY_LADDER_MAX 8
#define POLICY_STRIKES_MAX SENDER_STRIKES_MAX
#define POLICY_ERR_MAX    256
#define POLICY_DEADLINE_MS 150 /* when none is given */

enum gate_mode { GATE_OFF, GATE_OPEN, GATE_CLOSED };
enum penalty { PENALTY_SLOW, PENALTY_TIMEOUT, PENALTY_KICK };

/* Analyzers built into the server (chat/flood.h), so no worker is needed for them. */
#define FLOOD_ANALYZER "flood"

struct rule {
    char analyzer[40];
    char label[40];
    double at;
    enum action action;
};

struct rung {
    uint32_t strikes, within_s;
    enum penalty penalty;
    uint32_t for_s;
};

struct policy {
    unsigned refs;
    enum gate_mode mode;
    uint32_t deadline_ms;
    unsigned n_rules;
    struct rule rules[POLICY_RULES_MAX];
    unsigned exempt; /* bit 1 << role */
    unsigned n_ladder;
    struct rung ladder[POLICY_LADDER_MAX];
    bool uses_flood, uses_workers; /* of the rules */
};

/* One reference, or NULL: then err says which field is wrong and what would be right. */
struct policy *policy_parse(const json_t *json, char err[POLICY_ERR_MAX]);
/* The same from JSON text, as the store keeps it. */
struct policy *policy_parse_text(const char *json, char err[POLICY_ERR_MAX]);
/* The same from the text form; err names the line. */
struct policy *policy_read(const char *text, char err[POLICY_ERR_MAX]);
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy *p); /* takes NULL */
/* Appends it as JSON. */
void policy_encode(struct buf *out, const struct policy *p);

const char *policy_mode_name(enum gate_mode mode);
const char *penalty_name(enum penalty penalty);
bool policy_exempts(const struct policy *p, enum role role);
/* The strongest action of the rules that match, and in *rule the first rule with it. NONE and NULL
 * when none matches, or p is NULL. */
enum action policy_judge(const struct policy *p, const struct label *labels, size_t n,
                         const struct rule **rule);
bool rule_matches(const struct rule *rule, const struct label *label);
/* Whether any rule matches this label. */
bool policy_names(const struct policy *p, const struct label *label);
void rule_encode(struct buf *out, const struct rule *rule);

/* Without any rule: an analyzer's own raised label is worth a flag when it is about harm. */
bool policy_is_harm(const struct label *label);

#endif
