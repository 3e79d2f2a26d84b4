/* SPDX-License-Identifier: MIT */
/*
 * raw: the practical limit that the servers of tests/bench are compared with.
 * One thread, epoll, and nothing that a chat needs: a text is sent on as it
 * came to everybody in the room (the path of the URL), with one send() a member
 * a turn of the loop.  It skips what a product may not skip: the handshake's
 * answer is the constant for the key that parley-load sends, UTF-8 is not
 * checked, nobody is pinged, a member who never reads is never closed.
 *
 * A room has a log of ready-made frames; a member is an offset into it.
 * usage: raw PORT [WINDOW_MS] (on 127.0.0.1).  With a window there is at most one
 * send a member in so many ms; the first after a pause leaves at once.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define INPUT_BYTES 65536u
#define TURN_EVENTS 32768 /* above what a process may hold: a turn is all that is ready */
#define ANSWER                                                                                     \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

struct bytes {
    uint8_t *at;
    size_t len, size;
};

struct room {
    char name[64];
    struct client *members, **last; /* linked by next_member, in the order they came */
    struct bytes log;       /* frames somebody has not been sent yet */
    bool dirty;             /* in the list of this turn */
    struct room *next_dirty, *next;
};

struct client {
    int fd;
    struct room *room; /* NULL until the handshake */
    struct client *next_member, **link; /* link: what points at this one */
    size_t offset;     /* into the room's log: sent up to here */
    bool choked;       /* EPOLLOUT is asked for */
    bool dead;         /* freed at the end of the turn */
    struct client *next_dead;
    struct bytes rest; /* the beginning of a frame that is not whole yet */
};

static int poller;
static struct room *rooms[4096]; /* by hash of the name */
static struct room *dirty;
static struct client *dead;
static uint8_t input[INPUT_BYTES];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void append(struct bytes *to, const void *from, size_t len)
{
    if (len == 0)
        return;
    if (to->len + len > to->size) {
        to->size = (to->len + len) * 2;
        to->at = realloc(to->at, to->size);
        if (!to->at)
            fail("realloc");
    }
    memcpy(to->at + to->len, from, len);
    to->len += len;
}

static struct room *find_room(const char *name)
{
    uint32_t hash = 5381;
    struct room **slot, *room;

    for (const char *c = name; *c; c++)
        hash = hash * 33 + (uint8_t)*c;
    slot = &rooms[hash % (sizeof(rooms) / sizeof(*rooms))];
    for (room = *slot; room; room = room->next)
        if (strcmp(room->name, name) == 0)
            return room;
    room = calloc(1, sizeof(*room));
    if (!room)
        fail("calloc");
    snprintf(room->name, sizeof(room->name), "%s", name);
    room->last = &room->members;
    room->next = *slot;
    *slot = room;
    return room;
}

static void want(struct client *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event) != 0)
        fail("epoll_ctl");
}

static void drop(struct client *c)
{
    if (c->dead)
        return;
    c->dead = true;
    c->next_dead = dead;
    dead = c;
    close(c->fd);
    if (!c->room)
        return;
    *c->link = c->next_member;
    if (c->next_member)
        c->next_member->link = c->link;
    else
        c->room->last = c->link;
}

static void bury(void)
{
    while (dead) {
        struct client *c = dead;

        dead = c->next_dead;
        free(c->rest.at);
        free(c);
    }
}

static void join(struct client *c, const char *path)
{
    struct room *room = find_room(path);

    c->room = room;
    c->offset = room->log.len;
    c->link = room->last;
    *room->last = c;
    room->last = &c->next_member;
}

