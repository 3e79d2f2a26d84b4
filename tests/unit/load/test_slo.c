/* SPDX-License-Identifier: MIT */
/* slo, find: the grammar of what must hold, and the steps of the search for where it breaks. */
#include "find.h"

#include "suite.h"

#include <string.h>

static struct slo slo;
static char why[512];

static int parse(const char *text)
{
    return slo_parse(&slo, text, why, sizeof(why));
}

START_TEST(terms_metrics_units)
{
    ck_assert_int_eq(parse("p99<=50ms,ack_p99.9<2s,lost=0,max<=800us,deliveries_per_s>=1e6"), 0);
    ck_assert_uint_eq(slo.count, 5);
    ck_assert_double_eq(slo.term[0].value, 50);
    ck_assert_double_eq(slo.term[0].percent, 99);
    ck_assert_double_eq(slo.term[1].value, 2000);
    ck_assert_double_eq(slo.term[1].percent, 99.9);
    ck_assert_int_eq(slo.term[1].op, SLO_BELOW);
    ck_assert_double_eq(slo.term[3].value, 0.8);
    ck_assert_double_eq(slo.term[3].percent, 100);
    ck_assert_int_eq(slo.term[4].op, SLO_AT_LEAST);
    ck_assert_double_eq(slo.term[4].value, 1e6);
    ck_assert_int_eq(parse("p50<7"), 0); /* ms when no unit is written */
    ck_assert_double_eq(slo.term[0].value, 7);
}
END_TEST

START_TEST(mistakes_are_named)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no terms"},
        {"p99", "lacks one of"},
        {"p99==5", "'=5' in 'p99==5' is no time"},
        {"p101<5", "'p101' is no metric"},
        {"p0<5", "'p0' is no metric"},
        {"q99<5", "no metric; there are p50"},
        {"<5", "'' is no metric"},
        {"lost=0ms", "'0ms' in 'lost=0ms' is no plain number"},
        {"p99<5m", "is no time such as"},
        {"p99<-5", "is no time such as"},
        {"p99<nan", "is no time such as"},
        {"lost=0,,p99<1", "'' is no metric"},
        {"lost=0 ,p99<1", "is no plain number"},
        {"p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,p99<1,"
         "p99<1,p99<1,p99<1", "at most 16 terms"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(parse(cases[i].text) == -1, "taken: %s", cases[i].text);
        ck_assert_msg(strstr(why, cases[i].says) != NULL, "%s: %s", cases[i].text, why);
    }
}
END_TEST

START_TEST(the_first_term_that_breaks_is_told)
{
    struct run_result *r = calloc(1, sizeof(*r));

    for (int i = 0; i < 99; i++)
        hist_add(&r->delivery, 1000000);
    hist_add(&r->delivery, 80000000);
    r->measured = true;
    r->measured_s = 2;
    r->window[CNT_DELIVERIES] = 5000;
    parse("p99<=1.1ms,lost=0,deliveries_per_s>=2500");
    ck_assert(slo_holds(&slo, r, why, sizeof(why)));
    parse("p50<=2ms,max<50ms,lost=0");
    ck_assert(!slo_holds(&slo, r, why, sizeof(why)));
    ck_assert_str_eq(why, "max<50ms: it was 80 ms");
    parse("ack_p99<1s");
    ck_assert(!slo_holds(&slo, r, why, sizeof(why)));
    ck_assert_str_eq(why, "ack_p99<1s: there was nothing to measure");
    parse("deliveries_per_s>2500");
    ck_assert(!slo_holds(&slo, r, why, sizeof(why)));
    r->oracle.rule[RULE_LOST].count = 3;
    parse("lost<=2");
    ck_assert(!slo_holds(&slo, r, why, sizeof(why)));
    ck_assert_str_eq(why, "lost<=2: it was 3");
    free(r);
}
END_TEST

/* Searches a server that holds up to 'truth'; how many steps it took. */
static unsigned search(double start, double limit, double truth, double *held, double *broke)
{
    unsigned steps = 0;
    double size;

    *held = *broke = 0;
    while ((size = find_next(*held, *broke, start, limit)) > 0) {
        ck_assert_double_le(size, limit);
        *(size <= truth ? held : broke) = size;
        ck_assert_uint_lt(++steps, FIND_MAX_STEPS);
    }
    return steps;
}

START_TEST(the_search_closes_in)
{
    static const double truths[] = {101, 250, 1000, 1001, 54321, 9.9e6};
    double held, broke;

    for (size_t i = 0; i < COUNT(truths); i++) {
        search(100, 1e8, truths[i], &held, &broke);
        ck_assert(held <= truths[i] && truths[i] < broke);
        ck_assert(broke / held <= 1.05 || broke - held < 2);
    }
    search(100, 5000, 1e9, &held, &broke); /* the limit itself is tried */
    ck_assert_double_eq(held, 5000);
    ck_assert_double_eq(broke, 0);
    search(100, 1e8, 30, &held, &broke); /* the start was too much */
    ck_assert(held <= 30 && broke > 30);
    search(100, 1e8, 0.01, &held, &broke); /* nothing holds: it gives up */
    ck_assert_double_eq(held, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        terms_metrics_units,
        mistakes_are_named,
        the_first_term_that_breaks_is_told,
        the_search_closes_in,
    };

    return run_suite("slo", tests, COUNT(tests));
}
