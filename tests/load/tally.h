/* SPDX-License-Identifier: MIT */
/*
 * tally: counts by name (error codes, close codes, failures) in a small fixed
 * table; what does not fit is counted as "other".  Owned by one worker thread.
 */
#ifndef PARLEY_LOAD_TALLY_H
#define PARLEY_LOAD_TALLY_H

#include <stdint.h>

#define TALLY_MAX 24

struct tally {
    struct {
        char name[56];
        uint64_t count;
    } entry[TALLY_MAX];
    unsigned used;
};

void tally_add(struct tally *tally, uint64_t n, const char *name);

__attribute__((format(printf, 2, 3)))
void tally_count(struct tally *tally, const char *format, ...);

void tally_merge(struct tally *into, const struct tally *from);

#endif
