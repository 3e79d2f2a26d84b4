/* SPDX-License-Identifier: MIT
 *
 * An HTTP response before it is written: status, headers, body. Owned by the request it answers;
 * that request's loop. No libwebsockets here: the head is plain text made in one place, so that no
 * response can miss its security headers.
 */
#ifndef NET_RESPONSE_H
#define NET_RESPONSE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define CACHE_NEVER "no-store"
#define CACHE_CHECK "no-cache"
#define CACHE_FOREVER "public, max-age=31536000, immutable"

#define TYPE_JSON "application/json"
#define TYPE_JSON_LINES "application/x-ndjson"
#define TYPE_HTML "text/html; charset=utf-8"

/* Strings are literals or outlive the response; NULL leaves the header out. */
struct response {
    int status;               /* of HTTP; 0: not made yet */
    const char *type;
    const char *cache;
    const char *etag;
    const char *encoding;
    const char *allow;        /* with 405 */
    bool varies;              /* by Accept-Encoding */
    unsigned retry_after_s;   /* 0: none */
    const char *body;         /* borrowed, or own.data */
    size_t len;
    struct buf own;           /* a body made for this response */
};

void response_fini(struct response *r);

/* Starts a JSON body in r->own; the caller appends it and ends with response_close. */
struct buf *response_open(struct response *r, int status, const char *type);
/* The body is complete; when memory was short the response becomes a 503. */
void response_close(struct response *r);

/* {"error":{"code","message"}}. `message` is valid UTF-8. */
void response_error(struct response *r, int http, const char *code, const char *message);
/* The same for a status of base/status.h; message NULL gives a general one. */
void response_status(struct response *r, int status, const char *message);

/* Status line and headers, up to the empty line. `now` is wall time in seconds. */
void response_head(struct buf *b, const struct response *r, bool keep_alive, long long now);

#endif
