/* SPDX-License-Identifier: MIT
 * Opening, starting and stopping the store; see store.h. Main thread. */
#include "store/store.h"

#include "base/keyring.h"
#include "base/log.h"
#include "base/status.h"
#include "store/datadir.h"
#include "store/db.h"
#include "store/meta.h"
#include "store/migrate.h"
#include "store/reader.h"
#include "store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct store {
    int lock_fd;
    char path[4096]; /* of the database */
    enum durability durability;
    uint64_t retain_events, review_max;
    struct identity identity;
    struct keyring *keyring; /* reference; as of the start */
    struct mailbox *mailbox;
    sqlite3 *write_db, *read_db;
    struct checkpoint checkpoint;
    struct store_stats stats;
    struct writer writer;
    struct reader reader;
    pthread_t writer_thread, reader_thread;
    bool marked;      /* as running, in the database */
    bool initialized; /* writer and reader are */
    bool running;     /* their threads are */
};

const unsigned char *store_secret(const struct store *s)
{
    return s->identity.secret;
}

const char *store_epoch(const struct store *s)
{
    return s->identity.epoch;
}

struct keyring *store_keyring(const struct store *s)
{
    return s->keyring;
}

struct mailbox *store_mailbox(struct store *s)
{
    return s->mailbox;
}

const struct store_stats *store_stats(const struct store *s)
{
    return &s->stats;
}

/* ---- opening ---- */

static int open_database(struct store *s, char *err, size_t err_len)
{
    int status = db_inspect(s->path, err, err_len);
    if (status == 0)
        status = db_open_writer(&s->write_db, s->path, err, err_len);
    if (status == 0)
        status = migrate_run(s->write_db, s->path, err, err_len);
    if (status == 0)
        status = meta_start(s->write_db, s->durability, &s->identity, s->path, err, err_len);
    s->marked = status == 0;
    if (status == 0) {
        status = keys_load(s->write_db, &s->keyring);
        if (status != 0)
            snprintf(err, err_len, "cannot read the API keys: %s", sqlite3_errmsg(s->write_db));
    }
    /* Only now: the mark of a running server, the secret and the epoch must be on disk before the
     * first event, or a power cut takes both and the next start believes in a clean end. */
    if (status == 0)
        status = db_set_durability(s->write_db, s->durability);
    if (status == 0)
        status = db_open_reader(&s->read_db, s->path, err, err_len);
    return status;
}

static int open_in(struct store *s, const char *data_dir, char *err, size_t err_len)
{
    int fd = datadir_lock(data_dir, err, err_len);
    if (fd < 0)
        return fd;
    s->lock_fd = fd;
    if ((size_t)snprintf(s->path, sizeof s->path, "%s/parley.db", data_dir) >= sizeof s->path) {
        snprintf(err, err_len, "the path of the data directory is too long");
        return E_IO;
    }
    s->mailbox = mailbox_new();
    s->reader.mailbox = mailbox_new();
    s->checkpoint.wanted_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->mailbox == NULL || s->reader.mailbox == NULL || s->checkpoint.wanted_fd < 0) {
        snprintf(err, err_len, "cannot open the store: out of memory or descriptors");
        return E_NO_MEMORY;
    }
    return open_database(s, err, err_len);
}

int store_open(struct store **out, const struct store_config *config, char *err, size_t err_len)
{
    *out = NULL;
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL || sodium_init() < 0) {
        snprintf(err, err_len, "cannot open the store: out of memory");
        free(s);
        return E_NO_MEMORY;
    }
    db_init();
    s->lock_fd = -1;
    s->checkpoint.wanted_fd = -1;
    s->durability = config->durability;
    s->retain_events = config->retain_events;
    s->review_max = config->review_max;
    int status = open_in(s, config->data_dir, err, err_len);
    if (status != 0) {
        store_free(s);
        return status;
    }
    log_info("store", "history opened path=%s epoch=%s", s->path, s->identity.epoch);
    *out = s;
    return 0;
}

/* ---- running ---- */

static int init_threads(struct store *s, const struct topology *topology)
{
    struct writer *w = &s->writer;
    struct reader *r = &s->reader;
    s->initialized = true;
    w->db = s->write_db;
    w->durability = s->durability;
    w->retain_events = s->retain_events;
    w->review_max = s->review_max;
    w->mailbox = s->mailbox;
    w->reader = r->mailbox;
    w->topology = topology;
    w->stats = r->stats = &s->stats;
    w->checkpoint = r->checkpoint = &s->checkpoint;
    rooms_init(&w->rooms, w->stmts, s->retain_events);
    authors_init(&w->authors, w->stmts);
    cids_init(&w->cids, w->stmts, s->identity.cid_key);
    r->db = s->read_db;
    int status = writer_init(w);
    return status != 0 ? status : reader_init(r);
}

/* Signals are for the main thread. */
static int start_thread(pthread_t *thread, const char *name, void *(*body)(void *), void *arg)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(thread, NULL, body, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0) {
        log_error("store", "cannot start a thread: %s", strerror(error));
        return E_NO_MEMORY;
    }
    pthread_setname_np(*thread, name);
    return 0;
}

static void stop_thread(struct mailbox *mailbox, pthread_t thread)
{
    struct msg_signal *stop;
    while ((stop = msg_new(MSG_STORE_STOP, 0)) == NULL)
        usleep(10000); /* memory is short for now; there is nothing else to wait for */
    mailbox_post(mailbox, &stop->head);
    pthread_join(thread, NULL);
}

int store_start(struct store *s, const struct topology *topology)
{
    int status = init_threads(s, topology);
    if (status != 0) {
        log_error("store", "cannot read the history: %s", sqlite3_errmsg(s->write_db));
        return status;
    }
    status = start_thread(&s->reader_thread, "store-reader", reader_run, &s->reader);
    if (status != 0)
        return status;
    status = start_thread(&s->writer_thread, "store-writer", writer_run, &s->writer);
    if (status != 0) {
        stop_thread(s->reader.mailbox, s->reader_thread);
        return status;
    }
    s->running = true;
    return 0;
}

void store_stop(struct store *s)
{
    if (!s->running)
        return;
    s->running = false;
    /* The writer first: it may still hand reads to the reader. */
    stop_thread(s->mailbox, s->writer_thread);
    stop_thread(s->reader.mailbox, s->reader_thread);
}

static void close_database(struct store *s)
{
    sqlite3_close(s->read_db);
    /* Told and lost: the mark stays, and the next start takes a new epoch. */
    if (s->marked && !s->writer.lost_told && meta_finish(s->write_db) != 0)
        log_warn("store", "cannot mark a clean end: %s", sqlite3_errmsg(s->write_db));
    if (sqlite3_close(s->write_db) != SQLITE_OK)
        log_error("store", "closing the database: %s", sqlite3_errmsg(s->write_db));
}

void store_free(struct store *s)
{
    if (s == NULL)
        return;
    store_stop(s);
    if (s->initialized) {
        writer_fini(&s->writer);
        reader_fini(&s->reader);
    }
    close_database(s);
    keyring_unref(s->keyring);
    mailbox_free(s->mailbox);
    mailbox_free(s->reader.mailbox);
    if (s->checkpoint.wanted_fd >= 0)
        close(s->checkpoint.wanted_fd);
    if (s->lock_fd >= 0)
        datadir_unlock(s->lock_fd);
    sodium_memzero(&s->identity, sizeof s->identity);
    free(s);
}
