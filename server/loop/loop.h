/* SPDX-License-Identifier: MIT
 *
 * One event loop: a libuv loop with one libwebsockets context on it (foreign loop), a SO_REUSEPORT
 * listener of its own, a mailbox, and the end of each turn.
 *
 * A turn, in libuv's phases (docs: libuv design.rst):
 *     timers   tick (50 ms)
 *     prepare  whether the loop may sleep in poll: not while wants_turn
 *     poll     sockets (libwebsockets), the listener, the mailbox -> on_msg for each message
 *     check    end of turn: on_turn_end writes what the turn made, one write a member
 *
 * So whatever timers did, the sockets are looked at before the end of the turn: who has sent
 * something by then gets the room's news with the reply.
 *
 * Owner: its thread, from loop_start to the end; before and after, main. Nothing here is touched by
 * another thread; they post to the mailbox.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "loop/loop_stats.h"
#include "loop/topology.h"

#include <libwebsockets.h>
#include <stdbool.h>

struct loop;

/* What runs on the loop; called on its thread with `owner`. */
struct loop_handlers {
    void *owner;
    void (*on_msg)(void *owner, struct msg *m);       /* takes the message */
    unsigned (*on_turn_end)(void *owner); /* returns ms until the next turn at the latest; 0: any */
    bool (*wants_turn)(void *owner); /* there is something to be done at the end of a turn */
    void (*on_tick)(void *owner, uint64_t now_ms);    /* every 50 ms, monotonic */
    void (*on_accepted)(void *owner, int fd, const struct sockaddr *peer); /* takes the fd */
};

struct loop_config {
    unsigned index;
    struct mailbox *mailbox;      /* drained by this loop; freed by its maker */
    const struct lws_protocols *protocols;
    const char *tls_cert;         /* PEM files, checked already; "": no TLS */
    const char *tls_key;
};

/* Main thread. `loop_context_user` of the context is handlers->owner. */
int loop_new(struct loop **out, const struct loop_config *config,
             const struct loop_handlers *handlers);
struct loop_stats *loop_stats(struct loop *l);
/* Main thread, before start: the loop takes the listening descriptor. */
void loop_listen(struct loop *l, int fd);
int loop_start(struct loop *l);
/* Main thread: waits until the thread has ended (after loop_stop on it). */
void loop_join(struct loop *l);
/* Main thread, after join: ends what connections are left (the handlers' owner still hears of
 * each). */
void loop_close(struct loop *l);
/* With it go the figures. */
void loop_free(struct loop *l);

/* On the loop's thread only. */
void loop_stop_listening(struct loop *l);
void loop_stop(struct loop *l);
/* Gives an accepted socket to libwebsockets; closes it on failure. */
struct lws *loop_adopt(struct loop *l, int fd);

#endif
