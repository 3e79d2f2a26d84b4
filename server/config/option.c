/* SPDX-License-Identifier: MIT
 *
 * The option table: lookup, spelling help, and the text form of each type.
 * No state; main thread.
 */
#include "config/option.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "config/config.h"

#define LIVE true
#define START false
const struct option option_table[] = {
#define OPTION(field, name, type, fallback, min, max, reload, values, help) \
    {name, OPTION_##type, offsetof(struct config, field), fallback, min, max, reload, values, help},
#include "config/options.inc"
#undef OPTION
};
const size_t option_count = sizeof option_table / sizeof option_table[0];

static void *field(const struct option *o, struct config *c)
{
    return (char *)c + o->offset;
}

static const void *field_of(const struct option *o, const struct config *c)
{
    return (const char *)c + o->offset;
}

const struct option *option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < option_count; i++)
        if (strlen(option_table[i].name) == len && memcmp(option_table[i].name, name, len) == 0)
            return &option_table[i];
    return NULL;
}

/* Levenshtein distance; names longer than a row of the table below are never near anything. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[64];

    if (a_len >= 64 || b_len >= 64)
        return 64;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *option_nearest(const char *name, size_t len)
{
    const char *nearest = NULL;
    size_t best = len / 2 + 1; /* more than half of it wrong is another word */

    for (size_t i = 0; i < option_count; i++) {
        const char *candidate = option_table[i].name;
        size_t d = distance(name, len, candidate, strlen(candidate));

        if (d < best) {
            best = d;
            nearest = candidate;
        }
    }
    return nearest;
}

static int parse_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long value;

    if (text[0] < '0' || text[0] > '9')
        return E_BAD_REQUEST;
    value = strtoul(text, &end, 10);
    if (*end != '\0' || value > 65535)
        return E_BAD_REQUEST;
    *port = (uint16_t)value;
    return 0;
}

static int parse_address(struct config_address *address, const char *text)
{
    struct config_address a = {0};
    unsigned char binary[sizeof(struct in6_addr)];
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;

    if (!colon || parse_port(colon + 1, &a.port) < 0)
        return E_BAD_REQUEST;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        a.v6 = true;
        text++;
        len -= 2;
    }
    if (len >= sizeof a.host)
        return E_BAD_REQUEST;
    memcpy(a.host, text, len);
    if (!a.v6 && strcmp(a.host, "localhost") == 0)
        memcpy(a.host, "127.0.0.1", sizeof "127.0.0.1");
    if (inet_pton(a.v6 ? AF_INET6 : AF_INET, a.host, binary) != 1)
        return E_BAD_REQUEST;
    *address = a;
    return 0;
}

/* A whole number; for a SIZE also with k, m or g behind it. */
static int parse_number(const struct option *o, const char *text, int64_t *value)
{
    static const char units[] = "kmg";
    const char *digits = text[0] == '-' ? text + 1 : text;
    const char *unit;
    char *end;
    long long n;

    if (digits[0] < '0' || digits[0] > '9')
        return E_BAD_REQUEST;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno != 0)
        return E_BAD_REQUEST;
    if (o->type == OPTION_SIZE && *end != '\0' && (unit = strchr(units, *end | 0x20)) != NULL) {
        int shift = 10 * (int)(unit - units + 1);

        if (n > (INT64_MAX >> shift) || n < 0)
            return E_BAD_REQUEST;
        n <<= shift;
        end++;
    }
    if (*end != '\0' || n < o->min || n > o->max)
        return E_BAD_REQUEST;
    *value = n;
    return 0;
}

static int parse_choice(const struct option *o, const char *text)
{
    size_t len = strlen(text);
    const char *value = o->values;

    for (int i = 0;; i++) {
        size_t span = strcspn(value, "|");

        if (span == len && memcmp(value, text, len) == 0)
            return i;
        if (value[span] == '\0')
            return E_BAD_REQUEST;
        value += span + 1;
    }
}

