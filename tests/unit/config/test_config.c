/* SPDX-License-Identifier: MIT
 *
 * Claims about the configuration: where values come from, what is refused and in which words.
 */
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "config/config.h"
#include "config/option.h"
#include "config/place.h"

#define MAX_ARGUMENTS 16

static struct config c;
static char err[1024];

static void forget(void)
{
    config_free(&c);
}

/* Parses `parleyd words…`; the list ends with NULL. */
static int parse(const char *word, ...)
{
    char *argv[MAX_ARGUMENTS] = {"parleyd"};
    int argc = 1;
    va_list words;

    err[0] = '\0';
    va_start(words, word);
    for (; word; word = va_arg(words, const char *)) {
        ck_assert_int_lt(argc, MAX_ARGUMENTS);
        argv[argc++] = (char *)word;
    }
    va_end(words);
    return config_parse(&c, argc, argv, err, sizeof err);
}

/* A file of the given content, by a path that lives as long as the test's process. */
static const char *file_of(const char *content)
{
    static char path[64];
    int fd = memfd_create("config", 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static char *text_of(FILE *file)
{
    long len = ftell(file);
    char *text = calloc(1, (size_t)len + 1);

    rewind(file);
    ck_assert_uint_eq(fread(text, 1, (size_t)len, file), (size_t)len);
    fclose(file);
    return text;
}

START_TEST(without_options_the_defaults_of_the_table_hold)
{
    ck_assert_int_eq(parse(NULL), 0);
    ck_assert_str_eq(c.listen.host, "127.0.0.1");
    ck_assert_uint_eq(c.listen.port, 8080);
    ck_assert(!c.listen.v6);
    ck_assert_str_eq(c.data, "./data");
    ck_assert_str_eq(c.origins, "");
    ck_assert_int_eq(c.durability, DURABILITY_FULL);
    ck_assert_int_eq(c.log_level, LOG_INFO);
    ck_assert_uint_eq(c.text_max, 8192);
    ck_assert_uint_eq(c.backlog_max, 4u << 20);
}
END_TEST

START_TEST(every_default_lies_within_its_own_bounds)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];

        ck_assert_msg(option_set(o, &c, o->fallback, err, sizeof err) == 0, "%s", err);
        ck_assert_msg(strlen(o->help) > 0, "%s has no help", o->name);
    }
}
END_TEST

START_TEST(counts_left_to_the_machine_become_its_cores)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    ck_assert_int_eq(parse(NULL), 0);
    ck_assert_int_eq(c.loops, (int)cores);
    ck_assert_int_eq(c.workers, (int)cores);
    forget();
    ck_assert_int_eq(parse("--loops", "3", "--workers", "0", NULL), 0);
    ck_assert_int_eq(c.loops, 3);
    ck_assert_int_eq(c.workers, 0);
}
END_TEST

START_TEST(limits_off_lifts_rates_and_connection_caps_only)
{
    ck_assert_int_eq(parse("--limits", "off", "--rate-send", "5", NULL), 0);
    ck_assert_int_eq(c.rate_send, 0);
    ck_assert_int_eq(c.rate_key, 0);
    ck_assert_int_eq(c.connections_per_ip, 0);
    ck_assert_int_eq(c.max_connections, 0);
    ck_assert_uint_eq(c.text_max, 8192);
    ck_assert_uint_eq(c.frame_max, 65536);
}
END_TEST

START_TEST(a_value_follows_as_a_word_or_behind_an_equals_sign)
{
    ck_assert_int_eq(parse("--loops=2", "--data", "/srv/chat", "--workers", "-1", NULL), 0);
    ck_assert_int_eq(c.loops, 2);
    ck_assert_str_eq(c.data, "/srv/chat");
}
END_TEST

START_TEST(the_last_of_repeated_options_wins)
{
    ck_assert_int_eq(parse("--loops", "2", "--loops", "4", NULL), 0);
    ck_assert_int_eq(c.loops, 4);
}
END_TEST

