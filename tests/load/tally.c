/* SPDX-License-Identifier: MIT */
/* tally: see tally.h. */
#include "tally.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tally_add(struct tally *tally, uint64_t n, const char *name)
{
    unsigned i = 0;

    while (i < tally->used && strcmp(tally->entry[i].name, name) != 0)
        i++;
    if (i == tally->used) {
        if (i == TALLY_MAX - 1)
            name = "other";
        if (i < TALLY_MAX) {
            snprintf(tally->entry[i].name, sizeof(tally->entry[i].name), "%s", name);
            tally->used++;
        } else {
            i = TALLY_MAX - 1;
        }
    }
    tally->entry[i].count += n;
}

void tally_count(struct tally *tally, const char *format, ...)
{
    char name[sizeof(tally->entry[0].name)];
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    for (char *p = name; *p; p++) /* a server's own words: keep the report readable */
        if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
            *p = '?';
    tally_add(tally, 1, name);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    for (unsigned i = 0; i < from->used; i++)
        tally_add(into, from->entry[i].count, from->entry[i].name);
}
