/* SPDX-License-Identifier: MIT
 * Claims about floods: near-same texts are found through disguises, other texts are not. */
#include "unit.h"

#include "chat/flood.h"

#include <stdio.h>
#include <string.h>

static bool near(const char *a, const char *b)
{
    struct flood_sketch x = flood_sketch(a, strlen(a)), y = flood_sketch(b, strlen(b));
    return flood_is_near(&x, &y);
}

START_TEST(disguises_do_not_help)
{
    const char *text = "Buy cheap followers now at the best shop in town";
    ck_assert(near(text, "BUY CHEAP FOLLOWERS NOW AT THE BEST SHOP IN TOWN!!!"));
    ck_assert(near(text, "Buuuy che\xcc\x81\x61p f\xc3\xb6llowers now at the best shop in town"));
    ck_assert(near(text, "\xef\xbc\xa2uy cheap f\xd0\xbellowers n\xd0\xbew at the best "
                         "shop in town"));
    ck_assert(near(text, "Buy cheap followers now at the best shop in town today"));
    ck_assert(near(text, "B-u-y c.h.e.a.p followers now at the best\xe2\x80\x8b shop in town"));
}
END_TEST

START_TEST(other_texts_are_others)
{
    ck_assert(!near("Buy cheap followers now at the best shop in town",
                    "Does anybody know when the meeting about the garden begins?"));
    ck_assert(!near("see you at nine then, I bring the cake",
                    "see you tomorrow, bring your notes"));
    ck_assert(!near("yes", "no"));
    ck_assert(!near("", ""));
    ck_assert(near("lol", "LOOOL!"));
    /* A word of eight is another. */
    ck_assert(near("Buy cheap followers now at the best shop in town, everybody does it",
                   "Buy cheap followers guys at the best shop in town, wow everybody does it"));
}
END_TEST

START_TEST(users_and_repeats_are_counted_within_their_time)
{
    static const char text[] = "Buy cheap followers now at the best shop in town";
    struct flood *f = flood_new();
    for (uint32_t i = 1; i <= 4; i++)
        ck_assert_uint_eq(flood_note(f, "u1", text, sizeof text - 1, 1000 * i).repeats, i);
    struct flood_count n = flood_note(f, "u2", text, sizeof text - 1, 5000);
    ck_assert_uint_eq(n.repeats, 1);
    ck_assert_uint_eq(n.users, 2);
    n = flood_note(f, "u1", text, sizeof text - 1, 70000);
    ck_assert_uint_eq(n.repeats, 1);
    ck_assert_uint_eq(n.users, 2);
    ck_assert_uint_eq(flood_note(f, "u3", text, sizeof text - 1, 500000).users, 1);
    struct label labels[FLOOD_LABELS];
    flood_labels((struct flood_count){4, 3}, labels);
    ck_assert(labels[0].flagged && labels[0].count == 4);
    ck_assert(labels[0].score == labels[0].threshold && labels[0].score > 0.8f);
    ck_assert(!labels[1].flagged && labels[1].score < labels[1].threshold);
    float before = 0;
    for (uint32_t i = 0; i <= 300; i++) { /* one a user is nothing; more are never less */
        flood_labels((struct flood_count){i, i}, labels);
        ck_assert(labels[0].score >= before && labels[1].score >= 0 && labels[1].score <= 1);
        ck_assert(i > 1 || labels[0].score < 0.01f);
        before = labels[0].score;
    }
    ck_assert(before > 0.99f);
    flood_free(f);
}
END_TEST

UNIT_MAIN("flood", disguises_do_not_help, other_texts_are_others,
          users_and_repeats_are_counted_within_their_time)
