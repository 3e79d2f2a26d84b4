/* SPDX-License-Identifier: MIT
 * What the data directory says about itself; see meta.h. Main thread. */
#include "store/meta.h"

#include "base/log.h"
#include "base/status.h"
#include "store/db.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUNNING_MAX 64

static const char *const durability_names[] = {
    [DURABILITY_FULL] = "full",
    [DURABILITY_OS] = "os",
    [DURABILITY_MEMORY] = "memory",
};

/* Bytes of the value, 0 when there is none, or E_…. */
static int get(sqlite3 *db, const char *key, void *value, size_t cap)
{
    sqlite3_stmt *stmt = NULL;
    int len = 0;
    int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?1", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        len = sqlite3_column_bytes(stmt, 0);
        if (len > (int)cap)
            len = E_CORRUPT;
        else if (len > 0)
            memcpy(value, sqlite3_column_blob(stmt, 0), (size_t)len);
    }
    sqlite3_finalize(stmt);
    return db_status(rc) != 0 ? db_status(rc) : len;
}

/* len 0: removes the key. */
static int put(sqlite3 *db, const char *key, const void *value, size_t len, bool text)
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = len > 0 ? "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)"
                              : "DELETE FROM meta WHERE key = ?1";
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && len > 0)
        rc = text ? sqlite3_bind_text(stmt, 2, value, (int)len, SQLITE_STATIC)
                  : sqlite3_bind_blob(stmt, 2, value, (int)len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return db_status(rc);
}

/* Reads bytes that are made once in the life of a data directory. */
static int get_or_make(sqlite3 *db, const char *key, unsigned char *value, size_t len)
{
    int found = get(db, key, value, len);
    if (found < 0)
        return found;
    if (found > 0)
        return found == (int)len ? 0 : E_CORRUPT;
    randombytes_buf(value, len);
    return put(db, key, value, len, false);
}

static int make_epoch(sqlite3 *db, char epoch[META_EPOCH_MAX + 1])
{
    unsigned char raw[META_EPOCH_MAX / 2];
    randombytes_buf(raw, sizeof raw);
    sodium_bin2hex(epoch, META_EPOCH_MAX + 1, raw, sizeof raw);
    return put(db, "epoch", epoch, META_EPOCH_MAX, true);
}

static void read_boot_id(char *out, size_t cap)
{
    ssize_t n = -1;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, out, cap - 1);
        close(fd);
    }
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Whether the run that left this mark may have told of events that are not on disk. */
static bool may_have_lost(const char *running, const char *boot_id)
{
    char durability[16] = "", boot[RUNNING_MAX] = "";
    sscanf(running, "%15s %63s", durability, boot);
    if (strcmp(durability, durability_names[DURABILITY_MEMORY]) == 0)
        return true;
    if (strcmp(durability, durability_names[DURABILITY_OS]) == 0)
        return boot_id[0] == '\0' || strcmp(boot, boot_id) != 0;
    return false;
}

static int start(sqlite3 *db, enum durability durability, struct identity *identity)
{
    char running[RUNNING_MAX + 1] = "", boot_id[48], mark[RUNNING_MAX];
    int status = get_or_make(db, "secret", identity->secret, sizeof identity->secret);
    if (status == 0)
        status = get_or_make(db, "cid_key", identity->cid_key, sizeof identity->cid_key);
    if (status != 0)
        return status;
    int len = get(db, "epoch", identity->epoch, META_EPOCH_MAX);
    int mark_len = len < 0 ? len : get(db, "running", running, RUNNING_MAX);
    if (mark_len < 0)
        return mark_len;

    read_boot_id(boot_id, sizeof boot_id);
    if (len == 0) {
        status = make_epoch(db, identity->epoch);
    } else if (may_have_lost(running, boot_id)) {
        status = make_epoch(db, identity->epoch);
        log_warn("store",
                 "the last run (durability %.*s) did not end cleanly and may have lost its last "
                 "events: rooms take the new epoch %s",
                 (int)strcspn(running, " "), running, identity->epoch);
    } else if (running[0] != '\0') {
        log_info("store", "the last run did not end cleanly; its durability lost nothing");
    }
    if (status != 0)
        return status;
    snprintf(mark, sizeof mark, "%s %s", durability_names[durability], boot_id);
    return put(db, "running", mark, strlen(mark), true);
}

int meta_start(sqlite3 *db, enum durability durability, struct identity *identity, const char *path,
               char *err, size_t err_len)
{
    memset(identity, 0, sizeof *identity);
    int status = db_exec(db, "BEGIN IMMEDIATE");
    if (status == 0)
        status = start(db, durability, identity);
    if (status == 0)
        status = db_exec(db, "COMMIT");
    if (status == 0)
        return 0;
    if (status == E_CORRUPT)
        snprintf(err, err_len,
                 "%s is damaged (table meta). Put back a backup of the file, or choose another "
                 "directory with --data", path);
    else
        snprintf(err, err_len, "cannot write %s: %s", path, sqlite3_errmsg(db));
    if (!sqlite3_get_autocommit(db))
        db_exec(db, "ROLLBACK");
    return status == E_CORRUPT ? E_CORRUPT : E_IO;
}

int meta_finish(sqlite3 *db)
{
    /* Whatever the durability: the mark must not go before the events that it vouches for. */
    int status = db_set_durability(db, DURABILITY_FULL);
    return status != 0 ? status : put(db, "running", "", 0, true);
}
