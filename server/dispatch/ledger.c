/* SPDX-License-Identifier: MIT
 * The jobs that dispatch holds; see ledger.h. Dispatch thread only. */
#include "dispatch/ledger.h"

#include "base/status.h"

#include <stdlib.h>

static struct job *job_of(struct list *link)
{
    return container_of(link, struct job, link);
}

static struct batch *batch_of(struct list *link)
{
    return container_of(link, struct batch, link);
}

void ledger_init(struct ledger *l)
{
    *l = (struct ledger){.by_id = HASH_INIT, .next_batch = 1};
    for (unsigned k = 0; k < N_JOB_KINDS; k++)
        list_init(&l->lanes[k].jobs);
    list_init(&l->suspects);
    list_init(&l->doomed);
}

static void enqueue(struct ledger *l, struct job *j)
{
    struct lane *lane = &l->lanes[j->msg->kind];
    list_append(&lane->jobs, &j->link);
    lane->n++;
}

/* The next server knows a job by its message's number, which only those of history have. */
static void note(struct ledger *l, struct job *j, bool flying)
{
    if (j->msg->kind != JOB_BACKGROUND)
        return;
    const struct flight_note n = {
        .id = j->msg->id, .attempts = j->attempts, .forgiven = j->forgiven, .flying = flying};
    if (flying || j->attempts > 0 || j->forgiven > 0)
        flight_put(l->flight, &n, &j->place);
    else
        flight_remove(l->flight, &j->place);
}

static void free_job(struct ledger *l, struct job *j)
{
    flight_remove(l->flight, &j->place);
    list_remove(&j->link);
    hash_remove(&l->by_id, &j->node);
    msg_free(&j->msg->head);
    free(j);
}

static void free_batch(struct ledger *l, struct batch *b)
{
    LIST_FOREACH(&b->jobs, link, after)
        free_job(l, job_of(link));
    list_remove(&b->link);
    free(b);
}

void ledger_fini(struct ledger *l)
{
    l->flight = NULL;
    LIST_FOREACH(&l->suspects, link, after)
        free_batch(l, batch_of(link));
    for (unsigned k = 0; k < N_JOB_KINDS; k++)
        LIST_FOREACH(&l->lanes[k].jobs, queued, next)
            free_job(l, job_of(queued));
    LIST_FOREACH(&l->doomed, lost, last)
        free_job(l, job_of(lost));
    hash_fini(&l->by_id);
}

bool ledger_has(const struct ledger *l, int64_t id)
{
    struct hash_node *n = hash_first(&l->by_id, hash_u64((uint64_t)id));
    while (n != NULL && container_of(n, struct job, node)->msg->id != id)
        n = hash_next(n);
    return n != NULL;
}

static struct batch *new_batch(struct ledger *l, enum job_kind kind)
{
    struct batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    list_init(&b->link);
    list_init(&b->jobs);
    b->id = l->next_batch++;
    b->kind = kind;
    return b;
}

static void put_into(struct batch *b, struct job *j)
{
    list_remove(&j->link);
    list_append(&b->jobs, &j->link);
    b->n++;
}

/* A job that was in flight when the last server died, once too often for that to be chance. */
static void suspect_alone(struct ledger *l, struct job *j)
{
    struct batch *b = new_batch(l, j->msg->kind);
    if (b == NULL) {
        enqueue(l, j);
        return;
    }
    b->suspect = true;
    put_into(b, j);
    list_append(&l->suspects, &b->link);
    l->suspected++;
}

static void doom(struct ledger *l, struct job *j)
{
    list_append(&l->doomed, &j->link);
    l->sent++; /* by the last server */
    l->quarantined++;
}

/* Where a new job belongs. */
static void admit(struct ledger *l, struct job *j)
{
    struct flight_note n;
    if (j->msg->kind == JOB_BACKGROUND && flight_recall(l->flight, j->msg->id, &n, &j->place)) {
        bool pardon = n.flying && n.forgiven < FORGIVEN_MAX && n.attempts > 0;
        j->attempts = n.attempts - pardon;
        j->forgiven = n.forgiven + pardon;
        note(l, j, false);
    }
    if (j->attempts >= ATTEMPTS_MAX) {
        doom(l, j);
    } else if (j->attempts > 0) {
        suspect_alone(l, j);
    } else {
        enqueue(l, j);
    }
}

