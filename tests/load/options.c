/* SPDX-License-Identifier: MIT */
/* options: see options.h.  Runs in main, before any thread. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "socketio.h"
#include "stamp.h"

enum kind { KIND_FLAG, KIND_COUNT, KIND_NUMBER, KIND_TEXT, KIND_LIST, KIND_BARE };

struct option {
    const char *name, *argument; /* argument: its name in --help */
    enum kind kind;
    size_t at;
    double min, max;
    const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    {"url", "URL", KIND_TEXT, AT(url_text), 0, 0,
     "WebSocket address; %r in it is the room's number [ws://127.0.0.1:8080/ws]"},
    {"clients", "N", KIND_COUNT, AT(clients), 1, 1 << 24, "connections [100]"},
    {"rooms", "R", KIND_COUNT, AT(rooms), 1, 1 << 20,
     "rooms; client i joins room i mod R [1]"},
    {"publishers", "P", KIND_COUNT, AT(publishers), 0, 1 << 24,
     "clients that send: the first P [10, or all if fewer]"},
    {"rate", "MSGS_PER_S", KIND_NUMBER, AT(rate), 0.01, 1e8,
     "open loop: messages a second in total, sent at their times [100]"},
    {"window", "W", KIND_COUNT, AT(window), 1, 4096,
     "closed loop instead: each publisher keeps W messages outstanding"},
    {"size", "BYTES", KIND_COUNT, AT(size), STAMP_BYTES, 60000,
     "bytes of text a message, with its stamp of 40 bytes [120]"},
    {"duration", "S", KIND_NUMBER, AT(duration), 0.1, 86400, "seconds measured [10]"},
    {"warmup", "S", KIND_NUMBER, AT(warmup), 0, 3600, "seconds of load before that [2]"},
    {"drain", "S", KIND_NUMBER, AT(drain), 0, 600,
     "seconds to wait at the end for what is still owed [10]"},
    {"idle", NULL, KIND_FLAG, AT(idle), 0, 0,
     "connect and join, then only hold the connections for --duration"},
    {"ramp", "CONNS_PER_S", KIND_NUMBER, AT(ramp), 0.1, 1e7,
     "new connections a second [as fast as they are accepted]"},
    {"connect-timeout", "S", KIND_NUMBER, AT(connect_timeout), 0.1, 600,
     "seconds a client may take to get in [10]"},
    {"reconnect", NULL, KIND_FLAG, AT(reconnect), 0, 0,
     "come back after a lost connection: resume, and send again what was not acked"},
    {"bare", "KIND", KIND_BARE, AT(bare), 0, 0,
     "no Parley: the server returns each text to its sender (echo), to all (broadcast, socketio)"},
    {"threads", "T", KIND_COUNT, AT(threads), 1, 256, "threads, one epoll loop each [1]"},
    {"pin", "CPUS", KIND_LIST, AT(pin), 0, 1023, "pin the threads to these CPUs: 1 or 1,3 or 2-5"},
    {"source-spread", "N", KIND_COUNT, AT(source_spread), 1, 250,
     "connect from N addresses 127.0.1.1 ... [one each 8,000 clients on loopback]"},
    {"room-prefix", "NAME", KIND_TEXT, AT(room_prefix), 0, 0, "rooms are NAME0, NAME1 ... [load-]"},
    {"server-pid", "PIDS", KIND_LIST, AT(server_pids), 1, INT_MAX,
     "sample CPU and memory of these processes of this machine"},
    {"max-lag", "MS", KIND_NUMBER, AT(max_lag_ms), 0.01, 1e6,
     "a p99 of its own lag above this makes the client the bottleneck [5]"},
    {"json", "FILE", KIND_TEXT, AT(json), 0, 0, "write the report as JSON too ('-': to stdout)"},
    {"progress", NULL, KIND_FLAG, AT(progress), 0, 0,
     "a line a second on stderr even when that is no terminal"},
    {"version", NULL, KIND_FLAG, AT(version), 0, 0, "print the version"},
    {"help", NULL, KIND_FLAG, AT(help), 0, 0, "print this"},
};

