/* SPDX-License-Identifier: MIT
 * Notes of jobs in a mapped file; see flight.h. Dispatch thread. */
#include "dispatch/flight.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char magic[8] = "PARLEYF1";

struct file {
    char magic[8];
    char epoch[24];
    struct flight_note notes[FLIGHT_NOTES];
};

/* A note of the last server. */
struct old {
    int64_t id;
    uint32_t place; /* 0: recalled, or its place was given away */
};

struct flight {
    struct file *file;
    uint32_t free[FLIGHT_NOTES]; /* places, a stack; a place is an index + 1 */
    uint32_t n_free;
    struct old old[FLIGHT_NOTES]; /* by id */
    uint32_t n_old, next_old;     /* next_old: where to look for one to give away */
};

/* ---- the file ------------------------------------------------------------------------------ */

/* Its blocks are taken at once: a full disk must not end us in the middle of a store. */
static struct file *map(const char *path, char *err, size_t err_len)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : posix_fallocate(fd, 0, sizeof(struct file));
    void *at = MAP_FAILED;
    if (error == 0) {
        at = mmap(NULL, sizeof(struct file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = at == MAP_FAILED ? errno : 0;
    }
    if (fd >= 0)
        close(fd);
    if (error != 0)
        snprintf(err, err_len, "cannot use %s: %s", path, strerror(error));
    return at == MAP_FAILED ? NULL : at;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = ((const struct old *)a)->id, y = ((const struct old *)b)->id;
    return x < y ? -1 : x > y;
}

static void read_notes(struct flight *f, const char *epoch)
{
    struct file *file = f->file;
    char mine[sizeof file->epoch] = "";
    snprintf(mine, sizeof mine, "%s", epoch);
    if (memcmp(file->magic, magic, sizeof magic) != 0
        || memcmp(file->epoch, mine, sizeof mine) != 0) {
        memset(file, 0, sizeof *file);
        memcpy(file->magic, magic, sizeof magic);
        memcpy(file->epoch, mine, sizeof mine);
    }
    for (uint32_t i = FLIGHT_NOTES; i-- > 0;) {
        if (file->notes[i].id != 0)
            f->old[f->n_old++] = (struct old){file->notes[i].id, i + 1};
        else
            f->free[f->n_free++] = i + 1;
    }
    qsort(f->old, f->n_old, sizeof f->old[0], compare_ids);
}

int flight_open(struct flight **out, const char *path, const char *epoch, char *err,
                size_t err_len)
{
    *out = NULL;
    struct flight *f = calloc(1, sizeof *f);
    if (f == NULL) {
        snprintf(err, err_len, "no memory");
        return E_NO_MEMORY;
    }
    f->file = map(path, err, err_len);
    if (f->file == NULL) {
        free(f);
        return E_IO;
    }
    read_notes(f, epoch);
    *out = f;
    return 0;
}

void flight_close(struct flight *f)
{
    if (f == NULL)
        return;
    munmap(f->file, sizeof *f->file);
    free(f);
}

/* ---- notes --------------------------------------------------------------------------------- */

bool flight_recall(struct flight *f, int64_t id, struct flight_note *note, uint32_t *place)
{
    const struct old wanted = {.id = id};
    struct old *old = f == NULL ? NULL
                      : bsearch(&wanted, f->old, f->n_old, sizeof f->old[0], compare_ids);
    if (old == NULL || old->place == 0)
        return false;
    *place = old->place;
    *note = f->file->notes[old->place - 1];
    old->place = 0;
    return true;
}

/* Of old notes those are left whose messages were judged, or expired, after all. */
static uint32_t take_place(struct flight *f)
{
    if (f->n_free > 0)
        return f->free[--f->n_free];
    for (; f->next_old < f->n_old; f->next_old++) {
        uint32_t place = f->old[f->next_old].place;
        f->old[f->next_old].place = 0;
        if (place != 0)
            return place;
    }
    return 0;
}

void flight_put(struct flight *f, const struct flight_note *note, uint32_t *place)
{
    if (f != NULL && *place == 0)
        *place = take_place(f);
    if (*place == 0)
        return;
    struct flight_note *to = &f->file->notes[*place - 1];
    /* Torn by a kill it is a note without a message, or one that counts too little. */
    to->attempts = note->attempts;
    to->forgiven = note->forgiven;
    to->flying = note->flying;
    to->id = note->id;
}

void flight_remove(struct flight *f, uint32_t *place)
{
    if (f == NULL || *place == 0)
        return;
    f->file->notes[*place - 1] = (struct flight_note){0};
    f->free[f->n_free++] = *place;
    *place = 0;
}
