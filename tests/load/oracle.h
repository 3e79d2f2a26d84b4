/* SPDX-License-Identifier: MIT */
/*
 * oracle: judges what the clients saw against what a chat server owes them.
 * Each broken rule is counted and its first case is kept as a sentence.
 *
 * The events of a room are judged in two steps that together cost a few
 * nanoseconds a delivery.  Each client checks that the room's numbers come
 * without gap or repeat (oracle_seq), and that under each number it got what
 * the others got (oracle_content); what the room as a whole says is checked
 * once, by the first client that sees an event (oracle_sender).  A bare
 * broadcast server has no numbers, so there oracle_sender runs for each client.
 *
 * Owned by one worker thread; merged when the threads ended.
 */
#ifndef PARLEY_LOAD_ORACLE_H
#define PARLEY_LOAD_ORACLE_H

#include "order.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oracle_rule {
    RULE_LOST,       /* an accepted message did not reach a member */
    RULE_ACKED_LOST, /* acked, but its sender never saw it as an event */
    RULE_GAP,        /* a number of a room never came */
    RULE_DUPLICATE,  /* the same number, message or reply twice */
    RULE_ORDER,      /* out of order, by number or by sender */
    RULE_CONTENT,    /* two clients saw different things under one number */
    RULE_TEXT,       /* the text is not what was sent */
    RULE_ROOM,       /* a message of another room */
    RULE_ACK_SEQ,    /* the reply to a send and its event disagree about the number */
    RULE_UNACKED,    /* a send that was never answered */
    RULE_REFUSED,    /* a send answered with an error */
    RULE_UNSENT,     /* a message that was due, but the server took no more */
    RULE_RESUME,     /* a reconnect that did not carry on where it was */
    RULE_FRAME,      /* not a WebSocket frame, not JSON, not the protocol */
    RULE_CLOSED,     /* a connection that ended and did not come back */
    RULE_CONNECT,    /* a client that never got in */
    RULE_ROGUE,      /* a malformed frame that was not answered as the protocol says */
    RULE_MAX
};

struct oracle {
    struct {
        uint64_t count;
        char first[200];
    } rule[RULE_MAX];
};

/* What one event is; the same for everybody who sees it. */
struct oracle_event {
    uint64_t seq;
    bool ours;          /* a message of this run; else the three below say nothing */
    uint32_t publisher;
    uint32_t counter;
    uint64_t intended_ns;
};

__attribute__((format(printf, 4, 5)))
void oracle_note(struct oracle *oracle, enum oracle_rule rule, uint64_t n, const char *format, ...);

/* A number came to a client; true when it is new to it. */
bool oracle_seq(struct oracle *oracle, struct order *order, uint64_t seq, uint32_t client,
                uint32_t room);

/*
 * A message of a sender came in this row; true when it is new there.  'strict'
 * makes a missing counter a gap (a bare server never refuses a message).
 */
bool oracle_sender(struct oracle *oracle, struct order *row, const struct oracle_event *event,
                   uint32_t client, bool strict);

/* Two clients' views of one number. */
void oracle_content(struct oracle *oracle, const struct oracle_event *first,
                    const struct oracle_event *other, uint32_t client, uint32_t room);

/* A member's tally of a room at the end. */
void oracle_reach(struct oracle *oracle, uint32_t client, uint32_t room, uint64_t received,
                  uint64_t accepted, uint64_t unknown);

void oracle_merge(struct oracle *into, const struct oracle *from);

uint64_t oracle_violations(const struct oracle *oracle);

/* A short name, and what it means in words. */
const char *oracle_rule_name(enum oracle_rule rule);
const char *oracle_rule_text(enum oracle_rule rule);

#endif
