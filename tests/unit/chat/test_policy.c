/* SPDX-License-Identifier: MIT
 * Claims about policies: what is right is taken, what is wrong is told by field or line, and the
 * strongest action wins. */
#include "unit.h"

#include "chat/policy.h"

#include <stdio.h>
#include <string.h>

static char err[POLICY_ERR_MAX];

static struct label label(const char *analyzer, const char *name, float score)
{
    struct label l = {.score = score};
    snprintf(l.analyzer, sizeof l.analyzer, "%s", analyzer);
    snprintf(l.label, sizeof l.label, "%s", name);
    return l;
}

START_TEST(text_and_json_say_the_same)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct policy *text = policy_read("# ours\ngate closed 200\nrule toxicity.toxic 0.9 bounce\n"
                                      "rule flood.repeat 0.75 block # not four times\n"
                                      "exempt moderator bot\nladder 3 600 timeout 60\n", err);
    ck_assert_msg(text != NULL, "%s", err);
    policy_encode(&a, text);
    buf_append_char(&a, '\0');
    struct policy *json = policy_parse_text(a.data, err);
    ck_assert_msg(json != NULL, "%s", err);
    policy_encode(&b, json);
    buf_append_char(&b, '\0');
    ck_assert_str_eq(a.data, b.data);
    ck_assert(json->uses_flood && json->uses_workers && json->mode == GATE_CLOSED);
    ck_assert(policy_exempts(json, ROLE_BOT) && !policy_exempts(json, ROLE_GUEST));
    policy_unref(text);
    policy_unref(json);
    buf_fini(&a);
    buf_fini(&b);
}
END_TEST

START_TEST(what_is_wrong_is_told_by_line)
{
    static const char *const wrong[][2] = {
        {"gate off\nrule toxic 0.9 flag\n", "line 2 must be \"ANALYZER.LABEL\""},
        {"rule a.b 1.5 flag\n", "line 1 must be a number above 0"},
        {"\n\nrule a.b nan flag\n", "line 3 must be a number above 0"},
        {"rule a.b 0.5\n", "line 1: write: rule ANALYZER.LABEL AT ACTION"},
        {"gate open 2.5\n", "line 1 must be a whole number from 1 to 10000"},
        {"exempt king\n", "line 1 must be guest, member"},
        {"rules a.b 0.5 flag\n", "line 1 begins with 'rules'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_ptr_null(policy_read(wrong[i][0], err));
        ck_assert_msg(strstr(err, wrong[i][1]) == err, "%s", err);
    }
}
END_TEST

START_TEST(the_strongest_action_wins_and_its_first_rule)
{
    const struct rule *rule;
    struct policy *p = policy_read("rule a.x 0.5 block\nrule a.y 0.5 mask\nrule a.z 0.5 block\n"
                                   "rule a.y 0.9 hold\n", err);
    struct label y = label("a", "y", 0.6f), all[] = {y, label("a", "x", 0.4f)};
    ck_assert_int_eq(policy_judge(p, all, 2, &rule), ACTION_MASK);
    ck_assert_ptr_eq(rule, &p->rules[1]);
    all[0].score = 0.95f;
    ck_assert_int_eq(policy_judge(p, all, 2, &rule), ACTION_HOLD);
    all[1].score = 0.5f;
    ck_assert_int_eq(policy_judge(p, all, 2, &rule), ACTION_BLOCK);
    ck_assert_ptr_eq(rule, &p->rules[0]);
    struct label other = label("b", "x", 1);
    ck_assert_int_eq(policy_judge(p, &other, 1, &rule), ACTION_NONE);
    ck_assert_ptr_null(rule);
    ck_assert_int_eq(policy_judge(NULL, all, 2, &rule), ACTION_NONE);
    policy_unref(p);
}
END_TEST

UNIT_MAIN("policy", text_and_json_say_the_same, what_is_wrong_is_told_by_line,
          the_strongest_action_wins_and_its_first_rule)
