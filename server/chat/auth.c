/* SPDX-License-Identifier: MIT
 *
 * Tokens and tickets; see auth.h. A token is a payload and a MAC over it (HMAC-SHA512-256 of
 * libsodium), both base64url, with a dot between. Payloads: "s1 ID ROLE NAME" for a session, "o1
 * EXPIRES NONCE" for /ops: each session is told apart from any other.
 */
#include "chat/auth.h"

#include "base/clock.h"
#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN_TOKEN_LEN 43 /* 32 random bytes, base64url */
#define NAME_POINTS_MAX 32
#define PAYLOAD_MAX     256
#define TICKETS_MAX     1000
#define BASE64          sodium_base64_VARIANT_URLSAFE_NO_PADDING

struct auth {
    unsigned char key[crypto_auth_KEYBYTES];
    char admin_token[ADMIN_TOKEN_LEN + 1];
};

/* -- the operator's token --------------------------------------------------------------------- */

static void random_token(char token[ADMIN_TOKEN_LEN + 1])
{
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(token, ADMIN_TOKEN_LEN + 1, bytes, sizeof bytes, BASE64);
}

static int read_admin_token(struct auth *a, const char *path, char *err, size_t err_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    char text[128];
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n < 0)
        return E_IO;
    text[n] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (strlen(text) != ADMIN_TOKEN_LEN) {
        snprintf(err, err_len,
                 "%s does not hold an operator token (43 characters); remove the file to get "
                 "a new one",
                 path);
        return E_CORRUPT;
    }
    memcpy(a->admin_token, text, ADMIN_TOKEN_LEN + 1);
    return 0;
}

static int write_admin_token(struct auth *a, const char *path)
{
    random_token(a->admin_token);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_IO;
    char line[ADMIN_TOKEN_LEN + 2];
    int len = snprintf(line, sizeof line, "%s\n", a->admin_token);
    bool ok = write(fd, line, (size_t)len) == len && fsync(fd) == 0;
    return close(fd) == 0 && ok ? 0 : E_IO;
}

int auth_new(struct auth **out, const unsigned char *secret, const char *data_dir, char *err,
             size_t err_len)
{
    char path[4096];
    *out = NULL;
    struct auth *a = calloc(1, sizeof *a);
    if (a == NULL)
        return E_NO_MEMORY;
    crypto_generichash(a->key, sizeof a->key, (const unsigned char *)"parley tokens", 13, secret,
                       32);
    snprintf(path, sizeof path, "%s/admin-token", data_dir);
    int status = read_admin_token(a, path, err, err_len);
    if (status == E_NOT_FOUND)
        status = write_admin_token(a, path);
    if (status == E_IO)
        snprintf(err, err_len, "cannot read or write %s: %s", path, strerror(errno));
    if (status != 0) {
        free(a);
        return status;
    }
    *out = a;
    return 0;
}

void auth_free(struct auth *a)
{
    free(a);
}

/* -- signing ---------------------------------------------------------------------------------- */

static void sign(const struct auth *a, const char *payload, char token[AUTH_TOKEN_MAX])
{
    unsigned char mac[crypto_auth_BYTES];
    size_t len = strlen(payload);
    crypto_auth(mac, (const unsigned char *)payload, len, a->key);
    sodium_bin2base64(token, AUTH_TOKEN_MAX, (const unsigned char *)payload, len, BASE64);
    size_t at = strlen(token);
    token[at++] = '.';
    sodium_bin2base64(token + at, AUTH_TOKEN_MAX - at, mac, sizeof mac, BASE64);
}

/* The payload, when the token was signed here. */
static bool check(const struct auth *a, const char *token, char payload[PAYLOAD_MAX])
{
    unsigned char mac[crypto_auth_BYTES];
    size_t len = 0, mac_len = 0;
    const char *dot = strchr(token, '.');
    if (dot == NULL ||
        sodium_base642bin((unsigned char *)payload, PAYLOAD_MAX - 1, token, (size_t)(dot - token),
                          NULL, &len, NULL, BASE64) != 0 ||
        sodium_base642bin(mac, sizeof mac, dot + 1, strlen(dot + 1), NULL, &mac_len, NULL,
                          BASE64) != 0 ||
        mac_len != sizeof mac)
        return false;
    payload[len] = '\0';
    return crypto_auth_verify(mac, (const unsigned char *)payload, len, a->key) == 0;
}

