/* SPDX-License-Identifier: MIT */
/* rogues: see rogues.h.  One thread, blocking sends, poll for what comes. */
#include "rogues.h"

#include "scan.h"
#include "upgrade.h"
#include "wsframe.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

#define ROGUES_MAX   500u
#define ANSWER_NS    (10000 * MS)
#define PAUSE_NS     (50 * MS) /* between two attacks of one rogue */
#define IN_MAX       16384
#define FRAME_LIMIT  65536     /* when hello's reply does not tell */
#define PROBE        "{\"id\":77,\"type\":\"ping\"}"

enum attack_form { FORM_FRAME, FORM_TOO_LONG, FORM_HALF };

/* What is sent, and what the protocol promises for it. */
struct attack {
    const char *name;
    enum attack_form form;
    uint8_t first; /* byte of each frame */
    unsigned times;
    bool before_hello;
    const char *payload;
    const char *code; /* of the error reply; then the connection still serves */
    unsigned close;   /* or the close code; 0 and no code: nothing is promised */
};

static const struct attack attacks[] = {
    {"no JSON", FORM_FRAME, 0x81, 1, false, "hello", "bad_request", 0},
    {"an array", FORM_FRAME, 0x81, 1, false, "[1,2]", "bad_request", 0},
    {"JSON cut short", FORM_FRAME, 0x81, 1, false, "{\"id\":1,\"type\":\"ping\"", "bad_request", 0},
    {"no type", FORM_FRAME, 0x81, 1, false, "{\"id\":9}", "bad_request", 0},
    {"an unknown type", FORM_FRAME, 0x81, 1, false, "{\"id\":9,\"type\":\"dance\"}", "bad_request",
     0},
    {"a bad room", FORM_FRAME, 0x81, 1, false,
     "{\"id\":9,\"type\":\"join\",\"room\":\"No Room\"}", "bad_request", 0},
    {"a send to a room not joined", FORM_FRAME, 0x81, 1, false,
     "{\"id\":9,\"type\":\"send\",\"room\":\"elsewhere\",\"cid\":\"c\",\"text\":\"t\"}",
     "forbidden", 0},
    {"a request before hello", FORM_FRAME, 0x81, 1, true,
     "{\"id\":9,\"type\":\"join\",\"room\":\"lobby\"}", "unauthenticated", 0},
    {"three unusable frames", FORM_FRAME, 0x81, 3, false, "x", NULL, 4000},
    {"a binary frame", FORM_FRAME, 0x82, 1, false, "{\"id\":1,\"type\":\"ping\"}", NULL, 1003},
    {"invalid UTF-8", FORM_FRAME, 0x81, 1, false, "{\"\xc3(\"}", NULL, 1007},
    {"a reserved opcode", FORM_FRAME, 0x83, 1, false, "x", NULL, 1002},
    {"a reserved bit", FORM_FRAME, 0xc1, 1, false, "{\"id\":1,\"type\":\"ping\"}", NULL, 1002},
    {"a continuation of nothing", FORM_FRAME, 0x80, 1, false, "x", NULL, 1002},
    {"a frame above the limit", FORM_TOO_LONG, 0x81, 1, false, NULL, NULL, 1009},
    {"half a frame", FORM_HALF, 0x81, 1, false, NULL, NULL, 0},
};

#define ATTACKS (sizeof(attacks) / sizeof(*attacks))

enum rogue_state { ROGUE_RESTS, ROGUE_UPGRADES, ROGUE_GREETS, ROGUE_ATTACKS };

struct rogue {
    int fd;
    enum rogue_state state;
    unsigned kind;
    bool erred;       /* the error reply has come; the probe's is to come */
    long frame_limit;
    uint64_t until_ns; /* rest, or wait for an answer, so long */
    size_t len;
    uint8_t in[IN_MAX];
};

struct rogues {
    const struct plan *plan;
    pthread_t thread;
    _Atomic bool stopping;
    uint32_t count;
    uint64_t sent, answered;
    struct oracle oracle;
    struct pollfd *polls;
    struct rogue rogue[];
};

uint32_t rogues_wanted(const struct options *o)
{
    double wanted = ceil((double)o->clients * o->bad);

    return wanted < ROGUES_MAX ? (uint32_t)wanted : ROGUES_MAX;
}

static void rest(struct rogue *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->state = ROGUE_RESTS;
    r->until_ns = worker_clock() + PAUSE_NS;
    r->kind = (r->kind + 1) % ATTACKS;
}

static void blame(struct rogues *all, struct rogue *r, const char *what)
{
    oracle_note(&all->oracle, RULE_ROGUE, 1, "%s: %s", attacks[r->kind].name, what);
    rest(r);
}

