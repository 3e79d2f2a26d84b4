/* SPDX-License-Identifier: MIT */
/* stamp: see stamp.h.  Pure. */
#include "stamp.h"

#include <string.h>

enum {
    AT_RUN = 3,
    RUN_DIGITS = 8,
    AT_PUBLISHER = 12,
    PUBLISHER_DIGITS = 6,
    AT_COUNTER = 19,
    COUNTER_DIGITS = 8,
    AT_TIME = 28,
    TIME_DIGITS = 12
};

static void put_hex(char *to, unsigned digits, uint64_t value)
{
    while (digits-- > 0) {
        to[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

static bool get_hex(const char *from, unsigned digits, uint64_t *value)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < digits; i++) {
        unsigned char c = (unsigned char)from[i];

        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (c - 'a' + 10u);
        else
            return false;
    }
    *value = v;
    return true;
}

void stamp_write(char *to, const struct stamp *stamp)
{
    memcpy(to, "pl.", 3);
    put_hex(to + AT_RUN, RUN_DIGITS, stamp->run);
    to[AT_PUBLISHER - 1] = '.';
    put_hex(to + AT_PUBLISHER, PUBLISHER_DIGITS, stamp->publisher);
    to[AT_COUNTER - 1] = '.';
    put_hex(to + AT_COUNTER, COUNTER_DIGITS, stamp->counter);
    to[AT_TIME - 1] = '.';
    put_hex(to + AT_TIME, TIME_DIGITS, stamp->intended_ns);
}

bool stamp_read(const char *text, size_t len, struct stamp *stamp)
{
    uint64_t run, publisher, counter, time;

    if (len < STAMP_BYTES || memcmp(text, "pl.", 3) != 0)
        return false;
    if (text[AT_PUBLISHER - 1] != '.' || text[AT_COUNTER - 1] != '.' || text[AT_TIME - 1] != '.')
        return false;
    if (!get_hex(text + AT_RUN, RUN_DIGITS, &run) ||
        !get_hex(text + AT_PUBLISHER, PUBLISHER_DIGITS, &publisher) ||
        !get_hex(text + AT_COUNTER, COUNTER_DIGITS, &counter) ||
        !get_hex(text + AT_TIME, TIME_DIGITS, &time))
        return false;
    stamp->run = (uint32_t)run;
    stamp->publisher = (uint32_t)publisher;
    stamp->counter = (uint32_t)counter;
    stamp->intended_ns = time;
    return true;
}
