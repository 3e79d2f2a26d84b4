/* SPDX-License-Identifier: MIT */
/*
 * proc: CPU time and memory of the server's processes, from /proc.
 * Main thread.
 */
#ifndef PARLEY_LOAD_PROC_H
#define PARLEY_LOAD_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_sample {
    bool valid; /* false: the process is gone */
    uint64_t cpu_ns, user_ns, system_ns, rss_bytes;
};

struct proc_watch {
    pid_t pid;
    char name[20];
    struct proc_sample before, connected, from, to; /* connecting, loading, measuring */
    uint64_t rss_max;
};

/* 0, or -1 when there is no such process. */
int proc_watch_init(struct proc_watch *watch, pid_t pid);

struct proc_sample proc_take(struct proc_watch *watch);

#endif
