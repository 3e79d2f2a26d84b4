/* SPDX-License-Identifier: MIT
 *
 * The workers' processes; see supervisor.h. Main thread only.
 *
 * A slot that is active runs, waits for its next start, was given up, or is stopped for
 * good. Others are spares: vacant, or on trial, or leaving (see enum slot_role). Workers die with
 * the server in any case (PR_SET_PDEATHSIG, set by the worker).
 */
#include "dispatch/supervisor.h"

#include "base/clock.h"
#include "base/log.h"
#include "dispatch/dispatch.h"
#include "dispatch/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
/* A process that has run this long has shown that it can: the next crash is a first one again. */
#define HEALTHY_US 10000000u
#define CRASHES_MAX 5
#define CRASHES_WITHIN_US 10000000u
/* A slot that was given up is tried again after a pause, which doubles up to this as long as no
 * process of it has got healthy in between. */
#define PAUSE_MAX_MS 600000u

/* A worker that is to be killed says first where it is; this is its time for that. */
#define LAST_WORDS_MS 500
/* How often the drop-in folder is looked at; a change is told at the second look after it. */
#define LOOK_MS 250
/* New processes that may die before they are ready, until a change is given up. */
#define TRIALS_MAX 3
/* The worker's descriptor for the stack of Python when it dies. */
#define STACK_FD 3

#define TEXT_OF(macro) TEXT_OF_(macro)
#define TEXT_OF_(token) #token

#define ARGS_MAX 22
#define ENV_MAX 24

/* What a slot is for. As many as are wanted are active, whether their process lives or not. */
enum slot_role {
    ROLE_ACTIVE,
    ROLE_VACANT,  /* no process, and none is wanted */
    ROLE_TRIAL,   /* a successor that is not ready yet */
    ROLE_LEAVING, /* told to drain, or to die; then vacant */
};

struct slot {
    struct supervisor *owner;
    unsigned index;
    enum slot_role role;
    unsigned generation;            /* of the analyzers that its process loads */
    uv_process_t *process;          /* NULL: does not run. Freed by its close callback */
    uv_timer_t restart;             /* running process: until its kill */
    int stack_fd;                   /* a file in memory, or -1; the process writes into it */
    bool given_up;
    uint64_t started_us;
    uint32_t starts;
    unsigned streak;                /* crashes in a row */
    unsigned pauses;                /* in a row: times it was given up */
    uint64_t crashes_us[CRASHES_MAX]; /* the newest ones, as a ring */
    unsigned next_crash;
};

struct supervisor {
    uv_loop_t *loop;
    struct supervisor_config config;
    const struct topology *topology;
    struct slot *slots;
    unsigned n_slots;
    unsigned generation;            /* goes up with every change of the drop-in folder */
    unsigned trials_failed;         /* of this generation */
    char problem[1024];
    bool started, stopping;
    uv_timer_t grace;
    uv_timer_t look;
    struct watch watch;
    unsigned handles;               /* open libuv handles */
    void (*done)(void *);
    void *context;
};

/* ---- what a worker is started with -------------------------------------------------------- */

static const char *const fixed_env[] = {
    /* One thread a worker: parallelism is the number of workers, and a pool in each would
     * fight. */
    "OMP_NUM_THREADS=1",
    "OPENBLAS_NUM_THREADS=1",
    "MKL_NUM_THREADS=1",
    "NUMEXPR_NUM_THREADS=1",
    "TOKENIZERS_PARALLELISM=false",
    "MALLOC_ARENA_MAX=2",
    "LANG=C.UTF-8",
};

/* All that a worker inherits; nothing of the server's own surroundings. */
static const char *const passed_env[] = {
    "PATH", "HOME", "TMPDIR", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
};

/* False when memory is short. Free with free_env(). */
static bool make_env(char *env[ENV_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof fixed_env / sizeof *fixed_env; i++)
        if ((env[n++] = strdup(fixed_env[i])) == NULL)
            return false;
    for (size_t i = 0; i < sizeof passed_env / sizeof *passed_env; i++) {
        const char *value = getenv(passed_env[i]);
        if (value != NULL && asprintf(&env[n++], "%s=%s", passed_env[i], value) < 0) {
            env[n - 1] = NULL;
            return false;
        }
    }
    env[n] = NULL;
    return true;
}

static void free_env(char *env[ENV_MAX])
{
    for (size_t i = 0; i < ENV_MAX; i++)
        free(env[i]);
}