static int set_string(char **place, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return E_NO_MEMORY;
    free(*place);
    *place = copy;
    return 0;
}

static void explain(const struct option *o, const char *text, char *err, size_t err_len)
{
    switch (o->type) {
    case OPTION_ADDRESS:
        snprintf(err, err_len,
                 "%s: '%s' is not HOST:PORT or [HOST]:PORT with a numeric address, such as "
                 "127.0.0.1:8080 or [::]:8080",
                 o->name, text);
        break;
    case OPTION_NUMBER:
        snprintf(err, err_len, "%s: '%s' is not a whole number from %lld to %lld", o->name, text,
                 (long long)o->min, (long long)o->max);
        break;
    case OPTION_SIZE:
        snprintf(err, err_len,
                 "%s: '%s' is not a number of bytes from %lld to %lld (k, m, g may follow: 64k)",
                 o->name, text, (long long)o->min, (long long)o->max);
        break;
    case OPTION_CHOICE:
        snprintf(err, err_len, "%s: '%s' is not one of %s", o->name, text, o->values);
        break;
    default:
        snprintf(err, err_len, "%s: out of memory", o->name);
    }
}

int option_set(const struct option *o, struct config *c, const char *text, char *err,
               size_t err_len)
{
    void *place = field(o, c);
    int64_t number = 0;
    int status;

    switch (o->type) {
    case OPTION_ADDRESS:
        status = parse_address(place, text);
        break;
    case OPTION_NUMBER:
        if ((status = parse_number(o, text, &number)) == 0)
            *(int *)place = (int)number;
        break;
    case OPTION_SIZE:
        if ((status = parse_number(o, text, &number)) == 0)
            *(size_t *)place = (size_t)number;
        break;
    case OPTION_CHOICE:
        if ((status = parse_choice(o, text)) >= 0) {
            *(int *)place = status;
            status = 0;
        }
        break;
    default:
        status = set_string(place, text);
    }
    if (status < 0)
        explain(o, text, err, err_len);
    return status;
}

static void format_choice(const char *values, int position, char *text, size_t text_len)
{
    for (; position > 0; position--)
        values += strcspn(values, "|") + 1;
    snprintf(text, text_len, "%.*s", (int)strcspn(values, "|"), values);
}

void option_format(const struct option *o, const struct config *c, char *text, size_t text_len)
{
    const void *place = field_of(o, c);
    const struct config_address *address = place;

    switch (o->type) {
    case OPTION_ADDRESS:
        snprintf(text, text_len, address->v6 ? "[%s]:%u" : "%s:%u", address->host,
                 (unsigned)address->port);
        break;
    case OPTION_NUMBER:
        snprintf(text, text_len, "%d", *(const int *)place);
        break;
    case OPTION_SIZE:
        snprintf(text, text_len, "%zu", *(const size_t *)place);
        break;
    case OPTION_CHOICE:
        format_choice(o->values, *(const int *)place, text, text_len);
        break;
    default:
        snprintf(text, text_len, "%s", *(char *const *)place);
    }
}

static size_t size_of(const struct option *o)
{
    switch (o->type) {
    case OPTION_ADDRESS:
        return sizeof(struct config_address);
    case OPTION_NUMBER:
    case OPTION_CHOICE:
        return sizeof(int);
    case OPTION_SIZE:
        return sizeof(size_t);
    default:
        return sizeof(char *);
    }
}

void option_clear(const struct option *o, struct config *c)
{
    if (o->type == OPTION_PATH || o->type == OPTION_LIST)
        free(*(char **)field(o, c));
    memset(field(o, c), 0, size_of(o));
}

void option_take(const struct option *o, struct config *to, struct config *from)
{
    option_clear(o, to);
    memcpy(field(o, to), field(o, from), size_of(o));
    memset(field(o, from), 0, size_of(o));
}
