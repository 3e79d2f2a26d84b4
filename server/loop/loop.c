/* SPDX-License-Identifier: MIT
 *
 * One event loop; see loop.h. Thread: its own, from loop_start to loop_join.
 *
 * libwebsockets 4.1.6 as Debian builds it cannot share a port between contexts nor run several
 * service threads, so each loop has its own context without a listener, and its own SO_REUSEPORT
 * descriptor whose accepted sockets it adopts. The validity timer is off (a sorted list, O(N) a
 * connect): net/ws keeps its own ping wheel.
 */
#include "loop/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define TICK_MS        50
#define LAG_MS         50
#define ACCEPTS_A_TURN 256

struct loop {
    unsigned index;
    struct mailbox *mailbox;
    struct loop_handlers handlers;
    struct loop_stats stats;
    uv_loop_t uv;
    uv_poll_t mail_poll, listen_poll;
    uv_check_t check;
    uv_prepare_t prepare;
    uv_idle_t at_once; /* active: the loop does not sleep */
    uv_timer_t tick, lag, wake, accept_pause;
    uint64_t lag_due_us;
    int listen_fd;
    bool stopping;
    struct lws_context *context;
    struct lws_vhost *vhost;
    pthread_t thread;
};

static void on_mail(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct loop *l = poll->data;
    struct msg *m = mailbox_take(l->mailbox);
    while (m != NULL) {
        struct msg *next = m->next;
        l->handlers.on_msg(l->handlers.owner, m);
        m = next;
    }
}

static void on_at_once(uv_idle_t *idle)
{
    (void)idle; /* that it is active keeps poll from sleeping */
}

static void on_wake(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    uv_idle_start(&l->at_once, on_at_once); /* the end of a turn is what is wanted */
}