static void add(char *args[ARGS_MAX], size_t *n, const char *option, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    args[(*n)++] = (char *)option;
    args[(*n)++] = (char *)value;
}

static void make_args(const struct supervisor_config *c, const char *slot, const char *stack_fd,
                      char *args[ARGS_MAX])
{
    size_t n = 0;
    args[n++] = (char *)c->binary;
    add(args, &n, "--slot", slot);
    add(args, &n, "--endpoint", c->endpoint);
    add(args, &n, "--python-path", c->python_path);
    add(args, &n, "--venv", c->venv);
    add(args, &n, "--analyzers-dir", c->analyzers_dir);
    add(args, &n, "--disable", c->disable);
    add(args, &n, "--log-level", c->log_level);
    add(args, &n, "--stack-fd", stack_fd);
    args[n] = NULL;
}

/* ---- telling dispatch --------------------------------------------------------------------- */

static struct msg_worker *new_report(struct slot *s, enum msg_tag tag, int pid)
{
    struct msg_worker *m = msg_new(tag, 0);
    if (m == NULL)
        fatal("supervisor", "no memory to report on a worker");
    m->slot = s->index;
    m->pid = pid;
    m->at_us = clock_mono_us();
    m->restarts = s->starts > 0 ? s->starts - 1 : 0;
    return m;
}

static void tell(struct slot *s, struct msg_worker *m)
{
    mailbox_post(s->owner->topology->dispatch, &m->head);
}

/* ---- handles ------------------------------------------------------------------------------ */

static void count_closed(struct supervisor *s)
{
    /* The last handle gone: nothing of ours is on the loop any more. */
    if (--s->handles == 0 && s->stopping)
        s->done(s->context);
}

static void on_timer_closed(uv_handle_t *handle)
{
    count_closed(handle->data);
}

static void on_process_closed(uv_handle_t *handle)
{
    struct slot *slot = handle->data;
    free(handle);
    count_closed(slot->owner);
}

/* When stopping: timers are closed once no process is left that could need them. */
static void close_if_idle(struct supervisor *s)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->slots[i].process != NULL)
            return;
    for (unsigned i = 0; i < s->n_slots; i++) {
        s->slots[i].restart.data = s;
        uv_close((uv_handle_t *)&s->slots[i].restart, on_timer_closed);
    }
    uv_close((uv_handle_t *)&s->grace, on_timer_closed);
    uv_close((uv_handle_t *)&s->look, on_timer_closed);
}

/* ---- a slot's life ------------------------------------------------------------------------ */

static void on_restart(uv_timer_t *timer);

/* Five crashes within ten seconds. */
static bool note_crash(struct slot *s, uint64_t now_us)
{
    s->crashes_us[s->next_crash] = now_us;
    s->next_crash = (s->next_crash + 1) % CRASHES_MAX;
    uint64_t oldest = s->crashes_us[s->next_crash];
    return oldest != 0 && now_us - oldest <= CRASHES_WITHIN_US;
}

