/* SPDX-License-Identifier: MIT
 *
 * A SQLite VFS that fails on command, for tests of the store: preloaded into parleyd (LD_PRELOAD),
 * it registers itself as the default VFS before main runs, so the server needs no hook for it. It
 * passes everything to the system's VFS, and
 *
 *   - returns errors as the control file says (PARLEY_FAULT_CONTROL: struct control, mapped by us
 * and by the test): EIO or ENOSPC on write, short writes, EIO on fsync;
 *   - keeps, for each file, a log of what was written since its last successful fsync
 * (FILE-unsynced), with the bytes before and after. powercut.py uses it after a kill to make the
 * file what a disk might hold after a power cut: any subset of the unsynced writes.
 *
 * Any thread of the server: SQLite serialises the calls for one file; the control file is read
 * only.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each a countdown: 0 = off, n > 0 = the next n calls fail, -1 = all fail. Written by the test. */
struct control {
    int32_t write_eio, write_enospc, write_short, sync_eio;
    int32_t sync_lies; /* fsync says ok and does nothing, as if nobody had called it */
    uint32_t failed;   /* ours: how many calls failed */
};

struct fault_file {
    sqlite3_file base;
    int log; /* FILE-unsynced, or -1 for files that need none */
    char log_name[600];
    sqlite3_file *real; /* behind this struct */
};

/* A record of the log; `before` and `after` bytes follow. Truncation: after_len 0, is_truncate 1.
 */
struct record {
    uint64_t offset;
    uint32_t before_len, after_len;
    uint64_t size_before; /* of the file */
    uint32_t is_truncate;
    uint32_t magic;
};

#define RECORD_MAGIC 0x50434c47u

static sqlite3_vfs *real_vfs;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;
static struct control no_faults, *control = &no_faults;

static int fires(int32_t *countdown)
{
    int32_t n = __atomic_load_n(countdown, __ATOMIC_RELAXED);
    if (n == 0)
        return 0;
    if (n > 0)
        __atomic_fetch_sub(countdown, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&control->failed, 1, __ATOMIC_RELAXED);
    return 1;
}

static struct fault_file *fault(sqlite3_file *f)
{
    return (struct fault_file *)f;
}

/* -- the log of what is not on disk yet -------------------------------------------------------- */

static void log_change(struct fault_file *f, sqlite3_int64 offset, const void *after, int after_len,
                       int is_truncate)
{
    sqlite3_int64 size = 0;
    if (f->log < 0)
        return;
    f->real->pMethods->xFileSize(f->real, &size);
    sqlite3_int64 end = is_truncate ? size : offset + after_len < size ? offset + after_len : size;
    int before_len = offset < end ? (int)(end - offset) : 0;
    size_t len = sizeof(struct record) + (size_t)before_len + (size_t)after_len;
    char *bytes = malloc(len);
    if (bytes == NULL)
        abort();
    *(struct record *)(void *)bytes = (struct record){.offset = (uint64_t)offset,
                                                      .before_len = (uint32_t)before_len,
                                                      .after_len = (uint32_t)after_len,
                                                      .size_before = (uint64_t)size,
                                                      .is_truncate = (uint32_t)is_truncate,
                                                      .magic = RECORD_MAGIC};
    if (before_len > 0)
        f->real->pMethods->xRead(f->real, bytes + sizeof(struct record), before_len, offset);
    if (after_len > 0)
        memcpy(bytes + sizeof(struct record) + before_len, after, (size_t)after_len);
    if (write(f->log, bytes, len) != (ssize_t)len)
        abort(); /* a test whose log has a hole proves nothing */
    free(bytes);
}

static void forget_changes(struct fault_file *f)
{
    if (f->log >= 0 && ftruncate(f->log, 0) != 0)
        abort();
}

/* -- files ------------------------------------------------------------------------------------ */

static int file_close(sqlite3_file *file)
{
    struct fault_file *f = fault(file);
    int rc = f->real->pMethods->xClose(f->real);
    if (f->log >= 0) {
        close(f->log);
        unlink(f->log_name);
    }
    return rc;
}

static int file_read(sqlite3_file *file, void *to, int n, sqlite3_int64 offset)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xRead(f->real, to, n, offset);
}

