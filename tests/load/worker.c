/* SPDX-License-Identifier: MIT */
/* worker: see worker.h.  This is the thread. */
#include "worker.h"

#include "client.h"
#include "incidents.h"
#include "publisher.h"
#include "tls.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

#define EVENTS_A_TURN    128
#define EVENTS_A_BREATH  32   /* sends are looked after that often within a turn */
#define CONNECTS_A_TURN  64
#define CONNECTING_MAX   256  /* handshakes in flight: below any listen backlog */
#define SWEEP_NS         (20 * MS)
#define PUBLISH_NS       (50 * MS)
#define IDLE_NS          (10 * MS) /* how late a change of phase may be seen */
#define CLOSE_NS         (1000 * MS)
#define ROOMLOG_BYTES    (32u << 20) /* of all rooms of a thread */
#define ROOMLOG_OVERHEAD 512u        /* of an event beside its text */

uint64_t worker_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t thread_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void worker_mark_dirty(struct worker *w, struct client *c)
{
    if (c->dirty)
        return;
    c->dirty = true;
    w->dirty[w->dirty_count++] = c;
}

static void flush_dirty(struct worker *w)
{
    for (uint32_t i = 0; i < w->dirty_count; i++) {
        w->dirty[i]->dirty = false;
        client_flush(w, w->dirty[i]);
    }
    w->dirty_count = 0;
}

/* ---- set-up (main thread) ---- */

/* How many of 0 .. n-1 are i modulo m. */
static uint32_t share(uint32_t n, uint32_t i, uint32_t m)
{
    return n > i ? (n - i + m - 1) / m : 0;
}

static unsigned roomlog_slots(const struct worker *w, uint32_t rooms_here)
{
    size_t each = sizeof(struct roomlog_slot) + w->options->size + ROOMLOG_OVERHEAD;
    size_t fit = ROOMLOG_BYTES / each / rooms_here;
    unsigned slots = 2;

    while (slots * 2 <= fit && slots < 1024)
        slots *= 2;
    return slots;
}

static int init_room(struct worker *w, uint32_t index, unsigned slots)
{
    struct room *room = &w->rooms[index];
    uint32_t senders = w->plan->seats.senders[index];

    if (room->log.slots)
        return 0;
    room->index = index;
    if (roomlog_init(&room->log, slots, w->options->size + ROOMLOG_OVERHEAD) != 0)
        return -1;
    room->senders = calloc(senders + 1, sizeof(*room->senders));
    for (uint32_t i = 0; room->senders && i < senders; i++)
        order_start(&room->senders[i], 1);
    return room->senders ? 0 : -1;
}

/* Bare servers: one row a sender that this client may hear. */
static int init_senders(struct worker *w, struct client *c)
{
    uint32_t rows = w->options->bare == BARE_ECHO
                        ? 1
                        : w->plan->seats.senders[c->in[0].room->index];

    if (w->options->bare == BARE_NONE || !w->plan->check_senders)
        return 0;
    c->senders = calloc(rows + 1, sizeof(*c->senders));
    for (uint32_t i = 0; c->senders && i < rows; i++)
        order_start(&c->senders[i], 1);
    return c->senders ? 0 : -1;
}

static int init_client(struct worker *w, uint32_t i, unsigned slots)
{
    const struct seats *seats = &w->plan->seats;
    struct client *c = &w->clients[i];

    c->fd = -1;
    c->index = w->id + i * w->options->threads;
    c->slow = c->index >= w->plan->slow_from;
    c->in = c->last = &w->members[(size_t)i * seats->each];
    for (uint32_t turn = 0; turn < seats->each; turn++) {
        uint32_t room = seats_room(seats, c->index, turn);

        if (init_room(w, room, slots) != 0)
            return -1;
        c->in[turn].room = &w->rooms[room];
    }
    if (init_senders(w, c) != 0)
        return -1;
    if (c->index < w->options->publishers) {
        struct publisher *p = &w->publishers[i];

        c->publisher = p;
        *p = (struct publisher){.client = c, .index = c->index, .lane = i, .first = 1, .next = 1};
    }
    return 0;
}

int worker_init(struct worker *w, struct plan *plan, unsigned id)
{
    const struct options *o = plan->options;
    uint32_t rooms_here;

    w->plan = plan;
    w->options = o;
    w->id = id;
    w->random = (uint64_t)plan->run << 32 | id;
    w->pacer.due_ns = w->typing.due_ns = UINT64_MAX;
    w->client_count = share(o->clients, id, o->threads);
    w->publisher_count = share(o->publishers, id, o->threads);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->clients = calloc(w->client_count + 1, sizeof(*w->clients));
    w->publishers = calloc(w->publisher_count + 1, sizeof(*w->publishers));
    w->members = calloc((size_t)w->client_count * plan->seats.each + 1, sizeof(*w->members));
    w->rooms = calloc(o->rooms, sizeof(*w->rooms));
    w->dirty = calloc(w->client_count + 1, sizeof(*w->dirty));
    w->rx = malloc(WORKER_MAX_FRAME + 8192 + WORKER_RX_CHUNK);
    w->scratch = malloc(WORKER_SCRATCH);
    if (w->epoll < 0 || !w->clients || !w->members || !w->publishers || !w->rooms || !w->dirty ||
        !w->rx || !w->scratch)
        return -1;
    rooms_here = o->rooms;
    if ((uint64_t)w->client_count * plan->seats.each < rooms_here)
        rooms_here = w->client_count * plan->seats.each;
    if (rooms_here == 0)
        rooms_here = 1;
    for (uint32_t i = 0; i < w->client_count; i++)
        if (init_client(w, i, roomlog_slots(w, rooms_here)) != 0)
            return -1;
    w->count[CNT_ALIVE] = w->count[CNT_UNSETTLED] = w->client_count;
    return 0;
}

