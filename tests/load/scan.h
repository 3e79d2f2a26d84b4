/* SPDX-License-Identifier: MIT */
/*
 * scan: reads a server frame where it lies.  The whole text is checked to be
 * one strict JSON object (UTF-8 included), and the fields that this tool acts
 * on are borrowed as spans, in whatever order they come.  Nothing is allocated
 * and nothing is copied.  Pure; any thread.
 */
#ifndef PARLEY_LOAD_SCAN_H
#define PARLEY_LOAD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes; p is NULL when the field was absent. */
struct span {
    const char *p;
    size_t n;
};

/*
 * Fields of the top level.  String fields hold what is between the quotes,
 * still escaped; a field of another JSON type than expected makes the scan fail.
 */
struct scan_frame {
    struct span type, room, kind, text, code, epoch, session, state, reason;
    struct span events, items; /* arrays with their brackets */
    int64_t id, seq, on;       /* -1 when absent */
    int64_t close_code;        /* the number a "bye" carries */
    int64_t retry_after_ms, spread_ms;
    bool recovered, more, reconnect;
};

/* 0, or -1 when the text is no strict JSON object or a field has a wrong type. */
int scan_frame(const char *text, size_t len, struct scan_frame *frame);

/*
 * Walks an array of a scanned frame: sets *item to the next element and
 * advances *rest; false at the end.  Start with *rest = frame.events.
 */
bool scan_next(struct span *rest, struct span *item);

/* The length of the well-formed UTF-8 sequence at p (lead byte >= 0x80), or 0. */
unsigned scan_utf8(const unsigned char *p, size_t have);

bool span_is(struct span span, const char *text);

/*
 * The decoded bytes of a string span: the span itself when it holds no escape,
 * else written to 'buf'.  A null span when it does not fit.
 */
struct span scan_decode(struct span raw, char *buf, size_t size);

#endif
