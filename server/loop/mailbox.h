/* SPDX-License-Identifier: MIT
 *
 * A mailbox: many threads post, one thread drains. Posting is lock-free (one compare-and-swap) and
 * gives the message away, always; the owner is woken through an eventfd, and only when the box was
 * empty, so that a busy owner costs its senders no system call. A thread that has several messages
 * gathers them in an outbox: on few cores a wake-up for each makes the two threads take turns, and
 * each then sees its messages one by one.
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

/* Any thread. Takes the message. */
void mailbox_post(struct mailbox *m, struct msg *msg);

/* What one thread gathers to post together: one compare-and-swap and at most one wake-up, however
 * many messages. Zeroed: empty. Owner: that thread. */
struct outbox {
    struct msg *newest, *oldest;
};

/* Takes the message. */
void outbox_add(struct outbox *o, struct msg *msg);
/* Frees what was not posted. */
void outbox_fini(struct outbox *o);
/* Any thread. Posts all in the order added and empties the outbox. */
void mailbox_post_all(struct mailbox *m, struct outbox *o);

/* Owner only. Readable when something was posted; poll it, then call take. */
int mailbox_fd(const struct mailbox *m);
/* Owner only: all messages, oldest first, as a chain by `next`; NULL when empty. The caller owns
 * them. */
struct msg *mailbox_take(struct mailbox *m);

#endif
