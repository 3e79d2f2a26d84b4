/* SPDX-License-Identifier: MIT
 *
 * parley-worker: one CPython and a link to the server. The main thread is Python's; the
 * link has its own. Started by the server's supervisor, always by exec, never by fork
 * alone.
 */
#include "link.h"
#include "options.h"
#include "pyhost.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define CANNOT_WORK 78 /* EX_CONFIG */

/* Chat goes first: where cores are short, event loops get theirs before analysis does. */
#define NICENESS 5

/* Dies with the server; leaves no core (it would hold messages); gains no privileges; keeps
 * nothing open that the server may have left open, but what it was given. */
static void confine(int given_fd)
{
    const struct rlimit none = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    setpriority(PRIO_PROCESS, 0, NICENESS);
    if (given_fd > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)given_fd - 1, 0);
    close_range(given_fd != 0 ? (unsigned)given_fd + 1 : STDERR_FILENO + 1, ~0U, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN); /* until Python can answer it with its stack */
}

int main(int argc, char **argv)
{
    struct options options;
    const char *why = "";
    int status = options_parse(&options, argc, argv);
    if (status != 0)
        return status;
    log_set_level(options.log_level);
    confine(options.stack_fd);
    pyhost_prepare();
    struct link *link = link_start(
        &(struct link_config){
            .endpoint = options.endpoint,
            .slot = options.slot,
            .soft_timeout_ms = options.soft_timeout_ms,
            .interrupt = pyhost_interrupt,
        },
        &why);
    if (link == NULL)
        fatal("worker", "no link to the server at %s: %s", options.endpoint, why);
    if (pyhost_start(&options, link))
        pyhost_serve(link);
    else
        status = CANNOT_WORK;
    link_stop(link);
    /* Not exit(): ending Python can hang in threads of its packages, and there is nothing
     * to save. */
    _exit(status);
}
