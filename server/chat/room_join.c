/* SPDX-License-Identifier: MIT
 *
 * Joining a room, afresh or where one had left off; see room.h. Thread: the home loop's.
 *
 * The answer holds events up to some seq, and every later one is pushed: the answer is posted to
 * the member's loop when the room stands at `top`, and what the room shows from then on follows it
 * in the same mailbox. So there is neither a gap nor a repeat, however long the store takes for an
 * old page.
 */
#include "chat/room.h"

#include "base/status.h"

#include <string.h>

#define PAGE_BYTES_MAX (256 * 1024)
/* Left free in a newest page of the store's, for what is shown while it is read. */
#define SINCE_BYTES (64 * 1024)

static void answer(struct chat *c, struct room *r, struct msg_join *m)
{
    m->top = r->top;
    m->members = r->n_members;
    if (m->events.failed) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
    }
    m->head.tag = MSG_LOOP_JOINED;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

static void ask_store(struct chat *c, struct room *r, struct msg_join *m, bool backward)
{
    struct msg_read *read = msg_new(MSG_STORE_READ, 0);
    if (read == NULL) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
        answer(c, r, m);
        return;
    }
    read->room = r->name;
    read->reply = chat_mailbox(c);
    read->reply_tag = MSG_ROOM_READ;
    read->backward = backward;
    read->before = r->top + 1;
    read->after = m->seq;
    /* Also who wants no events is to be told whether any are gone for ever. */
    read->limit = m->limit > 0 ? m->limit : 1;
    /* The store may be ahead: what the room has not shown yet will be pushed, so it must not be in
     * the page as well. */
    if (!backward && read->limit > r->top - m->seq)
        read->limit = (uint32_t)(r->top - m->seq);
    read->max_bytes = backward ? PAGE_BYTES_MAX - SINCE_BYTES : PAGE_BYTES_MAX;
    read->context = m;
    r->asked++;
    chat_post_store(c, &read->head);
}

/* Smallest seq from which on the ring has everything. */
static uint64_t ring_reach(const struct room *r)
{
    return r->ring.count > 0 ? r->ring.first : r->top + 1;
}

static void answer_resume(struct chat *c, struct room *r, struct msg_join *m)
{
    uint64_t missing = r->top - m->seq;
    if (missing > 0 && m->seq + 1 < ring_reach(r)) {
        ask_store(c, r, m, false);
        return;
    }
    uint32_t n = ring_encode(&r->ring, m->seq + 1, m->limit, PAGE_BYTES_MAX, &m->events);
    m->recovered = true;
    m->more = n < missing;
    answer(c, r, m);
}

static void answer_newest(struct chat *c, struct room *r, struct msg_join *m)
{
    uint64_t n = r->top < m->limit ? r->top : m->limit;
    uint64_t from = r->top - n + 1;
    m->recovered = false;
    if (from < ring_reach(r)) {
        ask_store(c, r, m, true);
        return;
    }
    /* When the page would be too long, its newest part is wanted: start later. */
    size_t bytes = 0;
    uint64_t first = r->top + 1;
    while (first > from) {
        bytes += frame_payload_len(ring_get(&r->ring, first - 1)) + 1;
        if (bytes > PAGE_BYTES_MAX && first <= r->top)
            break;
        first--;
    }
    ring_encode(&r->ring, first, m->limit, SIZE_MAX, &m->events);
    m->more = first > 1;
    answer(c, r, m);
}

void room_answer_join(struct chat *c, struct room *r, struct msg_join *m)
{
    if (m->ask.status != 0)
        answer(c, r, m);
    else if (m->resume && m->seq <= r->top && strcmp(m->epoch, c->shared->topology->epoch) == 0)
        answer_resume(c, r, m);
    else
        answer_newest(c, r, m);
}

void room_on_join(struct chat *c, struct msg_join *m)
{
    struct room *r = room_get(c, &m->room);
    if (r == NULL) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
        m->head.tag = MSG_LOOP_JOINED;
        chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
        return;
    }
    if (!m->rejoin)
        room_member_came(c, r, client_id_loop(m->ask.client), m->user);
    if (r->is_open) {
        room_answer_join(c, r, m);
        return;
    }
    m->head.next = NULL;
    *r->waiting_tail = &m->head;
    r->waiting_tail = &m->head.next;
}

static void take_page(struct msg_join *m, struct msg_read *read)
{
    if (m->limit == 0) {
        read->count = 0;
        return;
    }
    m->events = read->events;
    read->events = (struct buf)BUF_INIT;
}

/* Adds what the room has shown since the page was read. False when that does not fit, or is more
 * than the ring holds, and the page was to end at the top: then it must be read again. */
static bool append_since(struct room *r, struct msg_join *m, const struct msg_read *read)
{
    uint64_t last = read->count > 0 ? read->last : read->backward ? r->top : m->seq;
    m->recovered = !read->backward;
    if (!read->backward) {
        uint32_t left = m->limit > read->count ? m->limit - read->count : 0;
        uint32_t n = ring_encode(&r->ring, last + 1, left, PAGE_BYTES_MAX, &m->events);
        m->more = last + n < r->top;
        return true;
    }
    uint32_t n = ring_encode(&r->ring, last + 1, UINT32_MAX, PAGE_BYTES_MAX, &m->events);
    m->more = read->more;
    return last + n == r->top;
}

void room_on_read(struct chat *c, struct msg_read *read)
{
    struct room *r = room_find(c, read->room.text);
    struct msg_join *m = read->context;
    read->context = NULL;
    r->asked--;
    if (read->ask.status != 0) {
        m->ask.status = read->ask.status;
        m->ask.detail = "history cannot be read just now";
    } else if (!read->backward && read->first != m->seq + 1) {
        /* Retention has taken what this client missed: the newest page instead, and it is told so.
         */
        m->resume = false;
        msg_free(&read->head);
        answer_newest(c, r, m);
        return;
    } else {
        take_page(m, read);
        if (!append_since(r, m, read)) {
            msg_free(&read->head);
            buf_clear(&m->events);
            answer_newest(c, r, m);
            return;
        }
    }
    msg_free(&read->head);
    answer(c, r, m);
}
