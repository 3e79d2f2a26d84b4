/* SPDX-License-Identifier: MIT
 *
 * One option as data: a row of options.inc, with its place in struct config.
 * Private to server/config. No state; main thread.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

enum option_type {
    OPTION_ADDRESS,
    OPTION_PATH,
    OPTION_LIST,
    OPTION_NUMBER,
    OPTION_SIZE,
    OPTION_CHOICE
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset; /* of the field in struct config */
    const char *fallback;
    int64_t min, max;
    bool live;
    const char *values; /* of a CHOICE, separated by | */
    const char *help;
};

extern const struct option option_table[];
extern const size_t option_count;

/* NULL when there is none of that name. */
const struct option *option_find(const char *name, size_t len);
/* The name that differs least from a misspelt one; NULL when nothing is near. */
const char *option_nearest(const char *name, size_t len);

/* Parses text into the field; E_BAD_REQUEST with a message that says what would be right. */
int option_set(const struct option *o, struct config *c, const char *text, char *err,
               size_t err_len);
/* Writes the field as option_set would read it. */
void option_format(const struct option *o, const struct config *c, char *text, size_t text_len);
/* Moves the field of from into to, freeing what was there. */
void option_take(const struct option *o, struct config *to, struct config *from);
void option_clear(const struct option *o, struct config *c);

#endif
