/* SPDX-License-Identifier: MIT
 *
 * The Nth allocation fails, for every N that a scenario makes: decoding, sessions, rooms, names,
 * fan-out. Whatever was asked is answered, refused or its connection cut; nothing crashes or leaks
 * (this runs under ASan too), and the next client is served as if nothing had been. (SQLite's way
 * of testing "out of memory".)
 */
#include "world.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static long countdown; /* allocations until one fails; 0: none will */
static bool armed, has_failed;

static bool must_fail(void)
{
    if (!armed || countdown == 0 || --countdown > 0)
        return false;
    has_failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return must_fail() ? NULL : __real_realloc(p, size);
}

static void arm(bool inside)
{
    armed = inside;
}

static struct world w;

/* More rooms than are looked through one by one; each join is answered. */
static void join_many(struct client *c)
{
    char request[64];
    for (unsigned i = 0; i <= BY_ROOM_MIN && !c->was_killed; i++) {
        snprintf(request, sizeof request, "{\"id\":11,\"type\":\"join\",\"room\":\"r%u\"}", i);
        client_send(&w, c, request);
        ck_assert(client_find(c, "\"id\":11,") != NULL || c->was_killed || has_failed);
    }
}

/* Two people on two loops talk; returns whether ada's message was acknowledged. */
static bool scenario(void)
{
    static const char *const requests[] = {
        "{\"id\":1,\"type\":\"hello\",\"name\":\"ada\"}",
        "{\"id\":2,\"type\":\"join\",\"room\":\"lobby\"}",
        "{\"id\":3,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"1\",\"text\":\"hello there, is "
        "this thing on?\"}",
        "{\"id\":4,\"type\":\"react\",\"room\":\"lobby\",\"on\":1,\"emoji\":\"+1\"}",
        "{\"id\":5,\"type\":\"typing\",\"room\":\"lobby\",\"active\":true}",
        "{\"id\":6,\"type\":\"history\",\"room\":\"lobby\"}",
        "{\"id\":7,\"type\":\"members\",\"room\":\"lobby\"}",
        "{\"id\":8,\"type\":\"rooms\"}",
        "{\"id\":9,\"type\":\"read\",\"room\":\"lobby\",\"seq\":1}",
        "{\"id\":10,\"type\":\"leave\",\"room\":\"lobby\"}",
    };
    struct client ada, bob;
    bool acked = false;
    client_open(&w, 0, &ada);
    client_open(&w, 1, &bob);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0] && !ada.was_killed; i++) {
        client_send(&w, &ada, requests[i]);
        if (i < 2 && !bob.was_killed)
            client_send(&w, &bob,
                        i == 0 ? "{\"id\":1,\"type\":\"hello\",\"name\":\"bob\"}" : requests[1]);
        const char *text;
        bool answered = false;
        while ((text = client_next(&ada)) != NULL) {
            char part[16];
            snprintf(part, sizeof part, "{\"id\":%zu,", i + 1);
            answered |= strstr(text, part) != NULL || strstr(text, "\"type\":\"error\"") != NULL;
            acked |= i == 2 && strstr(text, "\"id\":3,\"type\":\"ok\"") != NULL;
        }
        ck_assert_msg(answered || ada.was_killed || has_failed, "request %zu was not answered",
                      i + 1);
    }
    join_many(&ada);
    world_wait(&w, 200);
    client_close(&w, &ada);
    client_close(&w, &bob);
    return acked;
}

START_TEST(every_allocation_may_fail)
{
    long n = 1;
    arena_install();
    world_on_chat = arm;
    for (;; n++) {
        world_init(&w, 2);
        has_failed = false;
        countdown = n;
        scenario();
        countdown = 0;
        bool reached = has_failed;
        has_failed = false;
        ck_assert_msg(scenario(), "after allocation %ld had failed, the next client was not served",
                      n);
        world_fini(&w);
        if (!reached)
            break;
    }
    ck_assert_int_gt(n, 50); /* else the scenario did not do what it says */
}
END_TEST

UNIT_MAIN("memory", every_allocation_may_fail)
