/* SPDX-License-Identifier: MIT
 * The inquiry thread; see inquiry.h. */
#include "net/inquiry.h"

#include "base/bucket.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/status.h"
#include "loop/mailbox.h"
#include "net/analyze.h"
#include "net/perspective.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of one request, with dispatch at the same time: enough to keep every worker busy, little enough
 * that others get their turn. */
#define WINDOW_TEXTS 256
#define WINDOW_BYTES (4 * 1024 * 1024)
#define BODIES_MAX   ((size_t)256 * 1024 * 1024)
#define BURST_S      10 /* of a key's rate, at once */

struct question {
    struct list link;           /* inquiry.questions */
    uint64_t ticket;            /* in the jobs, to know their verdicts by */
    struct msg_inquiry *m;      /* owned: who asked, and the answer's place */
    struct analyze *analyze;    /* of these two, the one that it is about */
    struct perspective *perspective;
    size_t n, next;             /* texts; those before `next` are with dispatch, or done */
    size_t in_flight, bytes_in_flight;
    uint64_t deadline_us;
};

struct key_rate {
    struct hash_node node;
    char name[KEY_NAME_MAX + 1];
    struct bucket bucket;
};

struct inquiry {
    struct mailbox *mailbox;
    const struct topology *topology;
    double rate;
    _Atomic size_t body_bytes;
    struct list questions;
    uint64_t next_ticket;
    struct hash rates;          /* struct key_rate */
    pthread_t thread;
    bool running, stopping;
};

/* ---- the two kinds of questions ---- */

static const char *get_text(const struct question *k, size_t i, size_t *len)
{
    return k->analyze != NULL ? analyze_text(k->analyze, i, len)
                              : perspective_part(k->perspective, i, len);
}

static void take_verdict(struct question *k, size_t i, const struct msg_verdict *v)
{
    if (k->analyze != NULL)
        analyze_take(k->analyze, i, v);
    else
        perspective_take(k->perspective, i, v);
}

static int decode(struct question *k)
{
    struct msg_inquiry *m = k->m;
    int http;
    if (m->kind == INQUIRY_ANALYZE) {
        const char *board = m->board != NULL ? frame_payload(m->board) : NULL;
        size_t board_len = m->board != NULL ? frame_payload_len(m->board) : 0;
        http = analyze_parse(&k->analyze, m->body.data, m->body.len, board, board_len, &m->answer);
        k->n = http == 200 ? analyze_count(k->analyze) : 0;
    } else {
        enum perspective_call call =
            m->kind == INQUIRY_SUGGEST ? PERSPECTIVE_SUGGEST : PERSPECTIVE_ANALYZE;
        http = perspective_parse(&k->perspective, call, m->body.data, m->body.len, &m->answer);
        k->n = http == 200 ? perspective_parts(k->perspective) : 0;
    }
    buf_fini(&m->body);
    return http;
}

static int refuse(struct msg_inquiry *m, int status, const char *message)
{
    if (m->kind == INQUIRY_ANALYZE)
        return analyze_error(&m->answer, status, message);
    return perspective_refuse(&m->answer, status == E_RATE_LIMITED ? PERSPECTIVE_QUOTA
                                                                   : PERSPECTIVE_UNAVAILABLE);
}

/* ---- a key's rate ---- */

static struct key_rate *find_rate(struct inquiry *q, const char *name)
{
    uint64_t hash = hash_bytes(name, strlen(name));
    for (struct hash_node *n = hash_first(&q->rates, hash); n != NULL; n = hash_next(n)) {
        struct key_rate *r = container_of(n, struct key_rate, node);
        if (strcmp(r->name, name) == 0)
            return r;
    }
    struct key_rate *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    memcpy(r->name, name, strlen(name) + 1);
    if (hash_insert(&q->rates, &r->node, hash) == 0)
        return r;
    free(r);
    return NULL;
}

/* 0, or the microseconds to wait. A request larger than a burst is taken when the bucket is not in
 * debt, and leaves it in debt: so it is slowed and not impossible. */
