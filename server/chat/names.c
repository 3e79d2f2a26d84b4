/* SPDX-License-Identifier: MIT
 * Who bears which name; see names.h. Thread: the name's home loop.
 *
 * One claim a user and name, counted by connections. A guest is refused a name that another
 * connected user bears; who comes with a token is not, since refusing would lock people out of
 * their own resume. */
#include "chat/names.h"

#include "base/status.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name_claim {
    struct hash_node node;
    char folded[USER_NAME_MAX + 1];
    char user_id[USER_ID_MAX + 1];
    uint32_t connections;
};

/* Lower case (ASCII), the form in which names are compared. */
static void fold(const char *name, char folded[USER_NAME_MAX + 1])
{
    size_t i = 0;
    for (; name[i] != '\0' && i < USER_NAME_MAX; i++)
        folded[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    folded[i] = '\0';
}

static uint64_t key(const char *folded)
{
    return hash_bytes(folded, strlen(folded));
}

static struct name_claim *find(struct chat *c, const char *folded, const char *user_id, bool other)
{
    for (struct hash_node *n = hash_first(&c->names, key(folded)); n != NULL; n = hash_next(n)) {
        struct name_claim *claim = container_of(n, struct name_claim, node);
        bool same_user = strcmp(claim->user_id, user_id) == 0;
        if (strcmp(claim->folded, folded) == 0 && same_user != other)
            return claim;
    }
    return NULL;
}

/* A name like it that is likely free (its home may be another loop, so this is not sure). */
static void suggest(struct chat *c, const char *name, char out[USER_NAME_MAX + 1])
{
    char folded[USER_NAME_MAX + 1];
    size_t at = 0, len = strlen(name);
    /* Room for the number, within 32 code points and without cutting one. */
    for (int points = 0; at < len && points < 28; points++)
        utf8_next(name, len, &at);
    for (int i = 2; i < 1000; i++) {
        snprintf(out, USER_NAME_MAX + 1, "%.*s%d", (int)at, name, i);
        fold(out, folded);
        if (find(c, folded, "", true) == NULL)
            return;
    }
}

static int claim(struct chat *c, const char *folded, const char *user_id)
{
    struct name_claim *mine = find(c, folded, user_id, false);
    if (mine != NULL) {
        mine->connections++;
        return 0;
    }
    mine = calloc(1, sizeof *mine);
    if (mine == NULL || hash_insert(&c->names, &mine->node, key(folded)) != 0) {
        free(mine);
        return E_NO_MEMORY;
    }
    memcpy(mine->folded, folded, strlen(folded) + 1);
    memcpy(mine->user_id, user_id, strlen(user_id) + 1);
    mine->connections = 1;
    return 0;
}

void name_post(struct chat *c, struct msg_name *m)
{
    char folded[USER_NAME_MAX + 1];
    fold(m->user->name, folded);
    chat_post_home(c, folded, &m->head);
}

void name_on_claim(struct chat *c, struct msg_name *m)
{
    char folded[USER_NAME_MAX + 1];
    fold(m->user->name, folded);
    if (m->guest && find(c, folded, m->user->id, true) != NULL) {
        m->ask.status = E_CONFLICT;
        m->ask.detail =
            "somebody who is here bears this name; take another, or say hello with your token";
        suggest(c, m->user->name, m->suggest);
    } else if (claim(c, folded, m->user->id) != 0) {
        m->ask.status = E_UNAVAILABLE;
        m->ask.detail = "the server is short of memory; try again";
    }
    m->head.tag = MSG_LOOP_NAMED;
    chat_post_loop(c, client_id_loop(m->ask.client), &m->head);
}

void name_on_release(struct chat *c, struct msg_name *m)
{
    char folded[USER_NAME_MAX + 1];
    fold(m->user->name, folded);
    struct name_claim *mine = find(c, folded, m->user->id, false);
    if (mine != NULL && --mine->connections == 0) {
        hash_remove(&c->names, &mine->node);
        free(mine);
    }
    msg_free(&m->head);
}

void names_free(struct chat *c)
{
    HASH_FOREACH (&c->names, node, after)
        free(container_of(node, struct name_claim, node));
    hash_fini(&c->names);
}
