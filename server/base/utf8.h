/* SPDX-License-Identifier: MIT
 * UTF-8 helpers on text that is already known to be valid. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strict check (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool utf8_is_valid(const char *text, size_t len);
/* Number of code points of valid text. */
size_t utf8_count(const char *text, size_t len);
/* Decodes the code point at *at (< len) of valid text and moves *at behind it. */
uint32_t utf8_next(const char *text, size_t len, size_t *at);

#endif
