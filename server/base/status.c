/* SPDX-License-Identifier: MIT
 * Status codes to names; see status.h. Any thread: constant tables only. */
#include "base/status.h"

#include <stddef.h>

struct row {
    int number;
    const char *name;
    const char *wire;
    int http;
    bool temporary;
};

static const struct row table[] = {
#define X(name, number, wire, http, temporary) {number, #name, wire, http, temporary},
    STATUS_TABLE(X)
#undef X
};

static const struct row unknown = {0, "E_?", "internal", 500, true};

static const struct row *find(int status)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].number == status)
            return &table[i];
    }
    return &unknown;
}

const char *status_name(int status)
{
    return find(status)->name;
}

const char *status_wire(int status)
{
    return find(status)->wire;
}

int status_http(int status)
{
    return find(status)->http;
}

bool status_is_temporary(int status)
{
    return find(status)->temporary;
}
