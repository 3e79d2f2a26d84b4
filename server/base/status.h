/* SPDX-License-Identifier: MIT
 *
 * Status codes: every fallible function returns 0 or one of these, negative.
 * One X-macro holds the number, the name that clients see on the wire, the HTTP status and whether
 * trying again later can help. Nothing else in the project lists them.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>

/*   name                number  wire code           http  temporary */
#define STATUS_TABLE(X)                                             \
    X(E_OK,                0,    "ok",               200,  false)   \
    X(E_BAD_REQUEST,      -1,    "bad_request",      400,  false)   \
    X(E_UNAUTHENTICATED,  -2,    "unauthenticated",  401,  false)   \
    X(E_FORBIDDEN,        -3,    "forbidden",        403,  false)   \
    X(E_NOT_FOUND,        -4,    "not_found",        404,  false)   \
    X(E_CONFLICT,         -5,    "conflict",         409,  false)   \
    X(E_TOO_LARGE,        -6,    "too_large",        413,  false)   \
    X(E_RATE_LIMITED,     -7,    "rate_limited",     429,  true)    \
    X(E_REJECTED,         -8,    "rejected",         422,  false)   \
    X(E_UNAVAILABLE,      -9,    "unavailable",      503,  true)    \
    X(E_INTERNAL,        -10,    "internal",         500,  true)    \
    /* Below: never sent to a client; mapped before they reach one. */ \
    X(E_NO_MEMORY,       -20,    "unavailable",      503,  true)    \
    X(E_IO,              -21,    "unavailable",      503,  true)    \
    X(E_FULL,            -22,    "unavailable",      503,  true)    \
    X(E_CORRUPT,         -23,    "internal",         500,  false)   \
    X(E_NEWER,           -24,    "internal",         500,  false)   \
    X(E_LOCKED,          -25,    "internal",         500,  false)   \
    X(E_EXISTS,          -26,    "conflict",         409,  false)   \
    X(E_TIMEOUT,         -27,    "unavailable",      503,  true)

enum status {
#define X(name, number, wire, http, temporary) name = number,
    STATUS_TABLE(X)
#undef X
};

/* The symbolic name, for logs ("E_NO_MEMORY"); unknown numbers give "E_?". */
const char *status_name(int status);
/* The code a client is told ("unavailable"). */
const char *status_wire(int status);
int status_http(int status);
bool status_is_temporary(int status);

#endif
