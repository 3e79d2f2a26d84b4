/* SPDX-License-Identifier: MIT
 * Comments as plain text, and their sentences; see plain.h. */
#include "net/plain.h"

#include "base/status.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* The text as it is taken in, and where that came from. */
struct intake {
    const char *text;
    size_t len, next;
    uint32_t units;     /* UTF-16 code units before `next` */
    struct plain *out;
};

static void emit(struct intake *in, const char *bytes, size_t n, uint32_t at)
{
    struct plain *p = in->out;
    for (size_t i = 0; i < n; i++) {
        p->text[p->len] = bytes[i];
        p->at[p->len++] = at;
    }
}

/* Moves on by `bytes`, all of them ASCII. */
static void skip(struct intake *in, size_t bytes)
{
    in->next += bytes;
    in->units += (uint32_t)bytes;
}

static void take_point(struct intake *in)
{
    size_t begin = in->next;
    uint32_t at = in->units;
    uint32_t c = utf8_next(in->text, in->len, &in->next);
    in->units += c >= 0x10000 ? 2 : 1;
    emit(in, in->text + begin, in->next - begin, at);
}

/* ---- HTML ---- */

static bool begins_tag(const struct intake *in)
{
    if (in->text[in->next] != '<' || in->next + 1 >= in->len)
        return false;
    char c = in->text[in->next + 1];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!' || c == '?';
}

/* False: it is never closed, so it is text. */
static bool take_tag(struct intake *in)
{
    const char *end = memchr(in->text + in->next, '>', in->len - in->next);
    if (end == NULL)
        return false;
    size_t after = (size_t)(end - in->text) + 1;
    emit(in, " ", 1, in->units);
    while (in->next < after)
        in->units += utf8_next(in->text, in->len, &in->next) >= 0x10000 ? 2 : 1;
    return true;
}

static size_t put_utf8(char to[4], uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(first[n] | c);
    return n;
}

static uint32_t named_point(const char *name, size_t len)
{
    static const struct {
        const char *name;
        uint32_t point;
    } names[] = {{"amp", '&'}, {"lt", '<'},       {"gt", '>'},      {"quot", '"'},
                 {"apos", '\''}, {"nbsp", 0xa0}, {"hellip", 0x2026}, {"mdash", 0x2014},
                 {"rsquo", 0x2019}, {"lsquo", 0x2018}, {"ldquo", 0x201c}, {"rdquo", 0x201d}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
            return names[i].point;
    }
    return 0;
}

/* The code point of "#39" or "#x27"; 0: none that may be in a text. */
static uint32_t numbered_point(const char *name, size_t len)
{
    char digits[12];
    bool hex = len > 1 && (name[1] == 'x' || name[1] == 'X');
    size_t skipped = hex ? 2 : 1;
    if (len <= skipped || len - skipped >= sizeof digits)
        return 0;
    memcpy(digits, name + skipped, len - skipped);
    digits[len - skipped] = '\0';
    char *end;
    unsigned long c = strtoul(digits, &end, hex ? 16 : 10);
    bool fine = *end == '\0' && c > 0 && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
    return fine ? (uint32_t)c : 0;
}

/* False: it is no character reference, so it is text. */
static bool take_reference(struct intake *in)
{
    const char *name = in->text + in->next + 1;
    size_t left = in->len - in->next - 1;
    const char *end = memchr(name, ';', left < 12 ? left : 12);
    if (end == NULL || end == name)
        return false;
    size_t len = (size_t)(end - name);
    uint32_t c = name[0] == '#' ? numbered_point(name, len) : named_point(name, len);
    if (c == 0)
        return false;
    char utf8[4];
    emit(in, utf8, put_utf8(utf8, c), in->units);
    skip(in, len + 2);
    return true;
}

int plain_make(struct plain *p, const char *text, size_t len, bool html)
{
    *p = (struct plain){.text = malloc(len + 1), .at = malloc((len + 1) * sizeof *p->at)};
    if (p->text == NULL || p->at == NULL) {
        plain_fini(p);
        return E_NO_MEMORY;
    }
    struct intake in = {.text = text, .len = len, .out = p};
    while (in.next < len) {
        bool taken = html && ((begins_tag(&in) && take_tag(&in)) ||
                              (text[in.next] == '&' && take_reference(&in)));
        if (!taken)
            take_point(&in);
    }
    p->text[p->len] = '\0';
    p->at[p->len] = in.units;
    return 0;
}

void plain_fini(struct plain *p)
{
    free(p->text);
    free(p->at);
    *p = (struct plain){0};
}

/* ---- sentences ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool closes(char c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']';
}

/* Where the sentence that begins at `at` ends: behind . ! ? and what closes with them, when a space
 * follows; behind an ideographic full stop; or at a line's end. */
static size_t find_end(const struct plain *p, size_t at)
{
    for (; at < p->len; at++) {
        char c = p->text[at];
        if (c == '\n')
            return at;
        if (at + 2 < p->len && memcmp(p->text + at, "\xe3\x80\x82", 3) == 0)
            return at + 3;
        if (c != '.' && c != '!' && c != '?')
            continue;
        size_t end = at + 1;
        while (end < p->len && (closes(p->text[end]) || strchr(".!?", p->text[end]) != NULL))
            end++;
        if (end >= p->len || is_space(p->text[end]))
            return end;
        at = end - 1;
    }
    return p->len;
}

static size_t skip_space(const struct plain *p, size_t at)
{
    while (at < p->len && is_space(p->text[at]))
        at++;
    return at;
}

size_t plain_split(const struct plain *p, struct stretch *to, size_t max)
{
    size_t n = 0;
    for (size_t at = skip_space(p, 0); at < p->len && n < max; at = skip_space(p, to[n - 1].end)) {
        size_t end = n + 1 == max ? p->len : find_end(p, at);
        while (end > at && is_space(p->text[end - 1]))
            end--;
        to[n++] = (struct stretch){at, end};
    }
    return n;
}
