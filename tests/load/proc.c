/* SPDX-License-Identifier: MIT */
/* proc: see proc.h.  Main thread. */
#include "proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The exact CPU time; /proc counts in ticks of 10 ms. */
static uint64_t cpu_clock(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Reads /proc/PID/stat; 'name' may be NULL. */
static int read_stat(pid_t pid, char *name, size_t name_size, struct proc_sample *sample)
{
    uint64_t user, system, pages, tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    char path[64], line[1024], *open, *close;
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return -1;
    n = fread(line, 1, sizeof(line) - 1, file);
    fclose(file);
    line[n] = '\0';
    open = strchr(line, '(');
    close = strrchr(line, ')'); /* the name itself may hold one */
    if (!open || !close ||
        sscanf(close + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
               " %*d %*d %*d %*d %*d %*d %*u %*u %" SCNu64,
               &user, &system, &pages) != 3)
        return -1;
    if (name)
        snprintf(name, name_size, "%.*s", (int)(close - open - 1), open + 1);
    sample->user_ns = user * tick;
    sample->system_ns = system * tick;
    sample->rss_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    sample->cpu_ns = cpu_clock(pid);
    sample->valid = sample->cpu_ns > 0;
    return 0;
}

int proc_watch_init(struct proc_watch *watch, pid_t pid)
{
    memset(watch, 0, sizeof(*watch));
    watch->pid = pid;
    return read_stat(pid, watch->name, sizeof(watch->name), &watch->before);
}

struct proc_sample proc_take(struct proc_watch *watch)
{
    struct proc_sample sample = {0};

    if (read_stat(watch->pid, NULL, 0, &sample) == 0 && sample.rss_bytes > watch->rss_max)
        watch->rss_max = sample.rss_bytes;
    return sample;
}
