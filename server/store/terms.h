/* SPDX-License-Identifier: MIT
 *
 * What a search asks for, cut and folded by the very tokenizer that the index was fed with, and
 * where a text has it. So the index's own query language is never spoken: whatever people type is
 * either words or looked for as it stands. Owner: the reader; its thread.
 */
#ifndef STORE_TERMS_H
#define STORE_TERMS_H

#include "base/buf.h"

#include <sqlite3.h>
#include <stdbool.h>

#define TERMS_MAX 16 /* words of a question */
#define MARKS_MAX 64 /* matches of a text that are told */

struct term {
    size_t at, len; /* in terms.folded; in double quotes there, and behind them a NUL */
    bool within;    /* of a script that puts no spaces between words: found within a token */
};

struct terms {
    Fts5Tokenizer *tokenizer;
    fts5_tokenizer calls;
    /* the question */
    struct buf folded;
    struct term list[TERMS_MAX];
    unsigned n;             /* 0: not one letter or digit; the text itself is looked for */
    bool too_many;
    const char *literal;    /* borrowed; without space at its ends */
    size_t literal_len;
    unsigned driver;        /* the longest word that the index knows, likely the rarest */
    bool indexed;           /* there is one */
};

/* SQLite's code. */
int terms_init(struct terms *t, sqlite3 *db);
void terms_fini(struct terms *t);

/* Takes a question, valid UTF-8 that stays until the next one. NULL, or what is wrong with it. */
const char *terms_ask(struct terms *t, const char *question, size_t len);

/* The term as a query of the index: a string of one word. */
const char *terms_match(const struct terms *t, unsigned i);

/* Whether the text has all that is asked for; then appends where, as a JSON array of [start,end)
 * in code points. */
bool terms_find(struct terms *t, const char *text, size_t len, struct buf *spans);

#endif