#define TABLE_SIZE (sizeof(table) / sizeof(*table))

static void print_help(FILE *out)
{
    fputs("usage: parley-load [OPTION...]\n"
          "Loads a chat server with many clients and checks that everybody got everything.\n\n",
          out);
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s %s", table[i].name,
                 table[i].argument ? table[i].argument : "");
        fprintf(out, "  %-24s %s\n", left, table[i].help);
    }
    fputs("\nLatency counts from the intended send time to each receiver.  Ctrl-C ends the load\n"
          "early and still reports.  Exit status: 0 all owed was delivered, 1 a rule was broken\n"
          "(the report names it), 2 wrong usage, 3 the test could not run.\n",
          out);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein distance; names are short, longer input is cut. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[33], last, keep;
    size_t n = strnlen(b, 32);

    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] && i < 32; i++) {
        last = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            keep = row[j + 1];
            row[j + 1] = min3(row[j] + 1, row[j + 1] + 1, last + (a[i] != b[j]));
            last = keep;
        }
    }
    return row[n];
}

static const char *nearest(const char *name)
{
    const char *best = table[0].name;

    for (size_t i = 1; i < TABLE_SIZE; i++)
        if (distance(name, table[i].name) < distance(name, best))
            best = table[i].name;
    return best;
}

static const struct option *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

static int set_number(const struct option *option, void *field, const char *text, FILE *err)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (end == text || *end || errno || !isfinite(value) || value < option->min ||
        value > option->max || (option->kind == KIND_COUNT && value != floor(value))) {
        fprintf(err, "parley-load: --%s wants a %s from %.10g to %.10g, not '%s'\n", option->name,
                option->kind == KIND_COUNT ? "whole number" : "number", option->min, option->max,
                text);
        return -1;
    }
    if (option->kind == KIND_COUNT)
        *(uint32_t *)field = (uint32_t)value;
    else
        *(double *)field = value;
    return 0;
}

/* "1,3" or "2-5" or both together. */
static int set_list(const struct option *option, struct option_list *list, const char *text,
                    FILE *err)
{
    const char *at = text;
    char *end;

    list->count = 0;
    while (isdigit((unsigned char)*at)) {
        unsigned long from = strtoul(at, &end, 10), to = from;

        if (*end == '-' && isdigit((unsigned char)end[1]))
            to = strtoul(end + 1, &end, 10);
        if ((double)from < option->min || (double)to > option->max || to < from ||
            to - from >= OPTIONS_MAX_LIST - list->count)
            break;
        while (from <= to)
            list->value[list->count++] = (uint32_t)from++;
        if (*end == '\0')
            return 0;
        at = *end == ',' ? end + 1 : "";
    }
    fprintf(err, "parley-load: --%s wants numbers as in 1,3 or 2-5 (at most %d), not '%s'\n",
            option->name, OPTIONS_MAX_LIST, text);
    return -1;
}

static const char *const bare_names[] = {
    [BARE_ECHO] = "echo",
    [BARE_BROADCAST] = "broadcast",
    [BARE_SOCKETIO] = "socketio",
};

const char *options_bare_name(enum bare_mode mode)
{
    return bare_names[mode];
}

static int set_bare(enum bare_mode *mode, const char *text, FILE *err)
{
    for (int i = BARE_ECHO; i <= BARE_SOCKETIO; i++)
        if (strcmp(text, bare_names[i]) == 0) {
            *mode = (enum bare_mode)i;
            return 0;
        }
    fprintf(err, "parley-load: --bare wants echo, broadcast or socketio, not '%s'\n", text);
    return -1;
}

static int set_option(struct options *options, const struct option *option, const char *text,
                      FILE *err)
{
    void *field = (char *)options + option->at;

    switch (option->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return 0;
    case KIND_COUNT:
    case KIND_NUMBER:
        return set_number(option, field, text, err);
    case KIND_TEXT:
        *(const char **)field = text;
        return 0;
    case KIND_LIST:
        return set_list(option, field, text, err);
    case KIND_BARE:
        return set_bare(field, text, err);
    }
    return -1;
}

