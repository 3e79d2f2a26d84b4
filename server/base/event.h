/* SPDX-License-Identifier: MIT
 *
 * A durable, numbered event of a room and its JSON form (PROTOCOL, "Events"). The one encoder is
 * used where an event is pushed (chat/room) and where it is read back (store/), so both say the
 * same.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/buf.h"
#include "base/user.h"

#include <stdint.h>

#define ROOM_NAME_MAX 64 /* bytes, without the final NUL */
#define CID_MAX 64       /* bytes, without the final NUL */

/*        kind              wire name  (the number is what the store keeps: never renumber) */
#define EVENT_KINDS(X)               \
    X(EVENT_MESSAGE,  0, "message")  \
    X(EVENT_EDIT,     1, "edit")     \
    X(EVENT_DELETE,   2, "delete")   \
    X(EVENT_REACTION, 3, "reaction") \
    X(EVENT_VERDICT,  4, "verdict")  \
    X(EVENT_NOTICE,   5, "notice")   \
    X(EVENT_HIDDEN,   6, "hidden")   /* a message or edit that only its author believes in */

enum event_kind {
#define X(tag, number, name) tag = number,
    EVENT_KINDS(X)
#undef X
    N_EVENT_KINDS
};

const char *event_kind_name(enum event_kind kind);

/* A view: points into memory of whoever holds it. */
struct event {
    uint64_t seq;
    int64_t ts_ms;       /* wall clock */
    enum event_kind kind;
    uint64_t on; /* message: reply_to (0 = none); edit, delete, reaction: the target's seq */
    bool add;            /* reaction only */
    const char *user_id; /* NULL: the server itself (verdict, notice); not told of hidden */
    const char *user_name;
    enum role role;
    const char *text;    /* message, edit, notice; reaction: emoji; verdict: JSON of its items */
    size_t text_len;
    const char *cid;     /* NULL or "": none, or not to be told */
};

/* Appends the event as one JSON object. */
void event_encode(struct buf *b, const char *room, const struct event *e);

#endif
