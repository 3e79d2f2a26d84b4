/* SPDX-License-Identifier: MIT */
/* report_impl: figures that the reports share.  Main thread. */
#ifndef PARLEY_LOAD_REPORT_IMPL_H
#define PARLEY_LOAD_REPORT_IMPL_H

#include "report.h"

/* A second, in the measured time. */
static inline double report_rate(const struct run_result *r, enum counter counter)
{
    return r->measured ? (double)r->window[counter] / r->measured_s : 0.0;
}

/* Clients that got in, by the time that took. */
static inline double report_per_second(const struct run_result *r, double seconds)
{
    return seconds > 0 ? (double)r->count[CNT_READY] / seconds : 0.0;
}

/* Seconds of CPU. */
static inline double report_cpu(const struct proc_sample *from, const struct proc_sample *to)
{
    return from->valid && to->valid ? (double)(to->cpu_ns - from->cpu_ns) / 1e9 : 0.0;
}

static inline double report_ms(const struct hist *h, double percent)
{
    return (double)hist_at(h, percent) / 1e6;
}

/* 1234567 as 1,234,567. */
const char *report_grouped(double value, char buf[40]);

/* 0, or -1 with a message on stderr that names the option. */
FILE *report_open(const char *option, const char *path);
int report_close(const char *option, const char *path, FILE *out);

#endif
