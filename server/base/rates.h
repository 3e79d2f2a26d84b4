/* SPDX-License-Identifier: MIT
 *
 * Messages a second and user of those who post over HTTP, where no session counts them. Shared by
 * all loops, since each request may come to another one: time stamps only, atomic, hashed by the
 * user's id, so its size is fixed; two users that meet in one share a limit (one in 16,384).
 */
#ifndef NET_RATES_H
#define NET_RATES_H

#include <stdint.h>

struct rates;

/* NULL when memory is short. */
struct rates *rates_new(void);
void rates_free(struct rates *r); /* takes NULL */

/* As bucket_take: 0 when the user may post, else the microseconds after which he may. */
uint64_t rates_take(struct rates *r, const char *user_id, uint64_t now_us, double rate,
                    double burst);

#endif
