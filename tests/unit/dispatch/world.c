/* SPDX-License-Identifier: MIT
 * The rest of the server for tests of dispatch; see world.h. */
#include "world.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "unit.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const rooms[] = {"lobby", "tea", "garden", "attic"};

static const char *room_of(int64_t id)
{
    return rooms[id % 4];
}

/* ---- playing the rooms -------------------------------------------------------------------- */

static void on_verdict(struct world *w, const struct msg_verdict *v, unsigned loop)
{
    struct seen *s = &w->seen[v->id];
    ck_assert_int_gt(v->id, 0);
    ck_assert_int_lt(v->id, w->next_id);
    ck_assert_str_eq(v->room.text, room_of(v->id));
    ck_assert_uint_eq(v->seq, (uint64_t)v->id * 10);
    if (s->verdicts++ > 0)
        w->doubles++;
    s->labels = (uint8_t)v->n_labels;
    s->wrong_home = topology_home(&w->topology, v->room.text) != loop;
    s->verdict_us = clock_mono_us();
    w->verdicts++;
    for (size_t i = 0; i < v->n_labels; i++) {
        const struct label *l = &v->labels[i];
        ck_assert(l->score >= 0 && l->score <= 1 && l->threshold >= 0 && l->threshold <= 1);
        if (strcmp(l->label, "word") == 0)
            s->word = l->n_spans == 1 && l->spans[0].start == 0 && l->spans[0].end == s->text_len
                      && strcmp(l->analyzer, "trouble") == 0 && l->score == 0.75f;
    }
}

static void on_reply(struct world *w, const struct msg_verdict *v, unsigned loop)
{
    ck_assert_uint_eq(loop, 1);
    ck_assert_uint_lt(v->part, w->n_asked);
    struct reply *r = &w->replies[v->part];
    ck_assert_uint_eq(r->n++, 0);
    r->tag = v->head.tag;
    r->status = v->status;
    r->labels = v->n_labels;
    r->us = clock_mono_us() - v->ticket;
    w->n_replies++;
}

static void on_board(struct world *w, const struct msg_board *m)
{
    free(w->board);
    w->board = strndup(frame_payload(m->workers), frame_payload_len(m->workers));
    w->ready = m->ready;
    w->was_slow |= world_state_is(w, 0, "slow");
    w->was_stuck |= world_state_is(w, 0, "stuck");
}

static void on_loop_msg(struct world *w, struct msg *m, unsigned loop)
{
    if (m->tag == MSG_ROOM_VERDICT)
        on_verdict(w, (struct msg_verdict *)m, loop);
    else if (m->tag == MSG_ROOM_JUDGED || m->tag == MSG_INQUIRY_JUDGED)
        on_reply(w, (struct msg_verdict *)m, loop);
    else if (m->tag == MSG_LOOP_BOARD)
        on_board(w, (struct msg_board *)m);
    else
        ck_abort_msg("a loop got %s", msg_name(m->tag));
    msg_free(m);
}

/* ---- playing the store -------------------------------------------------------------------- */

static struct msg_job *make_job(struct world *w, int64_t id, const char *text)
{
    size_t len = strlen(text);
    struct msg_job *job = msg_job_new(text, len);
    job->id = id;
    snprintf(job->room.text, sizeof job->room.text, "%s", room_of(id));
    job->seq = (uint64_t)id * 10;
    job->ts_ms = 1700000000000 + id;
    snprintf(job->user_id, sizeof job->user_id, "u%lld", (long long)id % 7);
    w->seen[id].text_len = (uint16_t)len;
    return job;
}

static void on_pending(struct world *w, struct msg_pending *m)
{
    struct msg **last = &m->jobs;
    w->pages++;
    for (int64_t id = m->after + 1; w->pends && id < w->next_id && m->count < m->limit; id++) {
        if (w->seen[id].verdicts > 0)
            continue;
        struct msg_job *job = make_job(w, id, "from the store");
        *last = &job->head;
        last = &job->head.next;
        *last = NULL;
        m->count++;
    }
    m->head.tag = MSG_DISPATCH_PENDING;
    mailbox_post(m->reply, &m->head);
}

