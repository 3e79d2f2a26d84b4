/* SPDX-License-Identifier: MIT
 *
 * What each request does: one table row and one handler a request type; and what the answers of
 * other threads become. Thread: the session's loop.
 */
#ifndef CHAT_COMMANDS_H
#define CHAT_COMMANDS_H

#include "chat/session.h"

/* Runs the request in a frame. False when it was none: not an object, or without a usable type. */
bool commands_run(struct session *s, const char *text, size_t len);
/* An answer to a request of `owner`, a session; borrows the message (client_answer_fn). */
void commands_answer(void *owner, struct msg *m);

#endif
