/* SPDX-License-Identifier: MIT
 * Questions and the texts that answer them; see terms.h. The reader thread. */
#include "store/terms.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Code points of scripts that are written without spaces, or (Hangul) with endings grown on: there
 * a token is a phrase, and who searches for a word means any place in it. */
static bool is_unspaced(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x0e00, 0x0eff}, /* Thai, Lao */      {0x1000, 0x109f}, /* Myanmar */
        {0x1780, 0x17ff}, /* Khmer */          {0x3040, 0x30ff}, /* kana */
        {0x31f0, 0x31ff}, /* more kana */      {0x3400, 0x9fff}, /* Han */
        {0xac00, 0xd7af}, /* Hangul */         {0xf900, 0xfaff}, /* more Han */
        {0x20000, 0x3ffff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

static bool has_unspaced(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        if (is_unspaced(utf8_next(text, len, &at)))
            return true;
    }
    return false;
}

int terms_init(struct terms *t, sqlite3 *db)
{
    static const char *options[] = {"remove_diacritics", "2"}; /* as schema.sql says */
    sqlite3_stmt *s = NULL;
    fts5_api *api = NULL;
    void *context = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &s, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_pointer(s, 1, &api, "fts5_api_ptr", NULL);
    sqlite3_step(s);
    rc = sqlite3_finalize(s);
    if (rc != SQLITE_OK || api == NULL)
        return rc != SQLITE_OK ? rc : SQLITE_ERROR;
    rc = api->xFindTokenizer(api, "unicode61", &context, &t->calls);
    return rc != SQLITE_OK ? rc : t->calls.xCreate(context, options, 2, &t->tokenizer);
}

void terms_fini(struct terms *t)
{
    if (t->tokenizer != NULL)
        t->calls.xDelete(t->tokenizer);
    buf_fini(&t->folded);
}

/* -- the question -------------------------------------------------------------------------- */

static const char *term_text(const struct terms *t, unsigned i)
{
    return t->folded.data + t->list[i].at;
}

static bool is_known(const struct terms *t, const char *token, size_t len)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (t->list[i].len == len && memcmp(term_text(t, i), token, len) == 0)
            return true;
    }
    return false;
}

static int take_term(void *context, int flags, const char *token, int len, int start, int end)
{
    (void)flags, (void)start, (void)end;
    struct terms *t = context;
    size_t n = (size_t)len;
    if (is_known(t, token, n))
        return SQLITE_OK;
    if (t->n == TERMS_MAX) {
        t->too_many = true;
        return SQLITE_DONE;
    }
    /* Tokens have letters and digits only: nothing in them can end the string. */
    buf_append_char(&t->folded, '"');
    t->list[t->n] = (struct term){t->folded.len, n, has_unspaced(token, n)};
    buf_append(&t->folded, token, n);
    buf_append(&t->folded, "\"", 2);
    if (t->folded.failed)
        return SQLITE_NOMEM;
    if (!t->list[t->n].within && (!t->indexed || n > t->list[t->driver].len)) {
        t->driver = t->n;
        t->indexed = true;
    }
    t->n++;
    return SQLITE_OK;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

const char *terms_ask(struct terms *t, const char *question, size_t len)
{
    while (len > 0 && is_space(question[len - 1]))
        len--;
    while (len > 0 && is_space(*question))
        question++, len--;
    t->literal = question;
    t->literal_len = len;
    t->n = 0;
    t->too_many = t->indexed = false;
    buf_clear(&t->folded);
    if (len == 0)
        return "q must say what to look for: 1 to 400 bytes, percent-encoded";
    int rc = t->calls.xTokenize(t->tokenizer, t, FTS5_TOKENIZE_QUERY, question, (int)len,
                                take_term);
    if (t->too_many)
        return "q has too many words: a search takes 16 different ones";
    return rc != SQLITE_OK ? "q could not be read" : NULL;
}

const char *terms_match(const struct terms *t, unsigned i)
{
    return t->folded.data + t->list[i].at - 1;
}

/* -- texts --------------------------------------------------------------------------------- */

/* One look at a text. Matches come in the order of the text, so one pass counts code points. */
struct look {
    const struct terms *terms;
    const char *text;
    struct buf *spans;
    size_t counted;  /* bytes of the text whose code points are in `points` */
    size_t points;
    unsigned marks;
    uint32_t found;  /* bits of terms */
};

static size_t point_of(struct look *l, size_t at)
{
    if (at < l->counted)
        l->counted = l->points = 0;
    l->points += utf8_count(l->text + l->counted, at - l->counted);
    l->counted = at;
    return l->points;
}

static void mark(struct look *l, size_t start, size_t end)
{
    if (l->marks == MARKS_MAX)
        return;
    buf_append_str(l->spans, l->marks++ > 0 ? ",[" : "[");
    buf_append_u64(l->spans, point_of(l, start));
    buf_append_char(l->spans, ',');
    buf_append_u64(l->spans, point_of(l, end));
    buf_append_char(l->spans, ']');
}

/* Every place of `what` in `in`, which begins at byte `base` of the text. */
static bool mark_all(struct look *l, const char *in, size_t len, size_t base, const char *what,
                     size_t what_len)
{
    const char *end = in + len, *at = in;
    bool any = false;
    while ((at = memmem(at, (size_t)(end - at), what, what_len)) != NULL) {
        size_t start = base + (size_t)(at - in);
        mark(l, start, start + what_len);
        at += what_len;
        any = true;
    }
    return any;
}

static int look_at_token(void *context, int flags, const char *token, int len, int start, int end)
{
    (void)flags;
    struct look *l = context;
    size_t n = (size_t)len, size = (size_t)(end - start);
    for (unsigned i = 0; i < l->terms->n; i++) {
        const struct term *term = &l->terms->list[i];
        const char *text = term_text(l->terms, i);
        bool same = term->len == n && memcmp(text, token, n) == 0;
        /* Where folding changed lengths, places in the token are none in the text. */
        if (same || (term->within && n != size && memmem(token, n, text, term->len) != NULL))
            mark(l, (size_t)start, (size_t)end);
        else if (!term->within || !mark_all(l, token, n, (size_t)start, text, term->len))
            continue;
        l->found |= UINT32_C(1) << i;
    }
    return SQLITE_OK;
}

bool terms_find(struct terms *t, const char *text, size_t len, struct buf *spans)
{
    size_t begin = spans->len;
    struct look l = {.terms = t, .text = text, .spans = spans};
    bool all;
    buf_append_char(spans, '[');
    if (t->n == 0) {
        all = mark_all(&l, text, len, 0, t->literal, t->literal_len);
    } else {
        int rc = t->calls.xTokenize(t->tokenizer, &l, FTS5_TOKENIZE_DOCUMENT, text, (int)len,
                                    look_at_token);
        all = rc == SQLITE_OK && l.found == (UINT32_C(1) << t->n) - 1;
    }
    buf_append_char(spans, ']');
    if (!all && !spans->failed)
        spans->len = begin;
    return all;
}
