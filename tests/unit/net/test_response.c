/* SPDX-License-Identifier: MIT
 * The head of a response: what every one carries, and what only some do. */
#include "base/status.h"
#include "net/response.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static char head[4096];

/* The head of `r` as text. */
static const char *make_head(const struct response *r, bool keep_alive)
{
    struct buf b = BUF_INIT;
    response_head(&b, r, keep_alive, 784111777); /* the date of RFC 9110's example */
    ck_assert(!b.failed && b.len < sizeof head);
    memcpy(head, b.data, b.len);
    head[b.len] = '\0';
    buf_fini(&b);
    return head;
}

static bool has_line(const char *line)
{
    char want[512];
    snprintf(want, sizeof want, "\r\n%s\r\n", line);
    return strstr(head, want) != NULL;
}

START_TEST(a_head_is_lines_and_an_empty_line)
{
    struct response r = {.status = 200, .type = TYPE_JSON, .cache = CACHE_NEVER, .len = 15};
    make_head(&r, true);
    ck_assert_int_eq(strncmp(head, "HTTP/1.1 200 OK\r\n", 17), 0);
    ck_assert_str_eq(head + strlen(head) - 4, "\r\n\r\n");
    ck_assert_ptr_eq(strstr(head, "\r\n\r\n"), head + strlen(head) - 4);
    ck_assert(has_line("Date: Sun, 06 Nov 1994 08:49:37 GMT"));
    ck_assert(has_line("Connection: keep-alive"));
    ck_assert(has_line("Content-Type: application/json"));
    ck_assert(has_line("Content-Length: 15"));
    ck_assert(has_line("Cache-Control: no-store"));
    make_head(&r, false);
    ck_assert(has_line("Connection: close"));
}
END_TEST

START_TEST(every_response_carries_the_security_headers)
{
    static const char *const kinds[] = {TYPE_JSON, TYPE_HTML, "text/css; charset=utf-8", NULL};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct response r = {.status = 200, .type = kinds[i]};
        make_head(&r, true);
        ck_assert(has_line("X-Content-Type-Options: nosniff"));
        ck_assert(has_line("Referrer-Policy: no-referrer"));
        ck_assert(has_line("Cross-Origin-Resource-Policy: same-origin"));
        ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Security-Policy: default-src 'none'; "));
        ck_assert_ptr_nonnull(strstr(head, "frame-ancestors 'none'"));
    }
}
END_TEST

START_TEST(only_pages_may_run_scripts_and_only_their_own)
{
    struct response r = {.status = 200, .type = TYPE_HTML};
    make_head(&r, true);
    ck_assert_ptr_nonnull(strstr(head, "script-src 'self';"));
    ck_assert_ptr_nonnull(strstr(head, "require-trusted-types-for 'script'"));
    ck_assert_ptr_null(strstr(head, "unsafe"));
    r.type = TYPE_JSON;
    make_head(&r, true);
    ck_assert_ptr_null(strstr(head, "script-src"));
}
END_TEST

START_TEST(a_not_modified_has_no_content)
{
    struct response r = {.status = 304, .type = TYPE_HTML, .etag = "\"x\"", .cache = CACHE_CHECK,
                         .varies = true, .encoding = "gzip"};
    make_head(&r, true);
    ck_assert(has_line("ETag: \"x\""));
    ck_assert(has_line("Cache-Control: no-cache"));
    ck_assert(has_line("Vary: Accept-Encoding"));
    ck_assert_ptr_null(strstr(head, "Content-Length"));
    ck_assert_ptr_null(strstr(head, "Content-Type:"));
    ck_assert_ptr_null(strstr(head, "Content-Encoding"));
}
END_TEST

START_TEST(an_error_names_code_and_message)
{
    struct response r = {0};
    response_status(&r, E_CONFLICT, "the \"cid\" was used");
    static const char want[] =
        "{\"error\":{\"code\":\"conflict\",\"message\":\"the \\\"cid\\\" was used\"}}";
    ck_assert_int_eq(r.status, 409);
    ck_assert_uint_eq(r.len, strlen(want));
    ck_assert_mem_eq(r.body, want, r.len);
    ck_assert_uint_eq(r.retry_after_s, 0);
    response_fini(&r);
}
END_TEST

START_TEST(every_status_has_a_message_and_a_reason)
{
    static const int statuses[] = {
#define X(name, number, wire, http, temporary) name,
        STATUS_TABLE(X)
#undef X
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct response r = {0};
        if (statuses[i] == E_OK)
            continue;
        response_status(&r, statuses[i], NULL);
        ck_assert_ptr_null(memmem(r.body, r.len, "\"message\":\"\"", 12));
        ck_assert_int_eq(r.retry_after_s != 0, status_is_temporary(statuses[i]));
        make_head(&r, true);
        ck_assert_int_gt(head[13], ' '); /* the reason behind "HTTP/1.1 404 " */
        response_fini(&r);
    }
}
END_TEST

START_TEST(some_statuses_bring_their_header)
{
    struct response r = {0};
    response_status(&r, E_UNAUTHENTICATED, NULL);
    make_head(&r, true);
    ck_assert(has_line("WWW-Authenticate: Bearer realm=\"parley\""));
    r.retry_after_s = 3;
    response_status(&r, E_RATE_LIMITED, NULL);
    make_head(&r, true);
    ck_assert(has_line("Retry-After: 3"));
    ck_assert_ptr_null(strstr(head, "WWW-Authenticate"));
    response_error(&r, 426, "bad_request", "x");
    make_head(&r, true);
    ck_assert(has_line("Upgrade: websocket"));
    response_fini(&r);
}
END_TEST

UNIT_MAIN("response", a_head_is_lines_and_an_empty_line,
          every_response_carries_the_security_headers,
          only_pages_may_run_scripts_and_only_their_own, a_not_modified_has_no_content,
          an_error_names_code_and_message, every_status_has_a_message_and_a_reason,
          some_statuses_bring_their_header)
