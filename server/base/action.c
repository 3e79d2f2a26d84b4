/* SPDX-License-Identifier: MIT
 * Names of actions; see action.h. */
#include "base/action.h"

#include <string.h>

static const char *const names[] = {
#define X(tag, number, name) [number] = name,
    ACTIONS(X)
#undef X
};

const char *action_name(enum action a)
{
    return a < N_ACTIONS ? names[a] : names[ACTION_NONE];
}

enum action action_find(const char *name)
{
    unsigned a = 0;
    while (a < N_ACTIONS && strcmp(names[a], name) != 0)
        a++;
    return (enum action)a;
}
