/* SPDX-License-Identifier: MIT
 *
 * Which jobs to keep in memory and when to ask the store for the rest. Pure; dispatch
 * thread.
 *
 * The store knows every message that still lacks a verdict, so a job that finds the queue
 * full is simply not kept: the intake is shut. While it is shut all new jobs are left to
 * the store, and pages of them are read back, oldest first, as the queue empties. A short
 * page opens it again; reading goes on until it has passed the highest job that was left
 * out. A server starts shut: what the last one left undone is a backlog like any other.
 *
 * No job may be done twice, though the store goes on offering one until its verdict is
 * committed. Job numbers grow over all rooms, so a bitmap of the newest WINDOW numbers
 * remembers which were taken.
 */
#ifndef DISPATCH_INTAKE_H
#define DISPATCH_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#define INTAKE_WINDOW (1u << 20) /* numbers remembered; a power of two; 128 KiB of bits */
#define INTAKE_PAGE 500          /* jobs asked for at once */

struct intake {
    uint32_t queue_max;
    bool shut;
    bool reading;     /* there may be jobs to read back */
    bool asked;       /* a page is on its way */
    uint32_t reserved; /* room kept for it */
    int64_t cursor;   /* pages have come to here */
    int64_t highest;  /* job left out */
    int64_t asked_to; /* `highest` when the page was asked for */
    int64_t lowest;   /* job left out since then; INT64_MAX: none */
    uint64_t deferred; /* jobs left out, in all */
    int64_t top;      /* highest number in the window */
    uint64_t *taken;  /* bitmap, by number modulo INTAKE_WINDOW */
};

/* 0 or E_NO_MEMORY. */
int intake_init(struct intake *i, uint32_t queue_max);
void intake_fini(struct intake *i);

/* The job was taken before: ignore it. */
bool intake_knows(const struct intake *i, int64_t id);
/* A new job, straight from its room: keep it? If not it has been noted as left to the store. */
bool intake_admits(struct intake *i, int64_t id, uint32_t queued);
/* The job has been taken into memory. */
void intake_took(struct intake *i, int64_t id);
/* The job is to be done once more. */
void intake_forget(struct intake *i, int64_t id);
/* The job could not be kept after all. */
void intake_defer(struct intake *i, int64_t id);

/* Whether to ask the store now, for at most *limit jobs after number *after. */
bool intake_asks(struct intake *i, uint32_t queued, int64_t *after, uint32_t *limit);
/* The page has been dealt with: its last number (any when count is 0), and whether it was
 * the last. */
void intake_page(struct intake *i, uint32_t count, uint32_t limit, int64_t last);

#endif
