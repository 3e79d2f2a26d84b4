/* SPDX-License-Identifier: MIT
 *
 * The worker's link to the server; see link.h. The DEALER socket belongs to the link's thread; the
 * two threads meet in two short queues under one mutex, an eventfd wakes the link, a condition the
 * other.
 */
#include "link.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#define BEAT_MS 250
#define SERVER_SILENT_MS 30000
#define FROM_SERVER_MAX (16 << 20)
/* How long the last result may take to leave. */
#define LINGER_MS 1000
/* After the first interrupt, the batch is interrupted again each time this part of its time
 * passes. */
#define AGAIN_PART 4

struct parcel {
    struct parcel *next;
    size_t len;
    uint8_t bytes[];
};

struct waiting {
    struct waiting *next;
    Parley__Worker__Batch *batch;
};

struct link {
    struct link_config config;
    void *context, *socket;
    int wake_fd, signal_fd;
    pthread_t thread;

    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct waiting *first, **last;    /* batches received, the gate's first; under mutex */
    struct parcel *out, **out_last;   /* messages to send; under mutex */
    struct parcel *ready;             /* kept until the server has it; under mutex */
    bool draining, stopping;          /* under mutex */

    _Atomic uint64_t batch, batch_since_ms, soft_ms;
    _Atomic uint64_t progress;

    /* the link's thread's own */
    uint64_t seq, beat_due_ms, heard_ms, interrupt_due_ms, interrupted_batch;
    uint64_t seen_progress, progress_ms;
};

