/* SPDX-License-Identifier: MIT
 * SQLite connections; see db.h. The thread that owns the connection. */
#include "store/db.h"

#include "base/status.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files up to this size are checked whole at start: about 0.1 s. */
#define WHOLE_CHECK_BYTES (24LL << 20)
/* Of larger ones, so many of the newest events. */
#define TAIL_CHECK_EVENTS 5000

#define HEADER_LEN 100 /* of an SQLite file */
#define BUSY_MS 2000   /* another program (a backup, a shell) may hold the file for a moment */

#define WHAT_TO_DO "Nothing was changed. Put back a backup of the file, or choose another " \
                   "directory with --data"

void db_init(void)
{
    /* SQLite's memory statistics take a process-wide lock at every allocation. Refused (harmlessly)
     * when SQLite is in use already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_status(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return E_NO_MEMORY;
    case SQLITE_FULL:
        return E_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return E_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_LOCKED;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
        return E_INTERNAL;
    default:
        return E_IO;
    }
}

const char *db_reason(int rc)
{
    switch (db_status(rc)) {
    case E_NO_MEMORY:
        return "the server is short of memory";
    case E_FULL:
        return "the disk of the message history is full";
    case E_CORRUPT:
        return "the message history is damaged";
    case E_LOCKED:
        return "the message history is locked by another program";
    case E_INTERNAL:
        return "the message history refused it";
    default:
        return "the disk of the message history reports an error";
    }
}

int db_exec(sqlite3 *db, const char *sql)
{
    return db_status(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int db_query_int(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return db_status(rc);
}

static int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* SQLite deletes the log of an empty or missing file. That would be a wipe: it never gets there. */
static int inspect_empty(const char *path, char *err, size_t err_len)
{
    char wal[4096 + 8];
    snprintf(wal, sizeof wal, "%s-wal", path);
    int64_t size = file_size(wal);
    if (size <= 0)
        return 0;
    snprintf(err, err_len,
             "%s is missing or empty, but %s beside it holds %lld bytes of history. "
             WHAT_TO_DO, path, wal, (long long)size);
    return E_CORRUPT;
}

static int inspect_header(const char *path, char *err, size_t err_len)
{
    unsigned char header[HEADER_LEN];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(err, err_len, "cannot read %s: %s", path, strerror(errno));
        return E_IO;
    }
    ssize_t n = pread(fd, header, sizeof header, 0);
    int saved = errno;
    close(fd);
    if (n < 0) {
        snprintf(err, err_len, "cannot read %s: %s", path, strerror(saved));
        return E_IO;
    }
    if (n < HEADER_LEN || memcmp(header, "SQLite format 3", 16) != 0) {
        snprintf(err, err_len,
                 "%s is not a Parley database: it does not start as an SQLite file does. "
                 WHAT_TO_DO, path);
        return E_CORRUPT;
    }
    return 0;
}

static int damaged(const char *path, const char *what, char *err, size_t err_len)
{
    snprintf(err, err_len, "%s is damaged (%s). " WHAT_TO_DO, path, what);
    return E_CORRUPT;
}

/* Whose file it is. Asked of SQLite, because the newest header may be in the write-ahead log. */
static int inspect_version(sqlite3 *db, const char *path, char *err, size_t err_len)
{
    int64_t application = 0, version = 0, tables = 0;
    int status = db_query_int(db, "PRAGMA application_id", &application);
    if (status == 0)
        status = db_query_int(db, "PRAGMA user_version", &version);
    if (status == 0)
        status = db_query_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (status == E_CORRUPT)
        return damaged(path, sqlite3_errmsg(db), err, err_len);
    if (status != 0) {
        snprintf(err, err_len, "cannot read %s: %s", path, sqlite3_errmsg(db));
        return status == E_LOCKED ? E_LOCKED : E_IO;
    }
    if (application != DB_APPLICATION_ID && (version != 0 || tables != 0 || application != 0)) {
        snprintf(err, err_len, "%s is an SQLite file of another program. " WHAT_TO_DO, path);
        return E_CORRUPT;
    }
    if (version > MIGRATE_VERSION) {
        snprintf(err, err_len,
                 "%s was written by a newer Parley: its schema is version %lld, this server knows "
                 "up to version %d. Nothing was changed. Start the newer server, or choose another "
                 "directory with --data", path, (long long)version, MIGRATE_VERSION);
        return E_NEWER;
    }
    return 0;
}

int db_inspect(const char *path, char *err, size_t err_len)
{
    if (file_size(path) <= 0)
        return inspect_empty(path, err, err_len);
    int status = inspect_header(path, err, err_len);
    if (status != 0)
        return status;
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        snprintf(err, err_len, "cannot open %s: %s", path, sqlite3_errstr(rc));
        status = E_IO;
    } else {
        /* Else closing would write the log into a file that we may be about to refuse. */
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_busy_timeout(db, BUSY_MS);
        status = inspect_version(db, path, err, err_len);
    }
    if (status == 0)
        status = db_check(db, path, err, err_len);
    sqlite3_close(db);
    return status;
}

