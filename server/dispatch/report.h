/* SPDX-License-Identifier: MIT
 *
 * What workers reported about their analyzers: which there are, how fast and how often they
 * fail, and their newest exceptions, equal ones counted as one. Owner: the dispatch thread.
 */
#ifndef DISPATCH_REPORT_H
#define DISPATCH_REPORT_H

#include "base/buf.h"
#include "dispatch/codec.h"
#include "dispatch/workertab.h"

#define EXCEPTIONS_MAX 50

struct analyzer {
    char name[40];
    char version[24];
    char model[65];
    char status[16];
    char detail[4096];  /* may be a whole traceback */
    uint64_t jobs, errors;
    struct recent us_per_message;
};

struct exception {
    struct list link;
    int64_t ts_ms;
    unsigned slot;
    int pid;
    uint64_t count;
    char *analyzer, *type, *message, *traceback; /* of one allocation, behind the struct */
};

struct report {
    struct analyzer *analyzers[ANALYZERS_MAX];
    unsigned n_analyzers;
    struct list exceptions; /* newest first */
    unsigned n_exceptions;
    uint64_t logged_us;     /* the last log line about one */
};

void report_init(struct report *r);
void report_fini(struct report *r);

/* A worker got ready with these analyzers. */
void report_ready(struct report *r, const Parley__Worker__Ready *m);
/* Timings and exceptions of one checked result. */
void report_result(struct report *r, const Parley__Worker__Result *m, struct worker *w,
                   uint64_t now_us);
void report_exception(struct report *r, const Parley__Worker__Error *e, const struct worker *w);
/* The worker has died, and Python could still say where it was. */
void report_crash(struct report *r, const struct worker *w);

/* SHA-256 of the analyzer's model in hex; "": none, or not known. */
const char *report_model(const struct report *r, const char *analyzer);

/* A sentence about analyzers that do not work, into `out`; false when all do. */
bool report_problem(const struct report *r, char *out, size_t len);

/* The arrays of GET /api/v1/workers. */
void report_encode_analyzers(struct report *r, struct buf *out, uint64_t now_us);
void report_encode_exceptions(const struct report *r, struct buf *out);

#endif
