/* SPDX-License-Identifier: MIT */
/* seats, chance: who sits where, by turns and by Zipf. */
#include "seats.h"

#include "suite.h"

#include <string.h>

static struct seats seats;

static void seat(uint32_t clients, uint32_t rooms, uint32_t each, uint32_t publishers, double zipf)
{
    struct options options = {
        .clients = clients, .rooms = rooms, .rooms_each = each, .publishers = publishers,
        .zipf = zipf, .seed = 7,
    };

    memset(&seats, 0, sizeof(seats));
    ck_assert_int_eq(seats_init(&seats, &options, NULL), 0);
}

START_TEST(without_zipf_rooms_take_turns)
{
    seat(10, 4, 1, 6, 0);
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq(seats_room(&seats, i, 0), i % 4);
    ck_assert_uint_eq(seats.senders[0], 2);
    ck_assert_uint_eq(seats.senders[3], 1);
    ck_assert_uint_eq(seats_row(&seats, 5, 1), 1);
    ck_assert_uint_eq(seats_row(&seats, 5, 2), SEATS_NONE);
    seats_free(&seats);
}
END_TEST

START_TEST(a_client_never_sits_twice_in_a_room)
{
    for (int zipf = 0; zipf < 2; zipf++) {
        seat(300, 8, 5, 300, zipf ? 2.5 : 0);
        for (uint32_t i = 0; i < 300; i++)
            for (uint32_t a = 0; a < 5; a++)
                for (uint32_t b = 0; b < a; b++)
                    ck_assert_uint_ne(seats_room(&seats, i, a), seats_room(&seats, i, b));
        seats_free(&seats);
    }
    seat(5, 4, 4, 0, 3); /* all the rooms there are */
    seats_free(&seats);
}
END_TEST

/* Rows number the senders of each room without a hole. */
START_TEST(rows_are_places_among_the_senders_of_a_room)
{
    enum { CLIENTS = 200, ROOMS = 10, EACH = 3 };
    static bool taken[ROOMS][CLIENTS];
    uint32_t sum = 0;

    memset(taken, 0, sizeof(taken));
    seat(CLIENTS, ROOMS, EACH, CLIENTS, 1);
    for (uint32_t i = 0; i < CLIENTS; i++)
        for (uint32_t turn = 0; turn < EACH; turn++) {
            uint32_t room = seats_room(&seats, i, turn), row = seats_row(&seats, i, room);

            ck_assert_uint_lt(row, seats.senders[room]);
            ck_assert(!taken[room][row]);
            taken[room][row] = true;
        }
    for (uint32_t room = 0; room < ROOMS; room++)
        sum += seats.senders[room];
    ck_assert_uint_eq(sum, CLIENTS * EACH);
    seats_free(&seats);
}
END_TEST

START_TEST(rooms_are_as_full_as_zipf_says)
{
    enum { CLIENTS = 100000, ROOMS = 50 };
    static const double exponents[] = {0.5, 1, 1.5};

    for (size_t e = 0; e < COUNT(exponents); e++) {
        double sum = 0;
        uint32_t members[ROOMS] = {0};

        seat(CLIENTS, ROOMS, 1, 0, exponents[e]);
        for (uint32_t i = 0; i < CLIENTS; i++)
            members[seats_room(&seats, i, 0)]++;
        for (int k = 1; k <= ROOMS; k++)
            sum += pow(k, -exponents[e]);
        for (int k = 1; k <= ROOMS; k++) { /* six standard deviations */
            double p = pow(k, -exponents[e]) / sum;

            ck_assert_double_eq_tol(members[k - 1], CLIENTS * p, 6 * sqrt(CLIENTS * p * (1 - p)));
        }
        seats_free(&seats);
    }
}
END_TEST

START_TEST(picks_meet_the_table_at_its_edges)
{
    double sums[3];

    seats_zipf_table(sums, 3, 1); /* 6/11, 9/11, 1 */
    ck_assert_double_eq_tol(sums[0], 6.0 / 11, 1e-12);
    ck_assert_double_eq(sums[2], 1);
    ck_assert_uint_eq(seats_zipf_pick(sums, 3, 0), 0);
    ck_assert_uint_eq(seats_zipf_pick(sums, 3, 0.5454), 0);
    ck_assert_uint_eq(seats_zipf_pick(sums, 3, 0.5455), 1);
    ck_assert_uint_eq(seats_zipf_pick(sums, 3, 0.82), 2);
    ck_assert_uint_eq(seats_zipf_pick(sums, 3, 0x1.fffffffffffffp-1), 2);
}
END_TEST

START_TEST(a_share_is_exact_and_spread)
{
    static const double shares[] = {0, 0.01, 0.25, 0.3, 0.5, 0.999, 1};

    for (size_t s = 0; s < COUNT(shares); s++) {
        uint32_t picked = 0;

        for (uint32_t i = 0; i < 10000; i++) {
            picked += chance_picks(i, shares[s]);
            ck_assert_uint_eq(picked, (uint32_t)floor((double)(i + 1) * shares[s]));
        }
    }
}
END_TEST

START_TEST(every_room_of_a_publisher_gets_its_part)
{
    uint32_t sends[4] = {0};

    seat(4, 8, 4, 4, 0);
    for (uint32_t counter = 1; counter <= 40000; counter++)
        sends[seats_turn(&seats, 2, counter)]++;
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(sends[i], 10000, 6 * sqrt(40000 * 0.25 * 0.75));
    seats_free(&seats);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        without_zipf_rooms_take_turns,
        a_client_never_sits_twice_in_a_room,
        rows_are_places_among_the_senders_of_a_room,
        rooms_are_as_full_as_zipf_says,
        picks_meet_the_table_at_its_edges,
        a_share_is_exact_and_spread,
        every_room_of_a_publisher_gets_its_part,
    };

    return run_suite("seats", tests, COUNT(tests));
}
