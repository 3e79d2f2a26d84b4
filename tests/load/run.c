/* SPDX-License-Identifier: MIT */
/* run: see run.h.  Main thread. */
#include "run.h"

#include "stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

#define SPARE_FILES       64
#define PENDING_ALL       (4u << 20)  /* unfinished sends of all publishers together */
#define SENDER_ROWS_BYTES (512u << 20)
#define CLIENTS_A_SOURCE  8000u
#define STALL_S           3           /* connecting: this many timeouts without progress */

struct run {
    const struct options *options;
    struct run_result *result;
    struct plan plan;
    struct worker *workers;
    unsigned started;
    uint64_t last[CNT_MAX];  /* what the progress line said before */
    uint64_t last_ns;
    bool show, terminal;
};

/* ---- preparation ---- */

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

static int raise_file_limit(const struct options *options)
{
    struct rlimit limit;
    uint64_t need = (uint64_t)options->clients + options->threads + SPARE_FILES;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= need)
        return 0;
    fprintf(stderr,
            "parley-load: %" PRIu32 " clients need %" PRIu64 " open files, the limit is %" PRIu64
            ": raise it (ulimit -n) or use at most %" PRIu64 " clients a process\n",
            options->clients, need, (uint64_t)limit.rlim_cur,
            (uint64_t)limit.rlim_cur - options->threads - SPARE_FILES);
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

static int prepare_plan(struct run *run)
{
    const struct options *o = run->options;
    struct plan *plan = &run->plan;
    uint32_t heard = o->bare == BARE_ECHO ? 1 : o->publishers / o->rooms + 1;
    uint64_t rows = (uint64_t)o->clients * heard;
    uint32_t share = o->publishers ? PENDING_ALL / o->publishers : PENDING_ALL;

    plan->options = o;
    plan->base_ns = worker_clock();
    plan->check_senders = rows * sizeof(struct order) <= SENDER_ROWS_BYTES;
    plan->pending_max = share < 64 ? 64 : share > 65536 ? 65536 : share;
    while (plan->pending_max & (plan->pending_max - 1))
        plan->pending_max &= plan->pending_max - 1;
    plan->filler = make_filler(o->size - STAMP_BYTES);
    plan->members = calloc(o->rooms, sizeof(*plan->members));
    if (!plan->filler || !plan->members ||
        getrandom(&plan->run, sizeof(plan->run), 0) != sizeof(plan->run)) {
        perror("parley-load: cannot prepare");
        return -1;
    }
    run->result->senders_checked = o->bare == BARE_NONE || plan->check_senders;
    return resolve(run) == 0 && spread_sources(run) == 0 ? 0 : -1;
}

static int watch_servers(struct run *run)
{
    const struct option_list *pids = &run->options->server_pids;

    for (unsigned i = 0; i < pids->count; i++) {
        if (proc_watch_init(&run->result->servers[i], (pid_t)pids->value[i]) != 0) {
            fprintf(stderr, "parley-load: --server-pid: there is no process %" PRIu32 "\n",
                    pids->value[i]);
            return -1;
        }
    }
    run->result->server_count = pids->count;
    return 0;
}

static int start_workers(struct run *run)
{
    unsigned threads = run->options->threads;

    run->workers = calloc(threads, sizeof(*run->workers));
    if (!run->workers) {
        perror("parley-load: cannot prepare");
        return -1;
    }
    for (unsigned i = 0; i < threads; i++)
        run->workers[i].epoll = -1;
    for (unsigned i = 0; i < threads; i++)
        if (worker_init(&run->workers[i], &run->plan, i) != 0) {
            perror("parley-load: cannot prepare the clients");
            return -1;
        }
    for (; run->started < threads; run->started++)
        if (worker_start(&run->workers[run->started]) != 0) {
            fprintf(stderr, "parley-load: cannot start thread %u: %s%s\n", run->started,
                    strerror(errno),
                    run->options->pin.count ? " (--pin: is there such a CPU?)" : "");
            return -1;
        }
    return 0;
}

/* ---- the course ---- */

static uint64_t total(const struct run *run, enum counter counter)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < run->started; i++)
        sum += atomic_load_explicit(&run->workers[i].published[counter], memory_order_relaxed);
    return sum;
}

/* Sleeps until then at most; true when somebody pressed Ctrl-C meanwhile. */
static bool sleep_until(struct run *run, uint64_t until_ns)
{
    uint64_t now = worker_clock();
    uint64_t ns = until_ns > now ? until_ns - now : 0;
    struct timespec timeout = {(time_t)(ns / S), (long)(ns % S)};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigtimedwait(&set, NULL, &timeout) < 0)
        return false;
    run->result->interrupted = true;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* a second one ends the program at once */
    return true;
}

static void sample_servers(struct run *run, size_t at)
{
    for (unsigned i = 0; i < run->result->server_count; i++) {
        struct proc_watch *watch = &run->result->servers[i];
        struct proc_sample sample = proc_take(watch);

        memcpy((char *)watch + at, &sample, sizeof(sample));
    }
}