static uint32_t backoff_ms(unsigned streak)
{
    if (streak <= 1)
        return 0;
    uint32_t ms = BACKOFF_FIRST_MS;
    for (unsigned i = 2; i < streak && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static uint32_t pause_ms(uint32_t first_ms, unsigned pauses)
{
    uint32_t ms = first_ms;
    for (unsigned i = 0; i < pauses && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

static void give_up(struct slot *s, struct msg_worker *m)
{
    s->given_up = m->given_up = true;
    m->next_start_ms = pause_ms(s->owner->config.retry_ms, s->pauses++);
    log_error("supervisor",
              "worker given up after %d crashes in %d s, tried again in %u ms slot=%u", CRASHES_MAX,
              CRASHES_WITHIN_US / 1000000, m->next_start_ms, s->index);
}

/* The slot has no process any more. Decides what comes next and tells it in the report. */
static void plan_restart(struct slot *s, struct msg_worker *m)
{
    uint64_t now = clock_mono_us();
    if (s->owner->stopping)
        return;
    if (now - s->started_us >= HEALTHY_US)
        s->streak = s->pauses = 0;
    s->streak++;
    if (note_crash(s, now))
        give_up(s, m);
    else
        m->next_start_ms = backoff_ms(s->streak);
    uv_timer_start(&s->restart, on_restart, m->next_start_ms, 0);
}

/* A successor died before it was ready. */
static void note_failed_trial(struct supervisor *s, struct msg_worker *m)
{
    if (s->stopping || ++s->trials_failed != TRIALS_MAX)
        return;
    m->given_up = true;
    snprintf(m->reason, sizeof m->reason,
             "the analyzers changed, but new workers end before they are ready, so the ones from "
             "before go on; correct the files in %.150s", s->config.analyzers_dir);
    log_error("supervisor", "%s", m->reason);
}

/* The slot has no process any more: what comes next? Decides, and tells it in the report. */
static void settle(struct slot *s, struct msg_worker *m)
{
    if (s->role == ROLE_ACTIVE) {
        plan_restart(s, m);
        return;
    }
    if (s->role == ROLE_TRIAL)
        note_failed_trial(s->owner, m);
    s->role = ROLE_VACANT;
    s->starts = s->streak = s->pauses = 0;
    memset(s->crashes_us, 0, sizeof s->crashes_us);
    m->vacant = true;
}

/* What the process left, as text that can be shown. */
static void read_stack(const struct slot *s, char stack[STACK_TEXT_MAX])
{
    ssize_t n = s->stack_fd >= 0 ? pread(s->stack_fd, stack, STACK_TEXT_MAX - 1, 0) : 0;
    stack[n > 0 ? n : 0] = '\0';
    for (char *c = stack; *c != '\0'; c++)
        if ((*c < ' ' && *c != '\n') || *c > '~')
            *c = '?';
}

static void clear_stack(struct slot *s)
{
    if (s->stack_fd >= 0
        && (ftruncate(s->stack_fd, 0) != 0 || lseek(s->stack_fd, 0, SEEK_SET) != 0))
        log_warn("supervisor", "cannot clear a worker's stack: %s", strerror(errno));
}

static void advance(struct supervisor *s);

static void on_exited(uv_process_t *process, int64_t exit_status, int term_signal)
{
    struct slot *s = process->data;
    struct supervisor *owner = s->owner;
    int pid = process->pid;
    struct msg_worker *m = new_report(s, MSG_DISPATCH_EXITED, pid);
    m->wait_status = W_EXITCODE((int)exit_status, term_signal);
    read_stack(s, m->stack);
    s->process = NULL;
    uv_close((uv_handle_t *)process, on_process_closed);
    if (owner->stopping || s->role == ROLE_LEAVING)
        log_info("supervisor", "worker stopped slot=%u pid=%d", s->index, pid);
    else
        log_warn("supervisor", "worker exited slot=%u pid=%d code=%d signal=%d", s->index, pid,
                 (int)exit_status, term_signal);
    settle(s, m);
    tell(s, m);
    if (owner->stopping)
        close_if_idle(owner);
    else
        advance(owner);
}

static void on_spawn_failed(struct slot *s, int error)
{
    struct msg_worker *m = new_report(s, MSG_DISPATCH_EXITED, 0);
    snprintf(m->reason, sizeof m->reason, "cannot start %.80s: %s", s->owner->config.binary,
             uv_strerror(error));
    log_error("supervisor", "%s", m->reason);
    settle(s, m);
    tell(s, m);
}

static int spawn(struct slot *s, uv_process_t *process)
{
    const struct supervisor_config *c = &s->owner->config;
    char number[16], *args[ARGS_MAX], *env[ENV_MAX] = {NULL};
    uv_stdio_container_t stdio[STACK_FD + 1] = {
        {.flags = UV_IGNORE},
        /* Standard output is the server's ready line; what an analyzer prints goes to the log. */
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = s->stack_fd},
    };
    snprintf(number, sizeof number, "%u", s->index);
    make_args(c, number, s->stack_fd >= 0 ? TEXT_OF(STACK_FD) : NULL, args);
    if (!make_env(env))
        fatal("supervisor", "no memory to start a worker");
    uv_process_options_t options = {
        .file = c->binary,
        .args = args,
        .env = env,
        .exit_cb = on_exited,
        .stdio = stdio,
        .stdio_count = s->stack_fd >= 0 ? STACK_FD + 1 : STACK_FD,
        /* Its own session: Ctrl-C in the server's terminal is the server's to handle. */
        .flags = UV_PROCESS_DETACHED,
    };
    int error = uv_spawn(s->owner->loop, process, &options);
    free_env(env);
    return error;
}

static void start(struct slot *s)
{
    uv_process_t *process = calloc(1, sizeof *process);
    if (process == NULL)
        fatal("supervisor", "no memory to start a worker");
    s->started_us = clock_mono_us();
    s->starts++;
    s->generation = s->owner->generation;
    clear_stack(s);
    process->data = s;
    int error = spawn(s, process);
    s->owner->handles++;
    if (error != 0) {
        uv_close((uv_handle_t *)process, on_process_closed);
        on_spawn_failed(s, error);
        return;
    }
    s->process = process;
    struct msg_worker *m = new_report(s, MSG_DISPATCH_SPAWNED, process->pid);
    m->at_us = s->started_us;
    log_info("supervisor", "worker started slot=%u pid=%d", s->index, m->pid);
    tell(s, m);
}

/* With as many crashes before it as at first. */
static void start_afresh(struct slot *s)
{
    s->given_up = false;
    s->streak = 0;
    memset(s->crashes_us, 0, sizeof s->crashes_us);
    uv_timer_stop(&s->restart);
    start(s);
}

static void on_restart(uv_timer_t *timer)
{
    struct slot *s = timer->data;
    if (s->given_up)
        start_afresh(s);
    else
        start(s);
}

/* ---- new analyzers ------------------------------------------------------------------------ */

static unsigned count_role(const struct supervisor *s, enum slot_role role)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_slots; i++)
        n += s->slots[i].role == role;
    return n;
}

static bool is_stale(const struct slot *s)
{
    return s->role == ROLE_ACTIVE && s->process != NULL && s->generation != s->owner->generation;
}

static struct slot *find_stale(struct supervisor *s)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (is_stale(&s->slots[i]))
            return &s->slots[i];
    return NULL;
}

