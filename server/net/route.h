/* SPDX-License-Identifier: MIT
 *
 * Which HTTP paths exist besides the pages, who may call them and what they take. Constant tables
 * and pure functions, any thread; no libwebsockets here, so that they are tested as they are.
 *
 * Paths arrive percent-decoded: libwebsockets does it once while it parses the request line, and a
 * "%2F" in a room's name therefore makes another path, which is not found.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "base/event.h"
#include "chat/auth.h"
#include "loop/loop_stats.h"
#include "loop/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_OTHER };

/*    id           name         method path                             right       limit, most */
#define ROUTES(X)                                                                               \
    X(HEALTHZ,     healthz,     GET,  "/healthz",                      RIGHT_NONE,      0,   0) \
    X(READYZ,      readyz,      GET,  "/readyz",                       RIGHT_NONE,      0,   0) \
    X(METRICS,     metrics,     GET,  "/metrics",                      RIGHT_NONE,      0,   0) \
    X(SOCKET,      socket,      GET,  "/ws",                           RIGHT_NONE,      0,   0) \
    X(STATS,       stats,       GET,  "/api/v1/stats",                 RIGHT_OPERATE,   0,   0) \
    X(WORKERS,     workers,     GET,  "/api/v1/workers",               RIGHT_OPERATE,   0,   0) \
    X(WORKERS_RETRY, workers_retry, POST, "/api/v1/workers/retry",     RIGHT_OPERATE,   0,   0) \
    X(ROOMS,       rooms,       GET,  "/api/v1/rooms",                 RIGHT_OPERATE,   200, 1000)\
    X(EVENTS,      events,      GET,  "/api/v1/rooms/{room}/events",   RIGHT_READ_ROOM, 100, 200)\
    X(SEARCH,      search,      GET,  "/api/v1/rooms/{room}/search",   RIGHT_READ_ROOM, 20,  100) \
    X(INSIGHTS,    insights,    GET,  "/api/v1/rooms/{room}/insights", RIGHT_READ_ROOM, 0,   0) \
    X(MESSAGES,    messages,    POST, "/api/v1/rooms/{room}/messages", RIGHT_WRITE,     0,   0) \
    X(OPS_TICKETS, ops_tickets, POST, "/api/v1/ops/tickets",           RIGHT_OWN,       0,   0) \
    X(OPS_SESSION, ops_session, POST, "/api/v1/ops/session",           RIGHT_NONE,      0,   0) \
    X(QUARANTINE,  quarantine,  GET,  "/api/v1/quarantine",            RIGHT_OPERATE,   50, 200) \
    X(CULPRIT,     culprit,     GET,  "/api/v1/quarantine/{id}",       RIGHT_OPERATE,   0,   0) \
    X(DROP,        drop,        DELETE, "/api/v1/quarantine/{id}",     RIGHT_OPERATE,   0,   0) \
    X(REPLAY,      replay,      POST, "/api/v1/quarantine/{id}/replay", RIGHT_OPERATE,  0,   0) \
    X(KEYS,        keys,        GET,  "/api/v1/keys",                  RIGHT_OPERATE,   0,   0) \
    X(KEY_ADD,     key_add,     POST, "/api/v1/keys",                  RIGHT_OWN,       0,   0) \
    X(KEY_REVOKE,  key_revoke,  DELETE, "/api/v1/keys/{key}",          RIGHT_OWN,       0,   0) \
    X(REVIEW,      review,      GET,  "/api/v1/review",                RIGHT_OPERATE,   50,  200) \
    X(PRECISION,   review_precision, GET, "/api/v1/review/precision",  RIGHT_OPERATE,   0,   0) \
    X(LABELS,      review_labels, GET, "/api/v1/review/labels",        RIGHT_OPERATE, 1000, 1000) \
    X(REVIEW_ITEM, review_item, GET,  "/api/v1/review/{id}",           RIGHT_OPERATE,   0,   0) \
    X(REVIEW_ACT,  review_act,  POST, "/api/v1/review/{id}",           RIGHT_OPERATE,   0,   0) \
    X(POLICY,      policy,      GET,  "/api/v1/rooms/{room}/policy",   RIGHT_OPERATE,   0,   0) \
    X(POLICY_PUT,  policy_put,  PUT,  "/api/v1/rooms/{room}/policy",   RIGHT_OPERATE,   0,   0) \
    X(DRY_RUN,     dry_run,     POST, "/api/v1/rooms/{room}/policy/dry-run", RIGHT_OPERATE, 0, 0) \
    X(TRACE,       trace,       GET,  "/api/v1/rooms/{room}/events/{id}/trace", RIGHT_READ_ROOM, \
      0, 0)                                                                                     \
    X(AUDIT,       audit,       GET,  "/api/v1/audit",                 RIGHT_OPERATE,   100, 1000) \
    X(ANALYZE,     analyze,     POST, "/api/v1/analyze",               RIGHT_ANALYZE,   0,   0) \
    /* Perspective's own paths; they check the key themselves, to refuse it in its shape */     \
    X(COMMENTS_ANALYZE, comments_analyze, POST, "/v1alpha1/comments:analyze", RIGHT_NONE, 0, 0) \
    X(COMMENTS_SUGGEST, comments_suggest, POST, "/v1alpha1/comments:suggestscore",              \
      RIGHT_NONE, 0, 0)                                                                         \
    X(DISCOVERY,   discovery,   GET,  "/$discovery/rest",              RIGHT_NONE,      0,   0)