static void show_progress(struct run *run, const char *phase, uint64_t now)
{
    double seconds = (double)(now - run->last_ns) / 1e9;
    uint64_t sent = total(run, CNT_SENT), delivered = total(run, CNT_DELIVERIES);

    if (run->show)
        fprintf(stderr,
                "%s%-8s %6" PRIu64 " up  %9.0f sends/s  %11.0f deliveries/s  %" PRIu64
                " unacked  %" PRIu64 " owed   %s",
                run->terminal ? "\r" : "", phase, total(run, CNT_ALIVE) - total(run, CNT_UNSETTLED),
                (double)(sent - run->last[CNT_SENT]) / seconds,
                (double)(delivered - run->last[CNT_DELIVERIES]) / seconds,
                total(run, CNT_OUTSTANDING), total(run, CNT_EXPECTED) > delivered
                    ? total(run, CNT_EXPECTED) - delivered : 0,
                run->terminal ? "" : "\n");
    run->last[CNT_SENT] = sent;
    run->last[CNT_DELIVERIES] = delivered;
    run->last_ns = now;
}

static void add_sample(struct run *run, uint64_t now)
{
    struct run_result *result = run->result;
    struct run_sample *sample = &result->samples[result->sample_count];

    if (result->sample_count == RUN_MAX_SAMPLES)
        return;
    result->sample_count++;
    *sample = (struct run_sample){
        .at_s = ((double)now - (double)run->plan.start_ns) / 1e9,
        .sent = total(run, CNT_SENT),
        .acked = total(run, CNT_ACKED),
        .deliveries = total(run, CNT_DELIVERIES),
        .alive = total(run, CNT_ALIVE) - total(run, CNT_UNSETTLED),
    };
    if (result->server_count > 0) {
        struct proc_sample server = proc_take(&result->servers[0]);

        sample->cpu_ns = server.cpu_ns;
        sample->rss_bytes = server.rss_bytes;
    }
}

/* Waits until every client is in or has failed. */
static void connect_all(struct run *run)
{
    uint64_t stall = (uint64_t)(run->options->connect_timeout * STALL_S * 1e9);
    uint64_t progress = worker_clock(), shown = progress, before = 0, in = 0;

    if (run->options->ramp > 0)
        stall += (uint64_t)(1e9 / run->options->ramp);
    while (in < run->options->clients) {
        uint64_t now = worker_clock();

        if (now - shown >= S) {
            show_progress(run, "connect", now);
            shown = now;
        }
        if (in != before)
            progress = now;
        before = in;
        if (now - progress > stall || sleep_until(run, now + 20 * MS))
            return;
        in = total(run, CNT_READY) + total(run, CNT_FAILED);
    }
}

static void set_phase(struct run *run, enum phase phase)
{
    atomic_store_explicit(&run->plan.phase, (int)phase, memory_order_release);
}

static uint64_t earliest(uint64_t a, uint64_t b, uint64_t c, uint64_t now)
{
    uint64_t next = a;

    if (b > now && b < next)
        next = b;
    if (c > now && c < next)
        next = c;
    return next;
}

/* The load, from warm-up to the end of the measured time. */
static void load(struct run *run)
{
    struct plan *plan = &run->plan;
    uint64_t now = worker_clock(), second;
    bool from = false;

    plan->start_ns = now + 100 * MS;
    plan->from_ns =
        plan->start_ns + (run->options->idle ? 0 : (uint64_t)(run->options->warmup * 1e9));
    plan->to_ns = plan->from_ns + (uint64_t)(run->options->duration * 1e9);
    set_phase(run, PHASE_RUN);
    run->last_ns = now;
    second = plan->start_ns;
    while (now < plan->to_ns && total(run, CNT_ALIVE) > 0) {
        if (sleep_until(run, earliest(second, plan->from_ns, plan->to_ns, now)))
            break;
        now = worker_clock();
        if (!from && now >= plan->from_ns) {
            sample_servers(run, offsetof(struct proc_watch, from));
            from = true;
        }
        if (now >= second) {
            show_progress(run, now < plan->from_ns ? "warm-up" : "load", now);
            add_sample(run, now);
            second += S;
        }
    }
    run->result->all_lost = total(run, CNT_ALIVE) == 0;
    sample_servers(run, offsetof(struct proc_watch, to));
}

static bool all_delivered(const struct run *run)
{
    return total(run, CNT_OUTSTANDING) == 0 && total(run, CNT_DUE) == 0 &&
           total(run, CNT_UNSETTLED) == 0 && total(run, CNT_DELIVERIES) >= total(run, CNT_EXPECTED);
}

/* Waits for what is owed; then a little longer, so that what comes twice can come. */
static void drain(struct run *run)
{
    uint64_t now = worker_clock(), end = now + (uint64_t)(run->options->drain * 1e9);
    uint64_t second = now + S;
    int quiet = 0;

    set_phase(run, PHASE_DRAIN);
    while (now < end && quiet < 4 && total(run, CNT_ALIVE) > 0) {
        sleep_until(run, now + 60 * MS);
        quiet = all_delivered(run) ? quiet + 1 : 0;
        now = worker_clock();
        if (now >= second) {
            show_progress(run, "drain", now);
            second = now + S;
        }
    }
}

