/* SPDX-License-Identifier: MIT
 * Jobs for tests of dispatch's parts. */
#ifndef TESTS_DISPATCH_JOBS_H
#define TESTS_DISPATCH_JOBS_H

#include "dispatch/ledger.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static inline struct msg_job *job_new(int64_t id, const char *text)
{
    size_t len = strlen(text);
    struct msg_job *job = msg_new(MSG_DISPATCH_JOB, len + 1);
    job->id = id;
    job->seq = (uint64_t)id;
    job->ts_ms = 1700000000000;
    snprintf(job->room.text, sizeof job->room.text, "lobby");
    snprintf(job->user_id, sizeof job->user_id, "u1");
    job->text_len = len;
    memcpy(job->text, text, len + 1);
    return job;
}

static inline void add_jobs(struct ledger *l, int64_t first, int64_t last)
{
    for (int64_t id = first; id <= last; id++)
        ck_assert_int_eq(ledger_add(l, job_new(id, "text"), 1000 + (uint64_t)id), 0);
}

static inline struct job *first_job(const struct batch *b)
{
    return container_of(b->jobs.next, struct job, link);
}

static inline int64_t first_id(const struct batch *b)
{
    return first_job(b)->msg->id;
}

#endif
