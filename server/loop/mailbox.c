/* SPDX-License-Identifier: MIT
 *
 * A mailbox is a Treiber stack: senders push with compare-and-swap, the owner takes the whole stack
 * at once (so there is no ABA problem) and turns it round, which restores each sender's order.
 */
#include "loop/mailbox.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    _Atomic(struct msg *) top;
    int fd;
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *m = malloc(sizeof *m);
    if (m == NULL)
        return NULL;
    atomic_init(&m->top, NULL);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0) {
        free(m);
        return NULL;
    }
    return m;
}

static void free_chain(struct msg *msg)
{
    while (msg != NULL) {
        struct msg *next = msg->next;
        msg_free(msg);
        msg = next;
    }
}

void mailbox_free(struct mailbox *m)
{
    if (m == NULL)
        return;
    free_chain(mailbox_take(m));
    close(m->fd);
    free(m);
}

static void wake(int fd)
{
    const uint64_t one = 1;
    /* EAGAIN means the counter is full: then the owner is being woken anyway. */
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

/* Puts a chain on top of the stack. */
static void push(struct mailbox *m, struct msg *newest, struct msg *oldest)
{
    struct msg *top = atomic_load_explicit(&m->top, memory_order_relaxed);
    do {
        oldest->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&m->top, &top, newest, memory_order_release,
                                                    memory_order_relaxed));
    if (top == NULL)
        wake(m->fd);
}

void mailbox_post(struct mailbox *m, struct msg *msg)
{
    push(m, msg, msg);
}

void mailbox_post_all(struct mailbox *m, struct outbox *o)
{
    if (o->newest == NULL)
        return;
    push(m, o->newest, o->oldest);
    *o = (struct outbox){NULL, NULL};
}

void outbox_add(struct outbox *o, struct msg *msg)
{
    msg->next = o->newest;
    o->newest = msg;
    if (o->oldest == NULL)
        o->oldest = msg;
}

void outbox_fini(struct outbox *o)
{
    free_chain(o->newest);
    *o = (struct outbox){NULL, NULL};
}

int mailbox_fd(const struct mailbox *m)
{
    return m->fd;
}

struct msg *mailbox_take(struct mailbox *m)
{
    uint64_t count;
    /* Reset the eventfd before taking: a post after the take then wakes again. */
    while (read(m->fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
    struct msg *msg = atomic_exchange_explicit(&m->top, NULL, memory_order_acquire);
    struct msg *oldest = NULL;
    while (msg != NULL) {
        struct msg *next = msg->next;
        msg->next = oldest;
        oldest = msg;
        msg = next;
    }
    return oldest;
}