/* ---- the result ---- */

static uint64_t owed_to(const struct run *run, const struct client *c, uint64_t *unknown)
{
    uint64_t accepted = 0;

    *unknown = 0;
    if (run->options->bare == BARE_ECHO)
        return c->publisher ? c->publisher->next - 1 : 0;
    for (unsigned i = 0; i < run->started; i++) {
        accepted += run->workers[i].rooms[c->room->index].accepted;
        *unknown += run->workers[i].rooms[c->room->index].unknown;
    }
    return accepted;
}

static void judge_reach(struct run *run, const struct worker *w)
{
    for (uint32_t i = 0; i < w->client_count; i++) {
        const struct client *c = &w->clients[i];
        uint64_t unknown, accepted;

        if (!c->joined_before)
            continue;
        accepted = owed_to(run, c, &unknown);
        oracle_reach(&run->result->oracle, c->index, c->room->index, c->received, accepted,
                     unknown);
        if (c->state != CLIENT_READY && c->received < accepted)
            run->result->lost_on_dead += accepted - c->received;
    }
}

static double seconds_between(uint64_t from, uint64_t to)
{
    return to > from ? (double)(to - from) / 1e9 : 0.0;
}

static void merge_marks(struct run_result *result, const struct worker *w)
{
    double seconds = seconds_between(w->from.wall_ns, w->to.wall_ns), busy;

    if (!w->from.taken || seconds <= 0.0)
        return;
    result->measured = true;
    if (seconds > result->measured_s)
        result->measured_s = seconds;
    for (unsigned i = 0; i < CNT_MAX; i++)
        result->window[i] += w->to.count[i] - w->from.count[i];
    busy = seconds_between(w->from.cpu_ns, w->to.cpu_ns) / seconds;
    result->threads[w->id].busy = busy;
    if (busy > result->busiest)
        result->busiest = busy;
}

static void merge_worker(struct run *run, const struct worker *w)
{
    struct run_result *result = run->result;

    for (unsigned i = 0; i < CNT_MAX; i++)
        result->count[i] += w->count[i];
    hist_merge(&result->delivery, &w->delivery);
    hist_merge(&result->ack, &w->ack);
    hist_merge(&result->verdict, &w->verdict);
    hist_merge(&result->lag, &w->lag);
    hist_merge(&result->turn, &w->turn);
    hist_merge(&result->connect, &w->connect);
    hist_merge(&result->resume, &w->resume);
    oracle_merge(&result->oracle, &w->oracle);
    tally_merge(&result->errors, &w->errors);
    merge_marks(result, w);
    judge_reach(run, w);
}

static void gather(struct run *run)
{
    uint64_t first = UINT64_MAX, upgraded = 0, ready = 0;

    for (unsigned i = 0; i < run->started; i++) {
        const struct worker *w = &run->workers[i];

        merge_worker(run, w);
        if (w->first_connect_ns && w->first_connect_ns < first)
            first = w->first_connect_ns;
        if (w->last_upgrade_ns > upgraded)
            upgraded = w->last_upgrade_ns;
        if (w->last_ready_ns > ready)
            ready = w->last_ready_ns;
    }
    run->result->upgrade_s = seconds_between(first, upgraded);
    run->result->ready_s = seconds_between(first, ready);
}

static void stop_workers(struct run *run)
{
    set_phase(run, PHASE_CLOSE);
    for (unsigned i = 0; i < run->started; i++)
        pthread_join(run->workers[i].thread, NULL);
    if (run->terminal && run->show)
        fputs("\r\033[K", stderr);
}

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int run_phases(struct run *run)
{
    connect_all(run);
    if (total(run, CNT_READY) > 0 && !run->result->interrupted) {
        sample_servers(run, offsetof(struct proc_watch, connected));
        load(run);
        drain(run);
    }
    stop_workers(run);
    gather(run);
    for (unsigned i = 0; i < run->started; i++)
        if (run->workers[i].out_of_memory) {
            fputs("parley-load: out of memory: use fewer clients\n", stderr);
            return -1;
        }
    if (run->result->count[CNT_READY] > 0 || run->result->interrupted)
        return 0;
    fprintf(stderr, "parley-load: no client got in: %s\n",
            run->result->oracle.rule[RULE_CONNECT].first);
    return -1;
}

int run_load(const struct options *options, struct run_result *result)
{
    struct run run = {.options = options, .result = result};
    int status = -1;

    run.terminal = isatty(STDERR_FILENO);
    run.show = run.terminal || options->progress;
    if (raise_file_limit(options) != 0 || prepare_plan(&run) != 0 || watch_servers(&run) != 0)
        goto out;
    block_signals();
    if (start_workers(&run) != 0) {
        stop_workers(&run);
        goto out;
    }
    status = run_phases(&run);
out:
    for (unsigned i = 0; run.workers && i < options->threads; i++)
        worker_free(&run.workers[i]);
    free(run.workers);
    free(run.plan.members);
    free(run.plan.filler);
    return status;
}
