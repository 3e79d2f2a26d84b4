/* SPDX-License-Identifier: MIT */
/* scan: see scan.h.  Pure. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32

enum value_type { VALUE_STRING, VALUE_NUMBER, VALUE_BOOL, VALUE_NULL, VALUE_OBJECT, VALUE_ARRAY };

struct value {
    enum value_type type;
    struct span raw; /* a string without its quotes */
};

struct cursor {
    const char *at, *end;
};

static const char *skip_value(struct cursor *c, unsigned depth, struct value *value);

static void skip_blank(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool take_char(struct cursor *c, char wanted)
{
    skip_blank(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits as a number, or -1. */
static int hex4(const char *p, const char *end)
{
    int v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

unsigned scan_utf8(const unsigned char *p, size_t have)
{
    static const struct {
        unsigned char from, to;   /* lead byte */
        unsigned char len;
        unsigned char low, high;  /* second byte */
    } forms[] = {
        {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
        {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
        {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
    };
    size_t i = 0;

    while (i < sizeof(forms) / sizeof(*forms) && p[0] > forms[i].to)
        i++;
    if (i == sizeof(forms) / sizeof(*forms) || p[0] < forms[i].from)
        return 0;
    if (have < forms[i].len || p[1] < forms[i].low || p[1] > forms[i].high)
        return 0;
    for (unsigned at = 2; at < forms[i].len; at++)
        if ((p[at] & 0xc0) != 0x80)
            return 0;
    return forms[i].len;
}

static bool skip_escape(struct cursor *c)
{
    int unit;

    if (c->end - c->at < 2)
        return false;
    if (c->at[1] != 'u') {
        bool known = c->at[1] != '\0' && strchr("\"\\/bfnrt", c->at[1]);

        c->at += 2;
        return known;
    }
    unit = hex4(c->at + 2, c->end);
    c->at += 6;
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return false;
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    if (c->end - c->at < 6 || c->at[0] != '\\' || c->at[1] != 'u')
        return false;
    unit = hex4(c->at + 2, c->end);
    c->at += 6;
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* At the opening quote; gives what is between the quotes. */
static bool skip_string(struct cursor *c, struct span *raw)
{
    raw->p = ++c->at;
    while (c->at < c->end) {
        unsigned char ch = (unsigned char)*c->at;

        if (ch == '"') {
            raw->n = (size_t)(c->at++ - raw->p);
            return true;
        }
        if (ch == '\\') {
            if (!skip_escape(c))
                return false;
        } else if (ch >= 0x80) {
            unsigned n = scan_utf8((const unsigned char *)c->at, (size_t)(c->end - c->at));

            if (n == 0)
                return false;
            c->at += n;
        } else if (ch < 0x20) {
            return false;
        } else {
            c->at++;
        }
    }
    return false;
}

static bool skip_digits(struct cursor *c)
{
    const char *from = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > from;
}

static bool skip_number(struct cursor *c)
{
    if (*c->at == '-')
        c->at++;
    if (c->at < c->end && *c->at == '0')
        c->at++;
    else if (!skip_digits(c))
        return false;
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        if (!skip_digits(c))
            return false;
    }
    if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
            c->at++;
        return skip_digits(c);
    }
    return true;
}

static bool skip_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

/* The members of an array or object that was just opened. */
static bool skip_members(struct cursor *c, char close, unsigned depth)
{
    struct value ignored;

    if (depth == 0)
        return false;
    if (take_char(c, close))
        return true;
    do {
        if (close == '}') {
            skip_blank(c);
            if (c->at == c->end || *c->at != '"' || !skip_string(c, &ignored.raw) ||
                !take_char(c, ':'))
                return false;
        }
        if (!skip_value(c, depth - 1, &ignored))
            return false;
    } while (take_char(c, ','));
    return take_char(c, close);
}

/* Checks one value and moves past it; NULL when malformed. */
static const char *skip_value(struct cursor *c, unsigned depth, struct value *value)
{
    const char *from;
    bool good;

    skip_blank(c);
    if (c->at == c->end)
        return NULL;
    from = c->at;
    switch (*from) {
    case '"':
        value->type = VALUE_STRING;
        return skip_string(c, &value->raw) ? c->at : NULL;
    case '{':
    case '[':
        value->type = *from == '{' ? VALUE_OBJECT : VALUE_ARRAY;
        c->at++;
        good = skip_members(c, *from == '{' ? '}' : ']', depth);
        break;
    case 't':
    case 'f':
        value->type = VALUE_BOOL;
        good = skip_word(c, *from == 't' ? "true" : "false");
        break;
    case 'n':
        value->type = VALUE_NULL;
        good = skip_word(c, "null");
        break;
    default:
        value->type = VALUE_NUMBER;
        good = skip_number(c);
    }
    value->raw = (struct span){from, (size_t)(c->at - from)};
    return good ? c->at : NULL;
}

static bool set_int(const struct value *value, int64_t *out)
{
    char *end;
    char digits[24];

    if (value->type == VALUE_NULL)
        return true;
    if (value->type != VALUE_NUMBER || value->raw.n >= sizeof(digits))
        return false;
    memcpy(digits, value->raw.p, value->raw.n);
    digits[value->raw.n] = '\0';
    *out = strtoll(digits, &end, 10);
    return *end == '\0';
}

static bool set_string(const struct value *value, struct span *out)
{
    if (value->type == VALUE_NULL)
        return true;
    *out = value->raw;
    return value->type == VALUE_STRING;
}

static bool set_bool(const struct value *value, bool *out)
{
    if (value->type != VALUE_BOOL)
        return value->type == VALUE_NULL;
    *out = value->raw.p[0] == 't';
    return true;
}

bool span_is(struct span span, const char *text)
{
    size_t n = strlen(text);

    return span.p && span.n == n && memcmp(span.p, text, n) == 0;
}

static bool set_field(struct scan_frame *f, struct span key, const struct value *v)
{
    static const struct {
        const char *key;
        size_t at;
    } strings[] = {
        {"type", offsetof(struct scan_frame, type)},
        {"room", offsetof(struct scan_frame, room)},
        {"kind", offsetof(struct scan_frame, kind)},
        {"text", offsetof(struct scan_frame, text)},
        {"epoch", offsetof(struct scan_frame, epoch)},
        {"session", offsetof(struct scan_frame, session)},
        {"state", offsetof(struct scan_frame, state)},
        {"reason", offsetof(struct scan_frame, reason)},
    }, integers[] = {
        {"seq", offsetof(struct scan_frame, seq)},
        {"id", offsetof(struct scan_frame, id)},
        {"on", offsetof(struct scan_frame, on)},
        {"retry_after_ms", offsetof(struct scan_frame, retry_after_ms)},
        {"spread_ms", offsetof(struct scan_frame, spread_ms)},
    }, booleans[] = {
        {"recovered", offsetof(struct scan_frame, recovered)},
        {"more", offsetof(struct scan_frame, more)},
        {"reconnect", offsetof(struct scan_frame, reconnect)},
    };
    char *base = (char *)f;

    for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
        if (span_is(key, strings[i].key))
            return set_string(v, (struct span *)(void *)(base + strings[i].at));
    for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
        if (span_is(key, integers[i].key))
            return set_int(v, (int64_t *)(void *)(base + integers[i].at));
    for (size_t i = 0; i < sizeof(booleans) / sizeof(*booleans); i++)
        if (span_is(key, booleans[i].key))
            return set_bool(v, (bool *)(base + booleans[i].at));
    if (span_is(key, "code")) /* a name in an error, a number in a bye */
        return v->type == VALUE_NUMBER ? set_int(v, &f->close_code) : set_string(v, &f->code);
    if (span_is(key, "events") || span_is(key, "items")) {
        *(span_is(key, "events") ? &f->events : &f->items) = v->raw;
        return v->type == VALUE_ARRAY;
    }
    return true;
}

static bool scan_member(struct cursor *c, struct scan_frame *frame)
{
    struct span key;
    struct value value;
    char plain[32];

    skip_blank(c);
    if (c->at == c->end || *c->at != '"' || !skip_string(c, &key) || !take_char(c, ':'))
        return false;
    if (!skip_value(c, MAX_DEPTH, &value))
        return false;
    return set_field(frame, scan_decode(key, plain, sizeof(plain)), &value);
}

int scan_frame(const char *text, size_t len, struct scan_frame *frame)
{
    struct cursor c = {text, text + len};

    memset(frame, 0, sizeof(*frame));
    frame->id = frame->seq = frame->on = -1;
    if (!take_char(&c, '{'))
        return -1;
    if (!take_char(&c, '}')) {
        do {
            if (!scan_member(&c, frame))
                return -1;
        } while (take_char(&c, ','));
        if (!take_char(&c, '}'))
            return -1;
    }
    skip_blank(&c);
    return c.at == c.end ? 0 : -1;
}

bool scan_next(struct span *rest, struct span *item)
{
    struct cursor c = {rest->p, rest->p + rest->n};
    struct value value;
    const char *from;

    skip_blank(&c);
    if (c.at == c.end || *c.at == ']')
        return false;
    c.at++; /* the opening bracket, or the comma after the last item */
    skip_blank(&c);
    from = c.at;
    if (!skip_value(&c, MAX_DEPTH, &value))
        return false;
    *item = (struct span){from, (size_t)(c.at - from)};
    *rest = (struct span){c.at, (size_t)(c.end - c.at)};
    return true;
}

static size_t put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 63));
        to[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 63));
    to[2] = (char)(0x80 | (code >> 6 & 63));
    to[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* Decodes the escape at p (already checked); advances p, returns the bytes written. */
static size_t decode_escape(const char **p, const char *end, char *to)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name;
    unsigned code;

    if ((*p)[1] != 'u') {
        name = strchr(names, (*p)[1]);
        *p += 2;
        *to = values[name - names];
        return 1;
    }
    code = (unsigned)hex4(*p + 2, end);
    *p += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + ((unsigned)hex4(*p + 2, end) - 0xdc00);
        *p += 6;
    }
    return put_utf8(to, code);
}

struct span scan_decode(struct span raw, char *buf, size_t size)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;

    if (!p || !memchr(p, '\\', raw.n))
        return raw;
    while (p < end) {
        if (n + 4 > size)
            return (struct span){NULL, 0};
        if (*p == '\\')
            n += decode_escape(&p, end, buf + n);
        else
            buf[n++] = *p++;
    }
    return (struct span){buf, n};
}