static void on_store_msg(struct world *w, struct msg *m)
{
    if (m->tag == MSG_STORE_PENDING) {
        on_pending(w, (struct msg_pending *)m);
        return;
    }
    if (m->tag == MSG_STORE_INSIGHT_LOAD) { /* of no room anything is known */
        m->tag = MSG_DISPATCH_INSIGHT_LOADED;
        mailbox_post(((struct msg_insight *)m)->reply, m);
        return;
    }
    if (m->tag == MSG_STORE_INSIGHT_SAVE) {
        msg_free(m);
        return;
    }
    ck_assert_int_eq(m->tag, MSG_STORE_QUARANTINE);
    struct msg_quarantine *q = (struct msg_quarantine *)m;
    q->status = w->refuse > 0 ? E_UNAVAILABLE : 0;
    if (q->status == 0) {
        ck_assert_uint_lt(w->n_quarantines, WORLD_QUARANTINES);
        w->quarantines[w->n_quarantines++] = *q;
        w->seen[q->id].quarantines++;
    } else {
        w->refuse--;
    }
    m->tag = MSG_DISPATCH_QUARANTINED;
    mailbox_post(w->topology.dispatch, m);
}

/* ---- playing main ------------------------------------------------------------------------- */

static void on_main_msg(struct world *w, struct msg *m)
{
    const struct msg_worker *told = (struct msg_worker *)m;
    if (m->tag == MSG_MAIN_WORKER_READY) {
        if (w->supervisor != NULL)
            supervisor_on_ready(w->supervisor, told);
    } else {
        ck_assert_int_eq(m->tag, MSG_MAIN_WORKER_KILL);
        w->kills++;
        if (w->supervisor != NULL)
            supervisor_on_kill(w->supervisor, told);
    }
    msg_free(m);
}

static void drain(struct world *w)
{
    struct msg *next;
    for (unsigned i = 0; i < WORLD_LOOPS; i++)
        for (struct msg *m = mailbox_take(w->topology.loops[i]); m != NULL; m = next) {
            next = m->next;
            on_loop_msg(w, m, i);
        }
    for (struct msg *m = mailbox_take(w->topology.store); m != NULL; m = next) {
        next = m->next;
        on_store_msg(w, m);
    }
    for (struct msg *m = mailbox_take(w->topology.main); m != NULL; m = next) {
        next = m->next;
        on_main_msg(w, m);
    }
}

static void turn(struct world *w)
{
    struct pollfd fds[WORLD_LOOPS + 3];
    unsigned n = 0;
    for (unsigned i = 0; i < WORLD_LOOPS; i++)
        fds[n++] = (struct pollfd){mailbox_fd(w->topology.loops[i]), POLLIN, 0};
    fds[n++] = (struct pollfd){mailbox_fd(w->topology.store), POLLIN, 0};
    fds[n++] = (struct pollfd){mailbox_fd(w->topology.main), POLLIN, 0};
    fds[n++] = (struct pollfd){uv_backend_fd(&w->loop), POLLIN, 0};
    int timeout = uv_backend_timeout(&w->loop);
    poll(fds, n, timeout < 0 || timeout > 10 ? 10 : timeout);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    drain(w);
}

bool world_until(struct world *w, bool (*done)(struct world *))
{
    uint64_t deadline = clock_mono_ms() + (uint64_t)unit_patience_ms();
    while (!done(w)) {
        if (clock_mono_ms() > deadline)
            return false;
        turn(w);
    }
    return true;
}

void world_pass(struct world *w, unsigned ms)
{
    uint64_t end = clock_mono_ms() + ms;
    while (clock_mono_ms() <= end)
        turn(w);
}

bool world_has_all_verdicts(struct world *w)
{
    return w->verdicts + w->n_quarantines == (uint64_t)w->next_id - 1 + w->n_replays;
}

bool world_is_ready(struct world *w)
{
    for (unsigned i = 0; w->board != NULL && i < w->ready; i++)
        if (world_number(w, i, "start_ms") < 0)
            return false;
    return w->board != NULL && strstr(w->board, "\"state\":\"ready\"") != NULL
           && strstr(w->board, "\"state\":\"starting\"") == NULL
           && strstr(w->board, "\"state\":\"warming\"") == NULL;
}

