/* SPDX-License-Identifier: MIT
 * kill -9 and disks that refuse. */
#include "base/status.h"
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOMS 3

static struct world world;

static struct msg_publication *numbered(unsigned n)
{
    char cid[16], text[32], room[8];
    snprintf(cid, sizeof cid, "c%u", n);
    snprintf(text, sizeof text, "text %u", n);
    snprintf(room, sizeof room, "room%u", n % ROOMS);
    return world_message(room, "ada", cid, text);
}

struct ack {
    unsigned n;
    unsigned seq;
};

/* Sends for ever, many at a time, and reports each that was acknowledged. */
static void send_for_ever(int fd)
{
    unsigned posted = 0, acked = 0;
    world_open(&world);
    for (;;) {
        while (posted < acked + 64)
            world_post(&world, &numbered(posted++)->head);
        /* Rooms live on different loops; look where the oldest unanswered one must come. */
        struct msg_publication *p = (struct msg_publication *)world_next(
            &world, (int)topology_home(&world.topology, "room0"));
        struct ack ack = {(unsigned)strtoul(p->text + 5, NULL, 10), (unsigned)p->seq};
        ck_assert_int_eq(p->ask.status, 0);
        msg_free(&p->head);
        if (write(fd, &ack, sizeof ack) != sizeof ack)
            _exit(1);
        acked++;
    }
}

/* Runs a sender and kills it after `count` acks. Gives how many acks came in all. */
static unsigned run_and_kill(struct ack *acks, unsigned count, unsigned cap)
{
    int fds[2];
    unsigned n = 0;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        send_for_ever(fds[1]);
    }
    close(fds[1]);
    while (n < cap && read(fds[0], &acks[n], sizeof acks[0]) == sizeof acks[0]) {
        if (++n == count)
            ck_assert_int_eq(kill(pid, SIGKILL), 0);
    }
    close(fds[0]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    return n;
}

START_TEST(kill_9_loses_nothing_that_was_acked)
{
    enum { CAP = 100000 };
    static struct ack acks[CAP];
    static const enum durability durabilities[] = {DURABILITY_FULL, DURABILITY_OS};
    world_init(&world, durabilities[_i % 2]);
    world.topology.n_loops = 1; /* one mailbox to wait on */
    unsigned n = run_and_kill(acks, 200 + 700 * (unsigned)_i, CAP);
    ck_assert_uint_lt(n, CAP);
    world_open(&world);
    for (unsigned i = 0; i < n; i++) {
        struct outcome o = world_send(&world, numbered(acks[i].n));
        ck_assert_int_eq(o.status, 0);
        ck_assert(o.duplicate);
        ck_assert_uint_eq(o.seq, acks[i].seq);
    }
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM rooms r WHERE top <> "
                                         "(SELECT count(*) FROM events WHERE room = r.id)"), 0);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM rooms r WHERE top <> "
                                         "(SELECT max(seq) FROM events WHERE room = r.id)"), 0);
    world_fini(&world);
}
END_TEST

/* Makes the write-ahead log so long that it is the longest file that the test writes (Check keeps a
 * file of its own, which grows with each assertion). */
static void lengthen_log(void)
{
    static char text[8001];
    memset(text, 'x', sizeof text - 1);
    for (unsigned i = 0; i < 1000; i++) {
        char cid[16];
        snprintf(cid, sizeof cid, "long%u", i);
        world_post(&world, &world_message("long", "ada", cid, text)->head);
    }
    for (unsigned i = 0; i < 1000; i++)
        msg_free(world_next(&world, 0));
    world_until(&world, "SELECT value FROM meta WHERE key = 'search_to'", 1000);
}

