/* SPDX-License-Identifier: MIT
 *
 * Who speaks: immutable after it is made and reference-counted, so that messages between threads
 * can carry it. Any thread.
 */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <stdatomic.h>
#include <stdint.h>

#define USER_ID_MAX 24   /* bytes, without the final NUL */
#define USER_NAME_MAX 96 /* bytes of UTF-8, without the final NUL */

/*        role            name on the wire */
#define USER_ROLES(X)     \
    X(ROLE_GUEST, "guest") \
    X(ROLE_MEMBER, "member") \
    X(ROLE_BOT, "bot") \
    X(ROLE_MODERATOR, "moderator") \
    X(ROLE_OPERATOR, "operator")

enum role {
#define X(tag, name) tag,
    USER_ROLES(X)
#undef X
    N_ROLES
};

struct user {
    _Atomic uint32_t refs;
    enum role role;
    char id[USER_ID_MAX + 1];
    char name[USER_NAME_MAX + 1];
};

/* One reference, the caller's. NULL when memory is short or a text is too long. */
struct user *user_new(const char *id, const char *name, enum role role);
struct user *user_ref(struct user *u);
void user_unref(struct user *u);

const char *role_name(enum role role);
/* The role of that name, or N_ROLES. */
enum role role_find(const char *name);

#endif