START_TEST(addresses_of_both_families_are_understood)
{
    ck_assert_int_eq(parse("--listen", "[::1]:0", NULL), 0);
    ck_assert_str_eq(c.listen.host, "::1");
    ck_assert_uint_eq(c.listen.port, 0);
    ck_assert(c.listen.v6);
    forget();
    ck_assert_int_eq(parse("--listen", "localhost:65535", NULL), 0);
    ck_assert_str_eq(c.listen.host, "127.0.0.1");
    ck_assert_uint_eq(c.listen.port, 65535);
}
END_TEST

START_TEST(other_addresses_are_refused_with_an_example)
{
    static const char *const bad[] = {"8080",        "127.0.0.1",      "127.0.0.1:",  "127.0.0.1:x",
                                      "1.2.3.4:65536", "1.2.3.4:-1",   "::1:8080",    "[::1]",
                                      "[127.0.0.1]:80", "example.org:80", "[]:80", ":80", "[:80"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(parse("--listen", bad[i], NULL) == E_BAD_REQUEST, "%s passed", bad[i]);
        ck_assert_ptr_nonnull(strstr(err, bad[i]));
        ck_assert_ptr_nonnull(strstr(err, "127.0.0.1:8080"));
        forget();
    }
}
END_TEST

START_TEST(sizes_take_a_unit)
{
    ck_assert_int_eq(parse("--backlog-max", "2M", "--frame-max", "128k", NULL), 0);
    ck_assert_uint_eq(c.backlog_max, 2u << 20);
    ck_assert_uint_eq(c.frame_max, 128u << 10);
    forget();
    ck_assert_int_eq(parse("--frame-max", "99999999999g", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "frame-max: '99999999999g' is not a number of bytes from 2048 to "
                          "16777216 (k, m, g may follow: 64k)");
}
END_TEST

START_TEST(numbers_outside_their_bounds_are_refused_with_the_bounds)
{
    static const char *const bad[] = {"65", "-1", "", "two", "2x", "0x2", "2k", " 2",
                                      "99999999999999999999"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(parse("--loops", bad[i], NULL) == E_BAD_REQUEST, "%s passed", bad[i]);
        ck_assert_ptr_nonnull(strstr(err, "is not a whole number from 0 to 64"));
        forget();
    }
}
END_TEST

START_TEST(a_choice_is_one_of_its_values)
{
    ck_assert_int_eq(parse("--durability", "memory", "--log-level=debug", NULL), 0);
    ck_assert_int_eq(c.durability, DURABILITY_MEMORY);
    ck_assert_int_eq(c.log_level, LOG_DEBUG);
    forget();
    ck_assert_int_eq(parse("--durability", "mem", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "durability: 'mem' is not one of full|os|memory");
}
END_TEST

START_TEST(a_misspelt_option_names_the_nearest)
{
    ck_assert_int_eq(parse("--lops", "2", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "unknown option '--lops'; did you mean '--loops'?");
    forget();
    ck_assert_int_eq(parse("--log_level=info", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "unknown option '--log_level'; did you mean '--log-level'?");
    forget();
    ck_assert_int_eq(parse("--qqqqqqqq", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "unknown option '--qqqqqqqq'; parleyd --help lists them all");
}
END_TEST

START_TEST(a_missing_value_and_a_stray_word_are_named)
{
    ck_assert_int_eq(parse("--loops", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "--loops wants a value");
    forget();
    ck_assert_int_eq(parse("--data", "--loops", "2", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "--data wants a value");
    forget();
    ck_assert_int_eq(parse("start", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "unexpected 'start'; options look like --name value");
}
END_TEST

START_TEST(a_frame_must_hold_the_longest_text)
{
    ck_assert_int_eq(parse("--text-max", "65536", NULL), E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err, "frame-max (65536) must be at least text-max + 1024"));
}
END_TEST

START_TEST(the_command_line_overrides_the_file)
{
    const char *path = file_of("# a file\n"
                               "loops = 2   # two\r\n"
                               "\n"
                               "  data=/srv/parley#1\n"
                               "durability\t=\tos");

    ck_assert_int_eq(parse("--loops", "4", "--config", path, NULL), 0);
    ck_assert_int_eq(c.loops, 4);
    ck_assert_str_eq(c.data, "/srv/parley#1");
    ck_assert_int_eq(c.durability, DURABILITY_OS);
}
END_TEST

START_TEST(an_error_in_the_file_names_its_line)
{
    const char *path = file_of("loops = 2\n\nworker = 3\n");

    ck_assert_int_eq(parse("--config", path, NULL), E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err, ":3: unknown option 'worker'; did you mean 'workers'?"));
    forget();
    path = file_of("loops\n");
    ck_assert_int_eq(parse("--config", path, NULL), E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err, ":1: 'loops' is not of the form name = value"));
    forget();
    path = file_of("loops = many\n");
    ck_assert_int_eq(parse("--config", path, NULL), E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err, ":1: loops: 'many' is not a whole number"));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
    ck_assert_int_eq(parse("--config", "/nonexistent/parley.conf", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "config: cannot open /nonexistent/parley.conf: No such file or "
                          "directory");
    forget();
    ck_assert_int_eq(parse("--config", "/", NULL), E_BAD_REQUEST);
    ck_assert_str_eq(err, "config: cannot read /: Is a directory");
}
END_TEST

START_TEST(a_reload_takes_the_live_options_and_only_those)
{
    char *argv[] = {"parleyd", "--config", NULL};

    ck_assert_int_eq(parse("--loops", "2", NULL), 0);
    argv[2] = (char *)file_of("loops = 5\nlog-level = debug\n");
    ck_assert_int_eq(config_reload(&c, 3, argv, err, sizeof err), 0);
    ck_assert_int_eq(c.log_level, LOG_DEBUG);
    ck_assert_int_eq(c.loops, 2);
    argv[2] = (char *)file_of("log-level = error\nloops = none\n");
    ck_assert_int_lt(config_reload(&c, 3, argv, err, sizeof err), 0);
    ck_assert_int_eq(c.log_level, LOG_DEBUG);
}
END_TEST

START_TEST(list_words_match_whole)
{
    const char *origins = "https://a.example, https://b.example:8443";

    ck_assert(config_list_has(origins, "https://a.example"));
    ck_assert(config_list_has(origins, "https://b.example:8443"));
    ck_assert(!config_list_has(origins, "https://b.example"));
    ck_assert(!config_list_has(origins, "a.example"));
    ck_assert(!config_list_has(origins, ""));
    ck_assert(!config_list_has("", "https://a.example"));
}
END_TEST

START_TEST(parts_not_given_are_found_from_above_the_program)
{
    char root[] = "/tmp/parley-place-XXXXXX";
    char dir[128], expected[128];
    char *found;

    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chdir(root), 0);
    ck_assert_int_eq(mkdir("web", 0700) + mkdir("web/dist", 0700) + mkdir("build", 0700), 0);
    snprintf(dir, sizeof dir, "%s/build/bin", root);
    ck_assert_ptr_null(place_find(dir, "web/dist", "index.html"));
    fclose(fopen("web/dist/index.html", "w"));
    snprintf(expected, sizeof expected, "%s/web/dist", root);
    found = place_find(dir, "web/dist", "index.html");
    ck_assert_pstr_eq(found, expected);
    free(found);
    unlink("web/dist/index.html");
    ck_assert_int_eq(rmdir("build") + rmdir("web/dist") + rmdir("web") + rmdir(root), 0);
}
END_TEST

START_TEST(a_part_that_is_given_is_not_looked_for)
{
    ck_assert_int_eq(parse("--worker-binary", "/opt/worker", "--data", "/srv/chat", NULL), 0);
    ck_assert_str_eq(c.worker_binary, "/opt/worker");
    ck_assert_str_eq(c.analyzers_dir, "/srv/chat/analyzers.d");
}
END_TEST

START_TEST(help_names_every_option)
{
    FILE *out = tmpfile();
    char *text;

    config_print_help(out);
    text = text_of(out);
    for (size_t i = 0; i < option_count; i++) {
        char line[64];

        snprintf(line, sizeof line, "\n  --%s ", option_table[i].name);
        ck_assert_msg(strstr(text, line) != NULL, "--help lacks %s", option_table[i].name);
    }
    free(text);
}
END_TEST

START_TEST(the_sample_file_in_the_repository_is_fresh)
{
    FILE *out = tmpfile();
    FILE *sample = fopen(SAMPLE_FILE, "r");
    char *printed;
    char *committed;

    ck_assert_msg(sample != NULL, "cannot open " SAMPLE_FILE);
    for (size_t i = 0; i < option_count; i++)
        ck_assert_int_eq(
            option_set(&option_table[i], &c, option_table[i].fallback, err, sizeof err), 0);
    config_print_sample(out, &c);
    printed = text_of(out);
    fseek(sample, 0, SEEK_END);
    committed = text_of(sample);
    ck_assert_msg(strcmp(printed, committed) == 0,
                  "docker/parley.conf is stale; parleyd --print-config makes it");
    free(printed);
    free(committed);
}
END_TEST

START_TEST(a_printed_configuration_reads_back_the_same)
{
    FILE *out = tmpfile();
    char *text;

    ck_assert_int_eq(parse("--listen", "[::]:9", "--durability", "os", "--text-max", "1k",
                           "--origins", "https://a.example,https://b.example", "--loops", "2",
                           NULL),
                     0);
    config_print_sample(out, &c);
    forget();
    text = text_of(out);
    ck_assert_int_eq(parse("--config", file_of(text), NULL), 0);
    free(text);
    ck_assert_str_eq(c.listen.host, "::");
    ck_assert_uint_eq(c.listen.port, 9);
    ck_assert_int_eq(c.durability, DURABILITY_OS);
    ck_assert_uint_eq(c.text_max, 1024);
    ck_assert_str_eq(c.origins, "https://a.example,https://b.example");
    ck_assert_int_eq(c.loops, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *claims = tcase_create("claims");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(claims, NULL, forget);
    tcase_add_test(claims, without_options_the_defaults_of_the_table_hold);
    tcase_add_test(claims, every_default_lies_within_its_own_bounds);
    tcase_add_test(claims, counts_left_to_the_machine_become_its_cores);
    tcase_add_test(claims, limits_off_lifts_rates_and_connection_caps_only);
    tcase_add_test(claims, a_value_follows_as_a_word_or_behind_an_equals_sign);
    tcase_add_test(claims, the_last_of_repeated_options_wins);
    tcase_add_test(claims, addresses_of_both_families_are_understood);
    tcase_add_test(claims, other_addresses_are_refused_with_an_example);
    tcase_add_test(claims, sizes_take_a_unit);
    tcase_add_test(claims, numbers_outside_their_bounds_are_refused_with_the_bounds);
    tcase_add_test(claims, a_choice_is_one_of_its_values);
    tcase_add_test(claims, a_misspelt_option_names_the_nearest);
    tcase_add_test(claims, a_missing_value_and_a_stray_word_are_named);
    tcase_add_test(claims, a_frame_must_hold_the_longest_text);
    tcase_add_test(claims, the_command_line_overrides_the_file);
    tcase_add_test(claims, an_error_in_the_file_names_its_line);
    tcase_add_test(claims, a_file_that_cannot_be_read_is_named);
    tcase_add_test(claims, a_reload_takes_the_live_options_and_only_those);
    tcase_add_test(claims, list_words_match_whole);
    tcase_add_test(claims, parts_not_given_are_found_from_above_the_program);
    tcase_add_test(claims, a_part_that_is_given_is_not_looked_for);
    tcase_add_test(claims, help_names_every_option);
    tcase_add_test(claims, the_sample_file_in_the_repository_is_fresh);
    tcase_add_test(claims, a_printed_configuration_reads_back_the_same);
    suite_add_tcase(suite, claims);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
