/* SPDX-License-Identifier: MIT
 * Publications between their sending and their number; see gate.h. Thread: the home loop's. */
#include "chat/gate.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/findings.h"
#include "chat/flood.h"
#include "chat/ladder.h"
#include "chat/mask.h"

#include <stdlib.h>
#include <string.h>

#define SPANS_MAX 1024
#define HELPLESS_DETAIL "this room shows only what was checked, and nobody can check just now"

struct waiting {
    struct list line;          /* in sender.line */
    struct hash_node node;     /* in gate.by_ticket */
    size_t place;              /* in gate.heap */
    struct room *room;
    struct sender *sender;
    struct msg_publication *m;
    uint64_t ticket, asked_us, deadline_us;
    bool decided;              /* it has its judgement, or needs none; not in heap and by_ticket */
};

/* -- the heap ------------------------------------------------------------------------------ */

static void put(struct gate *g, size_t place, struct waiting *w)
{
    g->heap[place] = w;
    w->place = place;
}

static void sift_up(struct gate *g, size_t at)
{
    struct waiting *w = g->heap[at];
    for (; at > 0 && w->deadline_us < g->heap[(at - 1) / 2]->deadline_us; at = (at - 1) / 2)
        put(g, at, g->heap[(at - 1) / 2]);
    put(g, at, w);
}

static void sift_down(struct gate *g, size_t at)
{
    struct waiting *w = g->heap[at];
    for (size_t child; (child = at * 2 + 1) < g->n; at = child) {
        if (child + 1 < g->n && g->heap[child + 1]->deadline_us < g->heap[child]->deadline_us)
            child++;
        if (w->deadline_us <= g->heap[child]->deadline_us)
            break;
        put(g, at, g->heap[child]);
    }
    put(g, at, w);
}

static int push(struct gate *g, struct waiting *w)
{
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 64;
        struct waiting **heap = realloc(g->heap, cap * sizeof *heap);
        if (heap == NULL)
            return E_NO_MEMORY;
        g->heap = heap;
        g->cap = cap;
    }
    put(g, g->n, w);
    sift_up(g, g->n++);
    return 0;
}

static void pull(struct gate *g, struct waiting *w)
{
    struct waiting *last = g->heap[--g->n];
    if (last == w)
        return;
    put(g, w->place, last);
    sift_up(g, last->place);
    sift_down(g, last->place);
}

/* -- asking -------------------------------------------------------------------------------- */

/* Nobody was asked, or nobody will answer in time: out of the tables. */
static void stop_waiting(struct chat *c, struct waiting *w)
{
    pull(&c->gate, w);
    hash_remove(&c->gate.by_ticket, &w->node);
}

static struct msg_job *make_job(struct chat *c, const struct waiting *w)
{
    const struct msg_publication *m = w->m;
    struct msg_job *job = msg_job_new(m->text, m->text_len);
    if (job == NULL)
        return NULL;
    job->kind = JOB_GATE;
    job->room = m->room;
    job->ts_ms = clock_wall_ms();
    job->reply = chat_mailbox(c);
    job->reply_tag = MSG_ROOM_JUDGED;
    job->ticket = w->ticket;
    job->deadline_us = w->deadline_us;
    job->origin.role = m->user->role;
    job->origin.flood_repeats = m->flood_repeats;
    job->origin.flood_users = m->flood_users;
    memcpy(job->user_id, m->user->id, sizeof job->user_id);
    return job;
}

static int ask(struct chat *c, struct waiting *w)
{
    struct gate *g = &c->gate;
    w->ticket = ++g->next_ticket;
    struct msg_job *job = make_job(c, w);
    if (job == NULL)
        return E_NO_MEMORY;
    if (push(g, w) != 0) {
        msg_free(&job->head);
        return E_NO_MEMORY;
    }
    if (hash_insert(&g->by_ticket, &w->node, hash_u64(w->ticket)) != 0) {
        pull(g, w);
        msg_free(&job->head);
        return E_NO_MEMORY;
    }
    chat_post_dispatch(c, &job->head);
    return 0;
}

