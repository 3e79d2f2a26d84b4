/* SPDX-License-Identifier: MIT
 *
 * Finds the worker program, the Python package and the pages from where parleyd itself lies, so
 * that a build tree (build/bin/parleyd) and an installation (PREFIX/bin/parleyd) both start
 * without naming them. No state; main thread.
 */
#include "config/place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "config/config.h"

#define LEVELS_UP 4

char *place_find(const char *dir, const char *relative, const char *marker)
{
    char path[PATH_MAX];
    int len = (int)strlen(dir);

    for (int level = 0; level <= LEVELS_UP; level++) {
        int n = snprintf(path, sizeof path, "%.*s/%s/%s", len, dir, relative, marker);

        if (n < (int)sizeof path && access(path, R_OK) == 0)
            return strndup(path, (size_t)n - strlen(marker) - 1);
        while (len > 0 && dir[len - 1] != '/')
            len--;
        if (len <= 1)
            return NULL;
        len--;
    }
    return NULL;
}

/* Fills an empty option with the directory of a build tree or else of an installation. */
static void find(char **place, const char *dir, const char *built, const char *installed,
                 const char *marker)
{
    char *found;

    if ((*place)[0] != '\0')
        return;
    found = place_find(dir, built, marker);
    if (!found)
        found = place_find(dir, installed, marker);
    if (found) {
        free(*place);
        *place = found;
    }
}

static int join(char **place, const char *dir, const char *name)
{
    char *path;

    if ((*place)[0] != '\0')
        return 0;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return E_NO_MEMORY;
    free(*place);
    *place = path;
    return 0;
}

int place_settle(struct config *c)
{
    char dir[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", dir, sizeof dir - 1);

    if (len > 0) {
        dir[len] = '\0';
        *strrchr(dir, '/') = '\0';
        find(&c->web, dir, "web/dist", "share/parley/web", "index.html");
        find(&c->python_path, dir, "workers", "share/parley/workers", "parley");
        if (join(&c->worker_binary, dir, "parley-worker") < 0)
            return E_NO_MEMORY;
    }
    return join(&c->analyzers_dir, c->data, "analyzers.d");
}
