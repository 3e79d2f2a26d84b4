/* SPDX-License-Identifier: MIT
 *
 * The certificate and key of --tls-cert and --tls-key, looked at before libwebsockets takes them:
 * what it would only log, the operator is told as an error that names the file. Thread: main,
 * before the loops start.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stddef.h>

/* 0 when both files can be read and belong together, or when neither is given; else E_… with a
 * message for people in err. Paths are never NULL; "" is not given. */
int tls_check(const char *cert, const char *key, char *err, size_t err_len);

/* Copies the certificate to `path`, for parleyctl to know its server by; with cert "" it removes
 * an old copy. 0 or E_IO. */
int tls_show_cert(const char *cert, const char *path);

#endif
