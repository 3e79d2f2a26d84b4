/* SPDX-License-Identifier: MIT
 *
 * A mailbox: many threads post, one thread drains. Posting is lock-free (one compare-and-swap) and
 * gives the message away, always; the owner is woken through an eventfd, and only when the box was
 * empty, so that a busy owner costs its senders no system call.
 *
 * Order: messages of one sender arrive in the order posted.
 */
#ifndef LOOP_MAILBOX_H
#define LOOP_MAILBOX_H

#include "loop/msg.h"

struct mailbox;

/* NULL when memory or descriptors are short. */
struct mailbox *mailbox_new(void);
/* Frees what was never drained with msg_free(). Nobody may post any more. */
void mailbox_free(struct mailbox *m);

/* Any thread: the only function here that is. Takes the message. */
void mailbox_post(struct mailbox *m, struct msg *msg);

/* Owner only. Readable when something was posted; poll it, then call take. */
int mailbox_fd(const struct mailbox *m);
/* Owner only: all messages, oldest first, as a chain by `next`; NULL when empty. The caller owns
 * them. */
struct msg *mailbox_take(struct mailbox *m);

#endif
