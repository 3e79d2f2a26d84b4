/* SPDX-License-Identifier: MIT
 *
 * What an event costs in the store: events a second and microseconds of CPU of the store's
 * threads, by durability, batch size and shape of the traffic. Plays the loops: posts a batch of
 * publications, waits for its answers, posts the next.
 *
 *     store_bench [--events N] [--stored N] [--dir DIR] [--durability WORD] [--batch N]
 *
 * --stored N writes N events first, so that the cost with a history can be seen; the last two pick
 * one durability or batch size out of all.
 */
#include "base/clock.h"
#include "base/log.h"
#include "loop/mailbox.h"
#include "store/store.h"

#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT_LEN 120

struct shape {
    unsigned rooms, users;
};

struct bench {
    struct topology topology;
    struct store *store;
    struct user **users;
    struct shape shape;
    uint64_t sent;
    unsigned run; /* makes cids of different runs differ */
    bool analyse;
};

static double process_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double thread_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void post(struct bench *b)
{
    static const char text[TEXT_LEN + 1] =
        "the quick brown fox jumps over the lazy dog, and then it does so again because "
        "one hundred and twenty bytes are a lot.";
    uint64_t n = b->sent++, user = n % b->shape.users;
    struct msg_publication *p = msg_publication_new(MSG_STORE_APPEND, text, TEXT_LEN);
    p->user = user_ref(b->users[user]);
    p->kind = EVENT_MESSAGE;
    p->analyse = b->analyse;
    snprintf(p->room.text, sizeof p->room.text, "room-%u", (unsigned)(user % b->shape.rooms));
    /* Random to look at, as clients' UUIDs are: no help from their order. */
    snprintf(p->cid, sizeof p->cid, "%016llx-%u-%llx",
             (unsigned long long)(n + 1) * 0x9e3779b97f4a7c15ULL, b->run, (unsigned long long)n);
    mailbox_post(b->topology.store, &p->head);
}

static void await(struct bench *b, unsigned count)
{
    struct pollfd fd = {.fd = mailbox_fd(b->topology.loops[0]), .events = POLLIN};
    while (count > 0) {
        poll(&fd, 1, -1);
        for (struct msg *m = mailbox_take(b->topology.loops[0]), *next; m != NULL; m = next) {
            next = m->next;
            struct msg_publication *p = (struct msg_publication *)m;
            if (p->ask.status != 0 || p->duplicate)
                fatal("bench", "not stored: %s", p->ask.detail != NULL ? p->ask.detail : "?");
            msg_free(m);
            count--;
        }
    }
}

static void send_all(struct bench *b, uint64_t events, unsigned batch)
{
    while (events > 0) {
        unsigned n = events < batch ? (unsigned)events : batch;
        for (unsigned i = 0; i < n; i++)
            post(b);
        await(b, n);
        events -= n;
    }
}

static void open_store(struct bench *b, const char *dir, enum durability durability)
{
    char err[512];
    struct store_config config = {.data_dir = dir, .durability = durability};
    if (store_open(&b->store, &config, err, sizeof err) != 0)
        fatal("bench", "%s", err);
    b->topology.n_loops = 1;
    b->topology.loops[0] = mailbox_new();
    b->topology.store = store_mailbox(b->store);
    if (store_start(b->store, &b->topology) != 0)
        fatal("bench", "the store does not start");
}

static void close_store(struct bench *b)
{
    store_stop(b->store);
    store_free(b->store);
    mailbox_free(b->topology.loops[0]);
}

static void make_users(struct bench *b)
{
    b->users = calloc(b->shape.users, sizeof *b->users);
    for (unsigned i = 0; i < b->shape.users; i++) {
        char id[USER_ID_MAX + 1];
        snprintf(id, sizeof id, "u%u", i);
        b->users[i] = user_new(id, id, ROLE_GUEST);
    }
}

