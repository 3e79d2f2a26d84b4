/* SPDX-License-Identifier: MIT */
/* tls: see tls.h. */
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct tls_context {
    SSL_CTX *ssl;
    const char *host;
    bool insecure;
};

struct tls {
    SSL *ssl;
    long verified; /* X509_V_… */
};

struct tls_context *tls_context_new(const char *ca, bool insecure, const char *host, char *why,
                                    size_t size)
{
    struct tls_context *context = calloc(1, sizeof(*context));
    SSL_CTX *ssl = context ? SSL_CTX_new(TLS_client_method()) : NULL;

    if (!ssl) {
        snprintf(why, size, "out of memory");
        free(context);
        return NULL;
    }
    *context = (struct tls_context){ssl, host, insecure};
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ssl, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (!ca)
        SSL_CTX_set_default_verify_paths(ssl);
    else if (SSL_CTX_load_verify_file(ssl, ca) != 1) {
        snprintf(why, size, "--tls-ca: no certificate in '%s': %s", ca,
                 ERR_reason_error_string(ERR_get_error()));
        tls_context_free(context);
        return NULL;
    }
    return context;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

struct tls *tls_new(struct tls_context *context, int fd)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    SSL *ssl = tls ? SSL_new(context->ssl) : NULL;

    if (!ssl || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        free(tls);
        return NULL;
    }
    if (is_address(context->host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), context->host);
    } else {
        SSL_set_tlsext_host_name(ssl, context->host);
        SSL_set1_host(ssl, context->host);
    }
    SSL_set_connect_state(ssl);
    tls->ssl = ssl;
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

enum tls_result tls_handshake(struct tls *tls)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    if (result == 1)
        return TLS_DONE;
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_INPUT;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANTS_OUTPUT;
    }
    tls->verified = SSL_get_verify_result(tls->ssl);
    return TLS_FAILED;
}

const char *tls_error(const struct tls *tls)
{
    unsigned long error = ERR_peek_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;

    if (tls->verified != X509_V_OK)
        return X509_verify_cert_error_string(tls->verified);
    return reason ? reason : "the server ended the handshake: is it TLS?";
}

/* What a failed call means, in errno's words. */
static ssize_t fail(const struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        if (errno != 0)
            return -1;
        return 0;
    }
    errno = EPROTO;
    return -1;
}

/* OpenSSL gives a record a call: as many as there are and fit are taken at once. */
ssize_t tls_read(struct tls *tls, void *to, size_t size)
{
    size_t got = 0;

    while (got < size) {
        size_t n = size - got < (1u << 30) ? size - got : 1u << 30;
        int result;

        ERR_clear_error();
        errno = 0;
        result = SSL_read(tls->ssl, (char *)to + got, (int)n);
        if (result <= 0)
            return got > 0 ? (ssize_t)got : fail(tls, result);
        got += (size_t)result;
    }
    return (ssize_t)got;
}

ssize_t tls_write(struct tls *tls, const void *from, size_t len)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_write(tls->ssl, from, (int)(len < (1u << 30) ? len : 1u << 30));
    return result > 0 ? result : fail(tls, result);
}

bool tls_pending(const struct tls *tls)
{
    return SSL_pending(tls->ssl) > 0;
}
