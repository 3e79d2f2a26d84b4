/* SPDX-License-Identifier: MIT
 * Mailboxes: nothing lost, each sender's order kept, one wake for many posts. Run under TSan too.
 */
#include "loop/mailbox.h"
#include "loop/topology.h"

#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define SENDERS 4
#define POSTS   50000

static struct mailbox *box;

static struct msg_worker *numbered(unsigned sender, int number)
{
    struct msg_worker *m = msg_new(MSG_DISPATCH_SPAWNED, 0);
    m->slot = sender;
    m->pid = number;
    return m;
}

static void post(unsigned sender, int number)
{
    mailbox_post(box, &numbered(sender, number)->head);
}

/* Half of them one by one, half in groups. */
static void *send_all(void *arg)
{
    unsigned sender = (unsigned)(uintptr_t)arg;
    struct outbox group = {0};
    for (int i = 1; i <= POSTS / 2; i++)
        post(sender, i);
    for (int i = POSTS / 2 + 1; i <= POSTS; i++) {
        outbox_add(&group, &numbered(sender, i)->head);
        if (i % 7 == 0)
            mailbox_post_all(box, &group);
    }
    mailbox_post_all(box, &group);
    return NULL;
}

START_TEST(many_senders_lose_nothing_and_keep_their_order)
{
    pthread_t threads[SENDERS];
    int last[SENDERS] = {0};
    unsigned received = 0;
    box = mailbox_new();
    for (uintptr_t i = 0; i < SENDERS; i++)
        pthread_create(&threads[i], NULL, send_all, (void *)i);
    while (received < SENDERS * POSTS) {
        struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, unit_patience_ms()), 1);
        struct msg *m = mailbox_take(box);
        while (m != NULL) {
            struct msg *next = m->next;
            struct msg_worker *w = (struct msg_worker *)m;
            ck_assert_int_eq(w->pid, last[w->slot] + 1);
            last[w->slot] = w->pid;
            received++;
            msg_free(m);
            m = next;
        }
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_ptr_null(mailbox_take(box));
    mailbox_free(box);
}
END_TEST

START_TEST(an_empty_box_is_quiet_and_a_post_wakes)
{
    box = mailbox_new();
    struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    post(0, 1);
    post(0, 2);
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    struct msg *m = mailbox_take(box);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    ck_assert_int_eq(((struct msg_worker *)m)->pid, 1);
    struct msg *second = m->next;
    msg_free(m);
    ck_assert_int_eq(((struct msg_worker *)second)->pid, 2);
    msg_free(second);
    post(0, 3); /* freed with the box */
    mailbox_free(box);
}
END_TEST

START_TEST(a_group_wakes_once_and_an_empty_one_not_at_all)
{
    struct outbox group = {0};
    uint64_t wakes;
    box = mailbox_new();
    struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
    mailbox_post_all(box, &group);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    for (int i = 1; i <= 3; i++)
        outbox_add(&group, &numbered(0, i)->head);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    mailbox_post_all(box, &group);
    ck_assert_int_eq(read(mailbox_fd(box), &wakes, sizeof wakes), sizeof wakes);
    ck_assert_uint_eq(wakes, 1);
    struct msg *m = mailbox_take(box);
    for (int i = 1; i <= 3; i++) {
        struct msg *next = m->next;
        ck_assert_int_eq(((struct msg_worker *)m)->pid, i);
        msg_free(m);
        m = next;
    }
    ck_assert_ptr_null(m);
    outbox_add(&group, &numbered(0, 4)->head);
    outbox_fini(&group); /* frees what was never posted */
    mailbox_free(box);
}
END_TEST

START_TEST(client_ids_come_apart_as_they_were_put_together)
{
    client_id id = client_id_make(63, 0xabcdef, 0x12345678);
    ck_assert_uint_eq(client_id_loop(id), 63);
    ck_assert_uint_eq(client_id_slot(id), 0xabcdef);
    ck_assert_uint_eq(client_id_generation(id), 0x12345678);
    ck_assert_uint_ne(client_id_make(0, 0, 0), 0);
}
END_TEST

START_TEST(rooms_spread_over_their_homes)
{
    struct topology t = {.n_loops = 4};
    unsigned counts[4] = {0};
    char name[32];
    for (int i = 0; i < 4000; i++) {
        snprintf(name, sizeof name, "room-%d", i);
        counts[topology_home(&t, name)]++;
    }
    for (int i = 0; i < 4; i++)
        ck_assert_msg(counts[i] > 800 && counts[i] < 1200, "home %d has %u of 4000", i, counts[i]);
}
END_TEST

UNIT_MAIN("mailbox", many_senders_lose_nothing_and_keep_their_order,
          an_empty_box_is_quiet_and_a_post_wakes, a_group_wakes_once_and_an_empty_one_not_at_all,
          client_ids_come_apart_as_they_were_put_together, rooms_spread_over_their_homes)
