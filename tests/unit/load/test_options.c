/* SPDX-License-Identifier: MIT */
/* options: what is taken, and what a mistake is answered with. */
#include "options.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

#define MAX_WORDS 12

static char said[4096];

/* Parses a command line given as one string; what it wrote is in 'said'. */
static enum options_result parse(struct options *options, const char *line)
{
    static char words[512];
    char *argv[MAX_WORDS + 1], *save = NULL;
    int argc = 0;
    FILE *stream = fmemopen(said, sizeof(said), "w");
    enum options_result result;

    argv[argc++] = (char *)"parley-load";
    snprintf(words, sizeof(words), "%s", line);
    for (char *at = words; argc < MAX_WORDS; at = NULL) {
        argv[argc] = strtok_r(at, " ", &save);
        if (!argv[argc])
            break;
        argc++;
    }
    argv[argc] = NULL;
    memset(said, 0, sizeof(said));
    result = options_parse(options, argc, argv, stream, stream);
    fclose(stream);
    return result;
}

START_TEST(defaults)
{
    struct options o;

    ck_assert_int_eq(parse(&o, ""), OPTIONS_RUN);
    ck_assert_uint_eq(o.clients, 100);
    ck_assert_uint_eq(o.publishers, 10);
    ck_assert_double_eq(o.rate, 100.0);
    ck_assert_str_eq(o.url.port, "8080");
    ck_assert_int_eq(parse(&o, "--clients 4"), OPTIONS_RUN);
    ck_assert_uint_eq(o.publishers, 4);
    ck_assert_int_eq(parse(&o, "--idle"), OPTIONS_RUN);
    ck_assert_uint_eq(o.publishers, 0);
    ck_assert_int_eq(parse(&o, "--publishers 0"), OPTIONS_RUN);
    ck_assert_double_eq(o.rate, 0.0);
}
END_TEST

START_TEST(values_in_both_forms)
{
    struct options o;

    ck_assert_int_eq(parse(&o, "--clients=2000 --rooms 200 --window=3 --pin 0,2-4 --reconnect"),
                     OPTIONS_RUN);
    ck_assert_uint_eq(o.clients, 2000);
    ck_assert_uint_eq(o.rooms, 200);
    ck_assert_uint_eq(o.window, 3);
    ck_assert(o.reconnect);
    ck_assert_uint_eq(o.pin.count, 4);
    ck_assert_uint_eq(o.pin.value[3], 4);
    ck_assert_int_eq(parse(&o, "--clients 5 --rooms 10 --rooms-each 2"), OPTIONS_RUN);
    ck_assert_int_eq(parse(&o, "--bare broadcast --rooms 2 --url ws://h/%r --rate 0.5"),
                     OPTIONS_RUN);
    ck_assert_int_eq(o.bare, BARE_BROADCAST);
    ck_assert_int_eq(parse(&o, "--bare socketio --rooms 2 --url ws://h:3000"), OPTIONS_RUN);
    ck_assert_str_eq(o.url.path, "/socket.io/?EIO=4&transport=websocket&room=%r");
    ck_assert_int_eq(parse(&o, "--bare socketio --url ws://h/chat?EIO=4"), OPTIONS_RUN);
    ck_assert_str_eq(o.url.path, "/chat?EIO=4");
}
END_TEST

START_TEST(mistakes_are_named)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"--clinets 5", "did you mean --clients?"},
        {"--windwo 5", "did you mean --window?"},
        {"--bogus 5", "unknown option '--bogus'; see --help"},
        {"clients", "'clients' is no option"},
        {"--clients", "--clients wants a value"},
        {"--idle=1", "--idle takes no value"},
        {"--clients 0", "--clients wants a whole number from 1"},
        {"--clients 1.5", "--clients wants a whole number"},
        {"--clients 5x", "not '5x'"},
        {"--rate nan", "--rate wants a number"},
        {"--size 39", "from 40 to"},
        {"--pin 1,", "not '1,'"},
        {"--pin 5-2", "not '5-2'"},
        {"--pin 0-1023", "at most 64"},
        {"--pin x", "not 'x'"},
        {"--bare chat", "--bare wants one of echo|broadcast|socketio, not 'chat'"},
        {"--rate 5 --window 1", "exclude each other"},
        {"--idle --rate 5", "--idle sends nothing"},
        {"--clients 5 --publishers 6", "--publishers must not exceed"},
        {"--clients 5 --rooms 6", "--rooms must not exceed"},
        {"--clients 5 --rooms 11 --rooms-each 2", "--clients times --rooms-each"},
        {"--clients 1 --threads 2", "--threads must not exceed"},
        {"--bare broadcast --rooms 2", "needs %r"},
        {"--bare echo --reconnect", "cannot resume"},
        {"--room-prefix Load", "--room-prefix wants"},
        {"--tls-insecure", "want wss:// in --url"},
        {"--url wss://h/ --bad 0.1", "--bad wants ws://"},
        {"--lurkers 0.5 --publishers 3", "exclude each other"},
        {"--window 1 --burst 3", "belong to the open loop"},
        {"--burst 3 --burst-every 1 --burst-for 2", "must not exceed --burst-every"},
        {"--rooms 2 --rooms-each 3", "must not exceed --rooms"},
        {"--replay x --rate 3", "leave out --rate"},
        {"--bare echo --typing 3", "need the Parley protocol"},
        {"--find-max users", "needs --slo"},
        {"--find-max rate --window 1 --slo p99<=1", "open loop"},
        {"--arrivals often", "one of even|poisson"},
        {"--url h:80", "not a WebSocket address"},
    };
    struct options o;

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(parse(&o, cases[i].line) == OPTIONS_BAD, "taken: %s", cases[i].line);
        ck_assert_msg(strstr(said, cases[i].says) != NULL, "%s: %s", cases[i].line, said);
        ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
    }
}
END_TEST

START_TEST(help_and_version_end_the_program_well)
{
    struct options o;

    ck_assert_int_eq(parse(&o, "--help"), OPTIONS_DONE);
    ck_assert_ptr_nonnull(strstr(said, "--source-spread"));
    ck_assert_ptr_nonnull(strstr(said, "Exit status"));
    ck_assert_int_eq(parse(&o, "--version"), OPTIONS_DONE);
    ck_assert_ptr_nonnull(strstr(said, "parley-load "));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        defaults,
        values_in_both_forms,
        mistakes_are_named,
        help_and_version_end_the_program_well,
    };

    return run_suite("options", tests, COUNT(tests));
}
