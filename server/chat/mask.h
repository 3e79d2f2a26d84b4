/* SPDX-License-Identifier: MIT
 * Hiding parts of a text. Pure, any thread. */
#ifndef CHAT_MASK_H
#define CHAT_MASK_H

#include "loop/msg.h"

/* Appends valid UTF-8 text with each code point within a span replaced by U+2588 (a full block);
 * line ends stay. Spans may overlap, come in any order and reach beyond the end. */
void mask_text(struct buf *out, const char *text, size_t len, const struct span *spans, size_t n);

#endif
