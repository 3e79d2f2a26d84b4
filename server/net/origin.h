/* SPDX-License-Identifier: MIT
 * Which web pages may open a socket. Pure function, any thread. */
#ifndef NET_ORIGIN_H
#define NET_ORIGIN_H

#include <stdbool.h>

/* `origin` as the browser sent it (NULL or "": not a browser: allowed), `host` the Host header,
 * `allowed` the words of the option origins; when that is empty, the page must come from the host
 * itself. */
bool origin_is_allowed(const char *origin, const char *host, const char *allowed);

#endif
