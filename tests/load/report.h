/* SPDX-License-Identifier: MIT */
/*
 * report: says what a run found, for people and as JSON.  Main thread.
 */
#ifndef PARLEY_LOAD_REPORT_H
#define PARLEY_LOAD_REPORT_H

#include "find.h"
#include "run.h"

#include <stdio.h>

void report_print(FILE *out, const struct options *options, const struct run_result *result);

/*
 * Whether 'path' can be written, asked before the load rather than after it; NULL is nowhere.
 * This and the two below: 0, or -1 with a message on stderr.
 */
int report_check(const char *option, const char *path);

int report_write_json(const char *path, const struct options *options,
                      const struct run_result *result, const struct find *find);

/* A page with charts that needs nothing else. 'find' may be NULL in both. */
int report_write_html(const char *path, const struct options *options,
                      const struct run_result *result, const struct find *find);

/* Why the figures are the client's rather than the server's; NULL when they are not. */
const char *report_bottleneck(const struct options *options, const struct run_result *result,
                              char *buf, size_t size);

#endif
