/* SPDX-License-Identifier: MIT
 *
 * What the files that answer routes share: api.c (health, rooms, ops, quarantine), api_keys.c,
 * api_review.c, api_analyze.c. Owner: the request's loop; its thread only.
 *
 * A handle_* answers at once or posts a message and leaves the request waiting; an api_answer_*
 * turns what came back into the response.
 */
#ifndef NET_API_IMPL_H
#define NET_API_IMPL_H

#include "chat/request.h"
#include "net/api.h"

/* Starts a JSON body; ended by api_respond. */
struct buf *api_open_json(struct http_request *r, int status);
/* Ends a body that was made in r->response.own. */
void api_respond(struct http_request *r);
/* What went wrong elsewhere, for the client. */
void api_fail_ask(struct http_request *r, const struct ask *ask);
/* The same of reading a room, and when nobody ever spoke there; false: it can be answered. */
bool api_fail_read(struct http_request *r, const struct ask *ask, bool known);
/* Decodes the body into *fields; its status says what was wrong. */
void api_parse_body(const struct http_request *r, struct request *fields);

/* api_keys.c */
void handle_keys(struct http_request *r);
void handle_key_add(struct http_request *r);
void handle_key_revoke(struct http_request *r);
void api_answer_key(struct http_request *r, const struct msg_key *m);

/* api_policy.c */
void handle_policy(struct http_request *r);
void handle_policy_put(struct http_request *r);
void handle_dry_run(struct http_request *r);
void api_answer_policy(struct http_request *r, const struct msg_policy *m);
void api_answer_page(struct http_request *r, const struct msg_traces *m);

/* api_search.c */
void handle_search(struct http_request *r);
void api_search_page(struct http_request *r, const struct msg_read *m);
void api_answer_found(struct http_request *r, const struct msg_search *m);
void api_answer_search(struct http_request *r, const struct msg_verdict *m);

/* api_trace.c */
void handle_trace(struct http_request *r);
void api_answer_trace(struct http_request *r, const struct msg_traces *m);

/* api_review.c */
void handle_review(struct http_request *r);
void handle_review_precision(struct http_request *r);
void handle_review_labels(struct http_request *r);
void handle_review_item(struct http_request *r);
void handle_insights(struct http_request *r);
void handle_review_act(struct http_request *r);
void handle_audit(struct http_request *r);
void api_answer_moderation(struct http_request *r, struct msg_moderation *m);
void api_answer_insight(struct http_request *r, const struct msg_insight *m);
/* Of a decision that needed an event. */
void api_answer_decided(struct http_request *r, const struct msg_publication *m);

/* api_analyze.c */
void handle_analyze(struct http_request *r);
void handle_comments_analyze(struct http_request *r);
void handle_comments_suggest(struct http_request *r);
void handle_discovery(struct http_request *r);
void api_answer_inquiry(struct http_request *r, struct msg_inquiry *m);

#endif
