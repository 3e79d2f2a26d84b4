/* SPDX-License-Identifier: MIT
 *
 * A limit each for many names (users, API keys), wherever their requests come in. Shared by all
 * loops: time stamps only, atomic, hashed by the name, so its size is fixed; two names that meet
 * in one share a limit (one in 262,144). Pages of it that nobody's name has met cost no memory.
 */
#ifndef BASE_RATES_H
#define BASE_RATES_H

#include <stdint.h>

struct rates;

/* NULL when memory is short. */
struct rates *rates_new(void);
void rates_free(struct rates *r); /* takes NULL */

/* As bucket_take, of one token: 0 when it is there, else the microseconds until it is. */
uint64_t rates_take(struct rates *r, const char *name, uint64_t now_us, double rate,
                    double burst);

#endif