static void wake(struct link *l)
{
    const uint64_t one = 1;
    while (write(l->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

/* ---- the analysing thread's side ---------------------------------------------------------- */

static struct parcel *pack(const Parley__Worker__ToServer *m)
{
    size_t len = parley__worker__to_server__get_packed_size(m);
    struct parcel *p = malloc(sizeof *p + len);
    if (p == NULL)
        fatal("worker", "no memory for a message of %zu bytes", len);
    p->next = NULL;
    p->len = parley__worker__to_server__pack(m, p->bytes);
    return p;
}

static void post(struct link *l, const Parley__Worker__ToServer *m, bool keep)
{
    struct parcel *p = pack(m);
    struct parcel *copy = keep ? pack(m) : NULL;
    pthread_mutex_lock(&l->mutex);
    *l->out_last = p;
    l->out_last = &p->next;
    if (keep)
        l->ready = copy;
    pthread_mutex_unlock(&l->mutex);
    wake(l);
}

void link_answer(struct link *l, const Parley__Worker__Result *r)
{
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_RESULT;
    m.result = (Parley__Worker__Result *)r;
    atomic_store(&l->batch, 0);
    post(l, &m, false);
}

void link_ready(struct link *l, const Parley__Worker__Ready *r)
{
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_READY;
    m.ready = (Parley__Worker__Ready *)r;
    post(l, &m, true);
}

void link_failed(struct link *l, const char *reason, const char *traceback)
{
    Parley__Worker__Failed failed = PARLEY__WORKER__FAILED__INIT;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    failed.slot = l->config.slot;
    failed.pid = (uint32_t)getpid();
    failed.reason = (char *)reason;
    failed.traceback = (char *)traceback;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_FAILED;
    m.failed = &failed;
    post(l, &m, false);
}

void link_tick(struct link *l)
{
    atomic_fetch_add_explicit(&l->progress, 1, memory_order_relaxed);
}

static uint64_t soft_ms(const struct link *l, const Parley__Worker__Batch *b)
{
    return l->config.soft_timeout_ms != 0 ? l->config.soft_timeout_ms : b->deadline_ms / 2;
}

Parley__Worker__Batch *link_take(struct link *l)
{
    Parley__Worker__Batch *batch = NULL;
    pthread_mutex_lock(&l->mutex);
    while (l->first == NULL && !l->draining)
        pthread_cond_wait(&l->arrived, &l->mutex);
    if (!l->draining) {
        struct waiting *w = l->first;
        batch = w->batch;
        l->first = w->next;
        if (l->first == NULL)
            l->last = &l->first;
        free(w);
    }
    pthread_mutex_unlock(&l->mutex);
    if (batch != NULL) {
        atomic_store(&l->batch_since_ms, clock_mono_ms());
        atomic_store(&l->soft_ms, soft_ms(l, batch));
        atomic_store(&l->batch, batch->id);
        link_tick(l);
        wake(l); /* so that it counts this batch's time */
    }
    return batch;
}

/* ---- sending ------------------------------------------------------------------------------ */

static void send_bytes(struct link *l, const void *data, size_t len)
{
    /* Never waits: if the server takes nothing it is gone, and silence will tell. */
    if (zmq_send(l->socket, data, len, ZMQ_DONTWAIT) < 0)
        log_warn("worker", "cannot send to the server: %s", zmq_strerror(errno));
}

static void send_posted(struct link *l)
{
    pthread_mutex_lock(&l->mutex);
    struct parcel *p = l->out;
    l->out = NULL;
    l->out_last = &l->out;
    pthread_mutex_unlock(&l->mutex);
    while (p != NULL) {
        struct parcel *next = p->next;
        send_bytes(l, p->bytes, p->len);
        free(p);
        p = next;
    }
}

static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_draining(struct link *l)
{
    pthread_mutex_lock(&l->mutex);
    bool draining = l->draining;
    pthread_mutex_unlock(&l->mutex);
    return draining;
}

static void send_heartbeat(struct link *l, uint64_t now)
{
    Parley__Worker__Heartbeat beat = PARLEY__WORKER__HEARTBEAT__INIT;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    uint64_t progress = atomic_load_explicit(&l->progress, memory_order_relaxed);
    if (progress != l->seen_progress || l->progress_ms == 0) {
        l->seen_progress = progress;
        l->progress_ms = now;
    }
    beat.slot = l->config.slot;
    beat.pid = (uint32_t)getpid();
    beat.seq = ++l->seq;
    beat.batch = atomic_load(&l->batch);
    beat.batch_age_ms = beat.batch != 0 ? now - atomic_load(&l->batch_since_ms) : 0;
    beat.progress = progress;
    beat.progress_age_ms = now - l->progress_ms;
    beat.rss_bytes = resident_bytes();
    beat.draining = is_draining(l);
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_HEARTBEAT;
    m.heartbeat = &beat;
    struct parcel *p = pack(&m);
    send_bytes(l, p->bytes, p->len);
    free(p);
    l->beat_due_ms = now + BEAT_MS;
}

/* ---- receiving ---------------------------------------------------------------------------- */

static void drain(struct link *l, const char *why)
{
    pthread_mutex_lock(&l->mutex);
    bool first = !l->draining;
    l->draining = true;
    pthread_cond_signal(&l->arrived);
    pthread_mutex_unlock(&l->mutex);
    if (first) {
        log_info("worker", "drains slot=%u: %s", l->config.slot, why);
        send_heartbeat(l, clock_mono_ms());
    }
}

static bool is_whole(const Parley__Worker__Batch *b)
{
    return b->n_texts > 0 && b->n_texts == b->n_rooms && b->n_texts == b->n_users
           && b->n_texts == b->n_times_ms && (b->n_wants == 0 || b->n_wants == b->n_texts);
}

/* Takes the batch. */
static void on_batch(struct link *l, Parley__Worker__Batch *batch)
{
    struct waiting *w = malloc(sizeof *w);
    if (w == NULL || !is_whole(batch))
        fatal("worker", "no memory for a batch, or a batch with columns of different lengths");
    pthread_mutex_lock(&l->mutex);
    struct waiting **at = l->last;
    if (batch->gate)
        for (at = &l->first; *at != NULL && (*at)->batch->gate;)
            at = &(*at)->next;
    *w = (struct waiting){*at, batch};
    *at = w;
    if (w->next == NULL)
        l->last = &w->next;
    pthread_cond_signal(&l->arrived);
    pthread_mutex_unlock(&l->mutex);
}

static void on_beat(struct link *l, const Parley__Worker__Beat *beat)
{
    pthread_mutex_lock(&l->mutex);
    struct parcel *ready = l->ready;
    if (beat->ready)
        l->ready = NULL;
    pthread_mutex_unlock(&l->mutex);
    if (ready != NULL && !beat->ready)
        send_bytes(l, ready->bytes, ready->len);
    else
        free(ready);
}

static void on_message(struct link *l, const void *data, size_t len)
{
    Parley__Worker__ToWorker *m = parley__worker__to_worker__unpack(NULL, len, data);
    if (m == NULL)
        fatal("worker", "the server sent what is not a message of this protocol (%zu bytes)", len);
    switch (m->body_case) {
    case PARLEY__WORKER__TO_WORKER__BODY_BATCH:
        on_batch(l, m->batch);
        m->body_case = PARLEY__WORKER__TO_WORKER__BODY__NOT_SET; /* it keeps the batch */
        break;
    case PARLEY__WORKER__TO_WORKER__BODY_BEAT:
        on_beat(l, m->beat);
        break;
    case PARLEY__WORKER__TO_WORKER__BODY_DRAIN:
        drain(l, "asked by the server");
        break;
    default: /* of a newer server; not for us */
        break;
    }
    parley__worker__to_worker__free_unpacked(m, NULL);
}

static void receive(struct link *l)
{
    zmq_msg_t m;
    zmq_msg_init(&m);
    while (zmq_msg_recv(&m, l->socket, ZMQ_DONTWAIT) >= 0) {
        l->heard_ms = clock_mono_ms();
        on_message(l, zmq_msg_data(&m), zmq_msg_size(&m));
    }
    zmq_msg_close(&m);
}

static void take_signals(struct link *l)
{
    struct signalfd_siginfo info;
    while (read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        drain(l, "signal");
}

/* ---- the clock ---------------------------------------------------------------------------- */

/* Whether the batch in hand is out of time; then it is interrupted. Returns when to look again. */
static uint64_t watch(struct link *l, uint64_t now)
{
    uint64_t batch = atomic_load(&l->batch);
    uint64_t soft = atomic_load(&l->soft_ms);
    if (batch == 0 || soft == 0)
        return UINT64_MAX;
    if (batch != l->interrupted_batch) {
        l->interrupted_batch = batch;
        l->interrupt_due_ms = atomic_load(&l->batch_since_ms) + soft;
    }
    if (now >= l->interrupt_due_ms) {
        l->config.interrupt(batch);
        l->interrupt_due_ms = now + soft / AGAIN_PART + 1;
    }
    return l->interrupt_due_ms;
}

static bool turn(struct link *l)
{
    uint64_t now = clock_mono_ms();
    uint64_t due = watch(l, now);
    if (now >= l->beat_due_ms)
        send_heartbeat(l, now);
    if (l->beat_due_ms < due)
        due = l->beat_due_ms;
    zmq_pollitem_t items[] = {
        {.socket = l->socket, .events = ZMQ_POLLIN},
        {.fd = l->wake_fd, .events = ZMQ_POLLIN},
        {.fd = l->signal_fd, .events = ZMQ_POLLIN},
    };
    zmq_poll(items, 3, due > now ? (long)(due - now) : 0);
    uint64_t count;
    while (read(l->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
    send_posted(l);
    receive(l);
    take_signals(l);
    pthread_mutex_lock(&l->mutex);
    bool go_on = !l->stopping;
    pthread_mutex_unlock(&l->mutex);
    return go_on;
}

static void *run(void *arg)
{
    struct link *l = arg;
    l->heard_ms = clock_mono_ms();
    uint64_t before = l->heard_ms;
    while (turn(l)) {
        uint64_t now = clock_mono_ms();
        /* If we were stopped ourselves, the server's silence means nothing. */
        if (now - before > 4 * BEAT_MS)
            l->heard_ms = now;
        before = now;
        if (now - l->heard_ms > SERVER_SILENT_MS)
            fatal("worker", "no word from the server for %d s: it is gone",
                  SERVER_SILENT_MS / 1000);
    }
    send_posted(l);
    zmq_close(l->socket);
    zmq_ctx_term(l->context);
    return NULL;
}

/* ---- start and stop ----------------------------------------------------------------------- */

static bool connect_to(struct link *l)
{
    const int linger = LINGER_MS;
    const int64_t max = FROM_SERVER_MAX;
    l->context = zmq_ctx_new();
    l->socket = l->context != NULL ? zmq_socket(l->context, ZMQ_DEALER) : NULL;
    return l->socket != NULL
           && zmq_setsockopt(l->socket, ZMQ_LINGER, &linger, sizeof linger) == 0
           && zmq_setsockopt(l->socket, ZMQ_MAXMSGSIZE, &max, sizeof max) == 0
           && zmq_connect(l->socket, l->config.endpoint) == 0;
}

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* The link's thread takes no signal but through its descriptor; faults of its own still kill. */
static bool start_thread(struct link *l)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&l->thread, NULL, run, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

struct link *link_start(const struct link_config *config, const char **why)
{
    sigset_t set;
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL)
        fatal("worker", "no memory to start");
    l->config = *config;
    l->last = &l->first;
    l->out_last = &l->out;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->arrived, NULL);
    block_signals(&set);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (l->wake_fd >= 0 && l->signal_fd >= 0 && connect_to(l) && start_thread(l)) {
        pthread_setname_np(l->thread, "link");
        return l;
    }
    *why = zmq_strerror(errno);
    return NULL;
}

void link_stop(struct link *l)
{
    pthread_mutex_lock(&l->mutex);
    l->stopping = true;
    pthread_mutex_unlock(&l->mutex);
    wake(l);
    pthread_join(l->thread, NULL);
}