static int configure(sqlite3 *db, const char *const *pragmas)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    for (; *pragmas != NULL; pragmas++) {
        int rc = sqlite3_exec(db, *pragmas, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

static int open_with(sqlite3 **db, const char *path, int flags, const char *const *pragmas,
                     char *err, size_t err_len)
{
    int rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = configure(*db, pragmas);
    if (rc == SQLITE_OK)
        return 0;
    snprintf(err, err_len, "cannot open %s: %s", path,
             *db != NULL ? sqlite3_errmsg(*db) : sqlite3_errstr(rc));
    sqlite3_close(*db);
    *db = NULL;
    return db_status(rc) == E_CORRUPT ? E_CORRUPT : E_IO;
}

int db_set_durability(sqlite3 *db, enum durability durability)
{
    /* NORMAL even where anything goes: fsync at checkpoints keeps the file from being torn apart by
     * a power cut, and costs a commit nothing. */
    return db_exec(db, durability == DURABILITY_FULL ? "PRAGMA synchronous = FULL"
                                                     : "PRAGMA synchronous = NORMAL");
}

int db_open_writer(sqlite3 **db, const char *path, char *err, size_t err_len)
{
    static const char *const pragmas[] = {
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA wal_autocheckpoint = 0", /* it would stall a commit; see reader.c */
        /* KiB, at most. Larger is not faster: a commit that has sorted sibling pages (SQLite
         * borrows a page number beyond the end for it) walks through the whole cache. */
        "PRAGMA cache_size = -32768",
        "PRAGMA secure_delete = FAST",
        "PRAGMA temp_store = MEMORY",
        NULL,
    };
    /* Made here for its mode, which SQLite copies to the files beside it. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(err, err_len, "cannot open %s: %s", path, strerror(errno));
        return E_IO;
    }
    close(fd);
    return open_with(db, path, SQLITE_OPEN_READWRITE, pragmas, err, err_len);
}

int db_open_reader(sqlite3 **db, const char *path, char *err, size_t err_len)
{
    static const char *const pragmas[] = {
        "PRAGMA query_only = ON",
        "PRAGMA wal_autocheckpoint = 0",
        "PRAGMA cache_size = -16384",
        "PRAGMA temp_store = MEMORY",
        NULL,
    };
    return open_with(db, path, SQLITE_OPEN_READWRITE, pragmas, err, err_len);
}

/* Runs a checking pragma, whose only row is "ok" when all is well. */
static int check_with(sqlite3 *db, const char *sql, const char *path, char *err, size_t err_len)
{
    sqlite3_stmt *stmt = NULL;
    int status = 0;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *answer = (const char *)sqlite3_column_text(stmt, 0);
        if (answer == NULL || strcmp(answer, "ok") != 0)
            status = damaged(path, answer != NULL ? answer : "no answer", err, err_len);
    } else if (rc != SQLITE_DONE) {
        status = db_status(rc);
        if (status == E_CORRUPT || status == E_INTERNAL)
            status = damaged(path, sqlite3_errmsg(db), err, err_len);
        else
            snprintf(err, err_len, "cannot check %s: %s", path, sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
    return status;
}

#define TEXT_OF(macro) TEXT_OF_(macro)
#define TEXT_OF_(token) #token

/* Each of the newest events must be found again under its room and number, with an author. */
static const char tail_check[] =
    "SELECT 'events do not fit their index' FROM "
    "(SELECT * FROM events ORDER BY id DESC LIMIT " TEXT_OF(TAIL_CHECK_EVENTS) ") e "
    "WHERE length(e.text) IS NULL "
    "OR e.id IS NOT (SELECT id FROM events INDEXED BY events_seq "
    "WHERE room = e.room AND seq = e.seq) "
    "OR (e.author IS NOT NULL AND NOT EXISTS (SELECT 1 FROM authors a WHERE a.id = e.author)) "
    "LIMIT 1";
/* Not whole either: where workers were missing for long it is as long as the history. */
static const char pending_check[] =
    "SELECT 'messages without a verdict are marked as nothing known' FROM "
    "(SELECT state FROM pending ORDER BY id LIMIT " TEXT_OF(TAIL_CHECK_EVENTS) ") "
    "WHERE state IS NOT 1 AND state IS NOT 2 LIMIT 1";
static const char top_check[] =
    "SELECT 'a room does not end where its events do' FROM "
    "(SELECT * FROM rooms ORDER BY last_ts DESC LIMIT 1000) r "
    "WHERE r.top IS NOT (SELECT max(seq) FROM events WHERE room = r.id) LIMIT 1";

int db_check(sqlite3 *db, const char *path, char *err, size_t err_len)
{
    static const char *const large[] = {
        "PRAGMA quick_check('meta')",
        "PRAGMA quick_check('quarantine')",
        tail_check,
        pending_check,
        top_check,
        NULL,
    };
    static const char *const small[] = {"PRAGMA integrity_check(1)", top_check, NULL};
    int64_t tables = 0;
    if (db_query_int(db, "SELECT count(*) FROM sqlite_schema", &tables) == 0 && tables == 0)
        return 0;
    const char *const *checks = file_size(path) <= WHOLE_CHECK_BYTES ? small : large;
    for (; *checks != NULL; checks++) {
        int status = check_with(db, *checks, path, err, err_len);
        if (status != 0)
            return status;
    }
    return 0;
}
