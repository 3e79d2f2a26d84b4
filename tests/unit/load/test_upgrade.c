/* SPDX-License-Identifier: MIT */
/* upgrade: addresses and the HTTP handshake. */
#include "upgrade.h"

#include "suite.h"

#include <string.h>

#define GOOD                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"              \
    "Connection: keep-alive, Upgrade\r\n"                                     \
    "Sec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n\r\n"

START_TEST(addresses)
{
    static const struct {
        const char *text, *host, *port, *path;
    } good[] = {
        {"ws://127.0.0.1:8080/ws", "127.0.0.1", "8080", "/ws"},
        {"ws://example.org", "example.org", "80", "/"},
        {"WS://h:1?room=%r", "h", "1", "/?room=%r"},
        {"ws://[::1]:9/x", "::1", "9", "/x"},
        {"ws://[::1]", "::1", "80", "/"},
    };
    static const char *const bad[] = {
        "http://h/", "wss://", "ws://", "ws://:80/", "ws://h:0/", "ws://h:65536/", "ws://h:x/",
        "ws://h:/",  "ws://[::1/", "ws://[::1]x/", "ws://h/a b", "ws://h/#x",
    };
    struct upgrade_url url;
    char why[400];

    for (size_t i = 0; i < COUNT(good); i++) {
        ck_assert_int_eq(upgrade_parse_url(good[i].text, &url, why, sizeof(why)), 0);
        ck_assert_str_eq(url.host, good[i].host);
        ck_assert_str_eq(url.port, good[i].port);
        ck_assert_str_eq(url.path, good[i].path);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(upgrade_parse_url(bad[i], &url, why, sizeof(why)) == -1, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(why, bad[i]));
    }
}
END_TEST

START_TEST(the_request_names_host_room_and_subprotocol)
{
    struct upgrade_url url;
    char request[2048], why[400];

    upgrade_parse_url("ws://[::1]:81/room/%r/x", &url, why, sizeof(why));
    ck_assert_int_gt(upgrade_request(request, sizeof(request), &url, 17, "parley.v1"), 0);
    ck_assert_ptr_nonnull(strstr(request, "GET /room/17/x HTTP/1.1\r\nHost: [::1]:81\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "\r\nSec-WebSocket-Protocol: parley.v1\r\n\r\n"));
    ck_assert_int_gt(upgrade_request(request, sizeof(request), &url, 17, NULL), 0);
    ck_assert_ptr_null(strstr(request, "Protocol"));
    ck_assert_int_eq(upgrade_request(request, 40, &url, 17, NULL), -1);
}
END_TEST

START_TEST(a_good_reply_is_taken_once_whole)
{
    size_t len = strlen(GOOD);
    int status;

    for (size_t n = 0; n < len; n++)
        ck_assert_int_eq(upgrade_parse_reply(GOOD, n, &status), 0);
    ck_assert_int_eq(upgrade_parse_reply(GOOD "\x81", len + 1, &status), (int)len);
    ck_assert_int_eq(status, 101);
}
END_TEST

START_TEST(bad_replies_are_refused)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"HTTP/1.1 403 Forbidden\r\n\r\n", 403},
        {"HTTP/1.0 101 Switching\r\n\r\n", 0},
        {"SSH-2.0-OpenSSH\r\n", 0},
        {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 0},
        {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 0},
        {"HTTP/1.1 101 S\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = -1;

        ck_assert_int_eq(upgrade_parse_reply(cases[i].text, strlen(cases[i].text), &status), -1);
        ck_assert_int_eq(status, cases[i].status);
    }
}
END_TEST

START_TEST(an_endless_header_is_refused)
{
    static char header[UPGRADE_MAX_HEADER];
    int status;

    memset(header, 'a', sizeof(header));
    memcpy(header, "HTTP/1.1 101 S\r\n", 16);
    ck_assert_int_eq(upgrade_parse_reply(header, sizeof(header) - 1, &status), 0);
    ck_assert_int_eq(upgrade_parse_reply(header, sizeof(header), &status), -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        addresses,
        the_request_names_host_room_and_subprotocol,
        a_good_reply_is_taken_once_whole,
        bad_replies_are_refused,
        an_endless_header_is_refused,
    };

    return run_suite("upgrade", tests, COUNT(tests));
}
