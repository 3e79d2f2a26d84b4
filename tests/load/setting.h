/* SPDX-License-Identifier: MIT */
/*
 * setting: one value of one option, from text and back.  Main thread.
 */
#ifndef PARLEY_LOAD_SETTING_H
#define PARLEY_LOAD_SETTING_H

#include "options.h"

#include <stddef.h>

enum setting_kind {
    SETTING_FLAG,
    SETTING_COUNT,  /* uint32_t */
    SETTING_NUMBER, /* double */
    SETTING_TEXT,
    SETTING_LIST, /* numbers and ranges */
    SETTING_WORD  /* one of the words of 'argument', kept as its place from 1 */
};

struct setting {
    const char *name, *argument; /* argument: its name in --help */
    enum setting_kind kind;
    size_t at; /* in struct options */
    double min, max;
    const char *help;
};

/* "parley-load: --rate wants …" or "parley-load: x.profile:3: rate wants …". Returns -1. */
__attribute__((format(printf, 3, 4)))
int setting_complain(const struct option_place *place, const char *name, const char *format, ...);

/* 0, or -1 with a line of error. 'text' is NULL for a flag of the command line. */
int setting_read(const struct setting *setting, struct options *options, const char *text,
                 const struct option_place *place);

void setting_show(const struct setting *setting, const struct options *options, char *value,
                  size_t size);

/* The name nearest to a mistyped one; NULL when none is near. */
const char *setting_nearest(const struct setting *table, size_t count, const char *name);

#endif
