/* SPDX-License-Identifier: MIT
 *
 * Where options come from: defaults, then the file of --config, then the command line.
 * Owner and thread: main.
 */
#include "config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "config/option.h"
#include "config/place.h"

/* Room for the longest name and value of a message, beside the file's name. */
#define DETAIL_MAX 512

static __attribute__((format(printf, 3, 4))) int refuse(char *err, size_t err_len,
                                                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err, err_len, format, args);
    va_end(args);
    return E_BAD_REQUEST;
}

static int refuse_unknown(const char *dashes, const char *name, size_t len, char *err,
                          size_t err_len)
{
    const char *nearest = option_nearest(name, len);

    if (nearest)
        return refuse(err, err_len, "unknown option '%s%.*s'; did you mean '%s%s'?", dashes,
                      (int)len, name, dashes, nearest);
    return refuse(err, err_len, "unknown option '%s%.*s'; parleyd --help lists them all", dashes,
                  (int)len, name);
}

static int set_defaults(struct config *c, char *err, size_t err_len)
{
    int status = 0;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < option_count && status == 0; i++)
        status = option_set(&option_table[i], c, option_table[i].fallback, err, err_len);
    return status;
}

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t\r\n");
    end = text + strlen(text);
    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = '\0';
    return text;
}

/* A # begins a comment only at the start of a line or behind a blank: paths may hold one. */
static void cut_comment(char *line)
{
    for (char *p = line; *p; p++)
        if (*p == '#' && (p == line || p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            return;
        }
}

static int apply_line(struct config *c, char *line, char *err, size_t err_len)
{
    const struct option *o;
    char *equals;
    char *name;

    cut_comment(line);
    name = trim(line);
    if (name[0] == '\0')
        return 0;
    equals = strchr(name, '=');
    if (!equals)
        return refuse(err, err_len, "'%.60s' is not of the form name = value", name);
    *equals = '\0';
    name = trim(name);
    o = option_find(name, strlen(name));
    if (!o)
        return refuse_unknown("", name, strlen(name), err, err_len);
    return option_set(o, c, trim(equals + 1), err, err_len);
}

static int apply_file(struct config *c, const char *path, char *err, size_t err_len)
{
    char detail[DETAIL_MAX];
    char *line = NULL;
    size_t cap = 0;
    int number = 0;
    int status = 0;
    FILE *file = fopen(path, "re");

    if (!file)
        return refuse(err, err_len, "config: cannot open %s: %s", path, strerror(errno));
    while (status == 0 && getline(&line, &cap, file) >= 0) {
        number++;
        status = apply_line(c, line, detail, sizeof detail);
    }
    if (status < 0)
        status = refuse(err, err_len, "%s:%d: %s", path, number, detail);
    else if (ferror(file))
        status = refuse(err, err_len, "config: cannot read %s: %s", path, strerror(errno));
    free(line);
    fclose(file);
    return status;
}

/* One --name value or --name=value of the command line. */
struct argument {
    const char *name;
    size_t len;
    const char *value; /* NULL when there is none */
    int words;
};

static struct argument split_argument(int left, char **argv)
{
    struct argument a = {.name = argv[0] + 2, .words = 1};

    a.len = strcspn(a.name, "=");
    if (a.name[a.len] == '=') {
        a.value = a.name + a.len + 1;
    } else if (left > 1 && strncmp(argv[1], "--", 2) != 0) {
        a.value = argv[1];
        a.words = 2;
    }
    return a;
}

static bool named(const struct argument *a, const char *name)
{
    return a->len == strlen(name) && memcmp(a->name, name, a->len) == 0;
}

/* What a word without a value asks for; 0 when it is an option. */
static int request_of(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return CONFIG_HELP;
    if (strcmp(word, "--version") == 0)
        return CONFIG_VERSION;
    return strcmp(word, "--print-config") == 0 ? CONFIG_PRINT : 0;
}

/* Finds --config and the requests; option values are applied in a second pass, over the file's. */
static int scan_arguments(int argc, char **argv, const char **path, char *err, size_t err_len)
{
    int request = 0;
    struct argument a;

    for (int i = 1; i < argc; i += a.words) {
        int asked = request_of(argv[i]);

        a.words = 1;
        if (asked != 0) {
            request = request == 0 || asked < request ? asked : request;
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0 || argv[i][2] == '\0')
            return refuse(err, err_len, "unexpected '%s'; options look like --name value", argv[i]);
        a = split_argument(argc - i, argv + i);
        if (named(&a, "config"))
            *path = a.value ? a.value : "";
        else if (!option_find(a.name, a.len))
            return refuse_unknown("--", a.name, a.len, err, err_len);
        if (!a.value)
            return refuse(err, err_len, "--%.*s wants a value", (int)a.len, a.name);
    }
    return request;
}

static int apply_arguments(struct config *c, int argc, char **argv, char *err, size_t err_len)
{
    struct argument a;
    int status = 0;

    for (int i = 1; i < argc && status == 0; i += a.words) {
        a.words = 1;
        if (request_of(argv[i]) != 0)
            continue;
        a = split_argument(argc - i, argv + i);
        if (!named(&a, "config"))
            status = option_set(option_find(a.name, a.len), c, a.value, err, err_len);
    }
    return status;
}

static int check_together(const struct config *c, char *err, size_t err_len)
{
    if (c->frame_max < c->text_max + 1024)
        return refuse(err, err_len,
                      "frame-max (%zu) must be at least text-max + 1024 (%zu): a frame holds the "
                      "text and what is around it",
                      c->frame_max, c->text_max + 1024);
    if (c->data[0] == '\0')
        return refuse(err, err_len, "data: '' is not a directory");
    return 0;
}

static int settle(struct config *c, char *err, size_t err_len)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int one_each = cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;

    if (c->loops == 0)
        c->loops = one_each;
    if (c->workers < 0)
        c->workers = one_each;
    if (c->analysis == ANALYSIS_INLINE)
        c->workers = 0;
    if (c->limits == LIMITS_OFF) {
        c->admit_rate = 0;
        c->rate_send = 0;
        c->rate_key = 0;
        c->rate_analyze = 0;
        c->connections_per_ip = 0;
        c->max_connections = 0;
    }
    if (place_settle(c) < 0) {
        snprintf(err, err_len, "out of memory");
        return E_NO_MEMORY;
    }
    return 0;
}