void worker_free(struct worker *w)
{
    for (uint32_t i = 0; w->clients && i < w->client_count; i++) {
        struct client *c = &w->clients[i];

        if (c->fd >= 0)
            close(c->fd);
        tls_free(c->tls);
        bytes_free(&c->rest);
        bytes_free(&c->out);
        bytes_free(&c->message);
        free(c->session);
        free(c->senders);
    }
    for (uint32_t i = 0; w->publishers && i < w->publisher_count; i++) {
        free(w->publishers[i].ring);
        free(w->publishers[i].late);
    }
    for (uint32_t i = 0; w->rooms && i < w->options->rooms; i++) {
        roomlog_free(&w->rooms[i].log);
        free(w->rooms[i].senders);
    }
    if (w->epoll >= 0)
        close(w->epoll);
    seconds_free(&w->seconds);
    free(w->clients);
    free(w->members);
    free(w->publishers);
    free(w->rooms);
    free(w->dirty);
    free(w->rx);
    free(w->scratch);
}

/* ---- the thread ---- */

static void publish_counters(struct worker *w)
{
    for (unsigned i = 0; i < CNT_MAX; i++)
        atomic_store_explicit(&w->published[i], w->count[i], memory_order_relaxed);
}

static void take_mark(struct worker *w, struct mark *mark)
{
    mark->taken = true;
    mark->wall_ns = worker_clock();
    mark->cpu_ns = thread_cpu();
    memcpy(mark->count, w->count, sizeof(mark->count));
}

/* The timetable of this thread's part of a load that has so many ns between two messages. */
static struct pacer new_pacer(const struct worker *w, double all_ns, uint32_t stream)
{
    const struct options *o = w->options;
    struct pacer pacer = {
        .start_ns = w->plan->start_ns + (uint64_t)(all_ns * w->id),
        .end_ns = w->plan->to_ns,
        .interval_ns = all_ns * o->publishers / w->publisher_count,
        .lanes = w->publisher_count,
        .poisson = o->arrivals == ARRIVALS_POISSON,
        .random = chance_mix((uint64_t)o->seed << 32 | stream << 16 | w->id),
    };

    if (o->burst > 0)
        pacer.bursts = (struct pacer_bursts){o->burst_every * 1e9, o->burst_for * 1e9, o->burst,
                                             o->burst_rest};
    pacer_begin(&pacer);
    return pacer;
}

static void start_load(struct worker *w)
{
    const struct options *o = w->options;
    double all; /* between two messages of the whole run */

    w->loading = true;
    w->next_second_ns = w->plan->start_ns + 1000 * MS;
    incidents_begin(w);
    if (w->publisher_count == 0 || w->plan->script)
        return;
    if (o->typing > 0) {
        all = 1e9 / o->typing;
        w->typing = new_pacer(w, all, 2);
    }
    if (o->window) {
        for (uint32_t i = 0; i < w->publisher_count; i++)
            publisher_pump(w, &w->publishers[i]);
        return;
    }
    all = 1e9 / o->rate;
    w->pacer = new_pacer(w, all, 1);
}

static void follow_plan(struct worker *w)
{
    w->phase = atomic_load_explicit(&w->plan->phase, memory_order_acquire);
    if (w->phase < PHASE_RUN || w->plan->start_ns == 0)
        return;
    if (!w->loading && w->now >= w->plan->start_ns)
        start_load(w);
    if (!w->from.taken && w->now >= w->plan->from_ns)
        take_mark(w, &w->from);
    if (!w->to.taken && (w->now >= w->plan->to_ns || w->phase > PHASE_RUN))
        take_mark(w, &w->to);
}

/* When the ramp allows the next connection. */
static uint64_t ramp_time(const struct worker *w)
{
    if (w->options->ramp <= 0 || w->started == 0)
        return w->now;
    return w->first_connect_ns +
           (uint64_t)(w->started * (1e9 / w->options->ramp) * w->options->threads);
}

static bool may_connect(const struct worker *w)
{
    return w->phase == PHASE_CONNECT && w->started < w->client_count &&
           w->connecting < CONNECTING_MAX;
}

