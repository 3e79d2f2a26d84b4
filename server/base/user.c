/* SPDX-License-Identifier: MIT
 * Users; see user.h. */
#include "base/user.h"

#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {
#define X(tag, name) name,
    USER_ROLES(X)
#undef X
};

struct user *user_new(const char *id, const char *name, enum role role)
{
    size_t id_len = strlen(id), name_len = strlen(name);
    if (id_len > USER_ID_MAX || name_len > USER_NAME_MAX)
        return NULL;
    struct user *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    atomic_init(&u->refs, 1);
    u->role = role;
    memcpy(u->id, id, id_len + 1);
    memcpy(u->name, name, name_len + 1);
    return u;
}

struct user *user_ref(struct user *u)
{
    atomic_fetch_add_explicit(&u->refs, 1, memory_order_relaxed);
    return u;
}

void user_unref(struct user *u)
{
    if (u == NULL)
        return;
    if (atomic_fetch_sub_explicit(&u->refs, 1, memory_order_acq_rel) == 1)
        free(u);
}

const char *role_name(enum role role)
{
    return role < N_ROLES ? role_names[role] : "guest";
}

enum role role_find(const char *name)
{
    for (int i = 0; i < N_ROLES; i++) {
        if (strcmp(role_names[i], name) == 0)
            return (enum role)i;
    }
    return N_ROLES;
}
