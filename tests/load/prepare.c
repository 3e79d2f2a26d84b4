/* SPDX-License-Identifier: MIT */
/* prepare: the plan of a run, before any thread starts.  Main thread. */
#include "run_impl.h"
#include "stamp.h"
#include "tls.h"

#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#define SPARE_FILES       64
#define PENDING_ALL       (4u << 20)  /* unfinished sends of all publishers together */
#define SENDER_ROWS_BYTES (512u << 20)
#define CLIENTS_A_SOURCE  8000u

static int resolve(struct run *run)
{
    const struct upgrade_url *url = &run->options->url;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(url->host, url->port, &hints, &found);

    if (error) {
        fprintf(stderr, "parley-load: cannot resolve '%s': %s\n", url->host, gai_strerror(error));
        return -1;
    }
    memcpy(&run->plan.address, found->ai_addr, found->ai_addrlen);
    run->plan.address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/*
 * One address has 28,000 ports, and the kernel's search for a free one slows
 * down long before: spread many clients over several addresses.
 */
static int spread_sources(struct run *run)
{
    const struct sockaddr_in *to = (const struct sockaddr_in *)&run->plan.address;
    bool loopback = to->sin_family == AF_INET && ntohl(to->sin_addr.s_addr) >> 24 == 127;
    uint32_t wanted = run->options->source_spread;

    if (wanted && !loopback) {
        fputs("parley-load: --source-spread works towards 127.0.0.0/8 only\n", stderr);
        return -1;
    }
    if (!wanted && loopback && run->options->clients > CLIENTS_A_SOURCE)
        wanted = (run->options->clients + CLIENTS_A_SOURCE - 1) / CLIENTS_A_SOURCE;
    run->plan.source_spread = wanted;
    return 0;
}

uint64_t run_descriptors_needed(const struct options *o)
{
    return (uint64_t)o->clients + rogues_wanted(o) + o->threads + SPARE_FILES;
}

uint32_t run_clients_that_fit(const struct options *o)
{
    struct rlimit limit;
    uint64_t spare = run_descriptors_needed(o) - o->clients;

    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max > spare ? (uint32_t)(limit.rlim_max - spare < UINT32_MAX
                                                   ? limit.rlim_max - spare
                                                   : UINT32_MAX)
                                  : 0;
}

static int raise_file_limit(const struct options *o)
{
    struct rlimit limit;
    uint64_t need = run_descriptors_needed(o);

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= need)
        return 0;
    fprintf(stderr,
            "parley-load: %" PRIu32 " clients need %" PRIu64 " open files, the hard limit "
            "(RLIMIT_NOFILE, ulimit -Hn) is %" PRIu64 ": raise it, or use at most %" PRIu32
            " clients a process\n",
            o->clients, need, (uint64_t)limit.rlim_cur, run_clients_that_fit(o));
    return -1;
}

/* What follows the stamp: words, so that a server that reads texts has something to read. */
static char *make_filler(uint32_t size)
{
    static const char words[] = " the quick brown fox jumps over the lazy dog and says so";
    char *filler = malloc(size + 1);

    for (uint32_t i = 0; filler && i < size; i++)
        filler[i] = words[i % (sizeof(words) - 1)];
    return filler;
}

static uint64_t rows_of_senders(const struct options *o, const struct seats *seats)
{
    uint64_t rows = 0;

    for (uint32_t i = 0; i < o->clients; i++)
        rows += o->bare == BARE_ECHO ? 1 : seats->senders[seats_room(seats, i, 0)];
    return rows;
}

static int prepare_tls(struct run *run)
{
    const struct options *o = run->options;
    char why[300];

    if (!o->url.tls)
        return 0;
    run->plan.tls = tls_context_new(o->tls_ca, o->tls_insecure, o->url.host, why, sizeof(why));
    if (run->plan.tls)
        return 0;
    fprintf(stderr, "parley-load: %s\n", why);
    return -1;
}

static int allocate(struct run *run)
{
    const struct options *o = run->options;
    struct plan *plan = &run->plan;

    plan->filler = make_filler(o->size - STAMP_BYTES);
    plan->members = calloc(o->rooms, sizeof(*plan->members));
    if (plan->filler && plan->members &&
        seats_init(&plan->seats, o, plan->script ? plan->script->log_of : NULL) == 0 &&
        getrandom(&plan->run, sizeof(plan->run), 0) == sizeof(plan->run))
        return 0;
    perror("parley-load: cannot prepare");
    return -1;
}

int prepare_plan(struct run *run)
{
    const struct options *o = run->options;
    struct plan *plan = &run->plan;
    uint32_t share = o->publishers ? PENDING_ALL / o->publishers : PENDING_ALL;

    plan->options = o;
    plan->base_ns = worker_clock();
    if (raise_file_limit(o) != 0 || allocate(run) != 0)
        return -1;
    plan->check_senders =
        rows_of_senders(o, &plan->seats) * sizeof(struct order) <= SENDER_ROWS_BYTES;
    plan->slow_from = o->clients - (uint32_t)ceil((double)o->clients * o->slow);
    plan->pending_max = share < 64 ? 64 : share > 65536 ? 65536 : share;
    while (plan->pending_max & (plan->pending_max - 1))
        plan->pending_max &= plan->pending_max - 1;
    run->result->senders_checked = o->bare == BARE_NONE || plan->check_senders;
    if (resolve(run) != 0 || spread_sources(run) != 0)
        return -1;
    return prepare_tls(run);
}

void prepare_free(struct run *run)
{
    tls_context_free(run->plan.tls);
    seats_free(&run->plan.seats);
    free(run->plan.members);
    free(run->plan.filler);
}
