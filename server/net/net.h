/* SPDX-License-Identifier: MIT
 *
 * The network face of one loop: what libwebsockets calls, split into the WebSocket side (ws.c) and
 * the HTTP side (http.c and what it routes to). Owner: the loop; its thread only, except `struct
 * net_shared`, constant after start.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "chat/chat.h"
#include "config/config.h"
#include "loop/loop.h"
#include "net/admission.h"

#include <libwebsockets.h>

struct assets;
struct inquiry;
struct peers;
struct rates;
struct store_stats;
struct dispatch_stats;

struct net_shared {
    const struct config *config;
    const struct auth *auth;
    const struct topology *topology;
    const struct assets *assets;        /* NULL: no pages were found */
    struct inquiry *inquiry;            /* texts of other programs: a thread of its own */
    struct peers *peers;                /* connections an address: atomics, any loop */
    struct rates *key_rates;            /* messages an API key: the same */
    const struct loop_stats *loops[LOOPS_MAX];
    const struct store_stats *store;
    const struct dispatch_stats *dispatch; /* NULL: workers 0 */
    int64_t started_ms;
    char url[64];                       /* http://host:port, as told in the ready line */
};

struct net {
    const struct net_shared *shared;
    struct chat *chat;
    struct loop *loop;
    struct admission admission;
    struct keyring *keyring; /* reference: the API keys that are good */
    unsigned lookups, meanings; /* searches in hand, by words and by meaning: api_search.c */
    bool told_drained;
};

/* Session memory that libwebsockets keeps for each connection. */
struct net_user {
    struct ws_conn *ws;        /* upgraded */
    struct http_request *http; /* a request in hand */
};

/* For loop_handlers: gives an accepted socket to libwebsockets. */
void net_on_accepted(void *owner, int fd, const struct sockaddr *peer);
void net_on_msg(void *owner, struct msg *m);
unsigned net_on_turn_end(void *owner);
bool net_wants_turn(void *owner);
void net_on_tick(void *owner, uint64_t now_ms);

/* The protocols table of every loop's context (one protocol, "parley.v1"; a client may offer none).
 */
extern const struct lws_protocols net_protocols[];

/* Of ws.c: what concerns upgrades and upgraded connections. */
int ws_callback(struct net *n, struct lws *wsi, enum lws_callback_reasons reason,
                struct net_user *user, void *in, size_t len);
/* Of http.c: LWS_CALLBACK_HTTP{,_BODY,_BODY_COMPLETION,_WRITEABLE}, CLOSED_HTTP, … */
int http_callback(struct net *n, struct lws *wsi, enum lws_callback_reasons reason,
                  struct net_user *user, void *in, size_t len);

#endif
