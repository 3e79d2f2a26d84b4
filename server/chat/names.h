/* SPDX-License-Identifier: MIT
 *
 * Who bears which name right now. A name lives on the loop that its folded form hashes to, as rooms
 * do. Owner: that loop.
 */
#ifndef CHAT_NAMES_H
#define CHAT_NAMES_H

#include "chat/chat.h"

/* Sends a claim or a release of m->user's name to the name's home. Any loop. Takes the message. */
void name_post(struct chat *c, struct msg_name *m);

void name_on_claim(struct chat *c, struct msg_name *m);
void name_on_release(struct chat *c, struct msg_name *m);
void names_free(struct chat *c);

#endif