/* From here on the log cannot grow, as on a full disk. */
static void fill_disk(void)
{
    struct stat st;
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(stat(world_path(&world, "parley.db-wal"), &st), 0);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = (rlim_t)st.st_size;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void empty_disk(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_failed_commit_fails_its_whole_batch)
{
    enum { N = 500 };
    world_init(&world, DURABILITY_FULL);
    world.topology.n_loops = 1;
    world_open(&world);
    lengthen_log();
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(world_send(&world, numbered(i)).status, 0);
    world_until(&world, "SELECT value FROM meta WHERE key = 'search_to'", 1030);
    fill_disk();
    for (unsigned i = 100; i < 100 + N; i++)
        world_post(&world, &numbered(i)->head);
    for (unsigned i = 0; i < N; i++) {
        struct msg_publication *p = (struct msg_publication *)world_next(&world, 0);
        ck_assert_int_eq(p->ask.status, E_UNAVAILABLE);
        ck_assert_ptr_nonnull(p->ask.detail);
        ck_assert_uint_gt(p->ask.retry_after_ms, 0);
        ck_assert_uint_eq(p->seq, 0);
        msg_free(&p->head);
    }
    ck_assert_uint_gt(atomic_load(&store_stats(world.store)->failed_commits), 0);
    ck_assert_uint_eq(world_top(&world, "room0"), 10);
    /* A new room and a new user, as well, must not be remembered from a lost transaction. */
    ck_assert_int_eq(world_send(&world, world_message("fresh", "eve", "e1", "hi")).status,
                     E_UNAVAILABLE);
    ck_assert_uint_eq(world_top(&world, "fresh"), 0);
    struct msg_read *m = world_read(&world, "room0", false, 0, 100, 65536);
    ck_assert_int_eq(m->ask.status, 0); /* reading goes on */
    ck_assert_uint_eq(m->count, 10);
    msg_free(&m->head);
    empty_disk();
    /* The same cids, as a client retries: new messages, numbered on from what is stored. */
    for (unsigned i = 100; i < 100 + N; i++) {
        struct outcome o = world_send(&world, numbered(i));
        ck_assert_int_eq(o.status, 0);
        ck_assert(!o.duplicate);
    }
    ck_assert_uint_eq(world_send(&world, world_message("fresh", "eve", "e1", "hi")).seq, 1);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM events"),
                     1000 + 30 + N + 1);
    world_close(&world);
    world_open(&world);
    ck_assert_int_eq(world_query(&world, "SELECT count(*) FROM rooms r WHERE top <> "
                                         "(SELECT count(*) FROM events WHERE room = r.id)"), 0);
    world_fini(&world);
}
END_TEST

START_TEST(memory_durability_says_when_it_lost_what_it_told)
{
    char epoch[17];
    world_init(&world, DURABILITY_MEMORY);
    world.topology.n_loops = 1;
    world_open(&world);
    strcpy(epoch, store_epoch(world.store));
    lengthen_log();
    for (unsigned i = 0; i < 30; i++)
        world_send(&world, numbered(i));
    world_until(&world, "SELECT value FROM meta WHERE key = 'search_to'", 1030);
    fill_disk();
    unsigned told = 0, refused = 0;
    for (unsigned i = 100; i < 20000 && refused == 0; i++) {
        struct outcome o = world_send(&world, numbered(i));
        told += o.status == 0;
        refused += o.status == E_UNAVAILABLE;
        if (atomic_load(&store_stats(world.store)->failed_commits) > 0)
            break;
    }
    ck_assert_uint_gt(told, 0);
    empty_disk();
    /* Numbers that were told of are not given again. */
    uint64_t top = world_top(&world, "room0");
    ck_assert_uint_gt(top, 10);
    ck_assert_uint_eq(world_send(&world, world_message("room0", "ada", "after", "hi")).seq,
                      top + 1);
    world_close(&world);
    world_open(&world);
    ck_assert_str_ne(epoch, store_epoch(world.store));
    ck_assert_uint_eq(world_top(&world, "room0"), top + 1);
    world_fini(&world);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store.faults");
    TCase *c = tcase_create("store.faults");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, kill_9_loses_nothing_that_was_acked, 0, 6);
    tcase_add_test(c, a_failed_commit_fails_its_whole_batch);
    tcase_add_test(c, memory_durability_says_when_it_lost_what_it_told);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
