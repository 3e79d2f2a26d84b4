/* SPDX-License-Identifier: MIT */
/* upgrade: see upgrade.h.  Pure. */
#include "upgrade.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * The pair of RFC 6455 section 1.3, used for every connection: the key guards
 * against caches, of which there are none here, and this saves the tool a SHA-1.
 */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static int fail(char *why, size_t size, const char *text, const char *url)
{
    snprintf(why, size, "%s: '%s' (wanted: ws[s]://HOST[:PORT][/PATH])", text, url);
    return -1;
}

static int parse_port(const char *at, size_t len, char port[6])
{
    long value;

    if (len == 0 || len > 5 || strspn(at, "0123456789") < len)
        return -1;
    memcpy(port, at, len);
    port[len] = '\0';
    value = strtol(port, NULL, 10);
    return value >= 1 && value <= 65535 ? 0 : -1;
}

/* Splits "host:port", "[v6]:port" or a bare host. */
static int parse_authority(const char *at, size_t len, struct upgrade_url *url)
{
    const char *host = at, *end = at + len, *colon;
    size_t host_len;

    if (len > 0 && *at == '[') {
        const char *close = memchr(at, ']', len);

        if (!close)
            return -1;
        host = at + 1;
        host_len = (size_t)(close - host);
        colon = close + 1 < end ? close + 1 : NULL;
        if (colon && *colon != ':')
            return -1;
    } else {
        colon = memchr(at, ':', len);
        host_len = colon ? (size_t)(colon - at) : len;
    }
    if (host_len == 0 || host_len >= sizeof(url->host))
        return -1;
    memcpy(url->host, host, host_len);
    url->host[host_len] = '\0';
    snprintf(url->port, sizeof(url->port), "%s", url->tls ? "443" : "80");
    return colon ? parse_port(colon + 1, (size_t)(end - colon - 1), url->port) : 0;
}

int upgrade_parse_url(const char *text, struct upgrade_url *url, char *why, size_t why_size)
{
    const char *at, *path;
    size_t len;

    url->tls = strncasecmp(text, "wss://", 6) == 0;
    if (!url->tls && strncasecmp(text, "ws://", 5) != 0)
        return fail(why, why_size, "not a WebSocket address", text);
    at = text + (url->tls ? 6 : 5);
    len = strcspn(at, "/?");
    path = at + len;
    if (parse_authority(at, len, url) != 0)
        return fail(why, why_size, "bad host or port", text);
    if (strpbrk(path, " \r\n\t#") || strlen(path) + 2 > sizeof(url->path))
        return fail(why, why_size, "bad path", text);
    snprintf(url->path, sizeof(url->path), "%s%s", *path == '/' ? "" : "/", path);
    return 0;
}

int upgrade_request(char *to, size_t size, const struct upgrade_url *url, unsigned room,
                    const char *subprotocol)
{
    const char *mark = strstr(url->path, "%r");
    const char *open = strchr(url->host, ':') ? "[" : "", *close = *open ? "]" : "";
    int head = mark ? (int)(mark - url->path) : (int)strlen(url->path);
    char number[16] = "";
    int n;

    if (mark)
        snprintf(number, sizeof(number), "%u", room);
    n = snprintf(to, size,
                 "GET %.*s%s%s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                 head, url->path, number, mark ? mark + 2 : "", open, url->host, close, url->port,
                 subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
                 subprotocol ? "\r\n" : "");
    return n > 0 && (size_t)n < size ? n : -1;
}

/* The value of a header field, without the blanks round it; NULL when absent. */
static const char *find_field(const char *head, size_t len, const char *name, size_t *value_len)
{
    const char *line = head, *end = head + len;
    size_t name_len = strlen(name);

    while (line < end) {
        const char *eol = memmem(line, (size_t)(end - line), "\r\n", 2);
        size_t n = (size_t)((eol ? eol : end) - line);

        if (n > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0) {
            const char *value = line + name_len + 1, *stop = line + n;

            while (value < stop && isblank((unsigned char)*value))
                value++;
            while (stop > value && isblank((unsigned char)stop[-1]))
                stop--;
            *value_len = (size_t)(stop - value);
            return value;
        }
        line += n + 2;
    }
    return NULL;
}

static bool field_has(const char *head, size_t len, const char *name, const char *word)
{
    size_t n = 0, word_len = strlen(word);
    const char *value = find_field(head, len, name, &n);

    for (size_t i = 0; value && i + word_len <= n; i++)
        if (strncasecmp(value + i, word, word_len) == 0)
            return true;
    return false;
}

int upgrade_parse_reply(const char *data, size_t len, int *status)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4), *accept;
    size_t head, accept_len = 0;

    *status = 0;
    if (len >= 5 && memcmp(data, "HTTP/", 5) != 0)
        return -1;
    if (!end)
        return len >= UPGRADE_MAX_HEADER ? -1 : 0;
    head = (size_t)(end - data);
    if (head < 12 || memcmp(data, "HTTP/1.1 ", 9) != 0)
        return -1;
    *status = (int)strtol(data + 9, NULL, 10);
    if (*status != 101)
        return -1;
    accept = find_field(data, head, "Sec-WebSocket-Accept", &accept_len);
    if (!accept || accept_len != strlen(ACCEPT) || memcmp(accept, ACCEPT, accept_len) != 0 ||
        !field_has(data, head, "Upgrade", "websocket") ||
        !field_has(data, head, "Connection", "upgrade")) {
        *status = 0;
        return -1;
    }
    return (int)head + 4;
}