static void measure(const char *dir, const char *name, enum durability durability,
                    struct shape shape, unsigned batch, uint64_t events, uint64_t stored)
{
    struct bench b = {.shape = shape, .analyse = true};
    make_users(&b);
    if (stored > 0) {
        open_store(&b, dir, DURABILITY_OS);
        b.analyse = false;
        send_all(&b, stored, 4096);
        close_store(&b);
        b.analyse = true;
    }
    uint64_t began = clock_mono_us();
    open_store(&b, dir, durability);
    uint64_t opened = clock_mono_us();
    send_all(&b, 100, 100); /* rooms and users are made: not what is measured */
    double cpu = process_cpu(), own = thread_cpu();
    uint64_t start = clock_mono_us();
    send_all(&b, events, batch);
    double seconds = (double)(clock_mono_us() - start) / 1e6;
    double store_cpu = (process_cpu() - cpu) - (thread_cpu() - own);
    const struct store_stats *stats = store_stats(b.store);
    printf("%-6s %4u rooms %5u users  batch %4u  %9.0f events/s  %6.2f us CPU/event  "
           "commit p50 %5llu p99 %6llu us  open %4.0f ms\n",
           name, shape.rooms, shape.users, batch, (double)events / seconds,
           store_cpu * 1e6 / (double)events,
           (unsigned long long)histogram_quantile(&stats->commit_us, 0.5),
           (unsigned long long)histogram_quantile(&stats->commit_us, 0.99),
           (double)(opened - began) / 1e3);
    fflush(stdout);
    close_store(&b);
    for (unsigned i = 0; i < shape.users; i++)
        user_unref(b.users[i]);
    free(b.users);
}

/* A process a measurement: no cache of an earlier one, and its files gone afterwards. */
static void measure_apart(const char *parent, const char *name, enum durability durability,
                          struct shape shape, unsigned batch, uint64_t events, uint64_t stored)
{
    char dir[512], command[600];
    snprintf(dir, sizeof dir, "%s/store-bench-XXXXXX", parent);
    if (mkdtemp(dir) == NULL)
        fatal("bench", "cannot make a directory in %s", parent);
    pid_t pid = fork();
    if (pid == 0) {
        log_set_level(LOG_WARN);
        measure(dir, name, durability, shape, batch, events, stored);
        exit(0);
    }
    waitpid(pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", dir);
}

struct choice {
    uint64_t events, stored;
    const char *dir;
    const char *durability; /* NULL: all */
    unsigned batch;         /* 0: all */
};

/* False when the command line is not understood. */
static bool parse(int argc, char **argv, struct choice *c)
{
    static const struct option options[] = {
        {"events", required_argument, NULL, 'e'},
        {"stored", required_argument, NULL, 's'},
        {"dir", required_argument, NULL, 'd'},
        {"durability", required_argument, NULL, 'u'},
        {"batch", required_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'e')
            c->events = strtoull(optarg, NULL, 10);
        else if (option == 's')
            c->stored = strtoull(optarg, NULL, 10);
        else if (option == 'd')
            c->dir = optarg;
        else if (option == 'u')
            c->durability = optarg;
        else if (option == 'b')
            c->batch = (unsigned)strtoul(optarg, NULL, 10);
        else
            return false;
    }
    return optind == argc;
}

static void measure_batches(const struct choice *c, const char *name, enum durability durability,
                            struct shape shape)
{
    /* Small batches cost more an event and settle sooner. */
    static const struct {
        unsigned batch, share;
    } batches[] = {{1, 20}, {10, 4}, {100, 1}, {4096, 1}};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        if (c->batch == 0 || c->batch == batches[i].batch)
            measure_apart(c->dir, name, durability, shape, batches[i].batch,
                          c->events / batches[i].share, c->stored);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum durability durability;
    } durabilities[] = {
        {"full", DURABILITY_FULL}, {"os", DURABILITY_OS}, {"memory", DURABILITY_MEMORY}};
    static const struct shape shapes[] = {{1, 10}, {200, 2000}};
    struct choice c = {.events = 200000, .dir = "/tmp"};
    if (!parse(argc, argv, &c)) {
        fprintf(stderr, "usage: see the top of store_bench.c\n");
        return 64;
    }
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (size_t d = 0; d < sizeof durabilities / sizeof durabilities[0]; d++) {
            if (c.durability == NULL || strcmp(c.durability, durabilities[d].name) == 0)
                measure_batches(&c, durabilities[d].name, durabilities[d].durability, shapes[s]);
        }
    }
    return 0;
}
