/* SPDX-License-Identifier: MIT
 * Paths, query parameters and header values; see route.h. Any thread. */
#include "net/route.h"

#include "base/status.h"
#include "chat/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* JavaScript's largest exact integer: no seq is ever greater. */
#define SEQ_MAX ((UINT64_C(1) << 53) - 1)

static const struct route routes[] = {
#define X(name_id, name, method_name, pattern, need, limit_default, limit_most) \
    {ROUTE_##name_id, METHOD_##method_name, pattern, need, limit_default, limit_most},
    ROUTES(X)
#undef X
};

/* Whether `path` has the form of `pattern`; the segment at {room} is then [*room, *room + *len). */
static bool match_path(const char *pattern, const char *path, const char **room, size_t *len)
{
    static const char hole[] = "{room}";
    const char *at = strstr(pattern, hole);
    *len = 0;
    if (at == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(at - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    *room = path + before;
    *len = strcspn(*room, "/");
    return *len > 0 && strcmp(at + sizeof hole - 1, *room + *len) == 0;
}

int route_find(const char *path, struct route_match *match, const char **problem)
{
    match->route = NULL;
    match->room[0] = '\0';
    for (size_t i = 0; i < N_ROUTES; i++) {
        const char *room = NULL;
        size_t len = 0;
        if (!match_path(routes[i].path, path, &room, &len))
            continue;
        match->route = &routes[i];
        if (len == 0)
            return 0;
        if (!room_name_is_valid(room, len)) {
            *problem = "a room's name has 1 to 64 of a-z 0-9 . _ : - and starts with a-z or 0-9";
            return E_BAD_REQUEST;
        }
        memcpy(match->room, room, len);
        match->room[len] = '\0';
        return 0;
    }
    return E_NOT_FOUND;
}

bool route_takes(const struct route *route, enum http_method method)
{
    return method == route->method || (method == METHOD_HEAD && route->method == METHOD_GET);
}

const char *route_allow(const struct route *route)
{
    return route->method == METHOD_GET ? "GET, HEAD" : "POST";
}

bool parse_u64(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

void params_init(struct params *p, const struct route *route)
{
    *p = (struct params){.after = 0, .limit = route->limit};
}

int params_take(struct params *p, const struct route *route, const char *arg, char *err,
                size_t err_len)
{
    if (route->limit_max == 0)
        return 0;
    if (strncmp(arg, "limit=", 6) == 0) {
        uint64_t limit = 0;
        if (!parse_u64(arg + 6, route->limit_max, &limit) || limit == 0) {
            snprintf(err, err_len, "limit must be a number from 1 to %" PRIu32, route->limit_max);
            return E_BAD_REQUEST;
        }
        p->limit = (uint32_t)limit;
    } else if (strncmp(arg, "after=", 6) == 0 && !parse_u64(arg + 6, SEQ_MAX, &p->after)) {
        snprintf(err, err_len, "after must be a number: the seq behind which the page starts");
        return E_BAD_REQUEST;
    }
    return 0;
}

const char *bearer_token(const char *header)
{
    if (strncasecmp(header, "bearer", 6) != 0 || (header[6] != ' ' && header[6] != '\t'))
        return NULL;
    header += 6;
    header += strspn(header, " \t");
    return *header != '\0' ? header : NULL;
}

bool header_lists(const char *header, const char *word)
{
    size_t len = strlen(word);
    while (*header != '\0') {
        header += strspn(header, ", \t");
        size_t item = strcspn(header, ",; \t");
        if (item == len && strncasecmp(header, word, len) == 0)
            return true;
        header += strcspn(header, ",");
    }
    return false;
}