void auth_sign_session(const struct auth *a, const struct user *u, char token[AUTH_TOKEN_MAX])
{
    char payload[PAYLOAD_MAX];
    snprintf(payload, sizeof payload, "s1 %s %s %s", u->id, role_name(u->role), u->name);
    sign(a, payload, token);
}

int auth_check_session(const struct auth *a, const char *token, struct user **user)
{
    char payload[PAYLOAD_MAX], id[USER_ID_MAX + 1], role[16];
    int name_at = 0;
    *user = NULL;
    if (!check(a, token, payload) || sscanf(payload, "s1 %24s %15s %n", id, role, &name_at) != 2 ||
        name_at == 0 || role_find(role) == N_ROLES)
        return E_UNAUTHENTICATED;
    *user = user_new(id, payload + name_at, role_find(role));
    return *user != NULL ? 0 : E_NO_MEMORY;
}

void auth_sign_ops(const struct auth *a, char token[AUTH_TOKEN_MAX])
{
    char payload[PAYLOAD_MAX];
    snprintf(payload, sizeof payload, "o1 %lld %08x",
             (long long)(clock_wall_ms() / 1000 + AUTH_OPS_SESSION_S), randombytes_random());
    sign(a, payload, token);
}

enum auth_right auth_check_bearer(const struct auth *a, const char *token)
{
    char payload[PAYLOAD_MAX];
    long long expires;
    if (token == NULL)
        return RIGHT_NONE;
    if (strlen(token) == ADMIN_TOKEN_LEN &&
        sodium_memcmp(token, a->admin_token, ADMIN_TOKEN_LEN) == 0)
        return RIGHT_OWN;
    if (strlen(token) >= AUTH_TOKEN_MAX || !check(a, token, payload))
        return RIGHT_NONE;
    if (sscanf(payload, "o1 %lld", &expires) == 1)
        return clock_wall_ms() / 1000 < expires ? RIGHT_OPERATE : RIGHT_NONE;
    return strncmp(payload, "s1 ", 3) == 0 ? RIGHT_READ_ROOM : RIGHT_NONE;
}

/* -- API keys --------------------------------------------------------------------------------- */

#define KEY_PREFIX "pk_" /* so that one is known for what it is, wherever it turns up */

unsigned auth_right_scope(enum auth_right right)
{
    switch (right) {
    case RIGHT_READ_ROOM:
        return SCOPE_READ;
    case RIGHT_ANALYZE:
        return SCOPE_ANALYZE;
    case RIGHT_WRITE:
        return SCOPE_WRITE;
    default:
        return 0;
    }
}

void auth_make_key(char key[AUTH_KEY_MAX], unsigned char hash[KEY_HASH_LEN])
{
    char token[ADMIN_TOKEN_LEN + 1];
    random_token(token);
    snprintf(key, AUTH_KEY_MAX, KEY_PREFIX "%s", token);
    auth_hash_key(key, hash);
}

bool auth_hash_key(const char *token, unsigned char hash[KEY_HASH_LEN])
{
    size_t len = strlen(token);
    if (len != sizeof KEY_PREFIX - 1 + ADMIN_TOKEN_LEN || strncmp(token, KEY_PREFIX, 3) != 0)
        return false;
    crypto_generichash(hash, KEY_HASH_LEN, (const unsigned char *)token, len, NULL, 0);
    return true;
}

