/* SPDX-License-Identifier: MIT
 * The policy of a room: told, changed, and the default of those that have none of their own; see
 * room.h and policy.h. Thread: the home loop's. */
#include "chat/room.h"

#include "base/log.h"
#include "base/status.h"
#include "chat/gate.h"

#include <string.h>

void room_set_policy(struct chat *c, struct room *r, struct policy *own)
{
    struct policy *before = r->policy;
    r->own_policy = own != NULL;
    r->policy = own;
    if (own == NULL && c->default_policy != NULL)
        r->policy = policy_ref(c->default_policy);
    policy_unref(before);
    room_update_direct(r);
}

void room_update_direct(struct room *r)
{
    const struct policy *p = r->policy;
    bool guarded = p != NULL && (p->mode != GATE_OFF || p->uses_flood || p->n_ladder > 0);
    r->is_direct = r->is_open && !guarded && r->n_waiting == 0;
}

static void answer(struct chat *c, struct msg_policy *m, int status, const char *detail)
{
    m->ask.status = status;
    m->ask.detail = detail;
    m->head.tag = MSG_LOOP_POLICY;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

static void tell(struct chat *c, const struct room *r, struct msg_policy *m)
{
    static const struct policy none = {.deadline_ms = POLICY_DEADLINE_MS};
    buf_clear(&m->json);
    policy_encode(&m->json, r->policy != NULL ? r->policy : &none);
    m->own = r->own_policy;
    if (m->json.failed)
        answer(c, m, E_UNAVAILABLE, "the server is short of memory; try again");
    else
        answer(c, m, 0, NULL);
}

void room_on_policy(struct chat *c, struct msg_policy *m)
{
    struct room *r = room_get(c, &m->room);
    if (r == NULL || (!r->is_open && !r->is_opening)) {
        answer(c, m, E_UNAVAILABLE, "the server is short of memory; try again");
    } else if (!r->is_open) {
        room_wait_open(r, &m->head);
    } else if (!m->change) {
        tell(c, r, m);
    } else {
        r->asked++;
        m->head.tag = MSG_STORE_POLICY;
        chat_post_store(c, &m->head);
    }
}

/* Whoever is in the room is told what holds from now on. */
static void announce(struct chat *c, struct room *r)
{
    const struct policy *p = r->policy;
    struct buf text = BUF_INIT;
    buf_append_str(&text, "The rules of this room were changed. ");
    if (p->mode == GATE_OFF)
        buf_append_str(&text, "Messages are shown at once");
    else
        buf_printf(&text, "Messages are checked before they are shown (for up to %g s, then %s)",
                   p->deadline_ms / 1000.0, p->mode == GATE_OPEN ? "shown" : "refused");
    buf_printf(&text, "; %u rule%s.", p->n_rules, p->n_rules == 1 ? "" : "s");
    struct msg_publication *m = text.failed
                                    ? NULL
                                    : msg_publication_new(MSG_STORE_APPEND, text.data, text.len);
    buf_fini(&text);
    if (m == NULL) {
        log_warn("room", "out of memory, a new policy was not announced room=%s", r->name.text);
        return;
    }
    m->room = r->name;
    m->kind = EVENT_NOTICE;
    room_append(c, r, m);
}

void room_on_policy_kept(struct chat *c, struct msg_policy *m)
{
    char err[POLICY_ERR_MAX];
    struct room *r = room_find(c, m->room.text);
    r->asked--;
    if (m->ask.status != 0) {
        answer(c, m, m->ask.status, m->ask.detail);
        return;
    }
    struct policy *own = policy_parse_text(m->json.data, err);
    if (own == NULL) {
        /* It is on disk, and holds from the room's next opening on. */
        answer(c, m, E_UNAVAILABLE, "the server is short of memory; the policy is kept, ask again");
        return;
    }
    room_set_policy(c, r, own);
    log_info("room", "policy changed room=%s by=%s", r->name.text, m->by);
    announce(c, r);
    tell(c, r, m);
}

void loop_on_policy(struct chat *c, struct msg_policy *m)
{
    char err[POLICY_ERR_MAX];
    if (m->ask.client != 0) {
        clients_answer(&c->clients, m->ask.client, &m->head);
        msg_free(&m->head);
        return;
    }
    struct policy *p = policy_read(m->json.data, err);
    msg_free(&m->head);
    if (p == NULL) {
        log_error("room", "the default policy was not taken: %s", err);
        return;
    }
    policy_unref(c->default_policy);
    c->default_policy = p;
    HASH_FOREACH (&c->rooms, node, after) {
        struct room *r = container_of(node, struct room, node);
        if (!r->own_policy)
            room_set_policy(c, r, NULL);
    }
}
