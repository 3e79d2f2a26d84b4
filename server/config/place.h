/* SPDX-License-Identifier: MIT
 *
 * Where the parts of an installation lie, seen from the running program.
 * Private to server/config. No state; main thread.
 */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stddef.h>

struct config;

/*
 * Fills worker_binary, python_path, web and analyzers_dir where they are empty; what is not found
 * stays empty. E_NO_MEMORY only.
 */
int place_settle(struct config *c);

/*
 * The first directory `relative` in dir, in its parent, … up to four levels above, that holds an
 * entry `marker`; a new string, or NULL when there is none.
 */
char *place_find(const char *dir, const char *relative, const char *marker);

#endif