enum route_id {
#define X(id, ...) ROUTE_##id,
    ROUTES(X)
#undef X
    N_ROUTES
};

struct route {
    enum route_id id;
    enum http_method method; /* GET serves HEAD too */
    const char *path;
    enum auth_right right;
    uint32_t limit, limit_max; /* of ?limit=; 0: takes none */
};

struct route_match {
    const struct route *route;
    char room[ROOM_NAME_MAX + 1]; /* or a key's name; "" when the path has none */
    int64_t id;                   /* 0 when the path has none */
};

/* 0, or E_NOT_FOUND; or E_BAD_REQUEST with *problem (a literal) when the room or id cannot exist.
 * Of several routes with this path the one for the method; when there is none, the caller finds
 * that out with route_takes. */
int route_find(const char *path, enum http_method method, struct route_match *match,
               const char **problem);
/* NULL: a page. */
enum http_class route_class(const struct route *route);
const char *route_class_name(enum http_class class);
/* Whether it is one of Perspective's, where a key may also be ?key= or X-Goog-Api-Key. */
bool route_is_perspective(const struct route *route);
bool route_takes(const struct route *route, enum http_method method);
/* Value of the Allow header. */
const char *route_allow(const struct route *route);

/* What the query string may say; start with params_init. */
struct params {
    uint64_t after;
    uint64_t before;              /* 0: not given */
    uint32_t limit;
    char state[12];               /* of the review queue; "": not given */
    char room[ROOM_NAME_MAX + 1]; /* "": not given */
    char q[SEARCH_Q_MAX + 1];     /* of a search; "": not given */
    bool by_meaning;              /* search: mode=semantic */
};

void params_init(struct params *p, const struct route *route);
/* Takes one decoded `name=value`. 0, or E_BAD_REQUEST with a sentence in err; others pass. */
int params_take(struct params *p, const struct route *route, const char *arg, char *err,
                size_t err_len);

/* A number of digits only, at most `max`. */
bool parse_u64(const char *text, uint64_t max, uint64_t *out);
/* The token of `Authorization: Bearer TOKEN`, within `header`; NULL when it is of another kind. */
const char *bearer_token(const char *header);
/* Whether a comma-separated header lists the word (its parameters aside), whatever its case. */
bool header_lists(const char *header, const char *word);

#endif
