/* SPDX-License-Identifier: MIT
 * The schema and its versions (PRAGMA user_version). Main thread, at start. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <sqlite3.h>
#include <stddef.h>

/* The version this server writes. */
#define MIGRATE_VERSION 6

/* Brings the file to MIGRATE_VERSION, one transaction a step: it is at the old version or at the
 * new one, whatever happens meanwhile. 0 or E_… with a sentence in `err`. */
int migrate_run(sqlite3 *db, const char *path, char *err, size_t err_len);

#endif