static uint64_t take_rate(struct inquiry *q, const struct msg_inquiry *m, size_t texts)
{
    struct key_rate *r = q->rate > 0 && m->key[0] != '\0' ? find_rate(q, m->key) : NULL;
    if (r == NULL)
        return 0;
    double burst = q->rate * BURST_S < 1 ? 1 : q->rate * BURST_S;
    uint64_t wait_us = bucket_take(&r->bucket, clock_mono_us(), q->rate, burst, 1);
    if (wait_us == 0 && texts > 1)
        r->bucket.arrival_us += (uint64_t)(1e6 * (double)(texts - 1) / q->rate);
    return wait_us;
}

/* ---- a question's life ---- */

static void free_question(struct question *k)
{
    list_remove(&k->link);
    analyze_free(k->analyze);
    perspective_free(k->perspective);
    if (k->m != NULL)
        msg_free(&k->m->head);
    free(k);
}

static void answer(struct inquiry *q, struct question *k, int http)
{
    struct msg_inquiry *m = k->m;
    k->m = NULL;
    if (m->answer.failed) {
        buf_fini(&m->answer);
        http = refuse(m, E_NO_MEMORY, "the server is short of memory");
    }
    m->http = http;
    m->head.tag = MSG_LOOP_INQUIRED;
    mailbox_post(q->topology->loops[client_id_loop(m->ask.client)], &m->head);
    free_question(k);
}

static void finish(struct inquiry *q, struct question *k)
{
    struct buf *out = &k->m->answer;
    int http = k->analyze != NULL ? analyze_answer(k->analyze, out)
                                  : perspective_answer(k->perspective, out);
    if (http == 503)
        k->m->ask.retry_after_ms = 1000;
    answer(q, k, http);
}

static struct msg_job *make_job(const struct inquiry *q, const struct question *k, size_t i,
                                const char *text, size_t len)
{
    struct msg_job *job = msg_job_new(text, len);
    if (job == NULL)
        return NULL;
    job->kind = JOB_ADHOC;
    job->ts_ms = clock_wall_ms();
    job->reply = q->mailbox;
    job->reply_tag = MSG_INQUIRY_JUDGED;
    job->ticket = k->ticket;
    job->part = (uint32_t)i;
    job->deadline_us = k->deadline_us;
    job->wants = k->analyze != NULL ? analyze_wants(k->analyze)
                                    : perspective_wants(k->perspective, i);
    return job;
}

/* As if a worker had refused it. */
static void give_up(struct question *k, size_t i)
{
    const struct msg_verdict v = {.status = E_UNAVAILABLE};
    take_verdict(k, i, &v);
}

/* Gives dispatch what fits the window; answers when there is nothing left to wait for. */
static void go_on(struct inquiry *q, struct question *k)
{
    while (k->next < k->n && k->in_flight < WINDOW_TEXTS) {
        size_t len = 0, i = k->next;
        const char *text = get_text(k, i, &len);
        if (text != NULL && k->in_flight > 0 && k->bytes_in_flight + len > WINDOW_BYTES)
            break;
        k->next++;
        if (text == NULL)
            continue;
        struct msg_job *job = make_job(q, k, i, text, len);
        if (job == NULL) {
            give_up(k, i);
            continue;
        }
        k->in_flight++;
        k->bytes_in_flight += len;
        mailbox_post(q->topology->dispatch, &job->head);
    }
    if (k->in_flight == 0)
        finish(q, k);
}

static int admit(struct inquiry *q, struct question *k)
{
    struct msg_inquiry *m = k->m;
    int http = decode(k);
    if (http != 200)
        return http;
    if (q->topology->dispatch == NULL && k->n > 0)
        return refuse(m, E_UNAVAILABLE, "this server runs without workers (--workers 0)");
    uint64_t wait_us = take_rate(q, m, k->n > 0 ? k->n : 1);
    if (wait_us > 0) {
        m->ask.retry_after_ms = (uint32_t)(wait_us / 1000 + 1);
        return refuse(m, E_RATE_LIMITED, "this key's texts a second are used up (--rate-analyze)");
    }
    return 200;
}

static void on_ask(struct inquiry *q, struct msg_inquiry *m)
{
    struct question *k = calloc(1, sizeof *k);
    if (k == NULL) {
        m->http = refuse(m, E_NO_MEMORY, "the server is short of memory");
        m->head.tag = MSG_LOOP_INQUIRED;
        mailbox_post(q->topology->loops[client_id_loop(m->ask.client)], &m->head);
        return;
    }
    list_append(&q->questions, &k->link);
    k->m = m;
    k->ticket = q->next_ticket++;
    k->deadline_us = clock_mono_us() + INQUIRY_S * UINT64_C(1000000);
    int http = admit(q, k);
    if (http == 200)
        go_on(q, k);
    else
        answer(q, k, http);
}

