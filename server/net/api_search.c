/* SPDX-License-Identifier: MIT
 *
 * Search of a room, over HTTP. By words the store answers (store/search_read.c). By meaning: the
 * newest events are read page by page and given to a worker, as its last work (JOB_CALL). Thread:
 * the request's loop.
 */
#include "net/api_impl.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_EVENTS 1000
#define PAGE_BYTES (256 * 1024)
/* Of what one search looks at, however many events are allowed. */
#define BYTES_MAX (2 * 1024 * 1024)
/* At once in a loop, of each kind: one by meaning may hold BYTES_MAX and some tens of milliseconds
 * of a worker, one by words some milliseconds of the thread that reads history for everybody. */
#define SEARCHES_MAX 4
#define RETRY_AFTER_S 1
#define PATIENCE_US 9000000u

/* Pages stand in `events` newest first; the worker sorts. */
struct search {
    unsigned *counted; /* among those of its kind in this loop */
    struct buf events;
    uint32_t left; /* events still to be read, at most */
};

void search_free(struct search *s)
{
    if (s == NULL)
        return;
    (*s->counted)--;
    buf_fini(&s->events);
    free(s);
}

static void ask_page(struct http_request *r, uint64_t before)
{
    struct msg_read *m = msg_new(MSG_STORE_READ, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    m->reply = chat_mailbox(r->net->chat);
    m->reply_tag = MSG_LOOP_READ;
    m->backward = true;
    m->before = before;
    m->limit = r->search->left < PAGE_EVENTS ? r->search->left : PAGE_EVENTS;
    m->max_bytes = PAGE_BYTES;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static void ask_words(struct http_request *r)
{
    struct msg_search *m = msg_new(MSG_STORE_SEARCH, 0);
    if (m == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    memcpy(m->room.text, r->room, sizeof m->room.text);
    memcpy(m->q, r->params.q, sizeof m->q);
    m->reply = chat_mailbox(r->net->chat);
    m->before = r->params.before;
    m->limit = r->params.limit;
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static const char *problem_of(const struct params *p)
{
    size_t len = strlen(p->q);
    if (len == 0)
        return "q must say what to look for: 1 to 400 bytes, percent-encoded";
    return utf8_is_valid(p->q, len) ? NULL : "q is not UTF-8";
}

void handle_search(struct http_request *r)
{
    const char *problem = problem_of(&r->params);
    if (problem != NULL) {
        http_fail(r, E_BAD_REQUEST, problem);
        return;
    }
    if (r->params.by_meaning && r->net->shared->topology->dispatch == NULL) {
        http_fail(r, E_UNAVAILABLE,
                  "search by meaning is made by workers, and this server has none");
        return;
    }
    unsigned *counted = r->params.by_meaning ? &r->net->meanings : &r->net->lookups;
    if (*counted >= SEARCHES_MAX) {
        r->response.retry_after_s = RETRY_AFTER_S;
        http_fail(r, E_UNAVAILABLE, "others are searching; try again in a second");
        return;
    }
    r->search = calloc(1, sizeof *r->search);
    if (r->search == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    *r->search = (struct search){.counted = counted, .events = BUF_INIT,
                                 .left = (uint32_t)r->net->shared->config->search_events};
    (*counted)++;
    if (r->params.by_meaning)
        ask_page(r, INT64_MAX);
    else
        ask_words(r);
}

void api_answer_found(struct http_request *r, const struct msg_search *m)
{
    if (api_fail_read(r, &m->ask, m->known))
        return;
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, r->room);
    buf_append_str(b, ",\"mode\":\"words\",\"from\":");
    buf_append_u64(b, m->from);
    buf_append_str(b, ",\"hits\":[");
    buf_append(b, m->hits.data, m->hits.len);
    buf_append_str(b, "],\"more\":");
    json_put_bool(b, m->more);
    buf_append_char(b, '}');
    api_respond(r);
}

static struct msg_job *make_job(const struct http_request *r)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "{\"q\":");
    json_put_cstring(&b, r->params.q);
    buf_printf(&b, ",\"limit\":%" PRIu32 ",\"events\":[", r->params.limit);
    buf_append(&b, r->search->events.data, r->search->events.len);
    buf_append_str(&b, "]}");
    struct msg_job *job = b.failed ? NULL : msg_job_new(b.data, b.len);
    buf_fini(&b);
    return job;
}

static void ask_worker(struct http_request *r)
{
    struct msg_job *job = make_job(r);
    if (job == NULL) {
        http_fail(r, E_NO_MEMORY, NULL);
        return;
    }
    buf_fini(&r->search->events);
    job->kind = JOB_CALL;
    job->call = "search";
    memcpy(job->room.text, r->room, sizeof job->room.text);
    job->ts_ms = clock_wall_ms();
    job->reply = chat_mailbox(r->net->chat);
    job->reply_tag = MSG_LOOP_RETURNED;
    job->deadline_us = clock_mono_us() + PATIENCE_US;
    job->ticket = http_await(r);
    if (job->ticket != 0)
        chat_post_dispatch(r->net->chat, &job->head);
    else
        msg_free(&job->head);
}

void api_search_page(struct http_request *r, const struct msg_read *m)
{
    struct search *s = r->search;
    if (api_fail_read(r, &m->ask, m->known))
        return;
    if (s->events.len > 0 && m->events.len > 0)
        buf_append_char(&s->events, ',');
    buf_append(&s->events, m->events.data, m->events.len);
    s->left -= m->count < s->left ? m->count : s->left;
    if (s->events.failed)
        http_fail(r, E_NO_MEMORY, NULL);
    else if (m->more && m->count > 0 && s->left > 0 && s->events.len < BYTES_MAX - PAGE_BYTES)
        ask_page(r, m->first);
    else
        ask_worker(r);
}

/* A worker runs other people's code: what it says is JSON is held to that. */
static void respond(struct http_request *r, json_t *found)
{
    json_t *hits = json_object_get(found, "hits"), *from = json_object_get(found, "from");
    const char *error = json_string_value(json_object_get(found, "error"));
    if (error != NULL) {
        http_fail(r, E_UNAVAILABLE, error);
        return;
    }
    char *text = json_is_array(hits) ? json_dumps(hits, JSON_COMPACT) : NULL;
    if (text == NULL) {
        http_fail(r, E_INTERNAL, "the worker's answer to a search was not what it must be");
        return;
    }
    struct buf *b = api_open_json(r, 200);
    buf_append_str(b, "{\"room\":");
    json_put_cstring(b, r->room);
    buf_append_str(b, ",\"mode\":\"semantic\",\"searched\":");
    buf_append_i64(b, json_integer_value(json_object_get(found, "searched")));
    buf_append_str(b, ",\"from\":");
    buf_append_i64(b, json_integer_value(from));
    buf_append_str(b, ",\"hits\":");
    buf_append_str(b, text);
    buf_append_char(b, '}');
    free(text);
    api_respond(r);
}

void api_answer_search(struct http_request *r, const struct msg_verdict *m)
{
    if (m->status == E_TIMEOUT || m->status == E_UNAVAILABLE) {
        r->response.retry_after_s = RETRY_AFTER_S;
        http_fail(r, E_UNAVAILABLE, "the workers have no time for a search now; try again later");
        return;
    }
    json_t *found = NULL;
    if (m->status == 0 && m->returned != NULL)
        found = json_loads(m->returned, JSON_REJECT_DUPLICATES, NULL);
    if (found != NULL)
        respond(r, found);
    else
        http_fail(r, E_INTERNAL, "the search failed; the operator's page says why");
    json_decref(found);
}