static int parse_arguments(struct options *options, int argc, char **argv, FILE *err)
{
    for (int i = 1; i < argc; i++) {
        const struct option *option;
        const char *name = argv[i] + 2, *equals;

        if (strncmp(argv[i], "--", 2) != 0) {
            fprintf(err, "parley-load: '%s' is no option; see --help\n", argv[i]);
            return -1;
        }
        equals = strchr(name, '=');
        option = find_option(name, equals ? (size_t)(equals - name) : strlen(name));
        if (!option) {
            fprintf(err, "parley-load: unknown option '%s'; did you mean --%s?\n", argv[i],
                    nearest(name));
            return -1;
        }
        if (option->kind == KIND_FLAG ? equals != NULL : !equals && i + 1 == argc) {
            fprintf(err, "parley-load: --%s %s\n", option->name,
                    equals ? "takes no value" : "wants a value");
            return -1;
        }
        if (set_option(options, option,
                       option->kind == KIND_FLAG ? NULL
                       : equals                  ? equals + 1
                                                 : argv[++i],
                       err) != 0)
            return -1;
    }
    return 0;
}

static const char *check_room_prefix(const char *prefix)
{
    size_t n = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789._:-");

    if (prefix[n] || n > 50 || !isalnum((unsigned char)prefix[0]))
        return "--room-prefix wants [a-z0-9][a-z0-9._:-]*, at most 50 characters";
    return NULL;
}

/* What the options say together; NULL when that makes sense. */
static const char *check_together(const struct options *o)
{
    bool sends = o->window || o->rate > 0 || o->publishers != UINT32_MAX;
    const struct {
        bool wrong;
        const char *text;
    } checks[] = {
        {o->window && o->rate > 0,
         "--rate (open loop) and --window (closed loop) exclude each other"},
        {o->idle && sends, "--idle sends nothing: leave out --rate, --window and --publishers"},
        {o->publishers != UINT32_MAX && o->publishers > o->clients,
         "--publishers must not exceed --clients"},
        {o->rooms > o->clients, "--rooms must not exceed --clients"},
        {o->threads > o->clients, "--threads must not exceed --clients"},
        {o->bare > BARE_ECHO && o->rooms > 1 && !strstr(o->url.path, "%r"),
         "--bare with several rooms needs %r (the room's number) in --url"},
        {o->bare != BARE_NONE && o->reconnect,
         "--reconnect needs the Parley protocol: a bare server cannot resume"},
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
        if (checks[i].wrong)
            return checks[i].text;
    return check_room_prefix(o->room_prefix);
}

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .url_text = "ws://127.0.0.1:8080/ws",
        .clients = 100,
        .rooms = 1,
        .publishers = UINT32_MAX,
        .threads = 1,
        .size = 120,
        .duration = 10,
        .warmup = 2,
        .drain = 10,
        .connect_timeout = 10,
        .max_lag_ms = 5,
        .room_prefix = "load-",
    };
}

enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out,
                                  FILE *err)
{
    const char *wrong;
    char why[800];

    set_defaults(options);
    if (parse_arguments(options, argc, argv, err) != 0)
        return OPTIONS_BAD;
    if (options->help || options->version) {
        if (options->help)
            print_help(out);
        else
            fputs("parley-load " PARLEY_VERSION "\n", out);
        return OPTIONS_DONE;
    }
    if (upgrade_parse_url(options->url_text, &options->url, why, sizeof(why)) != 0) {
        fprintf(err, "parley-load: --url: %s\n", why);
        return OPTIONS_BAD;
    }
    if (options->bare == BARE_SOCKETIO && strcmp(options->url.path, "/") == 0)
        memcpy(options->url.path, SOCKETIO_PATH, sizeof(SOCKETIO_PATH));
    wrong = check_together(options);
    if (wrong) {
        fprintf(err, "parley-load: %s\n", wrong);
        return OPTIONS_BAD;
    }
    if (options->publishers == UINT32_MAX)
        options->publishers = options->idle ? 0 : options->clients < 10 ? options->clients : 10;
    if (!options->window && options->rate <= 0 && options->publishers > 0)
        options->rate = 100;
    return OPTIONS_RUN;
}
