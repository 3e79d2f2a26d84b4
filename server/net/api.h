/* SPDX-License-Identifier: MIT
 *
 * What each route answers. Owner: the request's loop; its thread only. What another thread must
 * answer is posted there, and the request waits (http_await).
 */
#ifndef NET_API_H
#define NET_API_H

#include "net/http.h"

/* Whether the token allows what the route does. */
bool api_may(const struct http_request *r);
/* Checks the token, then answers or waits. The request is whole. */
void api_handle(struct http_request *r);
/* The answer to what api_handle posted; borrows it. */
void api_on_answer(struct http_request *r, struct msg *m);

#endif
