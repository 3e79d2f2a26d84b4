/* SPDX-License-Identifier: MIT
 *
 * parleyd: reads the configuration, starts the parts in order, waits on a libuv loop of its own
 * (signals, the workers' processes, a sample of the figures each second), and stops them in the
 * opposite order. Thread: main.
 *
 *     store -> tokens -> sockets -> dispatch -> loops -> workers -> ready
 *     SIGTERM: loops drain (bye, close) -> workers stop -> dispatch -> store commits the rest ->
 * loops end
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/rates.h"
#include "base/status.h"
#include "chat/auth.h"
#include "config/config.h"
#include "dispatch/dispatch.h"
#include "dispatch/inline.h"
#include "dispatch/supervisor.h"
#include "net/assets.h"
#include "net/inquiry.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/peers.h"
#include "net/tls.h"
#include "policy_file.h"
#include "sampler.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* sysexits(3), where one fits. */
enum {
    EXIT_OK = 0,
    EXIT_USE = 64,
    EXIT_DATA = 65,
    EXIT_PORT = 69,
    EXIT_START = 71,
    EXIT_LOCKED = 75
};

#define ROOMS_A_SESSION 500
#define ENDPOINT_DATA_MAX 90
#define STOP_WORKERS_MS 2000
#define SAMPLE_MS       1000
/* A loop that cannot get rid of its sessions is not waited for longer. */
#define DRAIN_MS 8000

struct server {
    struct config config;
    int argc;
    char **argv;
    struct topology topology;
    struct store *store;
    struct auth *auth;
    struct assets *assets;
    struct inquiry *inquiry;
    struct peers *peers;
    struct rates *rates, *key_rates;
    struct dispatch *dispatch;
    struct supervisor *supervisor;
    struct chat_shared chat_shared;
    char *policy; /* text of the default policy, or NULL */
    struct net_shared net_shared;
    struct net nets[LOOPS_MAX];
    struct loop *loops[LOOPS_MAX];
    int listeners[LOOPS_MAX];
    uint16_t port;
    char ipc_dir[128], endpoint[192], analyzers_dir[4096], flight_path[4200], inline_library[4200];
    uv_loop_t uv;
    uv_signal_t on_term, on_int, on_hup;
    uv_poll_t mail;
    uv_timer_t sample_timer, drain_timer;
    struct sampler sampler;
    unsigned drained;
    bool is_stopping;
};

static int exit_code(int status)
{
    return status == E_LOCKED                         ? EXIT_LOCKED
           : status == E_CORRUPT || status == E_NEWER ? EXIT_DATA
           : status == E_EXISTS                       ? EXIT_PORT
                                                      : EXIT_START;
}

/* -- starting --------------------------------------------------------------------------------- */

static void prepare_process(void)
{
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too long is an error like a full disk */
    umask(077);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (sodium_init() < 0)
        fatal("main", "libsodium cannot be initialised: no source of randomness");
    uint64_t seed;
    randombytes_buf(&seed, sizeof seed);
    hash_seed(seed);
    arena_install();
}

static int make_mailboxes(struct server *s)
{
    struct topology *t = &s->topology;
    t->n_loops = (unsigned)s->config.loops;
    t->store = store_mailbox(s->store);
    t->main = mailbox_new();
    snprintf(t->epoch, sizeof t->epoch, "%s", store_epoch(s->store));
    if (t->main == NULL)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < t->n_loops; i++) {
        t->loops[i] = mailbox_new();
        if (t->loops[i] == NULL)
            return E_NO_MEMORY;
    }
    return 0;
}

/* In the data directory, which the lock makes ours alone, so that nothing is left behind by a kill;
 * where its path is too long for a socket's (108 bytes), in a directory that only we can enter. */
static int make_endpoint(struct server *s)
{
    char *data = realpath(s->config.data, NULL);
    if (data != NULL && strlen(data) <= ENDPOINT_DATA_MAX) {
        snprintf(s->endpoint, sizeof s->endpoint, "ipc://%s/workers.sock", data);
        free(data);
        return 0;
    }
    free(data);

    const char *base = getenv("XDG_RUNTIME_DIR");
    if (base == NULL || base[0] != '/' || strlen(base) > 60 || access(base, W_OK) != 0)
        base = "/tmp";
    snprintf(s->ipc_dir, sizeof s->ipc_dir, "%s/parley-XXXXXX", base);
    if (mkdtemp(s->ipc_dir) == NULL) {
        s->ipc_dir[0] = '\0';
        return E_IO;
    }
    snprintf(s->endpoint, sizeof s->endpoint, "ipc://%s/workers", s->ipc_dir);
    return 0;
}