static int write_short(struct fault_file *f, const void *from, int n, sqlite3_int64 offset)
{
    pthread_mutex_lock(&disk);
    log_change(f, offset, from, n, 0);
    f->real->pMethods->xWrite(f->real, from, n, offset);
    pthread_mutex_unlock(&disk);
    return SQLITE_IOERR_WRITE;
}

static int file_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 offset)
{
    struct fault_file *f = fault(file);
    if (f->log >= 0 && fires(&control->write_eio))
        return SQLITE_IOERR_WRITE;
    if (f->log >= 0 && fires(&control->write_enospc))
        return SQLITE_FULL;
    if (f->log >= 0 && n > 1 && fires(&control->write_short))
        return write_short(f, from, n / 2, offset);
    pthread_mutex_lock(&disk);
    log_change(f, offset, from, n, 0);
    int rc = f->real->pMethods->xWrite(f->real, from, n, offset);
    pthread_mutex_unlock(&disk);
    return rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct fault_file *f = fault(file);
    pthread_mutex_lock(&disk);
    log_change(f, size, NULL, 0, 1);
    int rc = f->real->pMethods->xTruncate(f->real, size);
    pthread_mutex_unlock(&disk);
    return rc;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct fault_file *f = fault(file);
    if (f->log >= 0 && fires(&control->sync_eio))
        return SQLITE_IOERR_FSYNC;
    if (f->log >= 0 && fires(&control->sync_lies))
        return SQLITE_OK;
    pthread_mutex_lock(&disk);
    int rc = f->real->pMethods->xSync(f->real, flags);
    if (rc == SQLITE_OK)
        forget_changes(f);
    pthread_mutex_unlock(&disk);
    return rc;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xFileSize(f->real, size);
}

static int file_lock(sqlite3_file *file, int level)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xLock(f->real, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xUnlock(f->real, level);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xCheckReservedLock(f->real, out);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xFileControl(f->real, op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xSectorSize(f->real);
}

static int file_characteristics(sqlite3_file *file)
{
    /* No promise of atomic or ordered writes: the disk that we play has none. */
    (void)file;
    return 0;
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xShmMap(f->real, page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xShmLock(f->real, offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    struct fault_file *f = fault(file);
    f->real->pMethods->xShmBarrier(f->real);
}

static int file_shm_unmap(sqlite3_file *file, int delete)
{
    struct fault_file *f = fault(file);
    return f->real->pMethods->xShmUnmap(f->real, delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no xFetch: mapped pages would be written behind our back */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* -- the boot id ------------------------------------------------------------------------------ */

int open(const char *path, int flags, ...)
{
    int (*real_open)(const char *, int, ...) =
        (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    const char *ours = getenv("PARLEY_FAULT_BOOT_ID");
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (ours != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
        path = ours;
    return real_open(path, flags, mode);
}

/* -- the VFS ---------------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct fault_file *f = fault(file);
    (void)vfs;
    memset(f, 0, sizeof *f);
    f->real = (sqlite3_file *)(f + 1);
    f->log = -1;
    int rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out_flags);
    if (rc != SQLITE_OK || f->real->pMethods == NULL)
        return rc;
    f->base.pMethods = &methods;
    /* One connection writes; a second log of the same file, of a reader, would cut the first short.
     */
    int writes =
        (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) && (flags & SQLITE_OPEN_READWRITE);
    if (writes && name != NULL) {
        snprintf(f->log_name, sizeof f->log_name, "%s-unsynced", name);
        f->log = open(f->log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (f->log < 0)
            abort();
    }
    return SQLITE_OK;
}

static void map_control(void)
{
    const char *path = getenv("PARLEY_FAULT_CONTROL");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        control = mapped;
}

__attribute__((constructor)) static void install(void)
{
    static sqlite3_vfs vfs;
    map_control();
    real_vfs = sqlite3_vfs_find(NULL);
    if (real_vfs == NULL)
        abort();
    vfs = *real_vfs; /* all but open: paths, deletion, time are the system's */
    vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
    vfs.zName = "fault";
    vfs.xOpen = vfs_open;
    sqlite3_vfs_register(&vfs, 1);
}
