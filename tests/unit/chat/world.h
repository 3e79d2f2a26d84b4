/* SPDX-License-Identifier: MIT
 *
 * A small world for tests of chat/: some loops' chat state without threads or sockets. The test
 * plays the sockets (what a session writes is kept) and the store (numbering in memory), and moves
 * messages when it says so, so every interleaving is the test's choice. Store and sockets are real
 * in tests/integration.
 */
#ifndef TESTS_CHAT_WORLD_H
#define TESTS_CHAT_WORLD_H

#include "chat/auth.h"
#include "chat/chat.h"
#include "chat/session.h"

#define WORLD_LOOPS_MAX 4

struct world {
    struct topology topology;
    struct chat_shared shared;
    struct loop_stats stats[WORLD_LOOPS_MAX];
    struct chat *chats[WORLD_LOOPS_MAX];
    struct auth *auth;
    char data_dir[64];
    /* The store: events of all rooms, in order. */
    struct msg_publication *events[4096];
    unsigned n_events;
    uint64_t oldest;        /* what retention has left begins here; 0: everything is there */
    bool store_fails; /* commits fail */
    bool hold_reads;   /* pages stay in `held`, as read, until world_release */
    bool hold_commits; /* and so do the answers to what was stored */
    struct held {
        struct mailbox *to;
        struct msg *m;
    } held[64];
    unsigned n_held;
};

/* Called with true before, and false after, each call into chat/: test_memory.c fails allocations
 * in between. */
extern void (*world_on_chat)(bool inside);

struct client {
    struct session *session;
    struct buf in; /* frames written to it */
    size_t read_at;
    bool is_full; /* the socket takes this write, then no more */
    size_t unsent;
    bool is_paused, was_killed;
    uint16_t close_code;
};

void world_init(struct world *w, unsigned n_loops);
void world_fini(struct world *w);
/* Moves messages until nothing is left to do; ends turns. */
void world_settle(struct world *w);
void world_release(struct world *w);
/* Lets time pass in ticks of 50 ms. */
void world_wait(struct world *w, uint64_t ms);

void client_open(struct world *w, unsigned loop, struct client *c);
void client_close(struct world *w, struct client *c);
/* One request frame; then everything settles. */
void client_send(struct world *w, struct client *c, const char *json);
/* hello under that name and join of that room. */
void client_enter(struct world *w, struct client *c, const char *name, const char *room);
/* The next frame's payload, in a static buffer; NULL when there is none. */
const char *client_next(struct client *c);
/* Skips frames until one holds `part`; NULL when none does. */
const char *client_find(struct client *c, const char *part);
void client_forget(struct client *c);
/* It has these events left to read, each once and in order, and no others. */
void client_expect(struct client *c, unsigned from, unsigned to);
/* A message to the lobby; then everything settles. */
void client_say(struct world *w, struct client *c, unsigned id);

#define HAS(text, part)                                                                            \
    do {                                                                                           \
        const char *text_ = (text);                                                                \
        ck_assert_msg(text_ != NULL && strstr(text_, part) != NULL, "no %s in %s", part,           \
                      text_ != NULL ? text_ : "nothing");                                          \
    } while (0)

#endif
