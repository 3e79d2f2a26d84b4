/* SPDX-License-Identifier: MIT
 * What libwebsockets and the loop call, handed on; see net.h. Thread: the loop's. */
#include "net/net.h"

#include "net/peers.h"

#include <sys/socket.h>

/* libwebsockets cuts sends at this, or at 4 KB when it is not set. */
#define TX_PACKET (256 * 1024)
/* Allocated for every connection; longer messages come in pieces and are put together in ws.c. */
#define RX_BUFFER 512

static int net_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                        size_t len)
{
    struct lws_context *context = lws_get_context(wsi);
    struct net *n = context != NULL ? lws_context_user(context) : NULL;
    if (n == NULL)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
        return ws_callback(n, wsi, reason, user, in, len);
    default:
        return http_callback(n, wsi, reason, user, in, len);
    }
}

const struct lws_protocols net_protocols[] = {
    {"parley.v1", net_callback, sizeof(struct net_user), RX_BUFFER, 0, NULL, TX_PACKET},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

void net_on_accepted(void *owner, int fd, const struct sockaddr *peer)
{
    struct net *n = owner;
    (void)peer;
    STAT_ADD(n->chat->stats->accepted, 1);
    loop_adopt(n->loop, fd);
}

void net_on_msg(void *owner, struct msg *m)
{
    struct net *n = owner;
    if (m->tag == MSG_LOOP_STOP) {
        loop_stop(n->loop);
        msg_free(m);
        return;
    }
    if (m->tag == MSG_LOOP_KEYRING) {
        struct msg_keyring *k = (struct msg_keyring *)m;
        struct keyring *old = n->keyring;
        n->keyring = k->keyring;
        k->keyring = old;
        msg_free(m);
        return;
    }
    if (m->tag == MSG_LOOP_DRAIN)
        loop_stop_listening(n->loop);
    chat_on_msg(n->chat, m);
}

unsigned net_on_turn_end(void *owner)
{
    struct net *n = owner;
    return chat_on_turn_end(n->chat);
}

bool net_wants_turn(void *owner)
{
    const struct net *n = owner;
    return chat_wants_turn(n->chat);
}

void net_on_tick(void *owner, uint64_t now_ms)
{
    struct net *n = owner;
    chat_on_tick(n->chat, now_ms);
    if (n->told_drained || !chat_is_drained(n->chat))
        return;
    struct msg_signal *m = msg_new(MSG_MAIN_DRAINED, 0);
    if (m == NULL)
        return; /* the next tick tries again */
    n->told_drained = true;
    m->loop = n->chat->index;
    mailbox_post(n->shared->topology->main, &m->head);
}
