/* SPDX-License-Identifier: MIT
 *
 * The workers' processes: spawn, reap, restart with back-off, give up visibly after five
 * crashes of a slot in 10 s, try that again after a pause that doubles. Owner: the main thread,
 * on its libuv loop (uv_spawn, uv_process). Tells dispatch by DISPATCH_SPAWNED and
 * DISPATCH_EXITED; is told MAIN_WORKER_KILL, _READY and _RETRY through supervisor_on_kill(),
 * _on_ready() and _on_retry().
 *
 * When a file of the drop-in folder changes, every worker is replaced: a new process starts
 * beside it, and the old one is drained only when the new one is ready. New processes that
 * die before that, three times, cost nothing but the news: those from before go on.
 */
#ifndef DISPATCH_SUPERVISOR_H
#define DISPATCH_SUPERVISOR_H

#include "loop/topology.h"

#include <uv.h>

struct supervisor_config {
    unsigned workers;
    const char *binary;        /* parley-worker */
    const char *endpoint;      /* of dispatch */
    const char *python_path;   /* directory that holds the package `parley` */
    const char *venv;          /* optional, or NULL */
    const char *analyzers_dir; /* drop-in folder */
    const char *disable;       /* names of analyzers not to load, separated by commas, or NULL */
    const char *log_level;
    unsigned retry_ms;         /* the first pause of a slot that was given up */
};

struct supervisor;

struct supervisor *supervisor_new(uv_loop_t *loop, const struct supervisor_config *config,
                                  const struct topology *topology);
/* What stands in the way of any worker (binary or package missing), as a sentence, or NULL. */
const char *supervisor_problem(const struct supervisor *s);
void supervisor_start(struct supervisor *s);
void supervisor_on_kill(struct supervisor *s, const struct msg_worker *m);
void supervisor_on_ready(struct supervisor *s, const struct msg_worker *m);
/* An operator: slots that were given up start at once. */
void supervisor_on_retry(struct supervisor *s);
/* SIGTERM to all, SIGKILL after grace_ms; `done` is called when the last is reaped. No
 * restarts. */
void supervisor_stop(struct supervisor *s, unsigned grace_ms, void (*done)(void *), void *context);
/* After `done`, or when it was never started. */
void supervisor_free(struct supervisor *s);

#endif
