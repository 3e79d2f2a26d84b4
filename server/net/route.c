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

/* What is at the {holes} of a pattern: at most a name, then an id. */
struct parts {
    const char *at[2];
    size_t len[2];
    unsigned n;
};

static bool match_path(const char *pattern, const char *path, struct parts *parts)
{
    parts->n = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (len == 0)
            return false;
        parts->at[parts->n] = path;
        parts->len[parts->n++] = len;
        path += len;
        pattern = strchr(pattern, '}') + 1;
    }
    return *path == '\0';
}

/* A room's name, or a key's: they look alike. */
static int take_name(struct route_match *match, const char *part, size_t len, const char **problem)
{
    if (!room_name_is_valid(part, len)) {
        *problem = strstr(match->route->path, "{key}") != NULL
                       ? "a key's name has 1 to 64 of a-z 0-9 . _ : - and starts with a-z or 0-9"
                       : "a room's name has 1 to 64 of a-z 0-9 . _ : - and starts with a-z or 0-9";
        return E_BAD_REQUEST;
    }
    memcpy(match->room, part, len);
    match->room[len] = '\0';
    return 0;
}

static int take_id(struct route_match *match, const char *part, size_t len, const char **problem)
{
    char digits[24] = "";
    uint64_t id = 0;
    if (len < sizeof digits)
        memcpy(digits, part, len);
    if (!parse_u64(digits, SEQ_MAX, &id) || id == 0) {
        *problem = "an id is a number from 1 on, as its list tells it";
        return E_BAD_REQUEST;
    }
    match->id = (int64_t)id;
    return 0;
}

int route_find(const char *path, enum http_method method, struct route_match *match,
               const char **problem)
{
    struct parts parts = {.n = 0}, found;
    *match = (struct route_match){0};
    for (size_t i = 0; i < N_ROUTES; i++) {
        if (match->route != NULL && route_takes(match->route, method))
            break;
        if (match_path(routes[i].path, path, &found)) {
            match->route = &routes[i];
            parts = found;
        }
    }
    if (match->route == NULL)
        return E_NOT_FOUND;
    const char *hole = match->route->path;
    int status = 0;
    for (unsigned i = 0; i < parts.n && status == 0; i++) {
        hole = strchr(hole, '{') + 1;
        const char *part = parts.at[i];
        bool is_id = strncmp(hole, "id}", 3) == 0;
        status = is_id ? take_id(match, part, parts.len[i], problem)
                       : take_name(match, part, parts.len[i], problem);
    }
    return status;
}

enum http_class route_class(const struct route *route)
{
    if (route == NULL)
        return HTTP_PAGES;
    if (route_is_perspective(route))
        return HTTP_ANALYSIS;
    switch (route->id) {
    case ROUTE_HEALTHZ:
    case ROUTE_READYZ:
    case ROUTE_METRICS:
        return HTTP_HEALTH;
    case ROUTE_SOCKET:
        return HTTP_PAGES;
    case ROUTE_ROOMS:
    case ROUTE_EVENTS:
    case ROUTE_INSIGHTS:
    case ROUTE_TRACE:
        return HTTP_ROOMS;
    case ROUTE_MESSAGES:
        return HTTP_MESSAGES;
    case ROUTE_ANALYZE:
        return HTTP_ANALYSIS;
    default:
        return HTTP_OPERATION;
    }
}

const char *route_class_name(enum http_class class)
{
    static const char *const names[N_HTTP_CLASSES] = {"pages",    "health",   "rooms",
                                                      "messages", "analysis", "operation"};
    return names[class];
}

bool route_is_perspective(const struct route *route)
{
    return route->id == ROUTE_COMMENTS_ANALYZE || route->id == ROUTE_COMMENTS_SUGGEST;
}

bool route_takes(const struct route *route, enum http_method method)
{
    return method == route->method || (method == METHOD_HEAD && route->method == METHOD_GET);
}

const char *route_allow(const struct route *route)
{
    enum { GETS = 1, POSTS = 2, DELETES = 4, PUTS = 8 };
    static const char *const lists[] = {
        "", "GET, HEAD", "POST", "GET, HEAD, POST", "DELETE", "GET, HEAD, DELETE", "POST, DELETE",
        "GET, HEAD, POST, DELETE", "PUT", "GET, HEAD, PUT", "POST, PUT", "GET, HEAD, POST, PUT",
        "DELETE, PUT", "GET, HEAD, DELETE, PUT", "POST, DELETE, PUT",
        "GET, HEAD, POST, DELETE, PUT",
    };
    unsigned set = 0;
    for (size_t i = 0; i < N_ROUTES; i++) {
        if (strcmp(routes[i].path, route->path) != 0)
            continue;
        set |= routes[i].method == METHOD_GET ? GETS : 0;
        set |= routes[i].method == METHOD_POST ? POSTS : 0;
        set |= routes[i].method == METHOD_DELETE ? DELETES : 0;
        set |= routes[i].method == METHOD_PUT ? PUTS : 0;
    }
    return lists[set];
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

static int refuse(char *err, size_t err_len, const char *why)
{
    snprintf(err, err_len, "%s", why);
    return E_BAD_REQUEST;
}

static int take_limit(struct params *p, const struct route *route, const char *value, char *err,
                      size_t err_len)
{
    uint64_t limit = 0;
    if (!parse_u64(value, route->limit_max, &limit) || limit == 0) {
        snprintf(err, err_len, "limit must be a number from 1 to %" PRIu32, route->limit_max);
        return E_BAD_REQUEST;
    }
    p->limit = (uint32_t)limit;
    return 0;
}

static int take_state(struct params *p, const char *value, char *err, size_t err_len)
{
    static const char *const states[] = {"open", "approved", "rejected", "masked"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(value, states[i]) != 0)
            continue;
        snprintf(p->state, sizeof p->state, "%s", states[i]);
        return 0;
    }
    return refuse(err, err_len, "state must be open, approved, rejected or masked");
}

static int take_mode(struct params *p, const char *value, char *err, size_t err_len)
{
    p->by_meaning = strcmp(value, "semantic") == 0;
    if (p->by_meaning || strcmp(value, "words") == 0)
        return 0;
    return refuse(err, err_len, "mode must be words or semantic");
}

int params_take(struct params *p, const struct route *route, const char *arg, char *err,
                size_t err_len)
{
    if (route->limit_max == 0)
        return 0;
    if (strncmp(arg, "limit=", 6) == 0)
        return take_limit(p, route, arg + 6, err, err_len);
    if (strncmp(arg, "after=", 6) == 0 && !parse_u64(arg + 6, SEQ_MAX, &p->after))
        return refuse(err, err_len,
                      "after must be a number: the seq (or id) behind which the page starts");
    if (strncmp(arg, "before=", 7) == 0 && !parse_u64(arg + 7, SEQ_MAX, &p->before))
        return refuse(err, err_len, "before must be a number: the id below which the page starts");
    if (strncmp(arg, "state=", 6) == 0)
        return take_state(p, arg + 6, err, err_len);
    if (route->id == ROUTE_SEARCH && strncmp(arg, "mode=", 5) == 0)
        return take_mode(p, arg + 5, err, err_len);
    if (strncmp(arg, "q=", 2) == 0)
        snprintf(p->q, sizeof p->q, "%s", strlen(arg + 2) <= SEARCH_Q_MAX ? arg + 2 : "");
    if (strncmp(arg, "room=", 5) == 0) {
        if (!room_name_is_valid(arg + 5, strlen(arg + 5)))
            return refuse(err, err_len, "room must be the name of a room");
        snprintf(p->room, sizeof p->room, "%s", arg + 5);
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
