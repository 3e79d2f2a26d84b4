/* SPDX-License-Identifier: MIT
 * Schema versions; see migrate.h. Main thread, at start. */
#include "store/migrate.h"

#include "base/log.h"
#include "base/status.h"
#include "gate_sql.h"
#include "moderation_sql.h"
#include "schema_sql.h"
#include "store/db.h"
#include "strikes_sql.h"

#include <stdio.h>

/* steps[n] leads from version n to n + 1. Never change one that was released: add another. */
static const char *const steps[MIGRATE_VERSION] = {
    schema_sql,
    "ALTER TABLE quarantine ADD COLUMN stack TEXT NOT NULL DEFAULT ''", /* of Python, when told */
    moderation_sql,
    gate_sql,
    /* what room analyzers know of each room, as they left it: JSON */
    "CREATE TABLE insights (room TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID",
    strikes_sql,
};

static int run_step(sqlite3 *db, int64_t version)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %lld",
             DB_APPLICATION_ID, (long long)version + 1);
    int status = db_exec(db, "BEGIN IMMEDIATE");
    if (status == 0)
        status = db_exec(db, steps[version]);
    if (status == 0)
        status = db_exec(db, stamp);
    if (status == 0)
        status = db_exec(db, "COMMIT");
    return status;
}

int migrate_run(sqlite3 *db, const char *path, char *err, size_t err_len)
{
    int64_t version = 0;
    int status = db_query_int(db, "PRAGMA user_version", &version);
    int64_t before = version;
    for (; status == 0 && version < MIGRATE_VERSION; version++)
        status = run_step(db, version);
    if (status == 0 && before != version)
        log_info("store", "schema brought from version %lld to %lld", (long long)before,
                 (long long)version);
    if (status != 0) {
        snprintf(err, err_len, "cannot bring %s to schema version %d: %s", path, MIGRATE_VERSION,
                 sqlite3_errmsg(db));
        if (!sqlite3_get_autocommit(db))
            db_exec(db, "ROLLBACK");
        status = status == E_CORRUPT ? E_CORRUPT : E_IO;
    }
    return status;
}