static void open_analysis(struct server *s)
{
    char err[512] = "";
    const struct config *c = &s->config;
    if (c->workers == 0)
        return;
    if (make_endpoint(s) != 0) {
        log_error("main", "no directory for the workers' socket (%s): chat runs without analysis",
                  strerror(errno));
        return;
    }
    snprintf(s->flight_path, sizeof s->flight_path, "%s/inflight", c->data);
    const struct dispatch_config config = {
        .workers = (unsigned)c->workers,
        .batch_max = (unsigned)c->batch_max,
        .batch_delay_ms = (unsigned)c->batch_delay_ms,
        .queue_max = (unsigned)c->queue_max,
        .deadline_ms = (unsigned)c->worker_deadline_ms,
        .endpoint = s->endpoint,
        .flight_path = s->flight_path,
    };
    if (dispatch_open(&s->dispatch, &config, err, sizeof err) != 0) {
        log_error("main", "%s: chat runs without analysis", err);
        return;
    }
    s->topology.dispatch = dispatch_mailbox(s->dispatch);
}

static void set_analyzers_dir(struct server *s)
{
    const struct config *c = &s->config;
    if (c->analyzers_dir[0] != '\0')
        snprintf(s->analyzers_dir, sizeof s->analyzers_dir, "%s", c->analyzers_dir);
    else
        snprintf(s->analyzers_dir, sizeof s->analyzers_dir, "%s/analyzers.d", c->data);
    mkdir(s->analyzers_dir, 0700); /* there already, or shown as missing by the workers */
}

/* The experiment: the library beside parleyd, instead of workers. */
static int open_inline(struct server *s, char *err, size_t err_len)
{
    const struct config *c = &s->config;
    const char *slash = strrchr(c->worker_binary, '/');
    int dir = slash != NULL ? (int)(slash - c->worker_binary) : 0;
    if (c->loops != 1) {
        snprintf(err, err_len,
                 "--analysis inline wants --loops 1: there is one Python, on one loop");
        return E_BAD_REQUEST;
    }
    snprintf(s->inline_library, sizeof s->inline_library, "%.*s/libparley-inline.so", dir,
             c->worker_binary);
    set_analyzers_dir(s);
    const struct inline_config config = {
        .library = s->inline_library,
        .python_path = c->python_path,
        .venv = c->venv[0] != '\0' ? c->venv : NULL,
        .analyzers_dir = s->analyzers_dir,
        .disable = c->disable_analyzers,
    };
    log_warn("main", "analysis runs on the event loop (--analysis inline): an experiment that "
                     "holds up every message, not for production");
    return inline_open(&config, err, err_len);
}

static void open_supervisor(struct server *s)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const struct config *c = &s->config;
    if (s->dispatch == NULL)
        return;
    set_analyzers_dir(s);
    const struct supervisor_config config = {
        .workers = (unsigned)c->workers,
        .binary = c->worker_binary,
        .endpoint = s->endpoint,
        .python_path = c->python_path,
        .venv = c->venv[0] != '\0' ? c->venv : NULL,
        .analyzers_dir = s->analyzers_dir,
        .disable = c->disable_analyzers,
        .log_level = levels[c->log_level],
        .retry_ms = (unsigned)c->worker_retry_ms,
    };
    s->supervisor = supervisor_new(&s->uv, &config, &s->topology);
    if (s->supervisor == NULL)
        fatal("main", "out of memory");
    const char *problem = supervisor_problem(s->supervisor);
    if (problem != NULL) {
        log_error("main", "%s: chat runs without analysis", problem);
        dispatch_set_problem(s->dispatch, problem);
    }
}

