/* SPDX-License-Identifier: MIT
 *
 * How many newcomers a loop takes at once. After an outage everybody comes back in the same second;
 * what they ask for (hello, joins, missed events) would make those wait who are being served.
 * Newcomers above the rate get a bye with a spread that fits their number; far above it, a 503,
 * which costs even less. Owner: the loop.
 */
#ifndef NET_ADMISSION_H
#define NET_ADMISSION_H

#include "base/bucket.h"

#include <stdbool.h>
#include <stdint.h>

struct admission {
    double rate;             /* newcomers a second; 0 = no limit */
    struct bucket welcomed;  /* at the rate */
    struct bucket answered;  /* at four times the rate: who is at least told when to come back */
    double turned_away;      /* lately: falls at the rate, as they could have been served */
    uint64_t turned_us;      /* when it was reckoned */
};

void admission_init(struct admission *a, double rate);
/* At the handshake: false: refuse it (503). */
bool admission_answers(struct admission *a, uint64_t now_us);
/* When the connection stands: false: bye, come back later. */
bool admission_welcomes(struct admission *a, uint64_t now_us);
/* For who was just turned away: over how long all of them should spread their return, in ms. */
uint32_t admission_spread_ms(struct admission *a, uint64_t now_us);

#endif
