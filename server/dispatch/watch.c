/* SPDX-License-Identifier: MIT
 * Changes of a folder; see watch.h. Any one thread. */
#include "dispatch/watch.h"

#include "base/hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Hidden files and the scratch files of editors. */
static bool is_noise(const char *name)
{
    return name[0] == '.' || name[0] == '#' || name[strlen(name) - 1] == '~';
}

/* 0 for what is not a file: directories are Python's caches. */
static uint64_t look_at_file(int dir, const char *name)
{
    struct stat st;
    if (is_noise(name) || fstatat(dir, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
        return 0;
    uint64_t facts[] = {
        hash_bytes(name, strlen(name)), (uint64_t)st.st_ino, (uint64_t)st.st_size,
        (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
    };
    return hash_bytes(facts, sizeof facts);
}

/* A number that stands for the files and their state, in whatever order they are listed. */
static uint64_t look(const char *path)
{
    uint64_t sum = 0;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0; /* a folder that is not there is an empty one */
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        sum += look_at_file(dirfd(dir), e->d_name);
    closedir(dir);
    return sum;
}

void watch_init(struct watch *w, const char *dir)
{
    w->known = w->seen = look(dir);
}

bool watch_look(struct watch *w, const char *dir)
{
    uint64_t now = look(dir);
    bool settled = now == w->seen;
    w->seen = now;
    if (now == w->known || !settled)
        return false;
    w->known = now;
    return true;
}
