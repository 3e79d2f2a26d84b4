/* SPDX-License-Identifier: MIT
 * Which jobs to keep and when to ask the store for the rest; see intake.h. Dispatch thread. */
#include "dispatch/intake.h"

#include "base/status.h"

#include <stdlib.h>

int intake_init(struct intake *i, uint32_t queue_max)
{
    *i = (struct intake){
        .queue_max = queue_max, .shut = true, .reading = true, .lowest = INT64_MAX};
    i->taken = calloc(INTAKE_WINDOW / 64, sizeof *i->taken);
    return i->taken == NULL ? E_NO_MEMORY : 0;
}

void intake_fini(struct intake *i)
{
    free(i->taken);
    i->taken = NULL;
}

static uint64_t *word_of(const struct intake *i, int64_t id)
{
    return &i->taken[((uint64_t)id % INTAKE_WINDOW) / 64];
}

static uint64_t bit_of(int64_t id)
{
    return (uint64_t)1 << ((uint64_t)id % 64);
}

/* Ids that have left the window are so old that the store has long had their verdict. */
static bool in_window(const struct intake *i, int64_t id)
{
    return id <= i->top && id > i->top - (int64_t)INTAKE_WINDOW;
}

bool intake_knows(const struct intake *i, int64_t id)
{
    return in_window(i, id) && (*word_of(i, id) & bit_of(id)) != 0;
}

static void move_window(struct intake *i, int64_t top)
{
    int64_t from = i->top + 1;
    if (top - i->top > (int64_t)INTAKE_WINDOW)
        from = top - (int64_t)INTAKE_WINDOW + 1;
    for (int64_t id = from; id <= top; id++)
        *word_of(i, id) &= ~bit_of(id);
    i->top = top;
}

void intake_took(struct intake *i, int64_t id)
{
    if (id > i->top)
        move_window(i, id);
    if (in_window(i, id))
        *word_of(i, id) |= bit_of(id);
}

void intake_forget(struct intake *i, int64_t id)
{
    if (in_window(i, id))
        *word_of(i, id) &= ~bit_of(id);
}

void intake_defer(struct intake *i, int64_t id)
{
    if (!i->reading)
        i->cursor = id - 1;
    i->shut = i->reading = true;
    i->deferred++;
    if (id > i->highest)
        i->highest = id;
    /* Rooms live on several loops, so a lower number may come late: go back for it. */
    if (i->asked && id < i->lowest)
        i->lowest = id;
    else if (!i->asked && id <= i->cursor)
        i->cursor = id - 1;
}

bool intake_admits(struct intake *i, int64_t id, uint32_t queued)
{
    if (!i->shut && queued + i->reserved < i->queue_max)
        return true;
    intake_defer(i, id);
    return false;
}

bool intake_asks(struct intake *i, uint32_t queued, int64_t *after, uint32_t *limit)
{
    if (!i->reading || i->asked || queued > i->queue_max / 2)
        return false;
    /* Half of the room stays for new jobs, so that under constant load the intake can open
     * again. */
    uint32_t room = (i->queue_max - queued + 1) / 2;
    i->asked = true;
    i->asked_to = i->highest;
    i->lowest = INT64_MAX;
    *after = i->cursor;
    *limit = i->reserved = room < INTAKE_PAGE ? room : INTAKE_PAGE;
    return true;
}

void intake_page(struct intake *i, uint32_t count, uint32_t limit, int64_t last)
{
    bool short_page = count < limit;
    i->asked = false;
    i->reserved = 0;
    if (count > 0)
        i->cursor = last;
    /* What was left out before we asked and is not in a short page needs no verdict any more. */
    if (short_page && i->asked_to > i->cursor)
        i->cursor = i->asked_to;
    if (i->lowest <= i->cursor)
        i->cursor = i->lowest - 1;
    if (short_page) {
        i->shut = false;
        i->reading = i->highest > i->cursor;
    }
}
