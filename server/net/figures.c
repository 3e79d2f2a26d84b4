/* SPDX-License-Identifier: MIT
 * Sums and the process' own figures; see figures.h. The loop of the request. */
#include "net/figures.h"

#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Resident pages are the second number of /proc/self/statm; 0 when it cannot be read. */
static uint64_t read_rss(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *resident = strchr(text, ' ');
    return resident == NULL ? 0 : strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void figures_read_process(struct figures *f)
{
    struct rusage usage;
    f->rss_bytes = read_rss();
    getrusage(RUSAGE_SELF, &usage);
    f->cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t figures_http_connections(const struct loop_stats *l)
{
    uint64_t sockets = STAT_GET(l->sockets), upgraded = STAT_GET(l->connections);
    return sockets > upgraded ? sockets - upgraded : 0;
}

struct loop_totals figures_total(const struct figures *f)
{
    struct loop_totals t = {0};
    for (unsigned i = 0; i < f->n_loops; i++) {
        const struct loop_stats *l = f->loops[i];
        t.connections += STAT_GET(l->connections);
        t.sessions += STAT_GET(l->sessions);
        t.rooms += STAT_GET(l->rooms);
        t.frames_in += STAT_GET(l->frames_in);
        t.events += STAT_GET(l->events);
        t.messages += STAT_GET(l->messages);
        t.deliveries += STAT_GET(l->deliveries);
        t.bytes_out += STAT_GET(l->bytes_out);
        t.errors += STAT_GET(l->errors);
        t.http_connections += figures_http_connections(l);
        for (unsigned k = 0; k < N_HTTP_CLASSES; k++)
            t.http_requests[k] += STAT_GET(l->http_requests[k]);
    }
    return t;
}

bool figures_ready(const struct figures *f)
{
    return STAT_GET(f->store->failing) == 0 && (f->workers == 0 || f->workers_ready > 0);
}