static void answered(struct rogues *all, struct rogue *r)
{
    all->answered++;
    rest(r);
}

static bool send_all(const struct rogue *r, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = send(r->fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* One masked frame with that first byte. */
static bool send_frame(const struct rogue *r, uint8_t first, const char *payload, size_t len)
{
    uint8_t *frame = malloc(len + WS_MAX_HEADER);
    bool sent = frame != NULL;

    if (sent) {
        size_t n = ws_write(frame, WS_TEXT, payload, len, 0x5a17c0deu);

        frame[0] = first;
        sent = send_all(r, frame, n);
    }
    free(frame);
    return sent;
}

static bool send_too_long(const struct rogue *r)
{
    size_t len = (size_t)r->frame_limit + 1;
    char *payload = malloc(len);
    bool sent = payload != NULL;

    if (sent) {
        memset(payload, ' ', len);
        send_frame(r, 0x81, payload, len); /* the server may close before it has all */
    }
    free(payload);
    return sent;
}

static bool send_attack(const struct rogue *r, const struct attack *a)
{
    size_t len = a->payload ? strlen(a->payload) : 0;
    const uint8_t half[] = {a->first, 0x80 | 100, 'm', 'a', 's', 'k', 'x'};

    switch (a->form) {
    case FORM_FRAME:
        for (unsigned i = 0; i < a->times; i++)
            if (!send_frame(r, a->first, a->payload, len))
                return false;
        return true;
    case FORM_TOO_LONG:
        return send_too_long(r);
    case FORM_HALF:
        return send_all(r, half, sizeof(half));
    }
    return false;
}

static void attack(struct rogues *all, struct rogue *r)
{
    const struct attack *a = &attacks[r->kind];

    r->state = ROGUE_ATTACKS;
    r->erred = false;
    all->sent++;
    if (!send_attack(r, a))
        blame(all, r, "it could not be sent");
    else if (a->form == FORM_HALF)
        answered(all, r); /* and away */
    else if (a->code)
        send_frame(r, 0x81, PROBE, strlen(PROBE));
}

static void greet(struct rogues *all, struct rogue *r)
{
    char hello[128];
    int n = snprintf(hello, sizeof(hello),
                     "{\"id\":1,\"type\":\"hello\",\"name\":\"rogue-%08" PRIx32 "-%td\"}",
                     all->plan->run, r - all->rogue);

    r->state = ROGUE_GREETS;
    r->frame_limit = FRAME_LIMIT;
    if (!send_frame(r, 0x81, hello, (size_t)n))
        blame(all, r, "hello could not be sent");
}

static void take_hello(struct rogues *all, struct rogue *r, const struct scan_frame *frame,
                       struct span text)
{
    const char *limit = memmem(text.p, text.n, "\"frame\":", 8);

    if (!span_is(frame->type, "ok")) {
        blame(all, r, "hello was refused");
        return;
    }
    if (limit && limit + 9 < text.p + text.n)
        r->frame_limit = strtol(limit + 8, NULL, 10); /* a number ends before the text does */
    attack(all, r);
}

static void take_answer(struct rogues *all, struct rogue *r, const struct scan_frame *frame)
{
    const struct attack *a = &attacks[r->kind];
    bool probe = frame->id == 77;

    if (span_is(frame->type, "error") && a->code) {
        if (probe && a->before_hello && r->erred)
            answered(all, r); /* a ping before hello is refused as well */
        else if (r->erred || !span_is(frame->code, a->code))
            blame(all, r, "another error than promised");
        r->erred = true;
    } else if (span_is(frame->type, "ok") && probe && a->code) {
        if (r->erred)
            answered(all, r);
        else
            blame(all, r, "no error reply");
    } else if (span_is(frame->type, "ok")) {
        blame(all, r, "it was taken for good");
    }
}

static void take_text(struct rogues *all, struct rogue *r, struct span text)
{
    struct scan_frame frame;

    if (scan_frame(text.p, text.n, &frame) != 0 || !frame.type.p)
        blame(all, r, "the server sent no JSON");
    else if (r->state == ROGUE_GREETS && frame.id == 1)
        take_hello(all, r, &frame, text);
    else if (r->state == ROGUE_ATTACKS)
        take_answer(all, r, &frame);
}

static void take_close(struct rogues *all, struct rogue *r, const struct ws_frame *frame)
{
    unsigned code = frame->len >= 2 ? (unsigned)(frame->payload[0] << 8 | frame->payload[1]) : 1005;
    char what[64];

    if (r->state == ROGUE_ATTACKS && attacks[r->kind].close == code) {
        answered(all, r);
        return;
    }
    snprintf(what, sizeof(what), "closed with %u, promised was %u", code, attacks[r->kind].close);
    blame(all, r, what);
}

static size_t take_upgrade(struct rogues *all, struct rogue *r)
{
    int status, n = upgrade_parse_reply((const char *)r->in, r->len, &status);

    if (n < 0)
        blame(all, r, "it could not come in");
    else if (n > 0 && attacks[r->kind].before_hello)
        attack(all, r);
    else if (n > 0)
        greet(all, r);
    return n > 0 ? (size_t)n : 0;
}

/* Takes what is whole out of the input. */
static void digest(struct rogues *all, struct rogue *r)
{
    size_t at = 0;
    int fd = r->fd;

    if (r->state == ROGUE_UPGRADES)
        at = take_upgrade(all, r);
    while (r->fd == fd && r->state > ROGUE_UPGRADES && at < r->len) {
        struct ws_frame frame;
        int result = ws_parse(r->in + at, r->len - at, IN_MAX, &frame);

        if (result == 0)
            break;
        at += result > 0 ? frame.wire : 0;
        if (result < 0)
            blame(all, r, ws_error_text(result));
        else if (frame.opcode == WS_CLOSE)
            take_close(all, r, &frame);
        else if (frame.opcode == WS_TEXT)
            take_text(all, r, (struct span){(const char *)frame.payload, frame.len});
    }
    memmove(r->in, r->in + at, r->len - at);
    r->len -= at;
}

static void on_input(struct rogues *all, struct rogue *r)
{
    ssize_t n = recv(r->fd, r->in + r->len, IN_MAX - r->len, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        blame(all, r, "the connection ended without an answer");
        return;
    }
    r->len += (size_t)n;
    digest(all, r);
}

static void come(struct rogues *all, struct rogue *r)
{
    static const struct timeval patience = {10, 0};
    const struct plan *plan = all->plan;
    char request[2048];
    int n = upgrade_request(request, sizeof(request), &plan->options->url, 0, "parley.v1");

    r->len = 0;
    r->until_ns = worker_clock() + ANSWER_NS;
    r->state = ROGUE_UPGRADES;
    r->fd = socket(plan->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->fd >= 0)
        setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (r->fd < 0 || n < 0 ||
        connect(r->fd, (const struct sockaddr *)&plan->address, plan->address_len) != 0 ||
        !send_all(r, request, (size_t)n))
        blame(all, r, "it could not connect");
}

static void *run(void *argument)
{
    struct rogues *all = argument;
    bool busy = true;

    while (busy) {
        bool stopping = all->stopping;
        uint64_t now = worker_clock();

        busy = !stopping;
        for (uint32_t i = 0; i < all->count; i++) {
            struct rogue *r = &all->rogue[i];

            if (r->state == ROGUE_RESTS && !stopping && now >= r->until_ns)
                come(all, r);
            else if (r->state != ROGUE_RESTS && now >= r->until_ns)
                blame(all, r, "no answer within 10 s");
            busy |= r->state != ROGUE_RESTS;
            all->polls[i] = (struct pollfd){.fd = r->fd, .events = POLLIN};
        }
        poll(all->polls, all->count, 20);
        for (uint32_t i = 0; i < all->count; i++)
            if (all->polls[i].fd >= 0 && all->polls[i].revents)
                on_input(all, &all->rogue[i]);
    }
    return NULL;
}

struct rogues *rogues_start(const struct plan *plan)
{
    uint32_t count = rogues_wanted(plan->options);
    struct rogues *all;

    if (count == 0)
        return NULL;
    all = calloc(1, sizeof(*all) + count * sizeof(*all->rogue));
    if (!all)
        return NULL;
    all->plan = plan;
    all->count = count;
    all->polls = calloc(count, sizeof(*all->polls));
    for (uint32_t i = 0; i < count; i++) {
        all->rogue[i].fd = -1;
        all->rogue[i].kind = (unsigned)(i % ATTACKS);
    }
    if (all->polls && pthread_create(&all->thread, NULL, run, all) == 0)
        return all;
    perror("parley-load: --bad");
    free(all->polls);
    free(all);
    return NULL;
}

void rogues_stop(struct rogues *all)
{
    if (!all)
        return;
    all->stopping = true;
    pthread_join(all->thread, NULL);
}

void rogues_gather(const struct rogues *all, uint64_t count[CNT_MAX], struct oracle *oracle)
{
    if (!all)
        return;
    count[CNT_ROGUE] += all->sent;
    count[CNT_ROGUE_ANSWERED] += all->answered;
    oracle_merge(oracle, &all->oracle);
}

void rogues_free(struct rogues *all)
{
    if (!all)
        return;
    free(all->polls);
    free(all);
}
