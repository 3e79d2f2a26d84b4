/* SPDX-License-Identifier: MIT */
/*
 * options: what the command line and a profile say.  One table is behind the
 * parser, the profiles' keys, --help and the reports.
 * Filled by main before any thread starts; read-only afterwards.
 */
#ifndef PARLEY_LOAD_OPTIONS_H
#define PARLEY_LOAD_OPTIONS_H

#include "upgrade.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_MAX_LIST 64 /* CPUs to pin to, pids to sample */
#define OPTIONS_MAX      64 /* rows of the table */
#define OPTIONS_UNSET    UINT32_MAX

/* In the order in which their words stand in the table, from 1. */
enum bare_mode { BARE_NONE, BARE_ECHO, BARE_BROADCAST, BARE_SOCKETIO };
enum arrivals { ARRIVALS_EVEN = 1, ARRIVALS_POISSON };
enum find_max { FIND_NOTHING, FIND_USERS, FIND_RATE };

struct option_list {
    uint32_t value[OPTIONS_MAX_LIST];
    unsigned count;
};

struct options {
    const char *url_text;
    struct upgrade_url url;
    uint32_t clients, rooms, rooms_each, publishers, threads, source_spread, window, size, seed;
    double rate, ramp, duration, warmup, drain, connect_timeout, max_lag_ms;
    double zipf, lurkers, burst, burst_every, burst_for, burst_rest, typing;
    double storm, storm_at, storm_every, slow, slow_rate, slow_pause, bad, speed;
    enum bare_mode bare;
    enum arrivals arrivals;
    enum find_max find_max;
    bool idle, reconnect, progress, help, version, tls_insecure;
    struct option_list pin, server_pids;
    const char *json, *html, *room_prefix, *tls_ca, *replay, *slo;

    const char *profile;
    char *profile_text;                /* owned: the values read from it lie here */
    const char *needs;                 /* "OPTION: what it wants", of the profile */
    unsigned char given[OPTIONS_MAX];  /* who said a row: nobody, the profile, the command line */
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_BAD };

/* Reads argv; writes help or version to 'out', one line of error to 'err'. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out,
                                  FILE *err);

void options_free(struct options *options);

/* Where a value stands, for what is said about it; 'file' is NULL on the command line. */
struct option_place {
    const char *file;
    unsigned line;
    FILE *err;
};

/* Sets what a line of a profile says. 0, or -1 with a line of error. */
int options_assign(struct options *options, const char *name, const char *value,
                   const struct option_place *place);

/* As --bare takes it. */
const char *options_bare_name(enum bare_mode mode);

/* The row's name, and its value as the command line takes it; NULL behind the last row. */
const char *options_show(const struct options *options, unsigned row, char *value, size_t size);

/* Whether anybody said this row. */
bool options_given(const struct options *options, const char *name);

#endif
