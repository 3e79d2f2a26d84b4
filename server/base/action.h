/* SPDX-License-Identifier: MIT
 *
 * What a room's policy does with a message. The order is that of severity: of several rules that
 * match, the one with the greatest action counts. The numbers are what the store keeps.
 */
#ifndef BASE_ACTION_H
#define BASE_ACTION_H

/*        action          number  name */
#define ACTIONS(X)                 \
    X(ACTION_NONE,   0, "none")    \
    X(ACTION_FLAG,   1, "flag")    /* shown; moderators are told */                        \
    X(ACTION_MASK,   2, "mask")    /* shown with what offends hidden */                     \
    X(ACTION_HOLD,   3, "hold")    /* shown when a moderator says so */                     \
    X(ACTION_BOUNCE, 4, "bounce")  /* back to the author, to be edited and sent again */    \
    X(ACTION_SHADOW, 5, "shadow")  /* the author believes that it was shown */              \
    X(ACTION_BLOCK,  6, "block")   /* refused */

enum action {
#define X(tag, number, name) tag = number,
    ACTIONS(X)
#undef X
    N_ACTIONS
};

const char *action_name(enum action a);
/* The action of that name, or N_ACTIONS. */
enum action action_find(const char *name);

#endif
