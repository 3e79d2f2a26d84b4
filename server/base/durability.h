/* SPDX-License-Identifier: MIT
 * What an "ok" promises; in the order of the option's words (config/options.inc). */
#ifndef BASE_DURABILITY_H
#define BASE_DURABILITY_H

enum durability {
    DURABILITY_FULL,   /* fsync before anybody is told: survives power loss */
    DURABILITY_OS,     /* written to the OS before anybody is told: survives kill -9 */
    DURABILITY_MEMORY, /* told first, written behind: a crash loses the end, changes the epoch */
};

#endif
