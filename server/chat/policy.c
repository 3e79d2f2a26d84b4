/* SPDX-License-Identifier: MIT
 * The default policy; see policy.h. */
#include "chat/policy.h"

#include <string.h>

/* Analyzers whose raised labels flag a message; others only describe it. */
static const char *const harmful[] = {"toxicity", "spam"};

const char *policy_action(const struct label *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; labels[i].flagged && k < sizeof harmful / sizeof harmful[0]; k++) {
            if (strcmp(labels[i].analyzer, harmful[k]) == 0)
                return "flag";
        }
    }
    return "none";
}
