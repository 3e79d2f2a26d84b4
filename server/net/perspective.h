/* SPDX-License-Identifier: MIT
 *
 * The calls of the Perspective API (v1alpha1 of Google's Comment Analyzer) in terms of our
 * analyzers: PERSPECTIVE.md beside this file says what means what. Pure: text in, text out; owned
 * by whoever holds it, one thread.
 */
#ifndef NET_PERSPECTIVE_H
#define NET_PERSPECTIVE_H

#include "loop/msg.h"

#define PERSPECTIVE_TEXT_MAX 20480 /* bytes of a comment, as theirs */
/* The comment itself and its sentences. */
#define PERSPECTIVE_PARTS_MAX 101

enum perspective_call { PERSPECTIVE_ANALYZE, PERSPECTIVE_SUGGEST };

struct perspective;

/* Decodes a request. 200 and *out; or the HTTP status of an error, which `error` then holds. */
int perspective_parse(struct perspective **out, enum perspective_call call, const char *body,
                      size_t len, struct buf *error);
void perspective_free(struct perspective *p);

/* The texts to be analysed; none for a suggestion. */
size_t perspective_parts(const struct perspective *p);
const char *perspective_part(const struct perspective *p, size_t i, size_t *len);
/* The analyzers that text i is for, one a line, malloc'ed; NULL: all (memory is short). */
char *perspective_wants(const struct perspective *p, size_t i);
void perspective_take(struct perspective *p, size_t i, const struct msg_verdict *v);

/* When every part was taken. Appends the body; gives the HTTP status. */
int perspective_answer(const struct perspective *p, struct buf *out);

/* An error in their shape. `details` is a JSON object. */
void perspective_error(struct buf *b, int http, const char *message, const char *details);
/* Errors that are none of the comment's. Each gives its HTTP status. */
enum perspective_refusal {
    PERSPECTIVE_NO_KEY,
    PERSPECTIVE_WRONG_KEY,
    PERSPECTIVE_WRONG_SCOPE,
    PERSPECTIVE_QUOTA,
    PERSPECTIVE_UNAVAILABLE,
    PERSPECTIVE_TYPE,
};
int perspective_refuse(struct buf *b, enum perspective_refusal why);

/* The API's description, for clients that build themselves from one; `root` is our address with a
 * slash at its end. */
void perspective_discovery(struct buf *b, const char *root);

#endif