static void share(struct server *s)
{
    const struct config *c = &s->config;
    s->chat_shared = (struct chat_shared){
        .policy = s->policy,
        .topology = &s->topology,
        .auth = s->auth,
        .rates = s->rates,
        .analyze_inline = c->analysis == ANALYSIS_INLINE ? inline_analyze : NULL,
        .limits =
            {
                .text_max = c->text_max,
                .frame_max = c->frame_max,
                .fragments_max = (unsigned)c->fragments_max,
                .rooms_max = ROOMS_A_SESSION,
                .heartbeat_ms = (unsigned)c->heartbeat_ms,
                .rate_send = c->rate_send,
                .rate_send_burst = c->rate_send_burst,
                .flush_ms = (unsigned)c->flush_ms,
                .backlog_max = c->backlog_max,
                .slow_after_ms = (unsigned)c->slow_after_ms,
                .ring_events = (unsigned)c->ring_events,
            },
    };
    s->net_shared = (struct net_shared){
        .config = c,
        .auth = s->auth,
        .topology = &s->topology,
        .assets = s->assets,
        .inquiry = s->inquiry,
        .peers = s->peers,
        .key_rates = s->key_rates,
        .store = store_stats(s->store),
        .dispatch = s->dispatch != NULL ? dispatch_stats(s->dispatch) : NULL,
        .started_ms = clock_wall_ms(),
    };
    snprintf(s->net_shared.url, sizeof s->net_shared.url,
             c->listen.v6 ? "%s://[%s]:%u" : "%s://%s:%u",
             c->tls_cert[0] != '\0' ? "https" : "http", c->listen.host, s->port);
}

static int make_loop(struct server *s, unsigned i)
{
    struct net *n = &s->nets[i];
    const struct loop_config config = {
        .index = i,
        .mailbox = s->topology.loops[i],
        .protocols = net_protocols,
        .tls_cert = s->config.tls_cert,
        .tls_key = s->config.tls_key,
    };
    const struct loop_handlers handlers = {
        .owner = n,
        .on_msg = net_on_msg,
        .on_turn_end = net_on_turn_end,
        .wants_turn = net_wants_turn,
        .on_tick = net_on_tick,
        .on_accepted = net_on_accepted,
    };
    int status = loop_new(&s->loops[i], &config, &handlers);
    if (status != 0)
        return status;
    n->shared = &s->net_shared;
    n->loop = s->loops[i];
    n->keyring = keyring_ref(store_keyring(s->store));
    admission_init(&n->admission, (double)s->config.admit_rate / s->topology.n_loops);
    n->chat = chat_new(&s->chat_shared, i, loop_stats(s->loops[i]));
    if (n->chat == NULL)
        return E_NO_MEMORY;
    s->net_shared.loops[i] = loop_stats(s->loops[i]);
    loop_listen(s->loops[i], s->listeners[i]);
    return 0;
}

static void load_assets(struct server *s)
{
    char err[512];
    if (s->config.web[0] == '\0')
        log_warn("main",
                 "no web pages found: build them (cmake --build build -t web) or give --web DIR; "
                 "the API works without");
    else if (assets_load(&s->assets, s->config.web, err, sizeof err) != 0)
        log_warn("main", "%s; the API works without pages", err);
}

static int open_parts(struct server *s, char *err, size_t err_len)
{
    const struct config *c = &s->config;
    const struct store_config store = {
        .data_dir = c->data,
        .durability = (enum durability)c->durability,
        .retain_events = (uint64_t)c->retain_events,
        .review_max = (uint64_t)c->review_max,
    };
    int status = tls_check(c->tls_cert, c->tls_key, err, err_len);
    if (status == 0)
        status = policy_file_read(&s->policy, c->policy, err, err_len);
    if (status == 0)
        status = store_open(&s->store, &store, err, err_len);
    if (status == 0)
        status = auth_new(&s->auth, store_secret(s->store), c->data, err, err_len);
    if (status == 0)
        status =
            listener_open(&c->listen, (unsigned)c->loops, s->listeners, &s->port, err, err_len);
    if (status != 0)
        return status;
    snprintf(err, err_len, "out of memory or descriptors");
    s->peers = peers_new((uint32_t)c->connections_per_ip, (uint32_t)c->max_connections);
    s->inquiry = inquiry_new(c->rate_analyze);
    s->rates = rates_new();
    s->key_rates = rates_new();
    if (s->peers == NULL || s->rates == NULL || s->key_rates == NULL || s->inquiry == NULL
        || make_mailboxes(s) != 0)
        return E_NO_MEMORY;
    load_assets(s);
    if (c->analysis == ANALYSIS_INLINE && open_inline(s, err, err_len) != 0)
        return E_INTERNAL;
    open_analysis(s);
    share(s);
    for (unsigned i = 0; i < s->topology.n_loops; i++) {
        status = make_loop(s, i);
        if (status != 0) {
            snprintf(err, err_len,
                     "event loop %u cannot be made (%s); is libwebsockets-evlib-uv installed?", i,
                     status_name(status));
            return status;
        }
    }
    open_supervisor(s);
    return 0;
}