static struct waiting *find_ticket(struct gate *g, uint64_t ticket)
{
    for (struct hash_node *n = hash_first(&g->by_ticket, hash_u64(ticket)); n != NULL;
         n = hash_next(n)) {
        struct waiting *w = container_of(n, struct waiting, node);
        if (w->ticket == ticket)
            return w;
    }
    return NULL;
}

/* -- deciding ------------------------------------------------------------------------------ */

/* Of the labels that a mask rule matched; the whole text when one of them says not where. */
static void mask(struct judgement *j, const struct policy *p, const struct msg_publication *m)
{
    const struct msg_verdict *v = j->verdict;
    struct span spans[SPANS_MAX];
    size_t n = 0;
    bool whole = false;
    for (size_t i = 0; i < v->n_labels; i++) {
        const struct label *l = &v->labels[i];
        const struct rule *rule;
        if (policy_judge(p, l, 1, &rule) != ACTION_MASK)
            continue;
        whole |= l->n_spans == 0 || n + l->n_spans > SPANS_MAX;
        for (uint32_t s = 0; s < l->n_spans && !whole; s++)
            spans[n++] = l->spans[s];
    }
    if (whole) {
        spans[0] = (struct span){0, UINT32_MAX};
        n = 1;
    }
    mask_text(&j->shown, m->text, m->text_len, spans, n);
}

static void note_figures(struct chat *c, const struct judgement *j)
{
    struct loop_stats *s = c->stats;
    switch (j->pass.outcome) {
    case GATE_IN_TIME:
        STAT_ADD(s->gate_judged, 1);
        histogram_record(&s->gate_us, j->pass.waited_us);
        break;
    case GATE_LATE:
    case GATE_HELPLESS:
        if (j->pass.closed)
            STAT_ADD(s->gate_closed, 1);
        else
            STAT_ADD(s->gate_open, 1);
        break;
    case GATE_NONE:
        return;
    }
    STAT_ADD(s->gate_actions[j->action], 1);
}

/* With a verdict in time. */
static void judge(struct chat *c, struct waiting *w, struct judgement *j)
{
    const struct policy *p = w->room->policy;
    const struct rule *rule;
    struct msg_verdict *v = j->verdict;
    j->action = policy_judge(p, v->labels, v->n_labels, &rule);
    if (j->action == ACTION_MASK)
        mask(j, p, w->m);
    if (j->action == ACTION_BOUNCE || j->action == ACTION_BLOCK)
        j->refusal = E_REJECTED;
    /* Who is shown as delivered has his finding with the verdict event, as others have. */
    if (j->action >= ACTION_HOLD) {
        v->origin.pass = j->pass;
        v->origin.received_us = w->m->received_us;
        findings_make(c, &j->finding, v, p, j->action);
        if (rule != NULL)
            gate_strike(c, w->room, w->m->user->id);
    }
}

/* Without one: the room's choice. `status` is dispatch's, or E_TIMEOUT. */
static void choose(struct chat *c, struct waiting *w, struct judgement *j, int status)
{
    (void)c;
    j->pass.outcome = status == E_TIMEOUT ? GATE_LATE : GATE_HELPLESS;
    if (status == E_REJECTED) {
        /* It killed its workers. History's must not be given it too. */
        log_warn("gate", "a text that kills workers was %s room=%s user=%s",
                 j->pass.closed ? "refused" : "let through", w->room->name.text, w->m->user->id);
        w->m->analyse = false;
    }
    if (j->pass.closed)
        j->refusal = status == E_REJECTED ? E_REJECTED : E_UNAVAILABLE;
}

