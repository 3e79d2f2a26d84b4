/* SPDX-License-Identifier: MIT */
/* setting: see setting.h.  Main thread. */
#include "setting.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int setting_complain(const struct option_place *place, const char *name, const char *format, ...)
{
    va_list args;

    if (place->file)
        fprintf(place->err, "parley-load: %s:%u: %s ", place->file, place->line, name);
    else
        fprintf(place->err, "parley-load: --%s ", name);
    va_start(args, format);
    vfprintf(place->err, format, args);
    va_end(args);
    fputc('\n', place->err);
    return -1;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein distance; names are short, longer input is cut. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[33], last, keep;
    size_t n = strnlen(b, 32);

    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] && i < 32; i++) {
        last = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            keep = row[j + 1];
            row[j + 1] = min3(row[j] + 1, row[j + 1] + 1, last + (a[i] != b[j]));
            last = keep;
        }
    }
    return row[n];
}

const char *setting_nearest(const struct setting *table, size_t count, const char *name)
{
    const char *best = table[0].name;

    for (size_t i = 1; i < count; i++)
        if (distance(name, table[i].name) < distance(name, best))
            best = table[i].name;
    return distance(name, best) <= strlen(name) / 2 ? best : NULL;
}

static int read_number(const struct setting *setting, void *field, const char *text,
                       const struct option_place *place)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (end == text || *end || errno || !isfinite(value) || value < setting->min ||
        value > setting->max || (setting->kind == SETTING_COUNT && value != floor(value)))
        return setting_complain(place, setting->name, "wants a %s from %.10g to %.10g, not '%s'",
                                setting->kind == SETTING_COUNT ? "whole number" : "number",
                                setting->min, setting->max, text);
    if (setting->kind == SETTING_COUNT)
        *(uint32_t *)field = (uint32_t)value;
    else
        *(double *)field = value;
    return 0;
}

/* "1,3" or "2-5" or both together. */
static int read_list(const struct setting *setting, struct option_list *list, const char *text,
                     const struct option_place *place)
{
    const char *at = text;
    char *end;

    list->count = 0;
    while (isdigit((unsigned char)*at)) {
        unsigned long from = strtoul(at, &end, 10), to = from;

        if (*end == '-' && isdigit((unsigned char)end[1]))
            to = strtoul(end + 1, &end, 10);
        if ((double)from < setting->min || (double)to > setting->max || to < from ||
            to - from >= OPTIONS_MAX_LIST - list->count)
            break;
        while (from <= to)
            list->value[list->count++] = (uint32_t)from++;
        if (*end == '\0')
            return 0;
        at = *end == ',' ? end + 1 : "";
    }
    return setting_complain(place, setting->name,
                            "wants numbers as in 1,3 or 2-5 (at most %d), not '%s'",
                            OPTIONS_MAX_LIST, text);
}

static int read_word(const struct setting *setting, int *field, const char *text,
                     const struct option_place *place)
{
    const char *word = setting->argument;

    for (int i = 1; word; i++) {
        size_t n = strcspn(word, "|");

        if (strlen(text) == n && memcmp(word, text, n) == 0) {
            *field = i;
            return 0;
        }
        word = word[n] ? word + n + 1 : NULL;
    }
    return setting_complain(place, setting->name, "wants one of %s, not '%s'", setting->argument,
                            text);
}

static int read_flag(const struct setting *setting, bool *field, const char *text,
                     const struct option_place *place)
{
    if (text && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return setting_complain(place, setting->name, "wants yes or no, not '%s'", text);
    *field = !text || strcmp(text, "yes") == 0;
    return 0;
}

int setting_read(const struct setting *setting, struct options *options, const char *text,
                 const struct option_place *place)
{
    void *field = (char *)options + setting->at;

    switch (setting->kind) {
    case SETTING_FLAG:
        return read_flag(setting, field, text, place);
    case SETTING_COUNT:
    case SETTING_NUMBER:
        return read_number(setting, field, text, place);
    case SETTING_TEXT:
        *(const char **)field = text;
        return 0;
    case SETTING_LIST:
        return read_list(setting, field, text, place);
    case SETTING_WORD:
        return read_word(setting, field, text, place);
    }
    return -1;
}

static void show_list(const struct option_list *list, char *value, size_t size)
{
    size_t n = 0;

    value[0] = '\0';
    for (unsigned i = 0; i < list->count && n < size; i++)
        n += (size_t)snprintf(value + n, size - n, "%s%" PRIu32, i ? "," : "", list->value[i]);
}

static void show_word(const struct setting *setting, int place, char *value, size_t size)
{
    const char *word = setting->argument;

    for (; place > 1; place--)
        word += strcspn(word, "|") + 1;
    snprintf(value, size, "%.*s", place ? (int)strcspn(word, "|") : 0, word);
}

void setting_show(const struct setting *setting, const struct options *options, char *value,
                  size_t size)
{
    const void *field = (const char *)options + setting->at;

    switch (setting->kind) {
    case SETTING_FLAG:
        snprintf(value, size, "%s", *(const bool *)field ? "yes" : "no");
        break;
    case SETTING_COUNT:
        snprintf(value, size, "%" PRIu32, *(const uint32_t *)field);
        break;
    case SETTING_NUMBER:
        snprintf(value, size, "%.10g", *(const double *)field);
        break;
    case SETTING_TEXT:
        snprintf(value, size, "%s", *(const char *const *)field ? *(const char *const *)field : "");
        break;
    case SETTING_LIST:
        show_list(field, value, size);
        break;
    case SETTING_WORD:
        show_word(setting, *(const int *)field, value, size);
        break;
    }
}
