/* SPDX-License-Identifier: MIT
 *
 * A comment as the analyzers read it, and where each of its bytes was in what the client sent, in
 * UTF-16 code units, which is how the Perspective API counts. Pure; owned by whoever holds it.
 */
#ifndef NET_PLAIN_H
#define NET_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plain {
    char *text;   /* NUL-terminated UTF-8 */
    size_t len;
    uint32_t *at; /* len + 1: of each byte, and of the end */
};

/* Of valid UTF-8. HTML loses its tags (a space stands for one) and its character references.
 * 0 or E_NO_MEMORY. */
int plain_make(struct plain *p, const char *text, size_t len, bool html);
void plain_fini(struct plain *p);

struct stretch {
    size_t begin, end; /* bytes of plain.text */
};

/* Its sentences without the space around them, at most `max`: the last takes the rest. */
size_t plain_split(const struct plain *p, struct stretch *to, size_t max);

#endif
