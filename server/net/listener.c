/* SPDX-License-Identifier: MIT
 * Listening sockets; see listener.h. Thread: main. */
#include "net/listener.h"

#include "base/status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096
/* Kernel memory that one reader who does not read can pin; the rest of its backlog is an offset. */
#define SEND_BUFFER (256 * 1024)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t make_address(const struct config_address *a, uint16_t port, union address *out)
{
    memset(out, 0, sizeof *out);
    if (a->v6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        inet_pton(AF_INET6, a->host, &out->v6.sin6_addr);
        return sizeof out->v6;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    inet_pton(AF_INET, a->host, &out->v4.sin_addr);
    return sizeof out->v4;
}

static int open_one(const union address *address, socklen_t len, bool reuse_port)
{
    const int on = 1, size = SEND_BUFFER;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    /* Accepted sockets inherit both. Events of a turn go out in one send, so there is nothing to
     * wait for. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (bind(fd, &address->any, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static uint16_t port_of(int fd)
{
    union address a;
    socklen_t len = sizeof a;
    if (getsockname(fd, &a.any, &len) != 0)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

/* With SO_REUSEPORT a second server of the same user would silently share the port: try it without
 * first. */
static int check_free(const union address *address, socklen_t len)
{
    int fd = open_one(address, len, false);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

int listener_open(const struct config_address *address, unsigned n, int *fds, uint16_t *port,
                  char *err, size_t err_len)
{
    union address a;
    socklen_t len = make_address(address, address->port, &a);
    unsigned opened = 0;
    if (check_free(&a, len) != 0)
        goto fail;
    *port = address->port;
    for (; opened < n; opened++) {
        len = make_address(address, *port, &a);
        fds[opened] = open_one(&a, len, true);
        if (fds[opened] < 0)
            goto fail;
        *port = port_of(fds[opened]);
    }
    return 0;
fail:;
    int error = errno;
    while (opened > 0)
        close(fds[--opened]);
    if (error == EADDRINUSE)
        snprintf(err, err_len,
                 "port %u on %s is taken by another program; stop it or choose another with "
                 "--listen %s:PORT",
                 address->port, address->host, address->host);
    else
        snprintf(err, err_len, "cannot listen on %s:%u: %s", address->host, address->port,
                 strerror(error));
    return error == EADDRINUSE ? E_EXISTS : E_IO;
}
