/* SPDX-License-Identifier: MIT
 * Opening: what a data directory keeps, and which are refused, untouched. */
#include "base/status.h"
#include "world.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world world;

static void say(const char *cid)
{
    ck_assert_int_eq(world_send(&world, world_message("lobby", "ada", cid, "hi")).status, 0);
}

/* A closed data directory with a little history. */
static void make_history(enum durability durability)
{
    world_init(&world, durability);
    world_open(&world);
    for (int i = 0; i < 20; i++) {
        char cid[8];
        snprintf(cid, sizeof cid, "c%d", i);
        say(cid);
    }
    world_close(&world);
}

static void hash_file(const char *name, unsigned char hash[32])
{
    crypto_generichash_state state;
    unsigned char bytes[65536];
    size_t n;
    FILE *f = fopen(world_path(&world, name), "rb");
    ck_assert_ptr_nonnull(f);
    crypto_generichash_init(&state, NULL, 0, 32);
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        crypto_generichash_update(&state, bytes, n);
    fclose(f);
    crypto_generichash_final(&state, hash, 32);
}

static void write_file(const char *name, off_t at, const void *bytes, size_t len)
{
    int fd = open(world_path(&world, name), O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

/* Refused with this status, in words that hold `part` and the file's name; the file stays as it
 * is. */
static void expect_refused(int status, const char *part)
{
    unsigned char hash[2][32];
    hash_file("parley.db", hash[0]);
    const char *err = world_refused(&world, status);
    ck_assert_msg(strstr(err, part) != NULL, "no '%s' in: %s", part, err);
    ck_assert_msg(strstr(err, world_path(&world, "parley.db")) != NULL, "no path in: %s", err);
    ck_assert_msg(strstr(err, "Nothing was changed") != NULL, "%s", err);
    hash_file("parley.db", hash[1]);
    ck_assert_mem_eq(hash[0], hash[1], 32);
}

START_TEST(a_new_directory_is_private)
{
    struct stat st;
    world_init(&world, DURABILITY_FULL);
    ck_assert_int_eq(rmdir(world.dir), 0);
    world_open(&world);
    ck_assert_int_eq(stat(world.dir, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    static const char *const files[] = {"parley.db", "parley.db-wal", "parley.db-shm", "lock"};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(stat(world_path(&world, files[i]), &st), 0);
        ck_assert_int_eq(st.st_mode & 0777, 0600);
    }
    world_fini(&world);
}
END_TEST

START_TEST(a_directory_keeps_its_identity)
{
    unsigned char secret[32];
    char epoch[17];
    make_history(DURABILITY_FULL);
    world_open(&world);
    memcpy(secret, store_secret(world.store), 32);
    strcpy(epoch, store_epoch(world.store));
    ck_assert_uint_eq(strlen(epoch), 16);
    ck_assert(!sodium_is_zero(secret, 32));
    ck_assert_uint_eq(world_top(&world, "lobby"), 20);
    world_close(&world);
    world_open(&world);
    ck_assert_mem_eq(secret, store_secret(world.store), 32);
    ck_assert_str_eq(epoch, store_epoch(world.store));
    ck_assert_uint_eq(world_top(&world, "lobby"), 20);
    world_close(&world);
    struct world other;
    world_init(&other, DURABILITY_FULL);
    world_open(&other);
    ck_assert_mem_ne(secret, store_secret(other.store), 32);
    ck_assert_str_ne(epoch, store_epoch(other.store));
    world_fini(&other);
    world_fini(&world);
}
END_TEST

START_TEST(one_server_a_directory)
{
    char pid[32];
    world_init(&world, DURABILITY_FULL);
    world_open(&world);
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    struct store *running = world.store;
    const char *err = world_refused(&world, E_LOCKED);
    ck_assert_msg(strstr(err, pid) != NULL, "%s", err);
    ck_assert_msg(strstr(err, world.dir) != NULL, "%s", err);
    world.store = running;
    say("still works");
    world_close(&world);
    world_open(&world);
    world_fini(&world);
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
    make_history(DURABILITY_FULL);
    world_exec(&world, "PRAGMA user_version = 99");
    expect_refused(E_NEWER, "version 99");
    expect_refused(E_NEWER, "up to version 6");
    world_fini(&world);
}
END_TEST

START_TEST(other_files_are_refused)
{
    make_history(DURABILITY_FULL);
    write_file("parley.db", 0, "I am a letter, not a database", 29);
    expect_refused(E_CORRUPT, "not a Parley database");
    ck_assert_int_eq(truncate(world_path(&world, "parley.db"), 50), 0);
    expect_refused(E_CORRUPT, "not a Parley database");
    ck_assert_int_eq(unlink(world_path(&world, "parley.db")), 0);
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(world_path(&world, "parley.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE bookmarks (url)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    expect_refused(E_CORRUPT, "another program");
    world_fini(&world);
}
END_TEST

START_TEST(damaged_pages_are_refused)
{
    unsigned char rubbish[4096];
    struct stat st;
    make_history(DURABILITY_FULL);
    ck_assert_int_eq(stat(world_path(&world, "parley.db"), &st), 0);
    char *good = malloc((size_t)st.st_size);
    int fd = open(world_path(&world, "parley.db"), O_RDONLY);
    ck_assert_int_eq(read(fd, good, (size_t)st.st_size), st.st_size);
    close(fd);
    randombytes_buf(rubbish, sizeof rubbish);
    for (off_t at = 4096; at < st.st_size; at += 4096) {
        write_file("parley.db", 0, good, (size_t)st.st_size);
        write_file("parley.db", at, rubbish, sizeof rubbish);
        expect_refused(E_CORRUPT, "damaged");
    }
    write_file("parley.db", 0, good, (size_t)st.st_size);
    ck_assert_int_eq(truncate(world_path(&world, "parley.db"), st.st_size / 2), 0);
    expect_refused(E_CORRUPT, "damaged");
    write_file("parley.db", 0, good, (size_t)st.st_size);
    world_open(&world);
    free(good);
    world_fini(&world);
}
END_TEST

START_TEST(a_log_without_its_database_is_not_wiped)
{
    struct stat st;
    make_history(DURABILITY_FULL);
    write_file("parley.db-wal", 0, "committed history", 17);
    ck_assert_int_eq(truncate(world_path(&world, "parley.db"), 0), 0);
    ck_assert_ptr_nonnull(strstr(world_refused(&world, E_CORRUPT), "17 bytes of history"));
    ck_assert_int_eq(unlink(world_path(&world, "parley.db")), 0);
    ck_assert_ptr_nonnull(strstr(world_refused(&world, E_CORRUPT), "missing or empty"));
    ck_assert_int_eq(stat(world_path(&world, "parley.db-wal"), &st), 0);
    ck_assert_int_eq(st.st_size, 17);
    ck_assert_int_ne(stat(world_path(&world, "parley.db"), &st), 0);
    world_fini(&world);
}
END_TEST

START_TEST(a_directory_that_cannot_be_is_explained)
{
    world_init(&world, DURABILITY_FULL);
    world.config.data_dir = "/nonexistent/parley";
    ck_assert_ptr_nonnull(strstr(world_refused(&world, E_IO), "parent directory must exist"));
    world.config.data_dir = "/dev/null";
    ck_assert_ptr_nonnull(strstr(world_refused(&world, E_IO), "Not a directory"));
    world.config.data_dir = world.dir;
    world_fini(&world);
}
END_TEST

/* Leaves the directory as a run of that durability does that was killed; gives its epoch. */
static const char *leave_unclean(enum durability durability)
{
    static char epoch[32];
    int fds[2];
    world.config.durability = durability;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        world_open(&world);
        say(durability == DURABILITY_MEMORY ? "m" : "d");
        (void)!write(fds[1], store_epoch(world.store), 17);
        pause();
    }
    ck_assert_int_eq(read(fds[0], epoch, 17), 17);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
    close(fds[1]);
    return epoch;
}

static bool epoch_changed(const char *before)
{
    world_open(&world);
    bool changed = strcmp(before, store_epoch(world.store)) != 0;
    world_close(&world);
    return changed;
}

#define OTHER_BOOT                                                                 \
    "UPDATE meta SET value = substr(value, 1, instr(value, ' ')) || 'another-boot' " \
    "WHERE key = 'running'"

START_TEST(the_epoch_changes_when_history_may_be_lost)
{
    world_init(&world, DURABILITY_FULL);
    /* Killed, the machine still up. */
    ck_assert(!epoch_changed(leave_unclean(DURABILITY_FULL)));
    ck_assert(!epoch_changed(leave_unclean(DURABILITY_OS)));
    ck_assert(epoch_changed(leave_unclean(DURABILITY_MEMORY)));
    /* The machine went down too. */
    leave_unclean(DURABILITY_FULL);
    world_exec(&world, OTHER_BOOT);
    world_open(&world);
    char epoch[17];
    strcpy(epoch, store_epoch(world.store));
    world_close(&world);
    const char *before = leave_unclean(DURABILITY_OS);
    ck_assert_str_eq(before, epoch);
    world_exec(&world, OTHER_BOOT);
    ck_assert(epoch_changed(before));
    /* It is the run that ended badly whose durability counts, not the one that starts. */
    before = leave_unclean(DURABILITY_MEMORY);
    world.config.durability = DURABILITY_FULL;
    ck_assert(epoch_changed(before));
    world_fini(&world);
}
END_TEST

START_TEST(a_clean_end_keeps_the_epoch)
{
    static const enum durability all[] = {DURABILITY_FULL, DURABILITY_OS, DURABILITY_MEMORY};
    char epoch[17] = "";
    world_init(&world, DURABILITY_FULL);
    for (int i = 0; i < 9; i++) {
        char cid[8];
        world.config.durability = all[i % 3];
        world_open(&world);
        if (i == 0)
            strcpy(epoch, store_epoch(world.store));
        ck_assert_str_eq(epoch, store_epoch(world.store));
        ck_assert_uint_eq(world_top(&world, "lobby"), (uint64_t)i);
        snprintf(cid, sizeof cid, "c%d", i);
        say(cid);
        world_close(&world);
    }
    world_fini(&world);
}
END_TEST

UNIT_MAIN("store.open", a_new_directory_is_private, a_directory_keeps_its_identity,
          one_server_a_directory, a_newer_schema_is_refused, other_files_are_refused,
          damaged_pages_are_refused, a_log_without_its_database_is_not_wiped,
          a_directory_that_cannot_be_is_explained, the_epoch_changes_when_history_may_be_lost,
          a_clean_end_keeps_the_epoch)
