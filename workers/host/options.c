/* SPDX-License-Identifier: MIT
 * The command line of parley-worker; see options.h. Main thread. */
#include "options.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD_USAGE 64 /* EX_USAGE */

static const char usage[] =
    "usage: parley-worker --slot N --endpoint ipc://PATH --python-path DIR [--venv DIR]\n"
    "                     [--analyzers-dir DIR] [--disable NAME,...] [--soft-timeout-ms N]\n"
    "                     [--log-level error|warn|info|debug] [--stack-fd N]\n"
    "Analyses messages for parleyd, which starts it; see workers/host/README.md.\n";

static const struct option table[] = {
    {"slot", required_argument, NULL, 's'},
    {"endpoint", required_argument, NULL, 'e'},
    {"python-path", required_argument, NULL, 'p'},
    {"venv", required_argument, NULL, 'v'},
    {"analyzers-dir", required_argument, NULL, 'a'},
    {"disable", required_argument, NULL, 'd'},
    {"soft-timeout-ms", required_argument, NULL, 't'},
    {"log-level", required_argument, NULL, 'l'},
    {"stack-fd", required_argument, NULL, 'f'},
    {NULL, 0, NULL, 0},
};

static int number(const char *option, const char *text, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > 1000000000) {
        fprintf(stderr, "parley-worker: --%s wants a number, not '%s'\n", option, text);
        return BAD_USAGE;
    }
    *out = (uint32_t)value;
    return 0;
}

static int descriptor(const char *text, int *out)
{
    uint32_t fd = 0;
    if (number("stack-fd", text, &fd) != 0)
        return BAD_USAGE;
    if (fd <= STDERR_FILENO || fcntl((int)fd, F_GETFD) < 0) {
        fprintf(stderr, "parley-worker: --stack-fd %s is no open descriptor of its own\n", text);
        return BAD_USAGE;
    }
    *out = (int)fd;
    return 0;
}

static int level(const char *text, enum log_level *out)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    fprintf(stderr, "parley-worker: --log-level is error, warn, info or debug, not '%s'\n", text);
    return BAD_USAGE;
}

static int take(struct options *o, int option, const char *value)
{
    switch (option) {
    case 's':
        return number("slot", value, &o->slot);
    case 'e':
        o->endpoint = value;
        return 0;
    case 'p':
        o->python_path = value;
        return 0;
    case 'v':
        o->venv = value;
        return 0;
    case 'a':
        o->analyzers_dir = value;
        return 0;
    case 'd':
        o->disable = value;
        return 0;
    case 't':
        return number("soft-timeout-ms", value, &o->soft_timeout_ms);
    case 'f':
        return descriptor(value, &o->stack_fd);
    case 'l':
        return level(value, &o->log_level);
    default:
        fputs(usage, stderr);
        return BAD_USAGE;
    }
}

int options_parse(struct options *o, int argc, char **argv)
{
    int option, status = 0;
    *o = (struct options){.log_level = LOG_INFO};
    while (status == 0 && (option = getopt_long(argc, argv, "", table, NULL)) != -1)
        status = take(o, option, optarg);
    if (status == 0 && (o->endpoint == NULL || o->python_path == NULL || optind != argc)) {
        fputs(usage, stderr);
        status = BAD_USAGE;
    }
    return status;
}