static void start_threads(struct server *s)
{
    if (store_start(s->store, &s->topology) != 0 ||
        (s->dispatch != NULL && dispatch_start(s->dispatch, &s->topology) != 0) ||
        inquiry_start(s->inquiry, &s->topology) != 0)
        fatal("main", "threads cannot be started");
    for (unsigned i = 0; i < s->topology.n_loops; i++) {
        if (loop_start(s->loops[i]) != 0)
            fatal("main", "threads cannot be started");
    }
    if (s->supervisor != NULL && supervisor_problem(s->supervisor) == NULL)
        supervisor_start(s->supervisor);
}

/* For parleyctl: where the server of this data directory listens, and its certificate. */
static void write_url(const struct server *s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/url", s->config.data);
    FILE *f = fopen(path, "we");
    if (f == NULL || fprintf(f, "%s\n", s->net_shared.url) < 0)
        log_warn("main", "cannot write %s: give parleyctl --url", path);
    if (f != NULL)
        fclose(f);
    snprintf(path, sizeof path, "%s/tls-cert", s->config.data);
    if (tls_show_cert(s->config.tls_cert, path) != 0)
        log_warn("main", "cannot copy the certificate to %s: parleyctl will not trust this server",
                 path);
}

/* -- running ---------------------------------------------------------------------------------- */

static void post_to_loops(struct server *s, enum msg_tag tag)
{
    for (unsigned i = 0; i < s->topology.n_loops; i++) {
        struct msg *m = msg_new(tag, 0);
        if (m == NULL)
            fatal("main", "out of memory");
        mailbox_post(s->topology.loops[i], m);
    }
}

static void on_workers_gone(void *context)
{
    struct server *s = context;
    uv_stop(&s->uv);
}

/* Every loop has said bye to its clients: nobody asks for anything any more. */
static void on_all_drained(struct server *s)
{
    if (uv_is_active((uv_handle_t *)&s->drain_timer))
        uv_timer_stop(&s->drain_timer);
    if (s->supervisor != NULL)
        supervisor_stop(s->supervisor, STOP_WORKERS_MS, on_workers_gone, s);
    else
        uv_stop(&s->uv);
}

static void on_drain_timeout(uv_timer_t *timer)
{
    log_warn("main", "some connections did not close in time");
    on_all_drained(timer->data);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    if (s->is_stopping)
        return;
    s->is_stopping = true;
    log_info("main", "%s: draining", number == SIGTERM ? "SIGTERM" : "SIGINT");
    post_to_loops(s, MSG_LOOP_DRAIN);
    uv_timer_start(&s->drain_timer, on_drain_timeout, DRAIN_MS, 0);
}

static void on_reload_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    char err[512];
    (void)number;
    if (config_reload(&s->config, s->argc, s->argv, err, sizeof err) != 0) {
        log_warn("main", "configuration kept as it was: %s", err);
        return;
    }
    log_set_level((enum log_level)s->config.log_level);
    policy_file_reload(s->config.policy, &s->topology);
    log_info("main", "configuration read again");
}

static void on_msg(struct server *s, struct msg *m)
{
    if (m->tag == MSG_MAIN_WORKER_KILL) {
        if (s->supervisor != NULL)
            supervisor_on_kill(s->supervisor, (struct msg_worker *)m);
    } else if (m->tag == MSG_MAIN_WORKER_READY) {
        if (s->supervisor != NULL)
            supervisor_on_ready(s->supervisor, (struct msg_worker *)m);
    } else if (m->tag == MSG_MAIN_WORKER_RETRY) {
        if (s->supervisor != NULL)
            supervisor_on_retry(s->supervisor);
    } else if (m->tag == MSG_MAIN_DRAINED) {
        if (++s->drained == s->topology.n_loops)
            on_all_drained(s);
    } else {
        fatal("main", "message %s does not belong here", msg_name(m->tag));
    }
    msg_free(m);
}

static void on_mail(uv_poll_t *poll, int status, int events)
{
    struct server *s = poll->data;
    (void)status;
    (void)events;
    struct msg *m = mailbox_take(s->topology.main);
    while (m != NULL) {
        struct msg *next = m->next;
        on_msg(s, m);
        m = next;
    }
}

static void on_sample(uv_timer_t *timer)
{
    struct server *s = timer->data;
    sampler_take(&s->sampler, &s->net_shared, &s->topology);
}