void auth_name_actor(const char *token, enum auth_right right, char actor[ACTOR_MAX + 1])
{
    unsigned char hash[16];
    actor[0] = '\0';
    if (right == RIGHT_OWN) {
        snprintf(actor, ACTOR_MAX + 1, "operator");
    } else if (right == RIGHT_OPERATE) {
        crypto_generichash(hash, sizeof hash, (const unsigned char *)token, strlen(token), NULL, 0);
        snprintf(actor, ACTOR_MAX + 1, "ops-%02x%02x%02x", hash[0], hash[1], hash[2]);
    }
}

/* -- users ------------------------------------------------------------------------------------ */

/* 50 bits as ten characters that nobody misreads. */
static void id_from(const unsigned char bytes[10], char prefix, char id[12])
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    id[0] = prefix;
    for (int i = 0; i < 10; i++)
        id[1 + i] = alphabet[bytes[i] & 31];
    id[11] = '\0';
}

struct user *auth_new_guest(const char *name)
{
    unsigned char bytes[10];
    char id[12];
    randombytes_buf(bytes, sizeof bytes);
    id_from(bytes, 'u', id);
    return user_new(id, name, ROLE_GUEST);
}

struct user *auth_bot(const struct auth *a, const char *name)
{
    unsigned char hash[16];
    char id[12];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)name, strlen(name), a->key,
                       sizeof a->key);
    id_from(hash, 'b', id);
    return user_new(id, name, ROLE_BOT);
}

/* Control characters, and those that reorder or hide text (bidi controls, zero width, BOM). */
static bool is_unprintable(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

const char *auth_check_name(const char *name, size_t len)
{
    size_t at = 0, points = 0;
    if (!utf8_is_valid(name, len))
        return "must be UTF-8";
    if (len == 0 || name[0] == ' ' || name[len - 1] == ' ')
        return "must not be empty nor begin or end with a space";
    while (at < len) {
        if (is_unprintable(utf8_next(name, len, &at)))
            return "must not hold control or invisible characters";
        points++;
    }
    return points > NAME_POINTS_MAX ? "must have at most 32 characters" : NULL;
}

/* -- tickets ---------------------------------------------------------------------------------- */

struct ticket {
    struct hash_node node;
    char text[ADMIN_TOKEN_LEN + 1];
    uint64_t expires_ms;
};

static void drop_expired(struct hash *tickets, uint64_t now_ms)
{
    HASH_FOREACH (tickets, node, after) {
        struct ticket *t = container_of(node, struct ticket, node);
        if (t->expires_ms <= now_ms) {
            hash_remove(tickets, node);
            free(t);
        }
    }
}

void auth_ticket_make(struct hash *tickets, uint64_t now_ms, struct msg_ticket *m)
{
    drop_expired(tickets, now_ms);
    struct ticket *t = tickets->count < TICKETS_MAX ? calloc(1, sizeof *t) : NULL;
    if (t != NULL) {
        random_token(t->text);
        t->expires_ms = now_ms + AUTH_TICKET_MS;
    }
    if (t == NULL || hash_insert(tickets, &t->node, hash_bytes(t->text, ADMIN_TOKEN_LEN)) != 0) {
        free(t);
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "too many tickets are open; try again in a minute";
        return;
    }
    memcpy(m->ticket, t->text, sizeof t->text);
}

void auth_ticket_use(struct hash *tickets, uint64_t now_ms, struct msg_ticket *m)
{
    drop_expired(tickets, now_ms);
    size_t len = strlen(m->ticket);
    struct hash_node *n = hash_first(tickets, hash_bytes(m->ticket, len));
    for (; n != NULL; n = hash_next(n)) {
        struct ticket *t = container_of(n, struct ticket, node);
        if (len != ADMIN_TOKEN_LEN || sodium_memcmp(t->text, m->ticket, len) != 0)
            continue;
        hash_remove(tickets, n);
        free(t);
        return;
    }
    m->ask.status = E_UNAUTHENTICATED;
    m->ask.detail = "this link was used or has expired; get a new one with: parleyctl ops-link";
}

void auth_tickets_free(struct hash *tickets)
{
    drop_expired(tickets, UINT64_MAX);
    hash_fini(tickets);
}
