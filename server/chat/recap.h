/* SPDX-License-Identifier: MIT
 *
 * `recap`: what somebody missed in a room since their read mark, told in short by a worker.
 * Three hops, each an answer of another thread:
 *
 *     read mark (store) -> newest events (store) -> Python (dispatch, when nothing else waits)
 *
 * Owner of the request's state: the session (one recap at a time). Thread: its loop.
 */
#ifndef CHAT_RECAP_H
#define CHAT_RECAP_H

#include "chat/request.h"
#include "chat/session.h"

/* The request: `room`, and `since` (seq) where the read mark is not meant. */
void recap_run(struct session *s, struct request *r, const struct membership *ms);

/* Whether an answer with this request id is a recap's. */
bool recap_waits(const struct session *s, uint64_t request);
void recap_on_marked(struct session *s, const struct msg_read_mark *m);
void recap_on_read(struct session *s, const struct msg_read *m);
void recap_on_returned(struct session *s, const struct msg_verdict *m);

#endif
