/* SPDX-License-Identifier: MIT */
/*
 * options: the command line.  One table is behind the parser and --help.
 * Filled by main before any thread starts; read-only afterwards.
 */
#ifndef PARLEY_LOAD_OPTIONS_H
#define PARLEY_LOAD_OPTIONS_H

#include "upgrade.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_MAX_LIST 64 /* CPUs to pin to, pids to sample */

enum bare_mode { BARE_NONE, BARE_ECHO, BARE_BROADCAST, BARE_SOCKETIO };

struct option_list {
    uint32_t value[OPTIONS_MAX_LIST];
    unsigned count;
};

struct options {
    const char *url_text;
    struct upgrade_url url;
    uint32_t clients, rooms, publishers, threads, source_spread, window, size;
    double rate, ramp, duration, warmup, drain, connect_timeout, max_lag_ms;
    enum bare_mode bare;
    bool idle, reconnect, progress, help, version;
    struct option_list pin, server_pids;
    const char *json, *room_prefix;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_BAD };

/* Reads argv; writes help or version to 'out', one line of error to 'err'. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out,
                                  FILE *err);

/* As --bare takes it. */
const char *options_bare_name(enum bare_mode mode);

#endif
