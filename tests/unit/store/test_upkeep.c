/* SPDX-License-Identifier: MIT
 * Work for idle moments: retention, search, moving cids. */
#include "base/status.h"
#include "store/meta.h"
#include "world.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static struct world world;

static struct outcome say(const char *room, unsigned n, const char *text)
{
    char cid[16];
    snprintf(cid, sizeof cid, "c%u", n);
    return world_send(&world, world_message(room, "ada", cid, text));
}

static struct outcome change(enum event_kind kind, const char *cid, uint64_t on, const char *text)
{
    struct msg_publication *p = world_event(kind, "lobby", "ada", cid, text);
    p->on = on;
    return world_send(&world, p);
}

static void await_search(int64_t to)
{
    world_until(&world, "SELECT value FROM meta WHERE key = 'search_to'", to);
}

static int64_t found(const char *words)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT count(*) * 1000 + coalesce(max(rowid & 0xffffffffff), 0) FROM search "
             "WHERE search MATCH '%s'", words);
    return world_query(&world, sql);
}

START_TEST(the_index_holds_messages_as_they_now_read)
{
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    say("lobby", 1, "the quick brown fox");      /* 1 */
    say("lobby", 2, "the lazy dog");             /* 2 */
    say("den", 3, "a fox elsewhere");
    await_search(3);
    ck_assert_int_eq(found("fox"), 2001);
    ck_assert_int_eq(found("dog"), 1002);
    /* In one room, newest first: a range of rowids. */
    ck_assert_int_eq(world_query(&world, "SELECT rowid & 0xffffffffff FROM search WHERE search "
                                         "MATCH 'fox' AND rowid BETWEEN 1 << 40 AND (2 << 40) - 1 "
                                         "ORDER BY rowid DESC"), 1);
    change(EVENT_EDIT, "e1", 1, "the quick brown vixen");
    change(EVENT_DELETE, "e2", 2, "");
    await_search(5);
    ck_assert_int_eq(found("fox"), 1001);
    ck_assert_int_eq(found("vixen"), 1001);
    ck_assert_int_eq(found("dog"), 0);
    /* Said, edited twice and deleted before the index saw any of it. */
    world_close(&world);
    world_exec(&world, "INSERT INTO search (search) VALUES ('delete-all')");
    world_exec(&world, "UPDATE meta SET value = 0 WHERE key = 'search_to'");
    world_open(&world);
    change(EVENT_EDIT, "e3", 1, "the quick brown wolf");
    await_search(6);
    ck_assert_int_eq(found("fox"), 1001);
    ck_assert_int_eq(found("vixen"), 0);
    ck_assert_int_eq(found("wolf"), 1001);
    ck_assert_int_eq(found("dog"), 0);
    world_close(&world);
    world_exec(&world, "INSERT INTO search (search) VALUES ('integrity-check')");
    world_fini(&world);
}
END_TEST

START_TEST(retention_keeps_the_newest)
{
    enum { KEEP = 40, N = 1000 };
    world_init(&world, DURABILITY_OS);
    world.config.retain_events = KEEP;
    world_open(&world);
    struct outcome first = say("lobby", 1, "first");
    for (unsigned i = 2; i <= N; i++) {
        struct msg_publication *p = world_message("lobby", "ada", "", "text");
        snprintf(p->cid, sizeof p->cid, "c%u", i);
        p->analyse = true;
        ck_assert_uint_eq(world_send(&world, p).seq, i);
    }
    world_until(&world, "SELECT count(*) FROM events", KEEP);
    ck_assert_int_eq(world_query(&world, "SELECT min(seq) FROM events"), N - KEEP + 1);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM pending"), KEEP);
    await_search(N);
    ck_assert_int_eq(found("text"), KEEP * 1000 + N);
    struct msg_read *m = world_read(&world, "lobby", false, 0, 1000, 1 << 20);
    ck_assert_uint_eq(m->oldest, N - KEEP + 1);
    ck_assert_uint_eq(m->first, N - KEEP + 1);
    ck_assert_uint_eq(m->count, KEEP);
    ck_assert_uint_eq(m->top, N);
    msg_free(&m->head);
    m = world_read(&world, "lobby", true, N - KEEP + 2, 10, 1 << 20);
    ck_assert_uint_eq(m->count, 1);
    ck_assert(!m->more);
    msg_free(&m->head);
    for (int round = 0; round < 2; round++) {
        struct outcome again = say("lobby", 1, "first");
        ck_assert(again.duplicate);
        ck_assert_uint_eq(again.seq, 1);
        ck_assert_int_eq(again.id, first.id);
        ck_assert_int_eq(again.ts_ms, first.ts_ms);
        ck_assert_int_eq(say("lobby", 1, "second").status, E_CONFLICT);
        ck_assert_int_eq(change(EVENT_EDIT, "e", 5, "x").status, E_NOT_FOUND);
        world_close(&world);
        world_open(&world);
    }
    ck_assert_uint_eq(world_top(&world, "lobby"), N);
    world_fini(&world);
}
END_TEST

