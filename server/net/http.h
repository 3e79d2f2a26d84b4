/* SPDX-License-Identifier: MIT
 *
 * One HTTP request of a loop, from its head to the last byte of its response. Owner: the loop; its
 * thread only. http.c reads and writes it, api.c answers it.
 *
 *     READING --body complete--> api_handle --response made----------------> WRITING --> gone
 *                                    `--message posted--> WAITING --answer---'
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "net/net.h"
#include "net/response.h"
#include "net/route.h"

enum http_state { HTTP_READING, HTTP_WAITING, HTTP_WRITING, HTTP_LINGERING };

struct http_request {
    struct net *net;
    struct lws *wsi;
    enum http_state state;
    const struct route *route;   /* NULL: a page, or nothing */
    char room[ROOM_NAME_MAX + 1];
    struct params params;
    int64_t id;                  /* of the path, or 0 */
    enum auth_right right;       /* what its token allows */
    unsigned scopes;             /* what its API key allows; 0: it has none */
    bool has_credential;         /* whatever it is worth */
    const struct api_key *key;   /* in keyring */
    struct keyring *keyring;     /* reference, while key is set */
    char actor[ACTOR_MAX + 1];   /* whose token it is, for the audit; "" for a member's */
    struct dry_run *dry_run;     /* of a policy (api_policy.c), or NULL */
    struct search *search;       /* in hand (api_search.c), or NULL */
    enum moderation_act act;     /* the decision that is being published … */
    char told_user[USER_ID_MAX + 1]; /* … and whom to tell of it; "": nobody waits */
    char told_cid[CID_MAX + 1];
    bool is_json;                /* the body, as its Content-Type says, or there is none */
    bool head_only;              /* HEAD */
    bool keep_alive;
    bool unread;                 /* answered although its body did not come whole */
    struct buf body;
    size_t body_max;
    size_t reserved;             /* of the memory for bodies; to be released */
    client_id client;            /* while WAITING; else 0 */
    bool asks_inquiry;           /* WAITING for that thread: cancelled when the client goes */
    uint64_t wait_until_us;      /* the end of WAITING */
    lws_sorted_usec_list_t timer; /* in WAITING, the next look; in WRITING, the next try */
    struct response response;
    struct buf head;             /* status line and headers */
    size_t sent;                 /* of head and body together */
};

/* api_policy.c and api_search.c; they take NULL. */
void dry_run_free(struct dry_run *d);
void search_free(struct search *s);

/* The response is complete: write it. Once a request. */
void http_respond(struct http_request *r);
/* The same with an error; message NULL gives a general one. */
void http_fail(struct http_request *r, int status, const char *message);

/* Registers the request for one answer, which api_on_answer gets; 0 after http_fail when memory is
 * short. To be called before the message is posted, as the answer may come at once. */
client_id http_await(struct http_request *r);
/* The same for an answer of the inquiry thread, with its own patience. When the client goes
 * meanwhile, that thread is told. */
client_id http_await_inquiry(struct http_request *r, unsigned seconds);

/* Our address as the client wrote it, with a slash at its end. */
void http_own_address(const struct http_request *r, char *to, size_t len);

#endif