/* One send of all that the member has not got. */
static void flush_member(struct client *c)
{
    const struct bytes *log = &c->room->log;
    ssize_t n = send(c->fd, log->at + c->offset, log->len - c->offset, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        drop(c);
        return;
    }
    c->offset += n > 0 ? (size_t)n : 0;
    if ((c->offset < log->len) != c->choked) {
        c->choked = !c->choked;
        want(c, c->choked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

static void mark_dirty(struct room *room)
{
    if (room->dirty)
        return;
    room->dirty = true;
    room->next_dirty = dirty;
    dirty = room;
}

/* Forgets what all have got, when that is at least as much as there is left to move. */
static void shorten(struct room *room, size_t least)
{
    if (least < room->log.len - least)
        return;
    room->log.len -= least;
    memmove(room->log.at, room->log.at + least, room->log.len);
    for (struct client *c = room->members; c; c = c->next_member)
        c->offset -= least;
}

/* The end of a turn: everybody gets what the turn brought. */
static void flush_rooms(void)
{
    while (dirty) {
        struct room *room = dirty;
        size_t least = room->log.len;

        dirty = room->next_dirty;
        room->dirty = false;
        for (struct client *c = room->members, *next; c; c = next) {
            next = c->next_member;
            if (c->offset < room->log.len && !c->choked)
                flush_member(c);
            if (!c->dead && c->offset < least)
                least = c->offset;
        }
        shorten(room, least);
    }
}

static void broadcast(struct room *room, const uint8_t *text, size_t len)
{
    uint8_t head[4] = {0x81, (uint8_t)len};
    size_t n = 2;

    if (len >= 126) {
        head[1] = 126;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        n = 4;
    }
    append(&room->log, head, n);
    append(&room->log, text, len);
    mark_dirty(room);
}

/* Takes one whole frame; returns its length, 0 when there is none yet, -1 for the end. */
static ssize_t take_frame(struct client *c, uint8_t *at, size_t len)
{
    size_t head = 2, n;
    uint8_t *mask, *text;

    if (len < 2)
        return 0;
    n = at[1] & 0x7f;
    if (n == 126) {
        if (len < 4)
            return 0;
        n = (size_t)at[2] << 8 | at[3];
        head = 4;
    }
    if (n == 127 || !(at[1] & 0x80) || (at[0] != 0x81 && at[0] != 0x8a))
        return -1; /* longer than 64 KB, unmasked, or no text (a pong is ignored) */
    if (len < head + 4 + n)
        return 0;
    mask = at + head;
    text = mask + 4;
    for (size_t i = 0; i < n; i++)
        text[i] ^= mask[i & 3];
    if (at[0] == 0x81)
        broadcast(c->room, text, n);
    return (ssize_t)(head + 4 + n);
}

/* GET /room HTTP/1.1 ...; returns as take_frame does. */
static ssize_t take_handshake(struct client *c, uint8_t *at, size_t len)
{
    uint8_t *end = memmem(at, len, "\r\n\r\n", 4);
    char path[64];

    if (!end)
        return len < 4096 ? 0 : -1;
    *end = '\0';
    if (sscanf((const char *)at, "GET %63s HTTP/1.1", path) != 1)
        return -1;
    if (send(c->fd, ANSWER, sizeof(ANSWER) - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof(ANSWER) - 1))
        return -1;
    join(c, path);
    return end + 4 - at;
}

/* Takes all that is whole; returns how much that was. */
static size_t take_input(struct client *c, uint8_t *at, size_t len)
{
    size_t used = 0;

    while (used < len) {
        ssize_t n = c->room ? take_frame(c, at + used, len - used)
                            : take_handshake(c, at + used, len - used);

        if (n < 0) {
            drop(c);
            return len;
        }
        if (n == 0)
            break;
        used += (size_t)n;
    }
    return used;
}

static void on_readable(struct client *c)
{
    ssize_t n = recv(c->fd, input, sizeof(input), 0);
    size_t used;

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            drop(c);
        return;
    }
    if (c->rest.len == 0) {
        used = take_input(c, input, (size_t)n);
        append(&c->rest, input + used, (size_t)n - used);
        return;
    }
    append(&c->rest, input, (size_t)n);
    used = take_input(c, c->rest.at, c->rest.len);
    c->rest.len -= used;
    memmove(c->rest.at, c->rest.at + used, c->rest.len);
}

static void on_client(struct client *c, uint32_t events)
{
    if (!c->dead && (events & EPOLLOUT)) {
        flush_member(c);
        if (!c->dead)
            mark_dirty(c->room);
    }
    if (!c->dead && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        on_readable(c);
}

static void accept_all(int listener)
{
    for (;;) {
        int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct client *c;
        struct epoll_event event = {.events = EPOLLIN};

        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        c = calloc(1, sizeof(*c));
        if (!c)
            fail("calloc");
        c->fd = fd;
        event.data.ptr = c;
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
            fail("epoll_ctl");
    }
}

static int listen_on(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 16384) != 0)
        fail("raw: listen");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
    return fd;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the turn brought leaves now or when the window is over; returns how long to wait for it. */
static int flush_or_wait(int window_ms)
{
    static int64_t due;
    int64_t now = window_ms ? now_ms() : 0;

    if (dirty && now < due)
        return (int)(due - now);
    if (dirty)
        due = now + window_ms;
    flush_rooms();
    return -1;
}

int main(int argc, char **argv)
{
    static struct epoll_event events[TURN_EVENTS];
    int port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    int window_ms = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, wait_ms = -1, listener;

    if (port <= 0 || port > 65535 || window_ms < 0 || argc > 3) {
        fputs("usage: raw PORT [WINDOW_MS]\n", stderr);
        return 2;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_on(port);
    for (;;) {
        int n = epoll_wait(poller, events, TURN_EVENTS, wait_ms);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                on_client(events[i].data.ptr, events[i].events);
            else
                accept_all(listener);
        }
        wait_ms = flush_or_wait(window_ms);
        bury();
    }
}
