/* SPDX-License-Identifier: MIT */
/* script, logline: a chat log becomes people, times and texts. */
#include "logline.h"
#include "script.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

static char said[4096];

static struct script *parse(const char *text, double speed)
{
    FILE *err = fmemopen(said, sizeof(said), "w");
    struct script *script;

    memset(said, 0, sizeof(said));
    script = script_parse("x.log", text, strlen(text), speed, err);
    fclose(err);
    return script;
}

static void says(const struct script *s, uint32_t who, uint32_t counter, const char *wanted)
{
    struct span text = script_text(s, who, counter);

    ck_assert_ptr_nonnull(text.p);
    ck_assert_uint_eq(text.n, strlen(wanted));
    ck_assert_int_eq(memcmp(text.p, wanted, text.n), 0);
}

START_TEST(people_texts_and_times)
{
    struct script *s = parse("[10:58] <a> one\n[10:58] <b> two\n=== c [x@y] has joined #r\n"
                             "[11:00]  * a waves\n=== a is now known as z\n[11:00] <z> three\n"
                             "=== [+o z] by Server\n=== b [x@y] has left #r []\n",
                             1);

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->person_count, 3);
    ck_assert_uint_eq(s->log_count, 1);
    ck_assert_uint_eq(s->text_count, 4);
    says(s, 0, 1, " one");
    says(s, 0, 2, " * a waves");
    says(s, 0, 3, " three");
    says(s, 1, 1, " two");
    ck_assert_ptr_null(script_text(s, 0, 4).p);
    ck_assert_ptr_null(script_text(s, 0, 0).p);
    ck_assert_ptr_null(script_text(s, 3, 1).p);
    ck_assert(s->people[2].comes_later && !s->people[0].comes_later);
    ck_assert_uint_eq(s->line_count, 6);
    ck_assert_uint_eq(s->lines[0].at_ns, 0);
    ck_assert_uint_eq(s->lines[1].at_ns, UINT64_C(20000000000)); /* three in a minute */
    ck_assert_int_eq(s->lines[2].act, SCRIPT_COMES);
    ck_assert_uint_eq(s->lines[3].at_ns, UINT64_C(120000000000)); /* two minutes later */
    ck_assert_int_eq(s->lines[5].act, SCRIPT_GOES);
    script_free(s);
}
END_TEST

START_TEST(midnight_passes_and_speed_divides)
{
    struct script *s = parse("[23:59] <a> x\n[00:01] <a> y\n[00:00] <a> late\n"
                             "[00:02:30] <a> z\n", 60);

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->lines[1].at_ns, UINT64_C(2000000000));
    ck_assert_uint_eq(s->lines[2].at_ns, UINT64_C(2500000000)); /* disorder stays in its minute */
    ck_assert_uint_eq(s->lines[3].at_ns, UINT64_C(3500000000));
    script_free(s);
}
END_TEST

START_TEST(who_speaks_is_there)
{
    struct script *s = parse("[10:00] <a> x\n=== a has quit (bye)\n=== a has quit (bye)\n"
                             "[10:01] <a> y\n=== a has joined #r\n", 1);

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->line_count, 4); /* says, goes, comes (unsaid), says */
    ck_assert_int_eq(s->lines[1].act, SCRIPT_GOES);
    ck_assert_int_eq(s->lines[2].act, SCRIPT_COMES);
    ck_assert_int_eq(s->lines[3].act, SCRIPT_SAYS);
    script_free(s);
}
END_TEST

START_TEST(texts_are_made_clean)
{
    static const struct {
        const char *raw, *clean;
    } cases[] = {
        {"plain", "plain"},
        {"caf\xc3\xa9 \xe2\x98\x95 \xf0\x9f\x8e\x89", "caf\xc3\xa9 \xe2\x98\x95 \xf0\x9f\x8e\x89"},
        {"\xe9t\xe9", "?t?"},
        {"a\x01\x7f\tb", "a   b"},
        {"\xc3", "?"},
        {"\xed\xa0\x80", "???"},
    };
    char to[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct span raw = {cases[i].raw, strlen(cases[i].raw)};
        size_t n = logline_clean(to, raw, sizeof(to));

        ck_assert_uint_eq(n, strlen(cases[i].clean));
        ck_assert_int_eq(memcmp(to, cases[i].clean, n), 0);
    }
    /* A code point is never cut. */
    ck_assert_uint_eq(logline_clean(to, (struct span){"ab\xc3\xa9", 4}, 3), 2);
}
END_TEST

START_TEST(mistakes_are_named_with_their_line)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"hello\n", "x.log:1: no line of a chat log"},
        {"[10:00] <a> x\n\n[25:00] <a> x\n", "x.log:3: no line"},
        {"[10:60] <a> x\n", "x.log:1"},
        {"[10:00] <> x\n", "x.log:1"},
        {"[10:00] a: x\n", "x.log:1"},
        {"[10:00 <a> x\n", "x.log:1"},
        {"", "nobody says anything"},
        {"=== a has joined #r\n", "nobody says anything"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_ptr_null(parse(cases[i].text, 1));
        ck_assert_msg(strstr(said, cases[i].says) != NULL, "%s: %s", cases[i].text, said);
    }
}
END_TEST

START_TEST(the_log_that_comes_along_is_good)
{
    FILE *err = fmemopen(said, sizeof(said), "w");
    struct script *s = script_load("tea.log", 1, err);

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->person_count, 4);
    ck_assert_uint_eq(s->text_count, 14);
    script_free(s);
    s = script_load("tea.log,tea.log", 1, err);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->log_count, 2);
    ck_assert_uint_eq(s->person_count, 8);
    ck_assert_uint_eq(s->log_of[7], 1);
    says(s, 4, 1, " is the kettle on?");
    for (size_t i = 1; i < s->line_count; i++)
        ck_assert_uint_ge(s->lines[i].at_ns, s->lines[i - 1].at_ns);
    script_free(s);
    ck_assert_ptr_null(script_load("nowhere.log", 1, err));
    fclose(err);
    ck_assert_ptr_nonnull(strstr(said, "cannot open 'nowhere.log'"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        people_texts_and_times,
        midnight_passes_and_speed_divides,
        who_speaks_is_there,
        texts_are_made_clean,
        mistakes_are_named_with_their_line,
        the_log_that_comes_along_is_good,
    };

    return run_suite("script", tests, COUNT(tests));
}
