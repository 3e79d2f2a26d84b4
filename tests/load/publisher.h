/* SPDX-License-Identifier: MIT */
/*
 * publisher: the sending side of a client: when to send, what is outstanding,
 * what the replies and the sender's own events say.  Runs on its worker's thread.
 */
#ifndef PARLEY_LOAD_PUBLISHER_H
#define PARLEY_LOAD_PUBLISHER_H

#include "oracle.h"
#include "scan.h"

#include <stdint.h>

struct plan;
struct publisher;
struct worker;

/* Sends what is due, as far as connection and window allow. */
void publisher_pump(struct worker *worker, struct publisher *publisher);

/* The timetable calls for one more message, at that time. */
void publisher_on_due(struct worker *worker, struct publisher *publisher, uint64_t intended_ns);

/* And for one more typing indicator: on, off, on ... */
void publisher_on_typing(struct worker *worker, struct publisher *publisher);

/* A request was answered with an error. */
void publisher_on_refused(struct worker *worker, uint32_t client, const char *what,
                          struct span code);

/* What a message says behind its stamp; a null span when there is no such message. */
struct span publisher_text(const struct plan *plan, uint32_t publisher, uint32_t counter);

/* A reply to a send. */
void publisher_on_reply(struct worker *worker, struct publisher *publisher,
                        const struct scan_frame *reply);

/* One of its own messages came back as an event. */
void publisher_on_seen(struct worker *worker, struct publisher *publisher,
                       const struct oracle_event *event);

/* The client is back: what was never acked goes out again, with the same cid. */
void publisher_resend(struct worker *worker, struct publisher *publisher);

/* The run is over: judges what is still unfinished. */
void publisher_finish(struct worker *worker, struct publisher *publisher);

#endif
