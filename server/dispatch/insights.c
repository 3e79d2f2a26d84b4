/* SPDX-License-Identifier: MIT
 * What is known of each room; see insights.h. Dispatch thread. */
#include "dispatch/insights.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dispatch/impl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A room's analyzers are called this often, with at most so much of it and of all rooms. */
#define CALL_US 2000000u
#define ROOM_MESSAGES_MAX 300
#define CALL_MESSAGES_MAX 600
#define CALL_MESSAGES_GATED 150 /* a gate waits behind it */
#define CALL_ROOMS_MAX 16
#define PATIENCE_US 20000000u
#define SAVE_US 15000000u
#define FORGET_US 600000000u
#define SWEEP_US 1000000u
/* Rooms known here at once; a room beyond them is not watched until others have been silent. */
#define ROOMS_MAX 20000

struct insight {
    struct hash_node node;   /* in insights.rooms */
    struct list link;        /* in eager, calling or idle */
    struct room_name room;
    json_t *states, *told;   /* objects by analyzer */
    json_t *messages, *joins; /* arrays: new since the last call */
    int64_t as_of_ms;        /* of told */
    uint64_t called_us, touched_us, saved_us;
    bool loaded, unsaved;
    struct msg *asks;        /* loops that wait for it to be loaded */
};

void insights_init(struct insights *n)
{
    *n = (struct insights){.rooms = HASH_INIT};
    list_init(&n->eager);
    list_init(&n->calling);
    list_init(&n->idle);
}

static struct insight *of(struct list *link)
{
    return container_of(link, struct insight, link);
}

static void forget(struct insights *n, struct insight *i)
{
    hash_remove(&n->rooms, &i->node);
    list_remove(&i->link);
    while (i->asks != NULL) {
        struct msg *m = i->asks;
        i->asks = m->next;
        msg_free(m);
    }
    json_decref(i->states);
    json_decref(i->told);
    json_decref(i->messages);
    json_decref(i->joins);
    free(i);
}

void insights_fini(struct insights *n)
{
    HASH_FOREACH (&n->rooms, node, after)
        forget(n, container_of(node, struct insight, node));
    hash_fini(&n->rooms);
}

static struct insight *find(const struct insights *n, const char *room)
{
    struct hash_node *node = hash_first(&n->rooms, hash_bytes(room, strlen(room)));
    while (node != NULL && strcmp(container_of(node, struct insight, node)->room.text, room) != 0)
        node = hash_next(node);
    return node != NULL ? container_of(node, struct insight, node) : NULL;
}

/* ---- the store ---- */

static bool ask_store(struct dispatch *d, const struct room_name *room)
{
    struct msg_insight *m = msg_new(MSG_STORE_INSIGHT_LOAD, 0);
    if (m == NULL)
        return false;
    m->room = *room;
    m->reply = d->mailbox;
    mailbox_post(d->topology->store, &m->head);
    return true;
}

static void save(struct dispatch *d, struct insight *i)
{
    json_t *all = json_pack("{s:O,s:O,s:I}", "states", i->states, "told", i->told, "as_of",
                            (json_int_t)i->as_of_ms);
    char *text = all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
    struct msg_insight *m = text != NULL ? msg_new(MSG_STORE_INSIGHT_SAVE, 0) : NULL;
    json_decref(all);
    i->saved_us = d->now_us; /* also when it failed: tried again as late as a success */
    if (m != NULL) {
        m->room = i->room;
        buf_append_str(&m->json, text);
        mailbox_post(d->topology->store, &m->head);
        i->unsaved = false;
    }
    free(text);
}

/* ---- rooms ---- */

/* The room's insight, new and being loaded when it was not there; NULL when memory is short or
 * there are too many. */
static struct insight *get(struct dispatch *d, const struct room_name *room)
{
    struct insight *i = find(&d->insights, room->text);
    if (i != NULL || d->insights.rooms.count >= ROOMS_MAX)
        return i;
    i = calloc(1, sizeof *i);
    if (i == NULL)
        return NULL;
    i->room = *room;
    i->states = json_object();
    i->told = json_object();
    i->messages = json_array();
    i->joins = json_array();
    i->touched_us = i->saved_us = d->now_us;
    list_init(&i->link);
    bool ok = i->states != NULL && i->told != NULL && i->messages != NULL && i->joins != NULL
              && hash_insert(&d->insights.rooms, &i->node,
                             hash_bytes(room->text, strlen(room->text))) == 0;
    if (ok && ask_store(d, room)) {
        list_append(&d->insights.idle, &i->link);
        return i;
    }
    if (ok)
        hash_remove(&d->insights.rooms, &i->node);
    json_decref(i->states);
    json_decref(i->told);
    json_decref(i->messages);
    json_decref(i->joins);
    free(i);
    return NULL;
}

static bool is_calling(const struct insight *i)
{
    return i->called_us == UINT64_MAX;
}