static void on_judged(struct inquiry *q, struct msg_verdict *v)
{
    LIST_FOREACH (&q->questions, link, after) {
        struct question *k = container_of(link, struct question, link);
        size_t len = 0;
        if (k->ticket != v->ticket)
            continue;
        get_text(k, v->part, &len);
        k->in_flight--;
        k->bytes_in_flight -= len;
        take_verdict(k, v->part, v);
        go_on(q, k);
        break;
    }
    msg_free(&v->head);
}

static void on_cancel(struct inquiry *q, const struct msg_inquiry *m)
{
    LIST_FOREACH (&q->questions, link, after) {
        struct question *k = container_of(link, struct question, link);
        if (k->m->ask.client == m->ask.client)
            free_question(k);
    }
}

/* ---- the thread ---- */

static void on_msg(struct inquiry *q, struct msg *m)
{
    switch (m->tag) {
    case MSG_INQUIRY_ASK:
        on_ask(q, (struct msg_inquiry *)m);
        return;
    case MSG_INQUIRY_JUDGED:
        on_judged(q, (struct msg_verdict *)m);
        return;
    case MSG_INQUIRY_CANCEL:
        on_cancel(q, (const struct msg_inquiry *)m);
        break;
    case MSG_INQUIRY_STOP:
        q->stopping = true;
        break;
    default:
        fatal("inquiry", "message %s does not belong here", msg_name(m->tag));
    }
    msg_free(m);
}

static void *run(void *arg)
{
    struct inquiry *q = arg;
    struct pollfd fd = {.fd = mailbox_fd(q->mailbox), .events = POLLIN};
    while (!q->stopping) {
        if (poll(&fd, 1, -1) < 0 && errno != EINTR)
            fatal("inquiry", "poll: %s", strerror(errno));
        struct msg *m = mailbox_take(q->mailbox);
        while (m != NULL) {
            struct msg *next = m->next;
            on_msg(q, m);
            m = next;
        }
    }
    return NULL;
}

struct inquiry *inquiry_new(double rate)
{
    struct inquiry *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->rate = rate;
    q->next_ticket = 1;
    list_init(&q->questions);
    q->mailbox = mailbox_new();
    if (q->mailbox == NULL) {
        free(q);
        return NULL;
    }
    return q;
}

void inquiry_free(struct inquiry *q)
{
    if (q == NULL)
        return;
    while (!list_is_empty(&q->questions))
        free_question(container_of(q->questions.next, struct question, link));
    HASH_FOREACH (&q->rates, node, after)
        free(container_of(node, struct key_rate, node));
    hash_fini(&q->rates);
    mailbox_free(q->mailbox);
    free(q);
}

struct mailbox *inquiry_mailbox(struct inquiry *q)
{
    return q->mailbox;
}

/* Signals are for the main thread. */
int inquiry_start(struct inquiry *q, const struct topology *topology)
{
    sigset_t all, old;
    q->topology = topology;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&q->thread, NULL, run, q);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0) {
        log_error("inquiry", "cannot start a thread: %s", strerror(error));
        return E_NO_MEMORY;
    }
    pthread_setname_np(q->thread, "inquiry");
    q->running = true;
    return 0;
}

void inquiry_stop(struct inquiry *q)
{
    struct msg *stop;
    if (!q->running)
        return;
    q->running = false;
    while ((stop = msg_new(MSG_INQUIRY_STOP, 0)) == NULL)
        usleep(10000); /* memory is short for now; there is nothing else to wait for */
    mailbox_post(q->mailbox, stop);
    pthread_join(q->thread, NULL);
}

bool inquiry_reserve(struct inquiry *q, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(&q->body_bytes, bytes, memory_order_relaxed);
    if (before + bytes <= BODIES_MAX)
        return true;
    inquiry_release(q, bytes);
    return false;
}

void inquiry_release(struct inquiry *q, size_t bytes)
{
    atomic_fetch_sub_explicit(&q->body_bytes, bytes, memory_order_relaxed);
}