static void start_clients(struct worker *w)
{
    for (int i = 0; i < CONNECTS_A_TURN && may_connect(w) && ramp_time(w) <= w->now; i++) {
        if (w->started == 0)
            w->first_connect_ns = w->now;
        client_connect(w, &w->clients[w->started++]);
        w->now = worker_clock();
    }
}

static void run_pacer(struct worker *w)
{
    uint64_t due;
    uint32_t lane;

    if (!w->loading || w->phase != PHASE_RUN)
        return;
    w->now = worker_clock();
    while (pacer_take(&w->pacer, w->now, &lane, &due))
        publisher_on_due(w, &w->publishers[lane], due);
    while (pacer_take(&w->typing, w->now, &lane, &due))
        publisher_on_typing(w, &w->publishers[lane]);
    if (w->plan->script)
        incidents_play(w);
}

static void sweep(struct worker *w)
{
    w->next_sweep_ns = w->now + SWEEP_NS;
    if (w->count[CNT_UNSETTLED] > 0)
        for (uint32_t i = 0; i < w->started; i++)
            client_on_timer(w, &w->clients[i]);
    incidents_on_sweep(w);
    if (!w->paused)
        return;
    w->paused = false;
    for (uint32_t i = 0; i < w->publisher_count; i++) {
        publisher_pump(w, &w->publishers[i]);
        w->paused |= w->publishers[i].paused_until > w->now;
    }
}

static uint64_t sleep_time(const struct worker *w)
{
    uint64_t until = w->now + IDLE_NS, due;

    if (may_connect(w) && ramp_time(w) < until)
        until = ramp_time(w);
    if (w->loading && w->phase == PHASE_RUN) {
        due = w->plan->script ? incidents_next(w) : w->pacer.due_ns;
        if (due < until)
            until = due;
        if (w->typing.due_ns < until)
            until = w->typing.due_ns;
    }
    return until > w->now ? until - w->now : 0;
}

static int wait_for_events(struct worker *w, struct epoll_event *events)
{
    uint64_t ns = sleep_time(w);
    struct timespec timeout = {.tv_sec = 0, .tv_nsec = (long)ns};

    return epoll_pwait2(w->epoll, events, EVENTS_A_TURN, &timeout, NULL);
}

static void turn(struct worker *w)
{
    struct epoll_event events[EVENTS_A_TURN];
    int n = wait_for_events(w, events);
    uint64_t begun = w->now = worker_clock();

    follow_plan(w);
    run_pacer(w);
    for (int i = 0; i < n; i++) {
        client_on_ready(w, events[i].data.ptr, events[i].events);
        if (i % EVENTS_A_BREATH == EVENTS_A_BREATH - 1) {
            run_pacer(w);
            flush_dirty(w);
        }
    }
    start_clients(w);
    if (w->now >= w->next_sweep_ns)
        sweep(w);
    flush_dirty(w);
    w->now = worker_clock();
    if (w->loading && worker_measures(w, begun))
        hist_add(&w->turn, w->now - begun);
    if (w->loading && w->now >= w->next_second_ns) {
        seconds_keep(&w->seconds, w->second++, &w->delivery, &w->ack);
        w->next_second_ns += 1000 * MS;
    }
    if (w->now >= w->next_publish_ns) {
        w->next_publish_ns = w->now + PUBLISH_NS;
        publish_counters(w);
    }
}

/* Says goodbye and lets the server close first, so that no port is left in TIME_WAIT here. */
static void close_clients(struct worker *w)
{
    struct epoll_event events[EVENTS_A_TURN];
    uint64_t end = worker_clock() + CLOSE_NS;
    uint32_t open = 0;

    for (uint32_t i = 0; i < w->client_count; i++) {
        client_finish(w, &w->clients[i]);
        open += w->clients[i].fd >= 0;
    }
    while (open > 0 && worker_clock() < end) {
        int n = epoll_wait(w->epoll, events, EVENTS_A_TURN, 50);

        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;

            ssize_t got = recv(c->fd, w->rx, WORKER_RX_CHUNK, MSG_DONTWAIT);

            if (got > 0 || (got < 0 && errno == EAGAIN))
                continue;
            close(c->fd);
            c->fd = -1;
            open--;
        }
    }
}

static void *run(void *argument)
{
    struct worker *w = argument;

    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    w->now = worker_clock();
    while (w->phase < PHASE_CLOSE)
        turn(w);
    for (uint32_t i = 0; i < w->publisher_count; i++)
        publisher_finish(w, &w->publishers[i]);
    publish_counters(w);
    close_clients(w);
    return NULL;
}

int worker_start(struct worker *w)
{
    const struct option_list *pin = &w->options->pin;
    pthread_attr_t attributes;
    cpu_set_t cpus;
    int error;

    pthread_attr_init(&attributes);
    if (pin->count > 0) {
        CPU_ZERO(&cpus);
        CPU_SET(pin->value[w->id % pin->count], &cpus);
        pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
    }
    error = pthread_create(&w->thread, &attributes, run, w);
    pthread_attr_destroy(&attributes);
    errno = error;
    return error ? -1 : 0;
}