int ledger_add(struct ledger *l, struct msg_job *msg, uint64_t now_us)
{
    if (ledger_has(l, msg->id))
        return E_EXISTS;
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return E_NO_MEMORY;
    if (hash_insert(&l->by_id, &j->node, hash_u64((uint64_t)msg->id)) < 0) {
        free(j);
        return E_NO_MEMORY;
    }
    j->msg = msg;
    j->arrived_us = now_us;
    list_init(&j->link);
    admit(l, j);
    return 0;
}

uint64_t ledger_oldest_us(const struct ledger *l, enum job_kind kind)
{
    const struct list *jobs = &l->lanes[kind].jobs;
    return list_is_empty(jobs) ? 0 : job_of(jobs->next)->arrived_us;
}

uint64_t ledger_due_us(const struct ledger *l, enum job_kind kind)
{
    const struct list *jobs = &l->lanes[kind].jobs;
    return list_is_empty(jobs) ? 0 : job_of(jobs->next)->msg->deadline_us;
}

struct batch *ledger_take_suspect(struct ledger *l)
{
    if (list_is_empty(&l->suspects))
        return NULL;
    struct batch *b = batch_of(l->suspects.next);
    list_remove(&b->link);
    LIST_FOREACH(&b->jobs, link, after) {
        job_of(link)->attempts++;
        note(l, job_of(link), true);
    }
    l->suspected -= b->n;
    return b;
}

struct batch *ledger_take(struct ledger *l, enum job_kind kind, uint32_t n, size_t max_bytes)
{
    struct lane *lane = &l->lanes[kind];
    if (lane->n == 0 || n == 0)
        return NULL;
    struct batch *b = new_batch(l, kind);
    if (b == NULL)
        return NULL;
    size_t bytes = 0;
    LIST_FOREACH(&lane->jobs, link, after) {
        struct job *j = job_of(link);
        bytes += j->msg->text_len;
        if (b->n == n || (b->n > 0 && bytes > max_bytes))
            break;
        put_into(b, j);
        j->attempts++;
        note(l, j, true);
    }
    lane->n -= b->n;
    return b;
}

static bool is_over(const struct job *j, uint64_t now_us)
{
    uint64_t deadline = j->msg->deadline_us;
    return now_us == UINT64_MAX || (deadline != 0 && deadline <= now_us);
}

static void expire_lane(struct lane *lane, uint64_t now_us, struct list *expired)
{
    LIST_FOREACH(&lane->jobs, link, after) {
        if (!is_over(job_of(link), now_us))
            continue;
        list_remove(link);
        list_append(expired, link);
        lane->n--;
    }
}

static void expire_suspects(struct ledger *l, uint64_t now_us, struct list *expired)
{
    LIST_FOREACH(&l->suspects, at, next) {
        struct batch *b = batch_of(at);
        if (b->kind == JOB_BACKGROUND)
            continue;
        LIST_FOREACH(&b->jobs, link, after) {
            if (!is_over(job_of(link), now_us))
                continue;
            list_remove(link);
            list_append(expired, link);
            b->n--;
            l->suspected--;
        }
        if (b->n == 0)
            free_batch(l, b);
    }
}

void ledger_expire(struct ledger *l, uint64_t now_us, struct list *expired)
{
    expire_lane(&l->lanes[JOB_GATE], now_us, expired);
    expire_lane(&l->lanes[JOB_ADHOC], now_us, expired);
    expire_lane(&l->lanes[JOB_CALL], now_us, expired);
    expire_suspects(l, now_us, expired);
}

void ledger_drop(struct ledger *l, struct job *j)
{
    free_job(l, j);
}