static int answer(int request, const struct config *c)
{
    if (request == CONFIG_HELP)
        config_print_help(stdout);
    else if (request == CONFIG_VERSION)
        printf("parleyd %s\n", PARLEY_VERSION);
    else
        config_print_sample(stdout, c);
    return request;
}

int config_parse(struct config *c, int argc, char **argv, char *err, size_t err_len)
{
    const char *path = NULL;
    int status = set_defaults(c, err, err_len);
    int request;

    if (status < 0)
        return status;
    request = scan_arguments(argc, argv, &path, err, err_len);
    if (request < 0)
        return request;
    if (request == CONFIG_HELP || request == CONFIG_VERSION)
        return answer(request, c);
    if (path && (status = apply_file(c, path, err, err_len)) < 0)
        return status;
    if ((status = apply_arguments(c, argc, argv, err, err_len)) < 0)
        return status;
    if ((status = check_together(c, err, err_len)) < 0)
        return status;
    if (request == CONFIG_PRINT)
        return answer(request, c);
    return settle(c, err, err_len);
}

int config_reload(struct config *c, int argc, char **argv, char *err, size_t err_len)
{
    struct config fresh;
    int status = config_parse(&fresh, argc, argv, err, err_len);

    for (size_t i = 0; i < option_count && status == 0; i++)
        if (option_table[i].live)
            option_take(&option_table[i], c, &fresh);
    config_free(&fresh);
    return status;
}

void config_free(struct config *c)
{
    for (size_t i = 0; i < option_count; i++)
        option_clear(&option_table[i], c);
}

bool config_list_has(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (len > 0 && *list != '\0') {
        size_t span;

        list += strspn(list, ", ");
        span = strcspn(list, ", ");
        if (span == len && memcmp(list, word, len) == 0)
            return true;
        list += span;
    }
    return false;
}