/* Takes the verdict (or NULL). */
static void decide(struct chat *c, struct waiting *w, struct msg_verdict *v, int status)
{
    struct judgement *j = calloc(1, sizeof *j);
    w->decided = true;
    if (j == NULL) {
        if (v != NULL)
            msg_free(&v->head);
        w->m->ask.status = E_UNAVAILABLE; /* room_refuse, when its turn comes */
        return;
    }
    j->verdict = v;
    j->pass = (struct gate_pass){
        .outcome = GATE_IN_TIME,
        .closed = w->room->policy->mode == GATE_CLOSED,
        .deadline_ms = w->room->policy->deadline_ms,
        .waited_us = (uint32_t)(clock_mono_us() - w->asked_us),
    };
    if (v != NULL)
        judge(c, w, j);
    else
        choose(c, w, j, status);
    note_figures(c, j);
    w->m->judgement = j;
}

/* -- letting go ---------------------------------------------------------------------------- */

static void let_go(struct chat *c, struct room *r, struct msg_publication *m)
{
    if (m->ask.status != 0)
        room_refuse(c, m, m->ask.status, "the server is short of memory; try again");
    else if (m->judgement != NULL && m->judgement->shown.failed)
        room_refuse(c, m, E_UNAVAILABLE, "the server is short of memory; try again");
    else
        room_append(c, r, m);
}

/* What is at the head of the sender's line and decided goes on its way. */
static void release(struct chat *c, struct room *r, struct sender *s)
{
    while (!list_is_empty(&s->line)) {
        struct waiting *w = container_of(s->line.next, struct waiting, line);
        if (!w->decided)
            return;
        list_remove(&w->line);
        s->n_waiting--;
        r->n_waiting--;
        r->asked--;
        struct msg_publication *m = w->m;
        free(w);
        let_go(c, r, m);
    }
    if (r->n_waiting == 0)
        room_update_direct(r);
}

void gate_on_judged(struct chat *c, struct msg_verdict *v)
{
    struct waiting *w = find_ticket(&c->gate, v->ticket);
    if (w == NULL) { /* too late: the choice was taken, and its message is analysed as any other */
        msg_free(&v->head);
        return;
    }
    stop_waiting(c, w);
    int status = v->status;
    if (status != 0) {
        msg_free(&v->head);
        v = NULL;
    } else if (v->origin.flood_repeats > 0) {
        findings_add_flood(v);
    }
    decide(c, w, v, status);
    release(c, w->room, w->sender);
}

unsigned gate_on_turn_end(struct chat *c)
{
    struct gate *g = &c->gate;
    if (g->n == 0)
        return 0;
    uint64_t now_us = clock_mono_us();
    while (g->n > 0 && g->heap[0]->deadline_us <= now_us) {
        struct waiting *w = g->heap[0];
        stop_waiting(c, w);
        decide(c, w, NULL, E_TIMEOUT);
        release(c, w->room, w->sender);
    }
    return g->n > 0 ? (unsigned)((g->heap[0]->deadline_us - now_us) / 1000 + 1) : 0;
}

/* -- coming in ----------------------------------------------------------------------------- */

static bool has_workers(const struct chat *c)
{
    return c->shared->topology->dispatch != NULL;
}

static bool is_judged(const struct chat *c, const struct room *r, const struct msg_publication *m)
{
    return r->policy->mode != GATE_OFF && (m->kind == EVENT_MESSAGE || m->kind == EVENT_EDIT)
           && m->decision == NULL && !policy_exempts(r->policy, m->user->role)
           && (r->policy->uses_workers || r->policy->uses_flood)
           && (has_workers(c) || r->policy->mode == GATE_CLOSED);
}

static void count_flood(struct chat *c, struct room *r, struct msg_publication *m)
{
    if (!r->policy->uses_flood || m->kind != EVENT_MESSAGE || m->decision != NULL)
        return;
    if (r->flood == NULL)
        r->flood = flood_new();
    if (r->flood == NULL)
        return;
    struct flood_count n = flood_note(r->flood, m->user->id, m->text, m->text_len, c->now_ms);
    m->flood_repeats = n.repeats;
    m->flood_users = n.users;
}

