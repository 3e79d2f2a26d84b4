/* SPDX-License-Identifier: MIT
 *
 * Decodes a plain JSON object: flat, with strings without escapes, whole numbers, true, false and
 * null, as nearly every request is. What is not that, wrong or only unusual, is left to jansson,
 * which also says what is wrong. So this only needs to be right about what it takes.
 *
 * Owner: the request on whose stack it is; no thread of its own.
 */
#ifndef CHAT_PLAIN_H
#define CHAT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAIN_MAX 12 /* members */

enum plain_kind { PLAIN_STRING, PLAIN_NUMBER, PLAIN_TRUE, PLAIN_FALSE, PLAIN_NULL, PLAIN_OTHER };

struct plain_value {
    enum plain_kind kind;
    const char *text; /* of a string: valid UTF-8, NUL-terminated */
    size_t len;
    int64_t number;
};

struct plain {
    unsigned count;
    struct plain_member {
        const char *name;
        struct plain_value value;
    } members[PLAIN_MAX];
};

/* `text` is NUL-terminated behind `len`; its strings are terminated in place, and the members point
 * into it. False: not plain; the count is 0 then, and `text` is spoilt. */
bool plain_decode(struct plain *p, char *text, size_t len);
/* NULL when there is none. */
const struct plain_value *plain_find(const struct plain *p, const char *name);

#endif
