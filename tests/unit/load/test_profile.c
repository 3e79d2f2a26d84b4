/* SPDX-License-Identifier: MIT */
/* profile: what is taken, and what a mistake is answered with. */
#include "chance.h"
#include "options.h"
#include "profile.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

static char said[4096], text[8192];
static struct options options;

static int parse(const char *profile)
{
    FILE *err = fmemopen(said, sizeof(said), "w");
    int status;

    memset(said, 0, sizeof(said));
    memset(&options, 0, sizeof(options));
    snprintf(text, sizeof(text), "%s", profile);
    status = profile_parse(&options, "x.profile", text, strlen(profile), err);
    fclose(err);
    return status;
}

START_TEST(lines_comments_and_blanks)
{
    ck_assert_int_eq(parse("# all of it\n\n  clients =  20\t# so many\r\nurl=ws://h/#x\n"
                           "arrivals = poisson\nreconnect = yes\nabout = whatever = it is\n"
                           "needs = replay: a log\nzipf = 1.5"),
                     0);
    ck_assert_uint_eq(options.clients, 20);
    ck_assert_str_eq(options.url_text, "ws://h/#x");
    ck_assert_int_eq(options.arrivals, ARRIVALS_POISSON);
    ck_assert(options.reconnect);
    ck_assert_str_eq(options.needs, "replay: a log");
    ck_assert_double_eq(options.zipf, 1.5);
    ck_assert_int_eq(parse(""), 0);
}
END_TEST

START_TEST(mistakes_are_named_with_their_line)
{
    static const struct {
        const char *profile, *says;
    } cases[] = {
        {"clients = 5\nclinets = 6\n",
         "x.profile:2: there is no key 'clinets'; did you mean clients?"},
        {"\n\nclients\n", "x.profile:3: wanted 'key = value'"},
        {"= 5", "x.profile:1: a key is missing"},
        {"clients =  # none", "x.profile:1: a value is missing"},
        {"clients = many", "x.profile:1: clients wants a whole number from 1 to"},
        {"rate = 1e999", "x.profile:1: rate wants a number"},
        {"lurkers = 1.5", "lurkers wants a number from 0 to 1, not '1.5'"},
        {"idle = perhaps", "idle wants yes or no, not 'perhaps'"},
        {"arrivals = often", "arrivals wants one of even|poisson"},
        {"clients = 5\nclients = 6", "x.profile:2: clients was said before"},
        {"profile = other", "there is no key 'profile'"},
        {"help = yes", "there is no key 'help'"},
        {"needs = something", "needs wants 'OPTION: what it must be'"},
        {"\xff\xfe\n", "x.profile:1: wanted 'key = value'"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(parse(cases[i].profile) == -1, "taken: %s", cases[i].profile);
        ck_assert_msg(strstr(said, cases[i].says) != NULL, "%s: %s", cases[i].profile, said);
        ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
    }
}
END_TEST

/* Whatever the bytes, the parser ends with a verdict, and an error is one line that has a place. */
START_TEST(odd_bytes_end_in_a_verdict)
{
    static const char pieces[][12] = {"clients", "=", "\n", " ", "#", "5", "\r", "rate", "\t",
                                      "-", "1e9", "\xf0\x9f", "zipf = 1\n", "==", "''", "%s%n"};
    uint64_t random = 42;

    for (int round = 0; round < 20000; round++) {
        char profile[400] = "";
        int n = 1 + (int)(chance_next(&random) % 24);

        while (n-- > 0)
            strcat(profile, pieces[chance_next(&random) % COUNT(pieces)]);
        if (parse(profile) == 0)
            ck_assert_str_eq(said, "");
        else
            ck_assert_ptr_eq(strstr(said, "parley-load: x.profile:"), said);
    }
    memcpy(text, "clients = 5\0\n", 13);
    ck_assert_int_eq(profile_parse(&options, "x", text, 13, stdout), -1);
}
END_TEST

static enum options_result run(const char *a, const char *b, const char *c)
{
    char *argv[] = {(char *)"parley-load", (char *)a, (char *)b, (char *)c, NULL};
    FILE *err = fmemopen(said, sizeof(said), "w");
    enum options_result result;

    memset(said, 0, sizeof(said));
    result = options_parse(&options, b ? c ? 4 : 3 : 2, argv, err, err);
    fclose(err);
    return result;
}

START_TEST(the_command_line_goes_before_the_profile)
{
    ck_assert_int_eq(run("--profile=storm", "--clients=40", NULL), OPTIONS_RUN);
    ck_assert_uint_eq(options.clients, 40);
    ck_assert_double_eq(options.storm, 0.5);
    ck_assert(options.reconnect);
    ck_assert_uint_eq(options.publishers, 8); /* its lurkers are 0.8 */
    options_free(&options);
    ck_assert_int_eq(run("--profile=storm", "--publishers=3", "--window=2"), OPTIONS_RUN);
    ck_assert_uint_eq(options.publishers, 3);
    ck_assert_uint_eq(options.window, 2);
    ck_assert_double_eq(options.rate, 0);
    options_free(&options);
}
END_TEST

START_TEST(what_a_profile_lacks_is_told)
{
    ck_assert_int_eq(run("--profile=irc", NULL, NULL), OPTIONS_BAD);
    ck_assert_ptr_nonnull(strstr(said, "profile irc needs --replay: "));
    options_free(&options);
    ck_assert_int_eq(run("--profile=irc", "--replay=some.log", NULL), OPTIONS_RUN);
    options_free(&options);
    ck_assert_int_eq(run("--profile=nowhere", NULL, NULL), OPTIONS_BAD);
    ck_assert_ptr_nonnull(strstr(said, "cannot open 'nowhere'"));
    options_free(&options);
}
END_TEST

START_TEST(every_profile_that_comes_along_is_good)
{
    static const char *const names[] = {"community", "lurkers", "bursts", "typing", "storm",
                                        "slow-readers", "sleepers", "bad-frames", "tea"};

    for (size_t i = 0; i < COUNT(names); i++) {
        ck_assert_msg(run("--profile", names[i], NULL) == OPTIONS_RUN, "%s: %s", names[i], said);
        options_free(&options);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        lines_comments_and_blanks,
        mistakes_are_named_with_their_line,
        odd_bytes_end_in_a_verdict,
        the_command_line_goes_before_the_profile,
        what_a_profile_lacks_is_told,
        every_profile_that_comes_along_is_good,
    };

    return run_suite("profile", tests, COUNT(tests));
}