static void on_check(uv_check_t *check)
{
    struct loop *l = check->data;
    uv_idle_stop(&l->at_once);
    unsigned ms = l->handlers.on_turn_end(l->handlers.owner);
    if (ms > 0 && !uv_is_active((uv_handle_t *)&l->wake))
        uv_timer_start(&l->wake, on_wake, ms, 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    if (l->handlers.wants_turn(l->handlers.owner))
        uv_idle_start(&l->at_once, on_at_once);
}

static void on_tick(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->handlers.on_tick(l->handlers.owner, clock_mono_ms());
}

static void on_lag(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    uint64_t now = clock_mono_us();
    histogram_record(&l->stats.lag_us, now > l->lag_due_us ? now - l->lag_due_us : 0);
    l->lag_due_us = now + LAG_MS * 1000;
    uv_timer_start(timer, on_lag, LAG_MS, 0);
}

static void on_acceptable(uv_poll_t *poll, int status, int events);

static void on_accept_again(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    if (l->listen_fd >= 0)
        uv_poll_start(&l->listen_poll, UV_READABLE, on_acceptable);
}

/* Out of descriptors: the listener stays readable, so polling on would spin. */
static void pause_accepting(struct loop *l, int error)
{
    log_warn("listener", "cannot accept: %s; trying again in 100 ms loop=%u", strerror(error),
             l->index);
    uv_poll_stop(&l->listen_poll);
    uv_timer_start(&l->accept_pause, on_accept_again, 100, 0);
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct loop *l = poll->data;
    for (int i = 0; i < ACCEPTS_A_TURN && l->listen_fd >= 0; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd =
            accept4(l->listen_fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            l->handlers.on_accepted(l->handlers.owner, fd, (struct sockaddr *)&peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(l, errno);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

struct lws *loop_adopt(struct loop *l, int fd)
{
    /* On failure libwebsockets has closed the descriptor. */
    return lws_adopt_socket_vhost(l->vhost, fd);
}

static void start_handles(struct loop *l)
{
    uv_poll_init(&l->uv, &l->mail_poll, mailbox_fd(l->mailbox));
    uv_check_init(&l->uv, &l->check);
    uv_prepare_init(&l->uv, &l->prepare);
    uv_idle_init(&l->uv, &l->at_once);
    uv_timer_init(&l->uv, &l->tick);
    uv_timer_init(&l->uv, &l->lag);
    uv_timer_init(&l->uv, &l->wake);
    uv_timer_init(&l->uv, &l->accept_pause);
    l->mail_poll.data = l->check.data = l->prepare.data = l;
    l->tick.data = l->lag.data = l->wake.data = l->accept_pause.data = l;
    uv_poll_start(&l->mail_poll, UV_READABLE, on_mail);
    uv_check_start(&l->check, on_check);
    uv_prepare_start(&l->prepare, on_prepare);
    uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
    l->lag_due_us = clock_mono_us() + LAG_MS * 1000;
    uv_timer_start(&l->lag, on_lag, LAG_MS, 0);
}

static struct lws_context *make_context(struct loop *l, const struct loop_config *config)
{
    static const lws_retry_bo_t no_validity_timer;
    void *foreign[1] = {&l->uv};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = config->protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = foreign,
        .user = l->handlers.owner,
        .retry_and_idle_policy = &no_validity_timer,
        .max_http_header_data = 8192,
        .pt_serv_buf_size = 4096,
        .timeout_secs = 10,
        .vhost_name = "parley",
    };
    if (config->tls_cert[0] != '\0') {
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.ssl_cert_filepath = config->tls_cert;
        info.ssl_private_key_filepath = config->tls_key;
        info.alpn = "http/1.1"; /* else it offers h2, which neither ws nor http here speak */
    }
    /* Global indeed: what a second context initialises, the first can never free again. */
    const uint64_t options = info.options;
    if (config->index > 0)
        info.options &= ~(uint64_t)LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    struct lws_context *context = lws_create_context(&info);
    info.options = options;
    if (context == NULL)
        return NULL;
    l->vhost = lws_create_vhost(context, &info);
    if (l->vhost == NULL) {
        lws_context_destroy(context);
        return NULL;
    }
    return context;
}

static void log_from_lws(int level, const char *line)
{
    (void)level;
    log_warn("lws", "%.*s", (int)strcspn(line, "\n"), line);
}

int loop_new(struct loop **out, const struct loop_config *config,
             const struct loop_handlers *handlers)
{
    *out = NULL;
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return E_NO_MEMORY;
    l->index = config->index;
    l->mailbox = config->mailbox;
    l->handlers = *handlers;
    l->listen_fd = -1;
    /* Only errors: it formats all loops' lines in one static buffer, and clients can cause
     * warnings. */
    lws_set_log_level(LLL_ERR, log_from_lws);
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return E_NO_MEMORY;
    }
    l->context = make_context(l, config);
    if (l->context == NULL) {
        uv_loop_close(&l->uv);
        free(l);
        return E_INTERNAL;
    }
    start_handles(l);
    *out = l;
    return 0;
}

struct loop_stats *loop_stats(struct loop *l)
{
    return &l->stats;
}

void loop_listen(struct loop *l, int fd)
{
    l->listen_fd = fd;
    uv_poll_init(&l->uv, &l->listen_poll, fd);
    l->listen_poll.data = l;
    uv_poll_start(&l->listen_poll, UV_READABLE, on_acceptable);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct loop *l = handle->data;
    close(l->listen_fd);
    l->listen_fd = -1;
}

void loop_stop_listening(struct loop *l)
{
    if (l->listen_fd >= 0 && !uv_is_closing((uv_handle_t *)&l->listen_poll))
        uv_close((uv_handle_t *)&l->listen_poll, on_listener_closed);
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
    uv_stop(&l->uv);
}

static void *loop_main(void *arg)
{
    struct loop *l = arg;
    char name[16];
    snprintf(name, sizeof name, "loop-%u", l->index);
    pthread_setname_np(pthread_self(), name);
    while (!l->stopping)
        uv_run(&l->uv, UV_RUN_DEFAULT);
    return NULL;
}

int loop_start(struct loop *l)
{
    return pthread_create(&l->thread, NULL, loop_main, l) == 0 ? 0 : E_NO_MEMORY;
}

void loop_join(struct loop *l)
{
    pthread_join(l->thread, NULL);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_close(struct loop *l)
{
    loop_stop_listening(l);
    uv_close((uv_handle_t *)&l->mail_poll, NULL);
    uv_close((uv_handle_t *)&l->check, NULL);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->at_once, NULL);
    uv_close((uv_handle_t *)&l->tick, NULL);
    uv_close((uv_handle_t *)&l->lag, NULL);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->accept_pause, NULL);
    /* With a foreign loop libwebsockets only starts to close its handles here; they end as the loop
     * turns, and a second call frees the context. */
    lws_context_destroy(l->context);
    for (int i = 0; i < 100 && uv_run(&l->uv, UV_RUN_NOWAIT) != 0; i++)
        continue;
    lws_context_destroy(l->context);
    uv_walk(&l->uv, close_handle, NULL);
    uv_run(&l->uv, UV_RUN_NOWAIT);
    uv_loop_close(&l->uv);
}

void loop_free(struct loop *l)
{
    free(l);
}