int64_t world_job(struct world *w, const char *text)
{
    int64_t id = w->next_id++;
    ck_assert_int_lt(id, WORLD_IDS);
    w->seen[id].posted_us = clock_mono_us();
    mailbox_post(w->topology.dispatch, &make_job(w, id, text)->head);
    return id;
}

uint32_t world_ask(struct world *w, enum job_kind kind, const char *text, unsigned deadline_ms)
{
    struct msg_job *job = make_job(w, 0, text);
    ck_assert_uint_lt(w->n_asked, WORLD_REPLIES);
    job->kind = kind;
    job->reply = w->topology.loops[1];
    job->reply_tag = kind == JOB_GATE ? MSG_ROOM_JUDGED : MSG_INQUIRY_JUDGED;
    job->ticket = clock_mono_us();
    job->part = w->n_asked++;
    job->deadline_us = deadline_ms != 0 ? job->ticket + deadline_ms * 1000u : 0;
    mailbox_post(w->topology.dispatch, &job->head);
    return w->n_asked - 1;
}

bool world_has_all_replies(struct world *w)
{
    return w->n_replies == w->n_asked;
}

void world_replay(struct world *w, int64_t id, const char *text)
{
    struct msg_job *job = make_job(w, id, text);
    job->again = true;
    w->seen[id].replays++;
    w->n_replays++;
    mailbox_post(w->topology.dispatch, &job->head);
}

int64_t world_pending_job(struct world *w)
{
    ck_assert_int_lt(w->next_id, WORLD_IDS);
    return w->next_id++;
}

/* ---- reading the board -------------------------------------------------------------------- */

static const char *worker_on_board(const struct world *w, unsigned slot)
{
    char mark[32];
    snprintf(mark, sizeof mark, "{\"slot\":%u,", slot);
    return w->board != NULL ? strstr(w->board, mark) : NULL;
}

long world_number(const struct world *w, unsigned slot, const char *key)
{
    char mark[48];
    const char *at = worker_on_board(w, slot);
    snprintf(mark, sizeof mark, "\"%s\":", key);
    at = at != NULL ? strstr(at, mark) : NULL;
    return at != NULL ? strtol(at + strlen(mark), NULL, 10) : -1;
}

bool world_state_is(const struct world *w, unsigned slot, const char *state)
{
    const char *at = worker_on_board(w, slot);
    at = at != NULL ? strstr(at, "\"state\":\"") : NULL;
    return at != NULL && strncmp(at + 9, state, strlen(state)) == 0 && at[9 + strlen(state)] == '"';
}

static bool is_on_board(struct world *w)
{
    return w->board != NULL && strstr(w->board, w->awaited) != NULL;
}

bool world_shows(struct world *w, const char *text)
{
    w->awaited = text;
    return world_until(w, is_on_board);
}

/* ---- start and stop ----------------------------------------------------------------------- */

static void start_dispatch(struct world *w, const struct world_options *o)
{
    char err[256];
    struct dispatch_config config = {
        .workers = o->workers,
        .batch_max = o->batch_max ? o->batch_max : 64,
        .batch_delay_ms = 5,
        .queue_max = o->queue_max ? o->queue_max : 10000,
        .deadline_ms = o->deadline_ms ? o->deadline_ms : 10000,
        .endpoint = w->endpoint,
    };
    ck_assert_msg(dispatch_open(&w->dispatch, &config, err, sizeof err) == 0, "%s", err);
    w->topology.dispatch = dispatch_mailbox(w->dispatch);
}

/* Sanitizers catch SIGSEGV and exit; these tests want workers to die as they do in production. */
static void let_workers_crash(const char *variable)
{
    char value[512];
    const char *before = getenv(variable);
    snprintf(value, sizeof value, "%s%shandle_segv=0", before ? before : "", before ? ":" : "");
    setenv(variable, value, 1);
}

