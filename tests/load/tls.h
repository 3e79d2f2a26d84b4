/* SPDX-License-Identifier: MIT */
/*
 * tls: wss:// through OpenSSL, over sockets that never block.  The context is
 * made by the main thread and shared; a 'struct tls' belongs to its client.
 */
#ifndef PARLEY_LOAD_TLS_H
#define PARLEY_LOAD_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls;
struct tls_context;

enum tls_result { TLS_DONE, TLS_WANTS_INPUT, TLS_WANTS_OUTPUT, TLS_FAILED };

/* 'ca' NULL: the system's authorities. NULL with what is wrong in 'why'. */
struct tls_context *tls_context_new(const char *ca, bool insecure, const char *host, char *why,
                                    size_t size);
void tls_context_free(struct tls_context *context);

/* For a connected socket, which stays the caller's; NULL: out of memory. */
struct tls *tls_new(struct tls_context *context, int fd);
void tls_free(struct tls *tls);

/* Call again when the socket is ready for what it wants. */
enum tls_result tls_handshake(struct tls *tls);

/* Why the handshake or the connection failed. */
const char *tls_error(const struct tls *tls);

/* As recv() and send(): bytes, 0 at the end, -1 with errno. */
ssize_t tls_read(struct tls *tls, void *to, size_t size);
ssize_t tls_write(struct tls *tls, const void *from, size_t len);

/* Bytes are decrypted that epoll will not tell of. */
bool tls_pending(const struct tls *tls);

#endif