START_TEST(retention_begins_with_what_is_there)
{
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    for (unsigned i = 1; i <= 300; i++)
        say(i % 3 == 0 ? "lobby" : "den", i, "text");
    world_close(&world);
    world.config.retain_events = 50;
    world_open(&world);
    world_until(&world, "SELECT count(*) FROM events", 100);
    world_close(&world);
    world_exec(&world, "INSERT INTO search (search) VALUES ('integrity-check')");
    world_fini(&world);
}
END_TEST

static const char *many_text = "hi";

static struct msg_publication *many(unsigned n)
{
    char cid[16];
    snprintf(cid, sizeof cid, "c%u", n);
    return world_message("lobby", "ada", cid, many_text);
}

static void send_many(unsigned from, unsigned to)
{
    int home = (int)topology_home(&world.topology, "lobby");
    for (unsigned i = from; i < to; i++)
        world_post(&world, &many(i)->head);
    for (unsigned i = from; i < to; i++) {
        struct msg_publication *p = (struct msg_publication *)world_next(&world, home);
        ck_assert_int_eq(p->ask.status, 0);
        ck_assert(!p->duplicate);
        msg_free(&p->head);
    }
}

static void expect_known(unsigned from, unsigned to, unsigned step)
{
    for (unsigned i = from; i < to; i += step) {
        struct outcome o = world_send(&world, many(i));
        ck_assert_int_eq(o.status, 0);
        ck_assert(o.duplicate);
        ck_assert_uint_eq(o.seq, i + 1);
    }
}

/* Where (user 1, cid) is to be found in table cids. */
static int64_t key_of(const char *cid)
{
    unsigned char input[8 + CID_MAX] = {1}, secret[META_CID_KEY_LEN];
    int64_t key;
    sqlite3 *db;
    sqlite3_stmt *s;
    sqlite3_open(world_path(&world, "parley.db"), &db);
    sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'cid_key'", -1, &s, NULL);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_bytes(s, 0), META_CID_KEY_LEN);
    memcpy(secret, sqlite3_column_blob(s, 0), sizeof secret);
    sqlite3_finalize(s);
    sqlite3_close(db);
    memcpy(input + 8, cid, strlen(cid));
    crypto_shorthash((unsigned char *)&key, input, 8 + strlen(cid), secret);
    return key;
}

START_TEST(cids_move_to_their_table_and_stay_known)
{
    enum { N = 70000 };
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    send_many(0, N);
    expect_known(0, N, 997);
    world_until(&world, "SELECT value >= 32768 FROM meta WHERE key = 'cids_to'", 1);
    expect_known(0, N, 997);
    send_many(N, N + 100);
    world_close(&world);
    ck_assert_int_ge(world_query(&world, "SELECT count(*) FROM cids"), 32768);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM cids WHERE key = 0"), 0);
    world_open(&world);
    expect_known(0, N + 100, 997);
    expect_known(N, N + 100, 1);
    world_fini(&world);
}
END_TEST

