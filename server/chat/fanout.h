/* SPDX-License-Identifier: MIT
 *
 * The end of a turn: everything that the turn made is written, one write a session where it can be.
 * Owner: the loop.
 */
#ifndef CHAT_FANOUT_H
#define CHAT_FANOUT_H

#include "chat/session.h"

/* So many sends to members a turn, beside replies: half a ms, after which the loop reads again. */
#define FANOUT_SLICE 100

/* From home: show this frame to the members here. Takes the message. */
void loop_on_fanout(struct chat *c, struct msg_fanout *m);
/* Writes what is due. Returns after how many ms it wants to be called again, whatever happens; 0:
 * need not. */
unsigned fanout_flush(struct chat *c);
/* There is something to write now. */
bool fanout_wants_turn(const struct chat *c);
/* Writes what waits for this session: replies first, then its rooms. */
void fanout_flush_session(struct session *s);

#endif
