/* SPDX-License-Identifier: MIT
 *
 * Analysis inside the server's own process, for the experiment `--analysis inline`: what parleyd
 * finds by dlsym() in libparley-inline.so. Never for production: Python holds up whoever calls.
 *
 * Both functions are one thread's, the first caller's, which becomes Python's.
 */
#ifndef HOST_INLINE_H
#define HOST_INLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inline_options {
    const char *python_path;   /* holds the package parley */
    const char *venv;          /* NULL: Debian's Python as it is */
    const char *analyzers_dir; /* NULL: none */
    const char *disable;       /* names of analyzers, by commas; NULL: none */
};

/* Starts Python and loads the analyzers. False: it cannot work, and that has been logged. */
bool parley_inline_start(const struct inline_options *o);

/* Analyses one message: a packed Result (proto/worker.proto), valid until the next call. */
const uint8_t *parley_inline_analyze(const char *text, const char *room, const char *user,
                                     int64_t time_ms, size_t *len);

#endif
