/* SPDX-License-Identifier: MIT
 *
 * POST /api/v1/analyze: from its body to texts, from verdicts to its results. Pure; owned by
 * whoever holds it, one thread.
 */
#ifndef NET_ANALYZE_H
#define NET_ANALYZE_H

#include "loop/msg.h"

#define ANALYZE_TEXTS_MAX 1000
#define ANALYZE_TEXT_MAX 65536

struct analyze;

/* Decodes a body. `board` is the JSON of GET /api/v1/workers, or NULL: it tells which analyzers
 * there are. 200 and *out; or the HTTP status of an error, which `error` then holds. */
int analyze_parse(struct analyze **out, const char *body, size_t len, const char *board,
                  size_t board_len, struct buf *error);
void analyze_free(struct analyze *a);

size_t analyze_count(const struct analyze *a);
/* NULL: text i cannot be analysed, its result is made already. */
const char *analyze_text(const struct analyze *a, size_t i, size_t *len);
/* The analyzers asked for, one a line, malloc'ed; NULL: all of them (or memory is short). */
char *analyze_wants(const struct analyze *a);
void analyze_take(struct analyze *a, size_t i, const struct msg_verdict *v);

/* When every text was taken. Appends the body; gives the HTTP status. */
int analyze_answer(const struct analyze *a, struct buf *out);

/* {"error":{"code","message"}}; gives the HTTP status back. */
int analyze_error(struct buf *b, int status, const char *message);

#endif