static void start_supervisor(struct world *w, const struct world_options *o)
{
    struct supervisor_config config = {
        .workers = o->workers,
        .binary = WORKER_BINARY,
        .endpoint = w->endpoint,
        .python_path = o->python_path != NULL ? o->python_path : PYTHON_PATH,
        .analyzers_dir = ANALYZERS_DIR,
        .disable = o->disable != NULL ? o->disable : BUILT_IN,
        .log_level = "warn",
        .retry_ms = o->retry_ms != 0 ? o->retry_ms : 600000,
    };
    let_workers_crash("ASAN_OPTIONS");
    let_workers_crash("TSAN_OPTIONS");
    w->supervisor = supervisor_new(&w->loop, &config, &w->topology);
    ck_assert_ptr_nonnull(w->supervisor);
    ck_assert_msg(supervisor_problem(w->supervisor) == NULL, "%s",
                  supervisor_problem(w->supervisor));
    supervisor_start(w->supervisor);
}

void world_start(struct world *w, const struct world_options *o)
{
    memset(w, 0, sizeof *w);
    w->next_id = 1;
    w->seen = calloc(WORLD_IDS, sizeof *w->seen);
    w->replies = calloc(WORLD_REPLIES, sizeof *w->replies);
    snprintf(w->dir, sizeof w->dir, "/tmp/parley-dispatch-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w->dir));
    snprintf(w->endpoint, sizeof w->endpoint, "ipc://%s/workers.sock", w->dir);
    uv_loop_init(&w->loop);
    w->topology.n_loops = WORLD_LOOPS;
    for (unsigned i = 0; i < WORLD_LOOPS; i++)
        w->topology.loops[i] = mailbox_new();
    w->topology.store = mailbox_new();
    w->topology.main = mailbox_new();
    start_dispatch(w, o);
    ck_assert_int_eq(dispatch_start(w->dispatch, &w->topology), 0);
    if (!o->no_workers)
        start_supervisor(w, o);
}

static void on_stopped(void *context)
{
    struct world *w = context;
    w->stopped = true;
}

static bool is_stopped(struct world *w)
{
    return w->stopped;
}

void world_stop(struct world *w)
{
    char path[128];
    if (w->supervisor != NULL) {
        supervisor_stop(w->supervisor, 2000, on_stopped, w);
        ck_assert_msg(world_until(w, is_stopped), "the workers do not stop");
    }
    dispatch_stop(w->dispatch);
    drain(w);
    ck_assert_uint_eq(w->doubles, 0);
    dispatch_free(w->dispatch);
    supervisor_free(w->supervisor);
    for (unsigned i = 0; i < WORLD_LOOPS; i++)
        mailbox_free(w->topology.loops[i]);
    mailbox_free(w->topology.store);
    mailbox_free(w->topology.main);
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    snprintf(path, sizeof path, "%s/workers.sock", w->dir);
    unlink(path);
    rmdir(w->dir);
    free(w->seen);
    free(w->replies);
    free(w->board);
}

/* The figures are published ten times a second: those of the last work may be on their way. */
static bool is_booked(struct world *w)
{
    const struct dispatch_stats *s = dispatch_stats(w->dispatch);
    return s->in_flight == 0 && s->queued == 0 && s->done == w->verdicts
           && s->quarantined == w->n_quarantines
           && s->sent == s->done + s->failed + s->quarantined + s->in_flight;
}

void world_check_books(struct world *w)
{
    world_until(w, is_booked); /* what follows says what is wrong when this fails */
    world_pass(w, 250);
    const struct dispatch_stats *s = dispatch_stats(w->dispatch);
    ck_assert_uint_eq(s->sent, s->done + s->failed + s->quarantined + s->in_flight);
    ck_assert_uint_eq(s->in_flight, 0);
    ck_assert_uint_eq(s->queued, 0);
    ck_assert_uint_eq(s->sent - s->redispatched, w->verdicts + w->n_quarantines);
    ck_assert_uint_eq(s->done, w->verdicts);
    ck_assert_uint_eq(s->quarantined, w->n_quarantines);
    for (int64_t id = 1; id < w->next_id; id++) {
        const struct seen *seen = &w->seen[id];
        ck_assert_msg(seen->verdicts + seen->quarantines == 1 + seen->replays,
                      "message %lld: %d verdicts, %d quarantines, %d replays", (long long)id,
                      seen->verdicts, seen->quarantines, seen->replays);
        ck_assert_uint_le(seen->verdicts, 1);
        ck_assert(!seen->wrong_home);
    }
}
