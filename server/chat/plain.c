/* SPDX-License-Identifier: MIT
 * Plain JSON objects; see plain.h. Every loop ends at the NUL behind the text at the latest. */
#include "chat/plain.h"

#include "base/utf8.h"

#include <string.h>

#define DIGITS_MAX 18 /* below 2^63 whatever they are */

static char *skip_space(char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

/* From the opening quote on; returns what follows the closing one, or NULL. */
static char *take_string(char *at, const char **text, size_t *len)
{
    bool is_ascii = true;
    if (*at++ != '"')
        return NULL;
    char *end = at;
    for (; *end != '"'; end++) {
        unsigned char c = (unsigned char)*end;
        if (c < 0x20 || c == '\\')
            return NULL;
        is_ascii &= c < 0x80;
    }
    *text = at;
    *len = (size_t)(end - at);
    if (!is_ascii && !utf8_is_valid(at, *len))
        return NULL;
    *end = '\0';
    return end + 1;
}

static char *take_number(char *at, int64_t *number)
{
    bool is_negative = *at == '-';
    int64_t n = 0;
    int digits = 0;
    at += is_negative;
    bool leads_with_zero = *at == '0';
    for (; *at >= '0' && *at <= '9'; at++) {
        if (++digits > DIGITS_MAX)
            return NULL;
        n = n * 10 + (*at - '0');
    }
    bool is_whole = *at != '.' && *at != 'e' && *at != 'E';
    if (digits == 0 || (leads_with_zero && digits > 1) || !is_whole)
        return NULL;
    *number = is_negative ? -n : n;
    return at;
}

static char *take_word(char *at, struct plain_value *value)
{
    static const struct {
        const char *word;
        size_t len;
        enum plain_kind kind;
    } words[] = {{"true", 4, PLAIN_TRUE}, {"false", 5, PLAIN_FALSE}, {"null", 4, PLAIN_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(at, words[i].word, words[i].len) == 0) {
            value->kind = words[i].kind;
            return at + words[i].len;
        }
    }
    return NULL;
}

static char *take_value(char *at, struct plain_value *value)
{
    if (*at == '"') {
        value->kind = PLAIN_STRING;
        return take_string(at, &value->text, &value->len);
    }
    if (*at == '-' || (*at >= '0' && *at <= '9')) {
        value->kind = PLAIN_NUMBER;
        return take_number(at, &value->number);
    }
    return take_word(at, value);
}

/* A member and what follows it: ',' or '}'. */
static char *take_member(struct plain *p, char *at)
{
    struct plain_member *m = &p->members[p->count];
    size_t len;
    if (p->count == PLAIN_MAX || (at = take_string(at, &m->name, &len)) == NULL)
        return NULL;
    if (plain_find(p, m->name) != NULL)
        return NULL; /* twice */
    at = skip_space(at);
    if (*at != ':')
        return NULL;
    at = take_value(skip_space(at + 1), &m->value);
    if (at == NULL)
        return NULL;
    p->count++;
    at = skip_space(at);
    return *at == ',' || *at == '}' ? at : NULL;
}

static bool decode(struct plain *p, char *text, size_t len)
{
    char *at = skip_space(text);
    if (*at != '{')
        return false;
    do {
        at = take_member(p, skip_space(at + 1));
        if (at == NULL)
            return false;
    } while (*at == ',');
    return skip_space(at + 1) == text + len;
}

bool plain_decode(struct plain *p, char *text, size_t len)
{
    p->count = 0;
    if (decode(p, text, len))
        return true;
    p->count = 0;
    return false;
}

const struct plain_value *plain_find(const struct plain *p, const char *name)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (strcmp(p->members[i].name, name) == 0)
            return &p->members[i].value;
    }
    return NULL;
}
