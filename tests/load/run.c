/* SPDX-License-Identifier: MIT */
/* run: see run.h.  Main thread. */
#include "run_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

#define STALL_S        3  /* connecting: this many timeouts without progress */
#define SPARSE_LINES_S 10 /* between lines of progress where nobody watches */

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
    run->result->server_samples =
        calloc((size_t)pids->count * RUN_MAX_SAMPLES + 1, sizeof(*run->result->server_samples));
    return run->result->server_samples ? 0 : -1;
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

/* A line that reached the last column would not be overwritten by the next. */
static int terminal_room(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

static void show_progress(struct run *run, const char *phase, uint64_t now)
{
    char line[160];
    double seconds = (double)(now - run->last_ns) / 1e9;
    uint64_t sent = total(run, CNT_SENT), delivered = total(run, CNT_DELIVERIES);

    if (run->show || now - run->shown_ns >= SPARSE_LINES_S * S) {
        run->shown_ns = now;
        snprintf(line, sizeof(line),
                 "%-7s %6" PRIu64 " up %8.0f sends/s %10.0f deliveries/s %" PRIu64
                 " unacked %" PRIu64 " owed",
                 phase, total(run, CNT_ALIVE) - total(run, CNT_UNSETTLED),
                 (double)(sent - run->last[CNT_SENT]) / seconds,
                 (double)(delivered - run->last[CNT_DELIVERIES]) / seconds,
                 total(run, CNT_OUTSTANDING), total(run, CNT_EXPECTED) > delivered
                     ? total(run, CNT_EXPECTED) - delivered : 0);
        if (run->terminal)
            fprintf(stderr, "\r\033[K%.*s", terminal_room(), line);
        else
            fprintf(stderr, "%s\n", line);
    }
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
    for (unsigned i = 0; i < result->server_count; i++) {
        struct proc_sample server = proc_take(&result->servers[i]);

        run_server_sample(result, result->sample_count - 1, i)->cpu_ns = server.cpu_ns;
        run_server_sample(result, result->sample_count - 1, i)->rss_bytes = server.rss_bytes;
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
        run->rogues = rogues_start(&run->plan);
        load(run);
        rogues_stop(run->rogues);
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
    fprintf(stderr, "parley-load: no client got in at %s: %s\n", run->options->url_text,
            run->result->oracle.rule[RULE_CONNECT].first);
    return -1;
}

int run_load(const struct options *options, const struct script *script, struct run_result *result)
{
    struct run run = {.options = options, .result = result, .plan.script = script};
    int status = -1;

    run.terminal = isatty(STDERR_FILENO);
    run.show = run.terminal || options->progress;
    run.shown_ns = worker_clock();
    if (prepare_plan(&run) != 0 || watch_servers(&run) != 0)
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
    rogues_free(run.rogues);
    prepare_free(&run);
    return status;
}

void run_result_free(struct run_result *result)
{
    if (result)
        free(result->server_samples);
    free(result);
}
