/* SPDX-License-Identifier: MIT
 * Notes that outlive the server: who was in flight when it died, and what follows for the jobs. */
#include "dispatch/flight.h"
#include "jobs.h"
#include "main.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ledger l;
static char path[64];

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/parley-flight-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

/* A server begins. */
static void live(const char *epoch)
{
    char err[256] = "";
    ledger_init(&l);
    ck_assert_msg(flight_open(&l.flight, path, epoch, err, sizeof err) == 0, "%s", err);
}

/* It ends, by a signal or in order: the ledger says nothing to the file. */
static void die(void)
{
    flight_close(l.flight);
    ledger_fini(&l);
}

static void check_books(void)
{
    ck_assert_uint_eq(l.sent, l.done + l.failed + l.quarantined + l.in_flight);
}

static struct batch *fly(uint32_t n)
{
    struct batch *b = list_is_empty(&l.suspects) ? ledger_take(&l, JOB_BACKGROUND, n, 1 << 20)
                                                 : ledger_take_suspect(&l);
    ck_assert_ptr_nonnull(b);
    ledger_sent(&l, b, 1000);
    return b;
}

/* The server dies with a batch in flight; its parts are the batch's holder's. */
static void die_with(struct batch *b)
{
    flight_close(l.flight);
    l.flight = NULL;
    ledger_done(&l, b);
    die();
}

START_TEST(what_ends_the_server_is_found_out_and_condemned)
{
    begin();
    /* Twice that may be chance: the jobs wait among the others. */
    for (int death = 0; death < 2; death++) {
        live("e1");
        add_jobs(&l, 1, 4);
        ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 4);
        die_with(fly(3));
    }
    /* From the third time on each is suspected, and tried alone. */
    live("e1");
    add_jobs(&l, 1, 4);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 4);
    die_with(fly(3));
    for (int death = 3; death < 5; death++) {
        live("e1");
        add_jobs(&l, 1, 4);
        ck_assert_uint_eq(l.suspected, 3);
        ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 1);
        struct batch *b = fly(1);
        ck_assert_uint_eq(b->n, 1);
        ck_assert_int_eq(first_id(b), 1);
        die_with(b);
    }
    /* The fifth: condemned. Its neighbours were never charged for what they did not see. */
    live("e1");
    add_jobs(&l, 1, 4);
    ck_assert_uint_eq(l.suspected, 2);
    ck_assert_uint_eq(l.quarantined, 1);
    check_books();
    struct job *lost = container_of(l.doomed.next, struct job, link);
    ck_assert_int_eq(lost->msg->id, 1);
    ck_assert_uint_eq(lost->attempts, ATTEMPTS_MAX);
    ledger_quarantine(&l, lost);
    while (l.suspected + l.lanes[JOB_BACKGROUND].n > 0)
        ledger_done(&l, fly(4));
    check_books();
    die();
    /* All done: nothing is noted any more. */
    live("e1");
    add_jobs(&l, 1, 4);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 4);
    ck_assert_uint_eq(first_job(fly(4))->forgiven, 0);
    unlink(path);
}
END_TEST

START_TEST(crashes_counted_before_a_restart_count_after_it)
{
    struct list condemned;
    list_init(&condemned);
    begin();
    live("e1");
    add_jobs(&l, 7, 7);
    ledger_return(&l, fly(1), BLAME_BATCH, &condemned);
    ledger_return(&l, fly(1), BLAME_BATCH, &condemned);
    ck_assert(list_is_empty(&condemned));
    die();
    live("e1");
    add_jobs(&l, 7, 8);
    ck_assert_uint_eq(l.suspected, 1);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 1);
    ledger_return(&l, fly(1), BLAME_BATCH, &condemned);
    ck_assert(!list_is_empty(&condemned));
    check_books();
    ledger_quarantine(&l, container_of(condemned.next, struct job, link));
    die();
    unlink(path);
}
END_TEST

START_TEST(notes_of_another_numbering_are_dropped)
{
    begin();
    for (int i = 0; i < 6; i++) {
        live(i % 2 ? "other" : "e1");
        add_jobs(&l, 1, 1);
        ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 1);
        struct batch *b = fly(1);
        ck_assert_uint_eq(first_job(b)->forgiven, 0);
        die_with(b);
    }
    unlink(path);
}
END_TEST

START_TEST(a_damaged_file_is_begun_anew)
{
    begin();
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < 300000; i++)
        putc((int)(i * 7919u >> 3 & 0xff), f);
    fclose(f);
    live("e1");
    add_jobs(&l, 1, 100);
    ck_assert_uint_eq(l.lanes[JOB_BACKGROUND].n, 100);
    die();
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    char err[256] = "";
    struct flight *none = NULL;
    ck_assert_int_lt(flight_open(&none, path, "e1", err, sizeof err), 0);
    ck_assert_ptr_nonnull(strstr(err, path));
    rmdir(path);
}
END_TEST

START_TEST(more_jobs_than_places_go_without)
{
    struct flight_note note = {.attempts = 1, .flying = 1};
    uint32_t place = 0, first = 0;
    begin();
    live("e1");
    for (int64_t id = 1; id <= FLIGHT_NOTES + 10; id++) {
        note.id = id;
        place = 0;
        flight_put(l.flight, &note, &place);
        ck_assert_int_eq(place != 0, id <= FLIGHT_NOTES);
        if (id == 1)
            first = place;
    }
    flight_remove(l.flight, &first);
    flight_put(l.flight, &note, &place);
    ck_assert_uint_ne(place, 0);
    die();
    /* Messages that nobody asks for any more give their places away. */
    live("e1");
    ck_assert(flight_recall(l.flight, 5, &note, &first));
    ck_assert(!flight_recall(l.flight, 5, &note, &first));
    place = 0;
    note.id = 99999;
    flight_put(l.flight, &note, &place);
    ck_assert_uint_ne(place, 0);
    ck_assert_uint_ne(place, first);
    die();
    unlink(path);
}
END_TEST

TEST_MAIN("flight", 90, what_ends_the_server_is_found_out_and_condemned,
          crashes_counted_before_a_restart_count_after_it,
          notes_of_another_numbering_are_dropped, a_damaged_file_is_begun_anew,
          more_jobs_than_places_go_without)