static void open_handles(struct server *s)
{
    if (uv_loop_init(&s->uv) != 0)
        fatal("main", "the main loop cannot be made");
    uv_signal_init(&s->uv, &s->on_term);
    uv_signal_init(&s->uv, &s->on_int);
    uv_signal_init(&s->uv, &s->on_hup);
    uv_timer_init(&s->uv, &s->sample_timer);
    uv_timer_init(&s->uv, &s->drain_timer);
    s->on_term.data = s->on_int.data = s->on_hup.data = s;
    s->sample_timer.data = s->drain_timer.data = s;
}

static void watch(struct server *s)
{
    uv_poll_init(&s->uv, &s->mail, mailbox_fd(s->topology.main));
    s->mail.data = s;
    uv_poll_start(&s->mail, UV_READABLE, on_mail);
    uv_signal_start(&s->on_term, on_stop_signal, SIGTERM);
    uv_signal_start(&s->on_int, on_stop_signal, SIGINT);
    uv_signal_start(&s->on_hup, on_reload_signal, SIGHUP);
    uv_timer_start(&s->sample_timer, on_sample, SAMPLE_MS, SAMPLE_MS);
}

static void say_ready(const struct server *s)
{
    printf("parley ready %s\n", s->net_shared.url);
    fflush(stdout);
    log_info("main", "ready url=%s data=%s loops=%u workers=%d durability=%s%s", s->net_shared.url,
             s->config.data, s->topology.n_loops, s->dispatch != NULL ? s->config.workers : 0,
             s->config.durability == DURABILITY_FULL ? "full"
             : s->config.durability == DURABILITY_OS ? "os"
                                                     : "memory",
             s->config.limits == LIMITS_OFF ? " limits=off (for load tests only)" : "");
    log_info("main", "operator page: parleyctl --data %s ops-link", s->config.data);
}

/* -- stopping --------------------------------------------------------------------------------- */

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void stop(struct server *s)
{
    /* Verdicts and acknowledged events still in mailboxes reach the store before it stops. */
    if (s->dispatch != NULL)
        dispatch_stop(s->dispatch);
    inquiry_stop(s->inquiry);
    store_stop(s->store);
    post_to_loops(s, MSG_LOOP_STOP);
    for (unsigned i = 0; i < s->topology.n_loops; i++)
        loop_join(s->loops[i]);
}

static void free_parts(struct server *s)
{
    for (unsigned i = 0; i < s->topology.n_loops; i++) {
        loop_close(s->loops[i]);
        chat_free(s->nets[i].chat);
        keyring_unref(s->nets[i].keyring);
        loop_free(s->loops[i]);
    }
    supervisor_free(s->supervisor);
    uv_walk(&s->uv, close_handle, NULL);
    uv_run(&s->uv, UV_RUN_DEFAULT);
    uv_loop_close(&s->uv);
    dispatch_free(s->dispatch);
    for (unsigned i = 0; i < s->topology.n_loops; i++)
        mailbox_free(s->topology.loops[i]);
    mailbox_free(s->topology.main);
    store_free(s->store);
    auth_free(s->auth);
    inquiry_free(s->inquiry);
    free(s->policy);
    peers_free(s->peers);
    rates_free(s->rates);
    rates_free(s->key_rates);
    assets_free(s->assets);
    if (s->ipc_dir[0] != '\0')
        rmdir(s->ipc_dir);
    config_free(&s->config);
}

int main(int argc, char **argv)
{
    static struct server s;
    char err[1024] = "";
    s.argc = argc;
    s.argv = argv;
    int status = config_parse(&s.config, argc, argv, err, sizeof err);
    if (status > 0)
        return EXIT_OK;
    if (status < 0) {
        fprintf(stderr, "parleyd: %s\n", err);
        return EXIT_USE;
    }
    log_set_level((enum log_level)s.config.log_level);
    prepare_process();
    open_handles(&s);
    status = open_parts(&s, err, sizeof err);
    if (status != 0) {
        fprintf(stderr, "parleyd: %s\n", err);
        return exit_code(status);
    }
    start_threads(&s);
    watch(&s);
    write_url(&s);
    say_ready(&s);
    uv_run(&s.uv, UV_RUN_DEFAULT);
    stop(&s);
    const bool has_python = s.chat_shared.analyze_inline != NULL;
    free_parts(&s);
    log_info("main", "stopped");
    if (has_python)
        _exit(EXIT_OK); /* as workers do: ending Python can hang in threads of its packages */
    return EXIT_OK;
}