static void place(struct dispatch *d, struct insight *i)
{
    bool eager = json_array_size(i->messages) + json_array_size(i->joins) > 0;
    i->touched_us = d->now_us;
    if (is_calling(i))
        return;
    list_remove(&i->link);
    list_append(eager ? &d->insights.eager : &d->insights.idle, &i->link);
}

/* Old news gives way to new. */
static void add(struct dispatch *d, struct insight *i, json_t *array, json_t *what)
{
    if (what == NULL)
        return;
    if (json_array_size(array) >= ROOM_MESSAGES_MAX) {
        json_array_remove(array, 0);
        d->insights.missed++;
    }
    bool was_waiting = json_array_size(i->messages) + json_array_size(i->joins) > 0;
    json_array_append_new(array, what);
    if (!was_waiting)
        place(d, i);
}

/* What room analyzers make use of, or what was remarkable. */
static bool is_used(const struct label *l)
{
    return l->flagged || strcmp(l->analyzer, "sentiment") == 0
           || strcmp(l->analyzer, "toxicity") == 0 || strcmp(l->analyzer, "question") == 0;
}

static json_t *list_labels(const struct msg_verdict *v)
{
    json_t *list = json_array();
    for (size_t k = 0; k < v->n_labels; k++) {
        const struct label *l = &v->labels[k];
        if (is_used(l))
            json_array_append_new(list, json_pack("[s,s,s,f,f,b,[]]", l->analyzer, l->version,
                                                  l->label, (double)l->score,
                                                  (double)l->threshold, (int)l->flagged));
    }
    return list;
}

void insights_observe(struct dispatch *d, const struct msg_job *job, const struct msg_verdict *v)
{
    struct insight *i = get(d, &job->room);
    if (i == NULL) {
        d->insights.missed++;
        return;
    }
    add(d, i, i->messages,
        json_pack("{s:s,s:I,s:s#,s:I,s:o}", "user", job->user_id, "time_ms",
                  (json_int_t)job->ts_ms, "text", job->text, (int)job->text_len, "seq",
                  (json_int_t)job->seq, "labels", list_labels(v)));
}

void insights_on_joined(struct dispatch *d, const struct msg_joined *m)
{
    struct insight *i = get(d, &m->room);
    if (i != NULL)
        add(d, i, i->joins,
            json_pack("{s:s,s:I}", "user", m->user_id, "time_ms", (json_int_t)m->ts_ms));
}

/* ---- calls ---- */

static json_t *describe(struct dispatch *d, struct insight *i)
{
    json_t *room = json_pack("{s:s,s:O,s:O,s:O}", "room", i->room.text, "states", i->states,
                             "messages", i->messages, "joins", i->joins);
    if (room == NULL)
        return NULL;
    json_decref(i->messages);
    json_decref(i->joins);
    i->messages = json_array();
    i->joins = json_array();
    i->called_us = UINT64_MAX;
    list_remove(&i->link);
    list_append(&d->insights.calling, &i->link);
    return room;
}

/* The rooms whose turn it is, as the call's argument; NULL when there are none. */
static json_t *gather(struct dispatch *d)
{
    json_t *rooms = json_array();
    size_t messages = 0, most = dispatch_is_gated(d) ? CALL_MESSAGES_GATED : CALL_MESSAGES_MAX;
    LIST_FOREACH (&d->insights.eager, link, after) {
        struct insight *i = of(link);
        if (!i->loaded || d->now_us - i->called_us < CALL_US)
            continue;
        messages += json_array_size(i->messages);
        json_array_append_new(rooms, describe(d, i));
        if (json_array_size(rooms) == CALL_ROOMS_MAX || messages >= most)
            break;
    }
    if (json_array_size(rooms) == 0) {
        json_decref(rooms);
        return NULL;
    }
    return json_pack("{s:I,s:o}", "now_ms", (json_int_t)clock_wall_ms(), "rooms", rooms);
}

/* Rooms of the call wait again; what is new there may be called for at once. */
static void end_call(struct dispatch *d)
{
    d->insights.call = 0;
    LIST_FOREACH (&d->insights.calling, link, after) {
        of(link)->called_us = d->now_us;
        place(d, of(link));
    }
}

static void call(struct dispatch *d)
{
    json_t *argument = gather(d);
    if (argument == NULL)
        return;
    char *text = json_dumps(argument, JSON_COMPACT);
    json_decref(argument);
    struct msg_job *job = text != NULL ? msg_job_new(text, strlen(text)) : NULL;
    if (job != NULL) {
        job->kind = JOB_CALL;
        job->call = "observe";
        job->reply = d->mailbox;
        job->reply_tag = MSG_DISPATCH_RETURNED;
        job->ticket = d->insights.call = ++d->insights.calls;
        job->deadline_us = d->now_us + PATIENCE_US;
        mailbox_post(d->mailbox, &job->head);
    } else {
        end_call(d);
    }
    free(text);
}

