/* SPDX-License-Identifier: MIT
 * Certificate and key; see tls.h. Thread: main. */
#include "net/tls.h"

#include "base/status.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CERT_MAX (256 * 1024)

/* The reason OpenSSL gives, without its codes. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text != NULL ? text : "not understood";
}

static int can_read(const char *option, const char *path, char *err, size_t err_len)
{
    if (access(path, R_OK) == 0)
        return 0;
    snprintf(err, err_len, "--%s %s cannot be read: %s", option, path, strerror(errno));
    return E_IO;
}

static int load(SSL_CTX *context, const char *cert, const char *key, char *err, size_t err_len)
{
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1) {
        snprintf(err, err_len, "--tls-cert %s is no certificate in PEM (%s)", cert, reason());
        return E_BAD_REQUEST;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        snprintf(err, err_len, "--tls-key %s is not the private key, in PEM, of --tls-cert %s (%s)",
                 key, cert, reason());
        return E_BAD_REQUEST;
    }
    return 0;
}

int tls_check(const char *cert, const char *key, char *err, size_t err_len)
{
    if (cert[0] == '\0' && key[0] == '\0')
        return 0;
    if (cert[0] == '\0' || key[0] == '\0') {
        snprintf(err, err_len, "--tls-cert and --tls-key go together: --tls-%s is missing",
                 cert[0] == '\0' ? "cert" : "key");
        return E_BAD_REQUEST;
    }
    int status = can_read("tls-cert", cert, err, err_len);
    if (status == 0)
        status = can_read("tls-key", key, err, err_len);
    if (status != 0)
        return status;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL)
        return E_NO_MEMORY;
    ERR_clear_error();
    status = load(context, cert, key, err, err_len);
    SSL_CTX_free(context);
    return status;
}

int tls_show_cert(const char *cert, const char *path)
{
    static char pem[CERT_MAX];
    if (cert[0] == '\0')
        return unlink(path) == 0 || errno == ENOENT ? 0 : E_IO;
    FILE *in = fopen(cert, "re");
    if (in == NULL)
        return E_IO;
    size_t len = fread(pem, 1, sizeof pem, in);
    fclose(in);
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return E_IO;
    bool is_written = fwrite(pem, 1, len, out) == len;
    return fclose(out) == 0 && is_written ? 0 : E_IO;
}
