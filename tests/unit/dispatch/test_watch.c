/* SPDX-License-Identifier: MIT
 * Claims about when a change of a folder is told: once, and not while it goes on. */
#include "unit.h"

#include "dispatch/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[64];
static struct watch w;

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

/* A time that differs from any of now, whatever the file system's resolution. */
static void touch(const char *name, long ns)
{
    struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = ns}, {.tv_sec = 1000, .tv_nsec = ns}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void start(void)
{
    snprintf(dir, sizeof dir, "/tmp/parley-watch-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    put("a.py", "one");
    touch("a.py", 1);
    watch_init(&w, dir);
}

static void stop(void)
{
    static const char *const names[] = {"a.py", "b.py", ".hidden", "a.py~", "#a.py#"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("__pycache__"));
    rmdir(dir);
}

static void expect_told_once(void)
{
    ck_assert(!watch_look(&w, dir));
    ck_assert(watch_look(&w, dir));
    ck_assert(!watch_look(&w, dir));
    ck_assert(!watch_look(&w, dir));
}

static void expect_nothing(void)
{
    for (int i = 0; i < 4; i++)
        ck_assert(!watch_look(&w, dir));
}

START_TEST(what_stays_is_not_told)
{
    start();
    expect_nothing();
    stop();
}
END_TEST

START_TEST(every_kind_of_change_is_told_once)
{
    start();
    put("b.py", "new");
    expect_told_once();
    touch("a.py", 2); /* edited within the second, to the same length */
    expect_told_once();
    put("a.py", "longer");
    touch("a.py", 2);
    expect_told_once();
    ck_assert_int_eq(unlink(path_of("b.py")), 0);
    expect_told_once();
    stop();
}
END_TEST

START_TEST(a_change_that_goes_on_is_told_when_it_is_over)
{
    start();
    for (long i = 2; i < 6; i++) {
        touch("a.py", i);
        ck_assert(!watch_look(&w, dir));
    }
    ck_assert(watch_look(&w, dir));
    stop();
}
END_TEST

START_TEST(a_change_that_is_taken_back_at_once_is_none)
{
    start();
    put("b.py", "new");
    ck_assert(!watch_look(&w, dir));
    ck_assert_int_eq(unlink(path_of("b.py")), 0);
    expect_nothing();
    stop();
}
END_TEST

START_TEST(scratch_files_and_caches_are_none)
{
    start();
    put(".hidden", "x");
    put("a.py~", "x");
    put("#a.py#", "x");
    ck_assert_int_eq(mkdir(path_of("__pycache__"), 0700), 0);
    expect_nothing();
    stop();
}
END_TEST

START_TEST(a_folder_may_come_and_go)
{
    start();
    stop();
    expect_told_once();
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    expect_nothing();
    put("a.py", "back");
    expect_told_once();
    stop();
}
END_TEST

UNIT_MAIN("watch", what_stays_is_not_told, every_kind_of_change_is_told_once,
          a_change_that_goes_on_is_told_when_it_is_over,
          a_change_that_is_taken_back_at_once_is_none, scratch_files_and_caches_are_none,
          a_folder_may_come_and_go)