START_TEST(a_move_that_was_cut_short_is_done_again)
{
    enum { N = 33000 };
    char sql[200];
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    send_many(0, N);
    world_close(&world);
    /* As a kill between two steps leaves it: some are in the table, the mark is not set. */
    world_exec(&world, "DELETE FROM meta WHERE key = 'cids_to'");
    world_exec(&world, "DELETE FROM cids");
    for (int id = 1; id < 100; id += 7) {
        char cid[16];
        snprintf(cid, sizeof cid, "c%d", id - 1);
        snprintf(sql, sizeof sql, "INSERT INTO cids VALUES (%lld, %d)", (long long)key_of(cid), id);
        world_exec(&world, sql);
    }
    world_open(&world);
    world_until(&world, "SELECT value FROM meta WHERE key = 'cids_to'", N);
    world_until(&world, "SELECT count(*) FROM cids", N);
    expect_known(0, N, 97);
    world_fini(&world);
}
END_TEST

START_TEST(equal_keys_do_not_make_equal_cids)
{
    enum { N = 33000 };
    char sql[200];
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    send_many(0, N);
    world_until(&world, "SELECT value >= 32768 FROM meta WHERE key = 'cids_to'", 1);
    world_close(&world);
    /* The place of a cid that nobody has used is taken by two others. */
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO cids VALUES (%lld, %d)",
                 (long long)key_of("newcomer") + i, 5 + i);
        world_exec(&world, sql);
    }
    world_open(&world);
    struct outcome o = world_send(&world, world_message("lobby", "ada", "newcomer", "hi"));
    ck_assert_int_eq(o.status, 0);
    ck_assert(!o.duplicate);
    ck_assert_uint_eq(o.seq, N + 1);
    ck_assert(world_send(&world, world_message("lobby", "ada", "newcomer", "hi")).duplicate);
    /* Moved in its turn, it stands behind the two and is found there. */
    send_many(N + 1, 2 * N + 1);
    snprintf(sql, sizeof sql, "SELECT value >= %lld FROM meta WHERE key = 'cids_to'",
             (long long)o.id);
    world_until(&world, sql, 1);
    snprintf(sql, sizeof sql, "SELECT id FROM cids WHERE key = %lld",
             (long long)key_of("newcomer") + 2);
    ck_assert_int_eq(world_query(&world, sql), o.id);
    world_close(&world);
    world_open(&world);
    struct outcome again = world_send(&world, world_message("lobby", "ada", "newcomer", "hi"));
    ck_assert(again.duplicate);
    ck_assert_uint_eq(again.seq, N + 1);
    world_fini(&world);
}
END_TEST

/* How often the write-ahead log has begun again: "checkpoint sequence number" of its header
 * (sqlite.org/fileformat2.html, 4.1). */
static unsigned log_restarts(void)
{
    unsigned char header[16] = {0};
    FILE *f = fopen(world_path(&world, "parley.db-wal"), "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(header, 1, sizeof header, f), sizeof header);
    fclose(f);
    return (unsigned)header[12] << 24 | (unsigned)header[13] << 16 | (unsigned)header[14] << 8
           | header[15];
}

/* However slow the disk is: moving the log into the file may take many rounds, each time. */
START_TEST(the_write_ahead_log_begins_again_and_again)
{
    enum { ROUNDS = 400, EACH = 5000, RESTARTS = 3 };
    many_text = "One hundred and sixty bytes, so that a megabyte or so goes through the log in "
                "each round, and it is soon time to move it into the file and to begin it "
                "again.";
    world_init(&world, DURABILITY_OS);
    world_open(&world);
    send_many(0, EACH);
    unsigned first = log_restarts(), rounds = 1;
    for (; rounds < ROUNDS && log_restarts() - first < RESTARTS; rounds++)
        send_many(rounds * EACH, (rounds + 1) * EACH);
    ck_assert_msg(log_restarts() - first >= RESTARTS, "begun again %u times in %u rounds",
                  log_restarts() - first, rounds);
    world_fini(&world);
}
END_TEST

UNIT_MAIN("store.upkeep", the_index_holds_messages_as_they_now_read, retention_keeps_the_newest,
          retention_begins_with_what_is_there, cids_move_to_their_table_and_stay_known,
          a_move_that_was_cut_short_is_done_again, equal_keys_do_not_make_equal_cids,
          the_write_ahead_log_begins_again_and_again)
