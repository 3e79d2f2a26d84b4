/* SPDX-License-Identifier: MIT */
/* oracle: see oracle.h.  Pure. */
#include "oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
} rules[RULE_MAX] = {
    [RULE_LOST] = {"lost", "accepted messages that did not reach a member"},
    [RULE_ACKED_LOST] = {"acked_lost", "acked messages that their sender never saw"},
    [RULE_GAP] = {"gap", "numbers missing"},
    [RULE_DUPLICATE] = {"duplicate", "seen or answered twice"},
    [RULE_ORDER] = {"order", "out of order"},
    [RULE_CONTENT] = {"content", "different events under one number"},
    [RULE_TEXT] = {"text", "texts altered"},
    [RULE_ROOM] = {"room", "messages of another room"},
    [RULE_ACK_SEQ] = {"ack_seq", "reply and event disagree"},
    [RULE_UNACKED] = {"unacked", "sends never answered"},
    [RULE_REFUSED] = {"refused", "sends answered with an error"},
    [RULE_UNSENT] = {"unsent", "messages that were due, but the server took no more"},
    [RULE_RESUME] = {"resume", "reconnects that did not carry on"},
    [RULE_FRAME] = {"frame", "bad frames"},
    [RULE_CLOSED] = {"closed", "connections that ended for good"},
    [RULE_CONNECT] = {"connect", "clients that never got in"},
    [RULE_ROGUE] = {"rogue", "malformed frames not answered as the protocol says"},
};

const char *oracle_rule_name(enum oracle_rule rule)
{
    return rules[rule].name;
}

const char *oracle_rule_text(enum oracle_rule rule)
{
    return rules[rule].text;
}

void oracle_note(struct oracle *oracle, enum oracle_rule rule, uint64_t n, const char *format, ...)
{
    va_list args;

    if (n == 0)
        return;
    if (oracle->rule[rule].first[0] == '\0') {
        va_start(args, format);
        vsnprintf(oracle->rule[rule].first, sizeof(oracle->rule[rule].first), format, args);
        va_end(args);
    }
    oracle->rule[rule].count += n;
}

/* A missing number came after all: late, not missing. */
static void retract_gap(struct oracle *oracle)
{
    if (oracle->rule[RULE_GAP].count > 0)
        oracle->rule[RULE_GAP].count--;
}

bool oracle_seq(struct oracle *oracle, struct order *order, uint64_t seq, uint32_t client,
                uint32_t room)
{
    uint64_t expected = order->next, skipped = 0;

    switch (order_note(order, seq, &skipped)) {
    case ORDER_NEXT:
        return true;
    case ORDER_SKIP:
        oracle_note(oracle, RULE_GAP, skipped,
                    "client %" PRIu32 ", room %" PRIu32 ": expected seq %" PRIu64 ", got %" PRIu64,
                    client, room, expected, seq);
        return true;
    case ORDER_LATE:
        retract_gap(oracle);
        oracle_note(oracle, RULE_ORDER, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": seq %" PRIu64 " came after %" PRIu64,
                    client, room, seq, expected - 1);
        return true;
    case ORDER_REPEAT:
        oracle_note(oracle, RULE_DUPLICATE, 1,
                    "client %" PRIu32 ", room %" PRIu32 ": seq %" PRIu64 " again, after %" PRIu64,
                    client, room, seq, expected - 1);
        break;
    }
    return false;
}

bool oracle_sender(struct oracle *oracle, struct order *row, const struct oracle_event *event,
                   uint32_t client, bool strict)
{
    uint64_t expected = row->next, skipped = 0;

    switch (order_note(row, event->counter, &skipped)) {
    case ORDER_NEXT:
        return true;
    case ORDER_SKIP:
        if (strict)
            oracle_note(oracle, RULE_GAP, skipped,
                        "client %" PRIu32 ": expected message %" PRIu64 " of publisher %" PRIu32
                        ", got %" PRIu32,
                        client, expected, event->publisher, event->counter);
        return true;
    case ORDER_LATE:
        if (strict)
            retract_gap(oracle);
        oracle_note(oracle, RULE_ORDER, 1,
                    "client %" PRIu32 ": message %" PRIu32 " of publisher %" PRIu32
                    " came after its %" PRIu64,
                    client, event->counter, event->publisher, expected - 1);
        return true;
    case ORDER_REPEAT:
        oracle_note(oracle, RULE_DUPLICATE, 1,
                    "client %" PRIu32 ": message %" PRIu32 " of publisher %" PRIu32
                    " twice (seq %" PRIu64 ")",
                    client, event->counter, event->publisher, event->seq);
        break;
    }
    return false;
}

void oracle_content(struct oracle *oracle, const struct oracle_event *first,
                    const struct oracle_event *other, uint32_t client, uint32_t room)
{
    if (first->ours == other->ours &&
        (!first->ours ||
         (first->publisher == other->publisher && first->counter == other->counter)))
        return;
    oracle_note(oracle, RULE_CONTENT, 1,
                "client %" PRIu32 ", room %" PRIu32 ": seq %" PRIu64 " is message %" PRIu32
                " of publisher %" PRIu32 ", for others it was %" PRIu32 " of %" PRIu32,
                client, room, other->seq, other->counter, other->publisher, first->counter,
                first->publisher);
}

void oracle_reach(struct oracle *oracle, uint32_t client, uint32_t room, uint64_t received,
                  uint64_t accepted, uint64_t unknown)
{
    if (received < accepted)
        oracle_note(oracle, RULE_LOST, accepted - received,
                    "client %" PRIu32 ", room %" PRIu32 ": %" PRIu64 " messages accepted, %" PRIu64
                    " received",
                    client, room, accepted, received);
    else if (received > accepted + unknown)
        oracle_note(oracle, RULE_DUPLICATE, received - accepted - unknown,
                    "client %" PRIu32 ", room %" PRIu32 ": %" PRIu64
                    " messages received, at most %" PRIu64 " sent",
                    client, room, received, accepted + unknown);
}

void oracle_merge(struct oracle *into, const struct oracle *from)
{
    for (unsigned i = 0; i < RULE_MAX; i++) {
        if (into->rule[i].first[0] == '\0')
            memcpy(into->rule[i].first, from->rule[i].first, sizeof(into->rule[i].first));
        into->rule[i].count += from->rule[i].count;
    }
}

uint64_t oracle_violations(const struct oracle *oracle)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < RULE_MAX; i++)
        sum += oracle->rule[i].count;
    return sum;
}
