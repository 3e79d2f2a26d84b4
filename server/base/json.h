/* SPDX-License-Identifier: MIT
 *
 * Writing JSON by hand into a buffer. Every frame and reply of the server is written with this:
 * known field names are plain appends, only strings need care. (Reading is jansson's, in chat/.)
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/* A quoted, escaped string. `text` must be valid UTF-8; it is copied, escapes aside, as it is. */
void json_put_string(struct buf *b, const char *text, size_t len);
void json_put_cstring(struct buf *b, const char *text);
/* Finite doubles with up to `digits` significant digits; others become null. */
void json_put_number(struct buf *b, double value, int digits);
void json_put_bool(struct buf *b, bool value);

#endif
