/* SPDX-License-Identifier: MIT
 *
 * One SQLite connection: opening it with our settings, refusing files that are not ours, are
 * damaged or come from a newer Parley, and turning SQLite's codes into status codes (nowhere
 * else). Each connection belongs to one thread.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>

/* "Parl": tells our file from other programs' SQLite files. */
#define DB_APPLICATION_ID 0x5061726c

/* Before the first connection of the process. */
void db_init(void);

/* Looks at the file without changing it. 0: usable, or not there yet. */
int db_inspect(const char *path, char *err, size_t err_len);
/* The writing connection; makes the file (0600) when it is missing. What it commits is fsynced,
 * until db_set_durability says otherwise. */
int db_open_writer(sqlite3 **db, const char *path, char *err, size_t err_len);
int db_set_durability(sqlite3 *db, enum durability durability);
/* A connection that reads, and may move the write-ahead log into the file. */
int db_open_reader(sqlite3 **db, const char *path, char *err, size_t err_len);

/* Whether the content holds together. Whole for small files; for large ones the small tables
 * and the newest events, so that it takes well under a second. */
int db_check(sqlite3 *db, const char *path, char *err, size_t err_len);

/* Runs statements that have no parameters and no result. 0 or E_…. */
int db_exec(sqlite3 *db, const char *sql);
/* First column of the first row. *value is untouched when there is none. 0 or E_…. */
int db_query_int(sqlite3 *db, const char *sql, int64_t *value);

/* E_… for a result code of SQLite. */
int db_status(int rc);
/* What a person should know about it. A literal. */
const char *db_reason(int rc);

#endif