static unsigned count_stale(const struct supervisor *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_slots; i++)
        n += is_stale(&s->slots[i]);
    return n;
}

static struct slot *find_vacant(struct supervisor *s)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->slots[i].role == ROLE_VACANT)
            return &s->slots[i];
    return NULL;
}

/* Starts successors in the spare slots, never more than there are workers to replace. */
static void advance(struct supervisor *s)
{
    while (s->trials_failed < TRIALS_MAX && count_role(s, ROLE_TRIAL) < count_stale(s)) {
        struct slot *spare = find_vacant(s);
        if (spare == NULL)
            return;
        spare->role = ROLE_TRIAL;
        start(spare);
    }
}

static void leave(struct slot *s, int signal)
{
    s->role = ROLE_LEAVING;
    uv_process_kill(s->process, signal);
}

void supervisor_on_ready(struct supervisor *s, const struct msg_worker *m)
{
    if (!s->started || s->stopping || m->slot >= s->n_slots)
        return;
    struct slot *slot = &s->slots[m->slot];
    if (slot->role != ROLE_TRIAL || slot->process == NULL || slot->process->pid != m->pid)
        return;
    struct slot *old = find_stale(s);
    slot->role = ROLE_ACTIVE;
    /* When the last one to be replaced has crashed meanwhile and is back with the new
     * analyzers by itself, the successor is one too many. */
    leave(old != NULL ? old : slot, SIGTERM);
    advance(s);
}

/* Somebody has corrected what brought the slot down, or thinks so. */
static void revive(struct slot *s)
{
    s->pauses = 0;
    start_afresh(s);
}

void supervisor_on_retry(struct supervisor *s)
{
    for (unsigned i = 0; s->started && !s->stopping && i < s->n_slots; i++)
        if (s->slots[i].given_up)
            revive(&s->slots[i]);
}

static void reload(struct supervisor *s)
{
    log_info("supervisor", "the analyzers in %s changed: replacing the workers",
             s->config.analyzers_dir);
    s->generation++;
    s->trials_failed = 0;
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct slot *slot = &s->slots[i];
        if (slot->role == ROLE_TRIAL)
            leave(slot, SIGKILL); /* it loads what is out of date already, or hangs in it */
        else if (slot->role == ROLE_ACTIVE && slot->process == NULL)
            revive(slot);
    }
    advance(s);
}

static void on_look(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    if (watch_look(&s->watch, s->config.analyzers_dir))
        reload(s);
}

/* ---- checks before any start -------------------------------------------------------------- */