/* No rule needs a worker: a verdict of the built-in labels alone. */
static struct msg_verdict *judge_here(const struct msg_publication *m)
{
    struct msg_verdict *v = msg_new(MSG_ROOM_JUDGED, VERDICT_ROOM * sizeof(struct label));
    if (v == NULL)
        return NULL;
    v->room = m->room;
    v->labels = (struct label *)(v + 1);
    v->origin.role = m->user->role;
    v->origin.flood_repeats = m->flood_repeats;
    v->origin.flood_users = m->flood_users;
    memcpy(v->user_id, m->user->id, sizeof v->user_id);
    findings_add_flood(v);
    return v;
}

/* The verdict of judge_here has decided, but the workers are to see the message all the same. */
static void leave_to_workers(struct waiting *w)
{
    struct judgement *j = w->m->judgement;
    if (j != NULL && j->action < ACTION_HOLD && j->verdict != NULL) {
        msg_free(&j->verdict->head);
        j->verdict = NULL;
    }
}

static void begin(struct chat *c, struct waiting *w, bool judged)
{
    w->asked_us = clock_mono_us();
    if (!judged) {
        w->decided = true;
    } else if (!w->room->policy->uses_workers) {
        decide(c, w, judge_here(w->m), E_UNAVAILABLE);
        leave_to_workers(w);
    } else if (!has_workers(c)) {
        decide(c, w, NULL, E_UNAVAILABLE);
    } else {
        w->deadline_us = w->asked_us + w->room->policy->deadline_ms * 1000u;
        if (ask(c, w) != 0)
            decide(c, w, NULL, E_UNAVAILABLE);
    }
}

void gate_on_publish(struct chat *c, struct room *r, struct msg_publication *m)
{
    struct sender *s = sender_get(r, m->user->id);
    bool waits = s != NULL && m->decision == NULL;
    uint32_t wait_ms = waits ? ladder_wait_ms(s, m, (int64_t)c->now_ms) : 0;
    if (s == NULL) {
        room_refuse(c, m, E_UNAVAILABLE, "the server is short of memory; try again");
        return;
    }
    if (wait_ms > 0) {
        m->ask.retry_after_ms = wait_ms;
        room_refuse(c, m, E_RATE_LIMITED, ladder_detail(s));
        return;
    }
    count_flood(c, r, m);
    bool judged = is_judged(c, r, m);
    if (!judged && list_is_empty(&s->line)) {
        room_append(c, r, m);
        return;
    }
    struct waiting *w = NULL;
    if (r->n_waiting < GATE_ROOM_MAX && s->n_waiting < GATE_SENDER_MAX)
        w = calloc(1, sizeof *w);
    if (w == NULL) {
        m->ask.retry_after_ms = r->policy->deadline_ms;
        room_refuse(c, m, E_UNAVAILABLE, "too many messages wait to be checked; try again");
        return;
    }
    w->room = r;
    w->sender = s;
    w->m = m;
    list_append(&s->line, &w->line);
    s->n_waiting++;
    r->n_waiting++;
    r->asked++;
    begin(c, w, judged);
    release(c, r, s);
}

/* -- ends ---------------------------------------------------------------------------------- */

void gate_forget_senders(struct chat *c, struct room *r)
{
    HASH_FOREACH (&r->senders, node, after) {
        struct sender *s = container_of(node, struct sender, node);
        LIST_FOREACH (&s->line, link, next) {
            struct waiting *w = container_of(link, struct waiting, line);
            if (!w->decided)
                stop_waiting(c, w);
            msg_free(&w->m->head);
            free(w);
        }
        hash_remove(&r->senders, node);
        free(s);
    }
    hash_fini(&r->senders);
    flood_free(r->flood);
    r->flood = NULL;
}

void gate_fini(struct gate *g)
{
    hash_fini(&g->by_ticket);
    free(g->heap);
}
