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

void mailbox_free(struct mailbox *m)
{
    if (m == NULL)
        return;
    struct msg *msg = mailbox_take(m);
    while (msg != NULL) {
        struct msg *next = msg->next;
        msg_free(msg);
        msg = next;
    }
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

void mailbox_post(struct mailbox *m, struct msg *msg)
{
    struct msg *top = atomic_load_explicit(&m->top, memory_order_relaxed);
    do {
        msg->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&m->top, &top, msg, memory_order_release,
                                                    memory_order_relaxed));
    if (top == NULL)
        wake(m->fd);
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