static void find_problem(struct supervisor *s)
{
    const struct supervisor_config *c = &s->config;
    char file[4096];
    const char *binary = c->binary != NULL && c->binary[0] ? c->binary : "parley-worker";
    if (access(binary, X_OK) < 0) {
        snprintf(s->problem, sizeof s->problem,
                 "messages are not analysed: the worker program %.600s is missing or cannot be "
                 "run; build it with `cmake --build build --target parley-worker`, or name it with "
                 "--worker-binary", binary);
        return;
    }
    if (c->python_path == NULL || c->python_path[0] == '\0') {
        snprintf(s->problem, sizeof s->problem,
                 "messages are not analysed: the Python package parley was not found near the "
                 "server; name the directory that holds it (workers/ of the source) with "
                 "--python-path");
        return;
    }
    snprintf(file, sizeof file, "%s/parley/host.py", c->python_path);
    if (access(file, R_OK) < 0) {
        snprintf(s->problem, sizeof s->problem,
                 "messages are not analysed: %.600s is missing; name the directory that holds the "
                 "Python package parley (workers/ of the source) with --python-path", file);
        return;
    }
    if (c->venv == NULL)
        return;
    snprintf(file, sizeof file, "%s/bin/python", c->venv);
    if (access(file, X_OK) < 0)
        snprintf(s->problem, sizeof s->problem,
                 "messages are not analysed: --venv %.400s is no virtual environment (it has no "
                 "bin/python); make it with /usr/bin/python3 -m venv --system-site-packages "
                 "%.400s", c->venv, c->venv);
}

/* ---- the interface ------------------------------------------------------------------------ */

struct supervisor *supervisor_new(uv_loop_t *loop, const struct supervisor_config *config,
                                  const struct topology *topology)
{
    struct supervisor *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->n_slots = WORKER_SLOTS(config->workers);
    s->slots = calloc(s->n_slots, sizeof *s->slots);
    if (s->slots == NULL) {
        free(s);
        return NULL;
    }
    s->loop = loop;
    s->config = *config;
    s->topology = topology;
    find_problem(s);
    return s;
}

const char *supervisor_problem(const struct supervisor *s)
{
    return s->problem[0] != '\0' ? s->problem : NULL;
}

void supervisor_start(struct supervisor *s)
{
    if (s->problem[0] != '\0') {
        log_error("supervisor", "%s", s->problem);
        return;
    }
    s->started = true;
    uv_timer_init(s->loop, &s->grace);
    s->grace.data = s;
    uv_timer_init(s->loop, &s->look);
    s->look.data = s;
    s->handles += 2;
    if (s->config.analyzers_dir != NULL) {
        watch_init(&s->watch, s->config.analyzers_dir);
        uv_timer_start(&s->look, on_look, LOOK_MS, LOOK_MS);
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct slot *slot = &s->slots[i];
        slot->owner = s;
        slot->index = i;
        slot->role = i < s->config.workers ? ROLE_ACTIVE : ROLE_VACANT;
        slot->stack_fd = memfd_create("stack", MFD_CLOEXEC);
        uv_timer_init(s->loop, &slot->restart);
        slot->restart.data = slot;
        s->handles++;
    }
    for (unsigned i = 0; i < s->config.workers; i++)
        start(&s->slots[i]);
}

static void on_kill_due(uv_timer_t *timer)
{
    struct slot *s = timer->data;
    if (s->process != NULL)
        uv_process_kill(s->process, SIGKILL);
}

void supervisor_on_kill(struct supervisor *s, const struct msg_worker *m)
{
    if (!s->started || m->slot >= s->n_slots)
        return;
    struct slot *slot = &s->slots[m->slot];
    /* It may have died by itself since, and its successor is not to blame. */
    if (slot->process == NULL || slot->process->pid != m->pid)
        return;
    log_warn("supervisor", "killing worker slot=%u pid=%d: %s", m->slot, m->pid, m->reason);
    uv_process_kill(slot->process, SIGUSR1);
    uv_timer_start(&slot->restart, on_kill_due, LAST_WORDS_MS, 0);
}

static void signal_all(struct supervisor *s, int signal)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->slots[i].process != NULL)
            uv_process_kill(s->slots[i].process, signal);
}

static void on_grace_over(uv_timer_t *timer)
{
    signal_all(timer->data, SIGKILL);
}

void supervisor_stop(struct supervisor *s, unsigned grace_ms, void (*done)(void *), void *context)
{
    if (!s->started) {
        done(context);
        return;
    }
    s->stopping = true;
    s->done = done;
    s->context = context;
    for (unsigned i = 0; i < s->n_slots; i++)
        uv_timer_stop(&s->slots[i].restart);
    uv_timer_stop(&s->look);
    signal_all(s, SIGTERM);
    uv_timer_start(&s->grace, on_grace_over, grace_ms, 0);
    close_if_idle(s);
}

void supervisor_free(struct supervisor *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; s->started && i < s->n_slots; i++)
        if (s->slots[i].stack_fd >= 0)
            close(s->slots[i].stack_fd);
    free(s->slots);
    free(s);
}
