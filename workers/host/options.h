/* SPDX-License-Identifier: MIT
 *
 * The command line of parley-worker. Written by the supervisor; people use it for a try by hand.
 */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "base/log.h"

#include <stdint.h>

struct options {
    unsigned slot;
    const char *endpoint;
    const char *python_path;   /* holds the package parley */
    const char *venv;          /* NULL: Debian's Python as it is */
    const char *analyzers_dir; /* NULL: none */
    const char *disable;       /* names, by commas; NULL: none */
    uint32_t soft_timeout_ms;  /* 0: half of a batch's deadline */
    int stack_fd;              /* gets Python's stack when it crashes; 0: standard error does */
    enum log_level log_level;
};

/* 0, or the code to exit with (64: bad usage, told on standard error). */
int options_parse(struct options *o, int argc, char **argv);

#endif
