/* SPDX-License-Identifier: MIT
 * HTTP responses; see response.h. The loop of their request. */
#include "net/response.h"

#include "base/json.h"
#include "base/status.h"

#include <string.h>
#include <time.h>

/* A page may run its own scripts and speak with its own server, nothing else. */
#define PAGE_POLICY                                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "           \
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; "        \
    "form-action 'none'; require-trusted-types-for 'script'"
/* Anything else is data: were it ever shown as a page, it could do nothing. */
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const char *find_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "";
}

void response_fini(struct response *r)
{
    buf_fini(&r->own);
}

struct buf *response_open(struct response *r, int status, const char *type)
{
    r->status = status;
    r->type = type;
    r->cache = CACHE_NEVER;
    buf_clear(&r->own);
    return &r->own;
}

void response_close(struct response *r)
{
    if (r->own.failed) {
        static const char short_of_memory[] =
            "{\"error\":{\"code\":\"unavailable\",\"message\":\"the server is short of memory\"}}";
        r->status = 503;
        r->type = TYPE_JSON;
        r->body = short_of_memory;
        r->len = sizeof short_of_memory - 1;
        return;
    }
    r->body = r->own.data;
    r->len = r->own.len;
}

void response_error(struct response *r, int http, const char *code, const char *message)
{
    struct buf *b = response_open(r, http, TYPE_JSON);
    buf_append_str(b, "{\"error\":{\"code\":");
    json_put_cstring(b, code);
    buf_append_str(b, ",\"message\":");
    json_put_cstring(b, message);
    buf_append_str(b, "}}");
    response_close(r);
}

static const char *general_message(int http)
{
    switch (http) {
    case 400:
        return "the request is not one that this address takes";
    case 401:
        return "a token is needed: Authorization: Bearer TOKEN";
    case 403:
        return "this token may not do that";
    case 404:
        return "there is nothing here";
    case 409:
        return "it conflicts with what was sent before";
    case 413:
        return "it is too large";
    case 429:
        return "too many requests; try again later";
    case 503:
        return "not possible at the moment; try again later";
    default:
        return "the server failed at it; its log says more";
    }
}

void response_status(struct response *r, int status, const char *message)
{
    int http = status_http(status);
    response_error(r, http, status_wire(status), message != NULL ? message : general_message(http));
    if (status_is_temporary(status) && r->retry_after_s == 0)
        r->retry_after_s = 1;
}

static void add(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_append_str(b, name);
    buf_append_str(b, ": ");
    buf_append_str(b, value);
    buf_append(b, "\r\n", 2);
}

static void add_date(struct buf *b, long long now)
{
    char date[40];
    time_t seconds = (time_t)now;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    add(b, "Date", date);
}

static void add_security(struct buf *b, const struct response *r)
{
    bool page = r->type != NULL && strcmp(r->type, TYPE_HTML) == 0;
    add(b, "Content-Security-Policy", page ? PAGE_POLICY : DATA_POLICY);
    add(b, "X-Content-Type-Options", "nosniff");
    add(b, "Referrer-Policy", "no-referrer");
    add(b, "Cross-Origin-Resource-Policy", "same-origin");
    if (page)
        add(b, "Cross-Origin-Opener-Policy", "same-origin");
}

void response_head(struct buf *b, const struct response *r, bool keep_alive, long long now)
{
    buf_printf(b, "HTTP/1.1 %d %s\r\n", r->status, find_reason(r->status));
    add_date(b, now);
    add(b, "Connection", keep_alive ? "keep-alive" : "close");
    if (r->status != 304) {
        add(b, "Content-Type", r->type);
        add(b, "Content-Encoding", r->encoding);
        buf_printf(b, "Content-Length: %zu\r\n", r->len);
    }
    add(b, "Cache-Control", r->cache);
    add(b, "ETag", r->etag);
    add(b, "Vary", r->varies ? "Accept-Encoding" : NULL);
    add(b, "Allow", r->allow);
    add(b, "WWW-Authenticate", r->status == 401 ? "Bearer realm=\"parley\"" : NULL);
    add(b, "Upgrade", r->status == 426 ? "websocket" : NULL);
    if (r->retry_after_s != 0)
        buf_printf(b, "Retry-After: %u\r\n", r->retry_after_s);
    add_security(b, r);
    buf_append(b, "\r\n", 2);
}
