/* SPDX-License-Identifier: MIT
 * API keys: added, found by the loops, listed, revoked; and what is written of it. */
#include "base/status.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

static struct world world;

static struct msg_key *ask(enum key_act act, const char *name, unsigned char seed, unsigned scopes)
{
    struct msg_key *m = msg_new(MSG_STORE_KEY, 0);
    m->act = act;
    m->scopes = scopes;
    m->reply = world.replies;
    memset(m->hash, seed, sizeof m->hash);
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->actor, sizeof m->actor, "operator");
    world_post(&world, &m->head);
    ck_assert_ptr_eq(world_next(&world, -1), m);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_KEY);
    return m;
}

static int change(enum key_act act, const char *name, unsigned char seed, unsigned scopes)
{
    struct msg_key *m = ask(act, name, seed, scopes);
    int status = m->ask.status;
    ck_assert(status == 0 || m->ask.detail != NULL);
    msg_free(&m->head);
    return status;
}

/* What a loop was told last. */
static struct keyring *next_keyring(int loop)
{
    struct msg_keyring *m = (struct msg_keyring *)world_next(&world, loop);
    ck_assert_int_eq(m->head.tag, MSG_LOOP_KEYRING);
    struct keyring *k = keyring_ref(m->keyring);
    msg_free(&m->head);
    return k;
}

static struct api_key *find(struct keyring *k, unsigned char seed)
{
    unsigned char hash[KEY_HASH_LEN];
    memset(hash, seed, sizeof hash);
    return keyring_find(k, hash);
}

START_TEST(every_loop_learns_of_a_key_before_its_maker_does)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    ck_assert_uint_eq(store_keyring(world.store)->n, 0);
    ck_assert_int_eq(change(KEY_ADD, "blog", 1, SCOPE_ANALYZE), 0);
    for (int i = 0; i < WORLD_LOOPS; i++) {
        struct keyring *k = next_keyring(i);
        ck_assert_str_eq(find(k, 1)->name, "blog");
        ck_assert_uint_eq(find(k, 1)->scopes, SCOPE_ANALYZE);
        ck_assert_ptr_null(find(k, 2));
        keyring_unref(k);
    }
    world_fini(&world);
}
END_TEST

START_TEST(a_revoked_key_is_gone_and_its_name_free)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    ck_assert_int_eq(change(KEY_ADD, "blog", 1, SCOPE_ANALYZE), 0);
    ck_assert_int_eq(change(KEY_ADD, "blog", 2, SCOPE_READ), E_CONFLICT);
    ck_assert_int_eq(change(KEY_REVOKE, "other", 0, 0), E_NOT_FOUND);
    ck_assert_int_eq(change(KEY_REVOKE, "blog", 0, 0), 0);
    ck_assert_int_eq(change(KEY_REVOKE, "blog", 0, 0), E_NOT_FOUND);
    ck_assert_int_eq(change(KEY_ADD, "blog", 3, SCOPE_READ), 0);
    keyring_unref(next_keyring(0));
    keyring_unref(next_keyring(0));
    struct keyring *k = next_keyring(0);
    ck_assert_ptr_null(find(k, 1));
    ck_assert_ptr_null(find(k, 2));
    ck_assert_ptr_nonnull(find(k, 3));
    keyring_unref(k);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM audit WHERE actor = 'operator'"), 3);
    world_fini(&world);
}
END_TEST

START_TEST(keys_outlive_a_restart_and_never_lie_there_in_the_clear)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    ck_assert_int_eq(change(KEY_ADD, "a", 1, SCOPE_ANALYZE | SCOPE_READ), 0);
    ck_assert_int_eq(change(KEY_ADD, "b", 2, SCOPE_WRITE), 0);
    ck_assert_int_eq(change(KEY_REVOKE, "b", 0, 0), 0);
    world_close(&world);
    world_open(&world);
    struct keyring *k = store_keyring(world.store);
    ck_assert_uint_eq(k->n, 1);
    ck_assert_uint_eq(find(k, 1)->scopes, SCOPE_ANALYZE | SCOPE_READ);
    ck_assert_int_eq(world_query(&world, "SELECT sum(length(hash)) FROM keys"), 2 * KEY_HASH_LEN);
    world_fini(&world);
}
END_TEST

START_TEST(the_list_tells_uses_but_no_hash)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    ck_assert_int_eq(change(KEY_ADD, "blog", 1, SCOPE_ANALYZE | SCOPE_WRITE), 0);
    struct msg_key *used = msg_new(MSG_STORE_KEY, 0);
    used->act = KEY_USED;
    used->ts_ms = 1700000000000;
    strcpy(used->name, "blog");
    world_post(&world, &used->head); /* not answered */
    struct msg_key *m = ask(KEY_LIST, "", 0, 0);
    buf_append_char(&m->entries, '\0');
    char expected[256];
    snprintf(expected, sizeof expected,
             "{\"name\":\"blog\",\"scopes\":[\"analyze\",\"write\"],\"created\":%lld,"
             "\"last_used\":1700000000000,\"revoked\":null}",
             (long long)world_query(&world, "SELECT created FROM keys"));
    ck_assert_str_eq(m->entries.data, expected);
    msg_free(&m->head);
    world_fini(&world);
}
END_TEST

START_TEST(a_use_is_noted_once_a_minute)
{
    struct keyring *k = keyring_new(1);
    ck_assert(api_key_note_use(&k->keys[0], 1000000));
    ck_assert(!api_key_note_use(&k->keys[0], 1000000));
    ck_assert(!api_key_note_use(&k->keys[0], 1059999));
    ck_assert(api_key_note_use(&k->keys[0], 1060000));
    keyring_unref(k);
    ck_assert_uint_eq(key_scope_find("analyze"), SCOPE_ANALYZE);
    ck_assert_uint_eq(key_scope_find("all"), 0);
}
END_TEST

UNIT_MAIN("keys", every_loop_learns_of_a_key_before_its_maker_does,
          a_revoked_key_is_gone_and_its_name_free,
          keys_outlive_a_restart_and_never_lie_there_in_the_clear, the_list_tells_uses_but_no_hash,
          a_use_is_noted_once_a_minute)