/* To the front, in the order they had. */
static void put_back(struct ledger *l, struct batch *b)
{
    struct lane *lane = &l->lanes[b->kind];
    struct list *front = lane->jobs.next;
    LIST_FOREACH(&b->jobs, link, after) {
        struct job *j = job_of(link);
        j->attempts--;
        note(l, j, false);
        list_remove(&j->link);
        list_append(front, &j->link); /* appending to a node inserts before it */
    }
    lane->n += b->n;
    list_remove(&b->link);
    free(b);
}

/* Back among the suspects as it is; the attempt was not its own. */
static void suspect_again(struct ledger *l, struct batch *b)
{
    LIST_FOREACH(&b->jobs, link, after) {
        job_of(link)->attempts--;
        note(l, job_of(link), false);
    }
    list_remove(&b->link);
    list_append(l->suspects.next, &b->link);
    l->suspected += b->n;
}

static void restore(struct ledger *l, struct batch *b)
{
    if (b->suspect)
        suspect_again(l, b);
    else
        put_back(l, b);
}

void ledger_untake(struct ledger *l, struct batch *b)
{
    restore(l, b);
}

/* The books are of texts to be judged; a call is none. */
static uint32_t booked(const struct batch *b)
{
    return b->kind == JOB_CALL ? 0 : b->n;
}

void ledger_sent(struct ledger *l, struct batch *b, uint64_t now_us)
{
    b->sent_us = now_us;
    l->sent += booked(b);
    l->in_flight += booked(b);
    LIST_FOREACH(&b->jobs, link, after)
        if (job_of(link)->dispatches++ > 0)
            l->redispatched += b->kind != JOB_CALL;
}

void ledger_done(struct ledger *l, struct batch *b)
{
    l->done += booked(b);
    l->in_flight -= booked(b);
    free_batch(l, b);
}

static bool forgive(struct batch *b)
{
    LIST_FOREACH(&b->jobs, link, after)
        if (job_of(link)->forgiven == FORGIVEN_MAX)
            return false;
    LIST_FOREACH(&b->jobs, again, next)
        job_of(again)->forgiven++;
    return true;
}

static uint32_t group_size(uint32_t n, uint8_t attempts)
{
    uint32_t size = 1;
    if (attempts + 1 < ATTEMPTS_MAX)
        while ((size + 1) * (size + 1) <= n)
            size++;
    return size;
}

/* The batch's jobs wait again as groups. Without memory for a group they stay together. */
static void split(struct ledger *l, struct batch *b)
{
    uint32_t size = group_size(b->n, job_of(b->jobs.next)->attempts);
    struct list *front = l->suspects.next;
    LIST_FOREACH(&b->jobs, link, after)
        note(l, job_of(link), false);
    b->suspect = true;
    l->suspected += b->n;
    while (b->n > size) {
        struct batch *group = new_batch(l, b->kind);
        if (group == NULL)
            break;
        group->suspect = true;
        while (group->n < size)
            put_into(group, job_of(b->jobs.next));
        b->n -= size;
        list_append(front, &group->link);
    }
    list_remove(&b->link);
    list_append(front, &b->link);
    b->id = l->next_batch++;
}

void ledger_return(struct ledger *l, struct batch *b, enum blame blame, struct list *condemned)
{
    l->in_flight -= booked(b);
    l->failed += booked(b);
    if (blame == BLAME_NOBODY || (blame == BLAME_OUTSIDE && forgive(b))) {
        b->id = l->next_batch++;
        restore(l, b);
        return;
    }
    LIST_FOREACH(&b->jobs, link, after) {
        if (job_of(link)->attempts < ATTEMPTS_MAX)
            continue;
        list_remove(link);
        list_append(condemned, link);
        b->n--;
        l->failed -= b->kind != JOB_CALL;
        l->quarantined += b->kind != JOB_CALL;
    }
    if (b->n > 0) {
        split(l, b);
    } else {
        list_remove(&b->link);
        free(b);
    }
}

void ledger_quarantine(struct ledger *l, struct job *j)
{
    free_job(l, j);
}
