/* SPDX-License-Identifier: MIT */
/* profile: see profile.h.  Main thread. */
#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (64u * 1024u)
#define SUFFIX    ".profile"

static int bad_line(const struct option_place *place, const char *what)
{
    fprintf(place->err, "parley-load: %s:%u: %s\n", place->file, place->line, what);
    return -1;
}

static char *trim(char *from, char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
        to--;
    *to = '\0';
    return from;
}

/* A comment begins a line or follows a blank: an address may hold a '#'. */
static char *find_comment(char *line)
{
    for (char *at = line; *at; at++)
        if (*at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t'))
            return at;
    return line + strlen(line);
}

static int parse_line(struct options *options, char *line, const struct option_place *place)
{
    char *end = find_comment(line), *equals, *key, *value;

    line = trim(line, end);
    if (*line == '\0')
        return 0;
    equals = strchr(line, '=');
    if (!equals)
        return bad_line(place, "wanted 'key = value', '# comment' or nothing");
    value = trim(equals + 1, equals + 1 + strlen(equals + 1));
    key = trim(line, equals);
    if (*key == '\0')
        return bad_line(place, "a key is missing before the '='");
    if (*value == '\0')
        return bad_line(place, "a value is missing behind the '='");
    if (strcmp(key, "about") == 0)
        return 0;
    if (strcmp(key, "needs") == 0) {
        if (!strstr(value, ": "))
            return bad_line(place, "needs wants 'OPTION: what it must be'");
        options->needs = value;
        return 0;
    }
    return options_assign(options, key, value, place);
}

int profile_parse(struct options *options, const char *file, char *text, size_t len, FILE *err)
{
    struct option_place place = {file, 0, err};
    char *at = text, *end = text + len;

    while (at < end) {
        char *eol = memchr(at, '\n', (size_t)(end - at));

        place.line++;
        if (!eol)
            eol = end;
        if (memchr(at, '\0', (size_t)(eol - at)))
            return bad_line(&place, "a zero byte: a profile is a text");
        *eol = '\0';
        if (parse_line(options, at, &place) != 0)
            return -1;
        at = eol + 1;
    }
    return 0;
}

static FILE *open_profile(const char *name, char *path, size_t size)
{
    FILE *file;

    snprintf(path, size, "%s", name);
    file = fopen(path, "re");
    if (file || strchr(name, '/'))
        return file;
    snprintf(path, size, PARLEY_LOAD_PROFILES "/%s" SUFFIX, name);
    return fopen(path, "re");
}

int profile_read(struct options *options, const char *name, FILE *err)
{
    char path[1024];
    size_t len;
    FILE *file = open_profile(name, path, sizeof(path));

    if (!file) {
        fprintf(err, "parley-load: --profile: cannot open '%s': %s (its own are in %s)\n", name,
                strerror(errno), PARLEY_LOAD_PROFILES);
        return -1;
    }
    free(options->profile_text);
    options->profile_text = malloc(MAX_BYTES + 1);
    len = options->profile_text ? fread(options->profile_text, 1, MAX_BYTES + 1, file) : 0;
    if (!options->profile_text || ferror(file) || len > MAX_BYTES) {
        fprintf(err, "parley-load: --profile: '%s' is %s\n", path,
                len > MAX_BYTES ? "too long: at most 64 KB" : "unreadable");
        fclose(file);
        return -1;
    }
    fclose(file);
    options->profile_text[len] = '\0';
    return profile_parse(options, strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
                         options->profile_text, len, err);
}
