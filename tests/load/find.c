/* SPDX-License-Identifier: MIT */
/* find: see find.h.  Main thread. */
#include "find.h"

#include "report_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOSE_ENOUGH 1.05 /* what broke, by what held */

double find_next(double held, double broke, double start, double limit)
{
    if (held <= 0 && broke <= 0)
        return start < limit ? start : limit;
    if (broke <= 0)
        return held >= limit ? 0 : held * 2 < limit ? held * 2 : limit;
    if (held <= 0) /* not even the start: look below it */
        return broke / 2 >= start / 64 && broke / 2 >= 1 ? broke / 2 : 0;
    if (broke / held <= CLOSE_ENOUGH || broke - held < 2)
        return 0;
    return (held + broke) / 2;
}

static uint32_t scaled(uint32_t value, double factor)
{
    double grown = round((double)value * factor);

    return grown < 1 ? 1 : grown > 1e9 ? 1000000000u : (uint32_t)grown;
}

/* All of a user stays as it was: who sends, how often, and how many share a room. */
static void set_size(struct options *o, const struct options *start, double size)
{
    double factor = size / start->clients;

    *o = *start;
    if (start->find_max == FIND_RATE) {
        o->rate = size;
        return;
    }
    o->clients = (uint32_t)size;
    o->publishers = start->publishers ? scaled(start->publishers, factor) : 0;
    if (o->publishers > o->clients)
        o->publishers = o->clients;
    if (start->rooms > 1)
        o->rooms = scaled(start->rooms, factor);
    if (o->rooms < o->rooms_each)
        o->rooms = o->rooms_each;
    if (o->rooms > o->clients && o->zipf <= 0)
        o->rooms = o->clients;
    if (o->threads > o->clients)
        o->threads = o->clients;
    o->rate = start->rate * factor;
}

static const char *unit(const struct options *o)
{
    return o->find_max == FIND_USERS ? "users" : "messages/s";
}

static void judge(const struct options *o, const struct slo *slo, const struct run_result *r,
                  struct find_step *step)
{
    char client[160];
    bool holds = slo_holds(slo, r, step->why, sizeof(step->why));

    step->p50 = report_ms(&r->delivery, 50);
    step->p99 = report_ms(&r->delivery, 99);
    step->deliveries_per_s = report_rate(r, CNT_DELIVERIES);
    for (unsigned i = 0; holds && i < RULE_MAX; i++)
        if (r->oracle.rule[i].count > 0) {
            snprintf(step->why, sizeof(step->why), "%s: %.190s", oracle_rule_text(i),
                     r->oracle.rule[i].first);
            holds = false;
        }
    if (holds)
        step->verdict = FIND_HELD;
    else if (!report_bottleneck(o, r, client, sizeof(client)))
        step->verdict = FIND_BROKE;
    else {
        step->verdict = FIND_CLIENT;
        snprintf(step->why, sizeof(step->why), "%s", client);
    }
}

static void tell_step(const struct options *o, const struct find *find)
{
    const struct find_step *step = &find->step[find->count - 1];
    char size[40], rate[40];

    fprintf(stderr, "step %-2u %9s %s: %s  p50 %.2f ms, p99 %.2f ms, %s deliveries/s%s%s\n",
            find->count, report_grouped(step->size, size), unit(o),
            step->verdict == FIND_HELD    ? "held "
            : step->verdict == FIND_BROKE ? "BROKE"
                                          : "CLIENT",
            step->p50, step->p99, report_grouped(step->deliveries_per_s, rate),
            step->verdict == FIND_HELD ? "" : "; ", step->why);
}

/* Keeps the result of the largest that held, else of the last one. */
static void keep(struct find *find, const struct options *o, struct run_result *result, bool held)
{
    if (!held && find->held > 0) {
        run_result_free(result);
        return;
    }
    run_result_free(find->result);
    find->result = result;
    find->options = *o;
}

static int run_step(const struct options *start, const struct slo *slo, struct find *find,
                    double size)
{
    struct find_step *step = &find->step[find->count];
    struct run_result *result = calloc(1, sizeof(*result));
    struct options o;
    bool interrupted;

    set_size(&o, start, size);
    if (!result || run_load(&o, NULL, result) != 0) {
        run_result_free(result);
        return -1;
    }
    step->size = start->find_max == FIND_USERS ? (double)o.clients : size;
    judge(&o, slo, result, step);
    interrupted = result->interrupted;
    find->count++;
    tell_step(start, find);
    keep(find, &o, result, step->verdict == FIND_HELD);
    if (step->verdict == FIND_HELD)
        find->held = step->size;
    else
        find->broke = step->size;
    return interrupted ? 1 : 0;
}

static const struct find_step *step_of(const struct find *find, double size)
{
    for (unsigned i = find->count; i-- > 0;)
        if (find->step[i].size == size)
            return &find->step[i];
    return NULL;
}

static void conclude(const struct options *o, struct find *find, double limit)
{
    const struct find_step *broke = find->broke > 0 ? step_of(find, find->broke) : NULL;
    char held[40], size[40];

    report_grouped(find->held, held);
    if (broke)
        report_grouped(broke->size, size);
    if (find->held <= 0 && broke)
        snprintf(find->why, sizeof(find->why), "nothing held: even at %s %s %s%s", size, unit(o),
                 broke->verdict == FIND_CLIENT ? "the client itself was the bottleneck: " : "",
                 broke->why);
    else if (!broke && find->held >= limit)
        snprintf(find->why, sizeof(find->why), "%s %s held, the most this process may try (%s)",
                 held, unit(o),
                 o->find_max == FIND_USERS ? "its limit of open files" : "the option's limit");
    else if (!broke)
        snprintf(find->why, sizeof(find->why), "%s %s held; nothing broke before the search ended",
                 held, unit(o));
    else if (broke->verdict == FIND_CLIENT)
        snprintf(find->why, sizeof(find->why),
                 "at least %s %s: at %s the client itself was the bottleneck, not the server: %s",
                 held, unit(o), size, broke->why);
    else
        snprintf(find->why, sizeof(find->why), "%s %s held; at %s broke %s", held, unit(o), size,
                 broke->why);
}

int find_max(const struct options *start, const struct slo *slo, struct find *find)
{
    bool users = start->find_max == FIND_USERS;
    double limit = users ? (double)run_clients_that_fit(start) : 1e8;
    double size = users ? (double)start->clients : start->rate, begin = size;

    size = find_next(0, 0, begin, limit);
    while (size > 0 && find->count < FIND_MAX_STEPS) {
        int status = run_step(start, slo, find, users ? floor(size) : size);

        if (status < 0)
            return -1;
        if (status > 0)
            break;
        size = find_next(find->held, find->broke, begin, limit);
    }
    conclude(start, find, limit);
    return 0;
}

void find_free(struct find *find)
{
    run_result_free(find->result);
}