static void merge(struct dispatch *d, const json_t *from)
{
    const char *name = json_string_value(json_object_get(from, "room"));
    struct insight *i = name != NULL ? find(&d->insights, name) : NULL;
    json_t *states = json_object_get(from, "states"), *told = json_object_get(from, "told");
    if (i == NULL || !json_is_object(states) || !json_is_object(told))
        return;
    json_object_update(i->states, states);
    if (json_object_size(told) > 0) {
        json_object_update(i->told, told);
        i->as_of_ms = clock_wall_ms();
    }
    i->unsaved = true;
}

/* For the author, where other exceptions are shown. */
static void report_faults(struct dispatch *d, const json_t *list, const struct worker *w)
{
    size_t k;
    const json_t *fault;
    json_array_foreach (list, k, fault) {
        Parley__Worker__Error e = PARLEY__WORKER__ERROR__INIT;
        const char *analyzer, *type, *message, *traceback;
        if (json_unpack((json_t *)(uintptr_t)fault, "[s,s,s,s]", &analyzer, &type, &message,
                        &traceback)
            != 0)
            continue;
        e.index = -1;
        e.analyzer = (char *)(uintptr_t)analyzer;
        e.type = (char *)(uintptr_t)type;
        e.message = (char *)(uintptr_t)message;
        e.traceback = (char *)(uintptr_t)traceback;
        report_exception(&d->report, &e, w);
        d->changed = true;
    }
}

void insights_on_returned(struct dispatch *d, const struct msg_verdict *v)
{
    if (v->ticket != d->insights.call)
        return;
    json_t *answer = v->returned != NULL ? json_loads(v->returned, 0, NULL) : NULL;
    const struct worker *w = workertab_by_slot(&d->workers, v->worker);
    size_t k;
    const json_t *room;
    json_array_foreach (json_object_get(answer, "rooms"), k, room)
        merge(d, room);
    if (w != NULL)
        report_faults(d, json_object_get(answer, "faults"), w);
    if (answer == NULL)
        log_debug("dispatch", "room analyzers missed a call status=%s", status_name(v->status));
    json_decref(answer);
    end_call(d);
}

/* ---- questions ---- */

static void answer(struct msg_insight *m, const struct insight *i)
{
    char *told = json_dumps(i->told, JSON_COMPACT);
    m->ask.status = told != NULL ? 0 : E_NO_MEMORY;
    if (told != NULL)
        buf_append_str(&m->json, told);
    m->as_of_ms = i->as_of_ms;
    free(told);
    m->head.tag = MSG_LOOP_INSIGHT;
    mailbox_post(m->reply, &m->head);
}

void insights_on_ask(struct dispatch *d, struct msg_insight *m)
{
    struct insight *i = get(d, &m->room);
    if (i == NULL) {
        m->ask.status = E_NO_MEMORY;
        m->head.tag = MSG_LOOP_INSIGHT;
        mailbox_post(m->reply, &m->head);
    } else if (i->loaded) {
        answer(m, i);
    } else {
        m->head.next = i->asks;
        i->asks = &m->head;
    }
}

static void take_kept(struct insight *i, const char *text, size_t len)
{
    json_t *kept = len > 0 ? json_loadb(text, len, 0, NULL) : NULL;
    json_t *states = json_object_get(kept, "states"), *told = json_object_get(kept, "told");
    if (json_is_object(states))
        json_object_update(i->states, states);
    if (json_is_object(told))
        json_object_update(i->told, told);
    i->as_of_ms = json_integer_value(json_object_get(kept, "as_of"));
    json_decref(kept);
}

void insights_on_loaded(struct dispatch *d, struct msg_insight *m)
{
    struct insight *i = find(&d->insights, m->room.text);
    if (i != NULL && !i->loaded) {
        take_kept(i, m->json.data, m->json.len);
        i->loaded = true;
        while (i->asks != NULL) {
            struct msg_insight *asked = (struct msg_insight *)i->asks;
            i->asks = asked->head.next;
            answer(asked, i);
        }
    }
    msg_free(&m->head);
}

/* ---- the clock ---- */

static void sweep(struct dispatch *d)
{
    LIST_FOREACH (&d->insights.idle, link, after) {
        struct insight *i = of(link);
        if (i->unsaved && d->now_us - i->saved_us >= SAVE_US)
            save(d, i);
        if (d->now_us - i->touched_us >= FORGET_US && !i->unsaved && i->loaded)
            forget(&d->insights, i);
    }
    LIST_FOREACH (&d->insights.eager, link2, after2) {
        if (of(link2)->unsaved && d->now_us - of(link2)->saved_us >= SAVE_US)
            save(d, of(link2));
    }
}

void insights_tick(struct dispatch *d)
{
    /* Room analyzers see what is judged; while that waits, they wait. */
    if (d->insights.call == 0 && d->ledger.lanes[JOB_BACKGROUND].n < d->config.batch_max)
        call(d);
    if (d->now_us - d->insights.swept_us >= SWEEP_US) {
        d->insights.swept_us = d->now_us;
        sweep(d);
    }
}

void insights_save_all(struct dispatch *d)
{
    HASH_FOREACH (&d->insights.rooms, node, after) {
        struct insight *i = container_of(node, struct insight, node);
        if (i->unsaved)
            save(d, i);
    }
}
