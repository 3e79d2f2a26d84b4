/* SPDX-License-Identifier: MIT
 * Senders, their strikes and what these cost; see ladder.h. Thread: the home loop's. */
#include "chat/ladder.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "chat/gate.h"

#include <stdlib.h>
#include <string.h>

struct sender *sender_get(struct room *r, const char *user_id)
{
    uint64_t key = hash_bytes(user_id, strlen(user_id));
    for (struct hash_node *n = hash_first(&r->senders, key); n != NULL; n = hash_next(n)) {
        struct sender *s = container_of(n, struct sender, node);
        if (strcmp(s->user_id, user_id) == 0)
            return s;
    }
    struct sender *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    list_init(&s->line);
    strncpy(s->user_id, user_id, USER_ID_MAX);
    if (hash_insert(&r->senders, &s->node, key) == 0)
        return s;
    free(s);
    return NULL;
}

uint32_t ladder_wait_ms(struct sender *s, const struct msg_publication *m, int64_t now_ms)
{
    if (m->kind != EVENT_MESSAGE && m->kind != EVENT_EDIT)
        return 0;
    if (now_ms < s->silent_until_ms)
        return (uint32_t)(s->silent_until_ms - now_ms);
    if (now_ms < s->slow_until_ms && s->last_ms != 0 && now_ms - s->last_ms < LADDER_SLOW_MS)
        return (uint32_t)(LADDER_SLOW_MS - (now_ms - s->last_ms));
    s->last_ms = now_ms;
    return 0;
}

const char *ladder_detail(const struct sender *s)
{
    return s->silent_until_ms > s->slow_until_ms
               ? "your messages broke this room's rules again and again; you may write here later"
               : "your messages broke this room's rules again and again; for now you may write "
                 "here once in 10 s";
}

static unsigned count(const struct sender *s, int64_t since_ms)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_strikes && i < POLICY_STRIKES_MAX; i++)
        n += s->strikes_ms[i] >= since_ms;
    return n;
}

static void punish(struct sender *s, const struct rung *rung, int64_t now_ms)
{
    int64_t until = now_ms + rung->for_s * 1000ll;
    int64_t *to = rung->penalty == PENALTY_SLOW ? &s->slow_until_ms : &s->silent_until_ms;
    if (*to < until)
        *to = until;
    if (rung->penalty == PENALTY_SLOW)
        s->last_ms = now_ms;
}

const struct rung *ladder_strike(struct sender *s, const struct policy *p, int64_t now_ms)
{
    const struct rung *highest = NULL;
    s->strikes_ms[s->n_strikes++ % POLICY_STRIKES_MAX] = now_ms;
    for (unsigned i = 0; i < p->n_ladder; i++) {
        const struct rung *rung = &p->ladder[i];
        if (count(s, now_ms - rung->within_s * 1000ll) < rung->strikes)
            continue;
        punish(s, rung, now_ms);
        if (highest == NULL || rung->penalty >= highest->penalty)
            highest = rung;
    }
    return highest;
}

/* For how long a strike counts. */
static int64_t memory_ms(const struct policy *p)
{
    int64_t longest = 0;
    for (unsigned i = 0; p != NULL && i < p->n_ladder; i++) {
        if (p->ladder[i].within_s * 1000ll > longest)
            longest = p->ladder[i].within_s * 1000ll;
    }
    return longest;
}

/* -- kept ---------------------------------------------------------------------------------- */

static int64_t wall_offset_ms(const struct chat *c)
{
    return clock_wall_ms() - (int64_t)c->now_ms;
}

static void keep(struct chat *c, const struct room *r, const struct sender *s)
{
    struct msg_strikes *m = msg_new(MSG_STORE_STRIKES, 0);
    if (m == NULL) {
        log_warn("gate", "out of memory, a strike is not kept room=%s user=%s", r->name.text,
                 s->user_id);
        return;
    }
    int64_t offset_ms = wall_offset_ms(c), last = (int64_t)c->now_ms + memory_ms(r->policy);
    unsigned n = s->n_strikes < SENDER_STRIKES_MAX ? s->n_strikes : SENDER_STRIKES_MAX;
    m->room = r->name;
    memcpy(m->who.user_id, s->user_id, sizeof m->who.user_id);
    for (unsigned i = 0, at = s->n_strikes - n; i < n; i++, at++)
        m->who.struck_ms[i] = s->strikes_ms[at % SENDER_STRIKES_MAX] + offset_ms;
    m->who.n = n;
    m->who.silent_until_ms = s->silent_until_ms != 0 ? s->silent_until_ms + offset_ms : 0;
    m->who.slow_until_ms = s->slow_until_ms != 0 ? s->slow_until_ms + offset_ms : 0;
    last = s->silent_until_ms > last ? s->silent_until_ms : last;
    m->until_ms = offset_ms + (s->slow_until_ms > last ? s->slow_until_ms : last);
    chat_post_store(c, &m->head);
}

static void restore(struct sender *s, const struct strikes *kept, int64_t now_ms, int64_t offset_ms)
{
    s->n_strikes = kept->n;
    for (unsigned i = 0; i < kept->n; i++)
        s->strikes_ms[i] = kept->struck_ms[i] - offset_ms;
    if (kept->silent_until_ms != 0)
        s->silent_until_ms = kept->silent_until_ms - offset_ms;
    if (kept->slow_until_ms - offset_ms > now_ms) {
        s->slow_until_ms = kept->slow_until_ms - offset_ms;
        s->last_ms = now_ms; /* when he wrote last is not kept */
    }
}

void ladder_restore(struct chat *c, struct room *r, const struct strikes *kept, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct sender *s = sender_get(r, kept[i].user_id);
        if (s == NULL) {
            log_warn("gate", "out of memory, strikes are forgotten room=%s", r->name.text);
            return;
        }
        restore(s, &kept[i], (int64_t)c->now_ms, wall_offset_ms(c));
    }
}

void gate_strike(struct chat *c, struct room *r, const char *user_id)
{
    if (r->policy == NULL || r->policy->n_ladder == 0)
        return;
    struct sender *s = sender_get(r, user_id);
    if (s == NULL)
        return;
    const struct rung *rung = ladder_strike(s, r->policy, (int64_t)c->now_ms);
    keep(c, r, s);
    if (rung == NULL)
        return;
    log_info("gate", "a sender stepped up the ladder room=%s user=%s penalty=%s for_s=%u",
             r->name.text, user_id, penalty_name(rung->penalty), rung->for_s);
    for (unsigned i = 0; rung->penalty == PENALTY_KICK && i < c->shared->topology->n_loops; i++) {
        struct msg_kick *m = msg_new(MSG_LOOP_KICK, 0);
        if (m == NULL)
            return; /* he may not write, at least */
        memcpy(m->user_id, s->user_id, sizeof m->user_id);
        chat_post_loop(c, i, &m->head);
    }
}

void gate_prune(struct chat *c, struct room *r)
{
    int64_t now_ms = (int64_t)c->now_ms, since_ms = now_ms - memory_ms(r->policy);
    HASH_FOREACH (&r->senders, node, after) {
        struct sender *s = container_of(node, struct sender, node);
        if (s->n_waiting > 0 || s->silent_until_ms > now_ms || s->slow_until_ms > now_ms
            || count(s, since_ms) > 0)
            continue;
        hash_remove(&r->senders, node);
        free(s);
    }
}
