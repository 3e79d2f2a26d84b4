/* SPDX-License-Identifier: MIT
 * Verdicts made by hand. */
#ifndef TESTS_UNIT_NET_VERDICTS_H
#define TESTS_UNIT_NET_VERDICTS_H

#include "loop/msg.h"

#include <stdio.h>

static inline struct label make_label(const char *analyzer, const char *name, double score)
{
    struct label l = {.score = (float)score, .threshold = 0.5f, .flagged = score >= 0.5};
    snprintf(l.analyzer, sizeof l.analyzer, "%s", analyzer);
    snprintf(l.label, sizeof l.label, "%s", name);
    snprintf(l.version, sizeof l.version, "1.0.0");
    return l;
}

#endif
