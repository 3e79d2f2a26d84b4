/* SPDX-License-Identifier: MIT */
/*
 * stamp: what a message says about itself, at the start of its text:
 *
 *     pl.RRRRRRRR.PPPPPP.CCCCCCCC.TTTTTTTTTTTT
 *
 * run, publisher, the publisher's own counter (1, 2, 3 ...) and the intended
 * send time in nanoseconds since the run's start, all lower-case hex of a fixed
 * width.  No character of it is ever escaped in JSON by a sane server.
 * Pure; any thread.
 */
#ifndef PARLEY_LOAD_STAMP_H
#define PARLEY_LOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_BYTES 40

struct stamp {
    uint32_t run;
    uint32_t publisher; /* 24 bits */
    uint32_t counter;
    uint64_t intended_ns; /* 48 bits: three days */
};

/* Writes STAMP_BYTES bytes, no terminator. */
void stamp_write(char *to, const struct stamp *stamp);

/* False when the text does not begin with a well-formed stamp. */
bool stamp_read(const char *text, size_t len, struct stamp *stamp);

#endif
