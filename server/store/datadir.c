/* SPDX-License-Identifier: MIT
 * The data directory and its lock; see datadir.h. Main thread. */
#include "store/datadir.h"

#include "base/log.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(const char *path, char *err, size_t err_len)
{
    struct stat st;
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    if (errno == EEXIST)
        return 0;
    snprintf(err, err_len, "cannot make the data directory %s: %s%s", path, strerror(errno),
             errno == ENOENT ? " (its parent directory must exist)" : "");
    return E_IO;
}

static long holder(int fd)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    return n > 0 ? strtol(text, NULL, 10) : 0;
}

static void refuse(int fd, const char *path, char *err, size_t err_len)
{
    long pid = holder(fd);
    if (pid > 0)
        snprintf(err, err_len,
                 "data directory %s is in use by a running server (pid %ld): stop that one, or "
                 "choose another with --data", path, pid);
    else
        snprintf(err, err_len,
                 "data directory %s is in use by another process, which holds %s/lock: stop that "
                 "one, or choose another with --data", path, path);
}

/* Only for the message above: the lock holds without it, so a full disk is no reason to stop. A pid
 * that stays behind under no lock misleads nobody. */
static void write_pid(int fd, long pid)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", pid);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        log_warn("store", "cannot write the pid into the lock file: %s", strerror(errno));
}

int datadir_lock(const char *path, char *err, size_t err_len)
{
    char file[4096];
    int status = make(path, err, err_len);
    if (status != 0)
        return status;
    if ((size_t)snprintf(file, sizeof file, "%s/lock", path) >= sizeof file) {
        snprintf(err, err_len, "the path of the data directory is too long");
        return E_IO;
    }
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(err, err_len, "cannot open %s: %s", file, strerror(errno));
        return E_IO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            refuse(fd, path, err, err_len);
            status = E_LOCKED;
        } else {
            snprintf(err, err_len, "cannot lock %s: %s", file, strerror(errno));
            status = E_IO;
        }
        close(fd);
        return status;
    }
    write_pid(fd, (long)getpid());
    return fd;
}

void datadir_unlock(int fd)
{
    close(fd);
}
