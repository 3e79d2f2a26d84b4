/* SPDX-License-Identifier: MIT
 * API keys; see keyring.h. Any thread. */
#include "base/keyring.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define NOTE_EVERY_MS 60000

static const struct {
    unsigned bit;
    const char *name;
} scopes_table[] = {
#define X(tag, bit, name) {bit, name},
    KEY_SCOPES(X)
#undef X
};

#define N_SCOPES (sizeof scopes_table / sizeof scopes_table[0])

struct keyring *keyring_new(size_t n)
{
    struct keyring *k = calloc(1, sizeof *k + n * sizeof k->keys[0]);
    if (k == NULL)
        return NULL;
    k->refs = 1;
    k->n = n;
    return k;
}

struct keyring *keyring_ref(struct keyring *k)
{
    if (k != NULL)
        atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
    return k;
}

void keyring_unref(struct keyring *k)
{
    if (k != NULL && atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) == 1)
        free(k);
}

struct api_key *keyring_find(struct keyring *k, const unsigned char hash[KEY_HASH_LEN])
{
    for (size_t i = 0; k != NULL && i < k->n; i++) {
        if (memcmp(k->keys[i].hash, hash, KEY_HASH_LEN) == 0)
            return &k->keys[i];
    }
    return NULL;
}

bool api_key_note_use(struct api_key *k, int64_t now_ms)
{
    int64_t noted = atomic_load_explicit(&k->used_ms, memory_order_relaxed);
    return now_ms - noted >= NOTE_EVERY_MS &&
           atomic_compare_exchange_strong_explicit(&k->used_ms, &noted, now_ms,
                                                   memory_order_relaxed, memory_order_relaxed);
}

unsigned key_scope_find(const char *name)
{
    for (size_t i = 0; i < N_SCOPES; i++) {
        if (strcmp(scopes_table[i].name, name) == 0)
            return scopes_table[i].bit;
    }
    return 0;
}

void key_scopes_encode(struct buf *b, unsigned scopes)
{
    bool first = true;
    buf_append_char(b, '[');
    for (size_t i = 0; i < N_SCOPES; i++) {
        if ((scopes & scopes_table[i].bit) == 0)
            continue;
        if (!first)
            buf_append_char(b, ',');
        first = false;
        json_put_cstring(b, scopes_table[i].name);
    }
    buf_append_char(b, ']');
}
