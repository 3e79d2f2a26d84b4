/* SPDX-License-Identifier: MIT
 *
 * Who may do what: session tokens (signed, so that a reconnect storm asks no table), the operator's
 * token, and single-use tickets that open /ops. Constant after start, any thread, except the
 * tickets: they live on loop 0.
 */
#ifndef CHAT_AUTH_H
#define CHAT_AUTH_H

#include "base/hash.h"
#include "base/user.h"
#include "loop/msg.h"

#include <stdbool.h>
#include <stddef.h>

#define AUTH_TOKEN_MAX 512
#define AUTH_TICKET_MS 60000
#define AUTH_OPS_SESSION_S 43200

struct auth;

/* Main thread. `secret` is 32 bytes (store_secret); reads, or on first start writes (0600), the
 * operator token in DATA/admin-token. */
int auth_new(struct auth **out, const unsigned char *secret, const char *data_dir, char *err,
             size_t err_len);
void auth_free(struct auth *a);

/* A new guest with a random id; NULL when memory is short. */
struct user *auth_new_guest(const char *name);
/* The same bot for the same name, so that its cids stay its own. */
struct user *auth_bot(const struct auth *a, const char *name);

/* Token that makes the same user again. */
void auth_sign_session(const struct auth *a, const struct user *u, char token[AUTH_TOKEN_MAX]);
/* 0 and a user (reference), or E_UNAUTHENTICATED. */
int auth_check_session(const struct auth *a, const char *token, struct user **user);

enum auth_right {
    RIGHT_NONE,
    RIGHT_READ_ROOM, /* a member's session token, or a key with scope read */
    RIGHT_ANALYZE,   /* a key with scope analyze */
    RIGHT_WRITE,     /* a key with scope write */
    RIGHT_OPERATE,   /* an ops session: sees and does, but cannot prolong itself */
    RIGHT_OWN,       /* the operator token itself: makes tickets for ops sessions */
};
/* What a bearer token allows; `token` may be NULL. */
enum auth_right auth_check_bearer(const struct auth *a, const char *token);
/* The scope of an API key that gives a right; 0: none does. */
unsigned auth_right_scope(enum auth_right right);
/* A new API key and its hash. */
#define AUTH_KEY_MAX 48
void auth_make_key(char key[AUTH_KEY_MAX], unsigned char hash[KEY_HASH_LEN]);
/* False: it does not look like a key. */
bool auth_hash_key(const char *token, unsigned char hash[KEY_HASH_LEN]);
/* Whose token it is, as the audit names them: "operator"; "ops-1a2b3c", each ops session its own.
 */
void auth_name_actor(const char *token, enum auth_right right, char actor[ACTOR_MAX + 1]);
/* Short-lived token for the ops page. */
void auth_sign_ops(const struct auth *a, char token[AUTH_TOKEN_MAX]);

/* Guest names: 1 to 32 code points, no control, format or surrogate characters, no leading or
 * trailing space. NULL when fine, else what is wrong. */
const char *auth_check_name(const char *name, size_t len);

/* Tickets: on loop 0's thread. */
void auth_ticket_make(struct hash *tickets, uint64_t now_ms, struct msg_ticket *m);
void auth_ticket_use(struct hash *tickets, uint64_t now_ms, struct msg_ticket *m);
void auth_tickets_free(struct hash *tickets);

#endif
