/* SPDX-License-Identifier: MIT
 *
 * The API keys that are good right now: immutable after it is made and reference-counted, so that
 * every loop holds the newest one and asks nobody. The store makes a new one when a key is added or
 * revoked. Any thread; the one thing that changes is when a key was last seen in use.
 *
 * A key is 32 random bytes, so a plain hash of it is as hard to turn back as the key is to guess.
 */
#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include "base/buf.h"

#include <stdatomic.h>
#include <stdint.h>

#define KEY_NAME_MAX 64 /* bytes, without the final NUL; as a room's name */
#define KEY_HASH_LEN 32
#define KEYS_MAX     1000 /* that are good at the same time */

/*        scope          bit  name on the wire */
#define KEY_SCOPES(X)            \
    X(SCOPE_ANALYZE,  1, "analyze") \
    X(SCOPE_READ,     2, "read")    \
    X(SCOPE_WRITE,    4, "write")

enum key_scope {
#define X(tag, bit, name) tag = bit,
    KEY_SCOPES(X)
#undef X
};

struct api_key {
    unsigned char hash[KEY_HASH_LEN];
    char name[KEY_NAME_MAX + 1];
    unsigned scopes;           /* enum key_scope, or'ed */
    _Atomic int64_t used_ms;   /* wall clock; noted at most once a minute */
};

struct keyring {
    _Atomic uint32_t refs;
    size_t n;
    struct api_key keys[];
};

/* One reference, the caller's, with n keys to be filled in; NULL when memory is short. */
struct keyring *keyring_new(size_t n);
struct keyring *keyring_ref(struct keyring *k);
void keyring_unref(struct keyring *k);
/* NULL: no such key (or no keyring). */
struct api_key *keyring_find(struct keyring *k, const unsigned char hash[KEY_HASH_LEN]);
/* Whether this use is to be written down: true once a minute. */
bool api_key_note_use(struct api_key *k, int64_t now_ms);

/* 0: no such scope. */
unsigned key_scope_find(const char *name);
/* ["analyze","read"] */
void key_scopes_encode(struct buf *b, unsigned scopes);

#endif
