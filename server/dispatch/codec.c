/* SPDX-License-Identifier: MIT
 * The worker link's messages to and from bytes; see codec.h. Dispatch thread only. */
#include "dispatch/codec.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two bytes on the wire can ask for a struct of a hundred, so memory is bounded by itself. */
#define UNPACK_BYTES_MAX (32u << 20)

/* Longest text that fits a field of struct label. */
#define FIELD_MAX(field) (sizeof ((struct label *)0)->field - 1)

struct budget {
    size_t left;
};

static void *take(void *data, size_t size)
{
    struct budget *b = data;
    if (size > b->left)
        return NULL;
    b->left -= size;
    return malloc(size);
}

static void give(void *data, void *p)
{
    (void)data;
    free(p);
}

/* Valid UTF-8 without control characters, of min to max bytes. */
static bool is_name(const char *s, size_t min, size_t max)
{
    size_t len = strlen(s);
    if (len < min || len > max || !utf8_is_valid(s, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return true;
}

static bool is_text(const char *s)
{
    return utf8_is_valid(s, strlen(s));
}

static bool is_probability(float f)
{
    return isfinite(f) && f >= 0 && f <= 1;
}

static const char *check_analyzer(const Parley__Worker__Analyzer *a)
{
    if (!is_name(a->name, 1, FIELD_MAX(analyzer)))
        return "analyzer name";
    if (!is_name(a->version, 0, FIELD_MAX(version)))
        return "analyzer version";
    if (strlen(a->model) > 64 || strspn(a->model, "0123456789abcdef") != strlen(a->model))
        return "model hash";
    if (strcmp(a->status, "ready") != 0 && strcmp(a->status, "failed") != 0
        && strcmp(a->status, "not installed") != 0)
        return "analyzer status";
    return is_text(a->detail) ? NULL : "analyzer detail";
}

static const char *check_ready(const Parley__Worker__Ready *r)
{
    if (r->protocol != LINK_PROTOCOL)
        return "protocol version";
    if (!is_name(r->runtime, 0, 23))
        return "runtime version";
    if (r->n_analyzers > ANALYZERS_MAX)
        return "number of analyzers";
    for (size_t i = 0; i < r->n_analyzers; i++) {
        const char *why = check_analyzer(r->analyzers[i]);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static const char *check_label(const Parley__Worker__Label *l)
{
    if (!is_name(l->analyzer, 1, FIELD_MAX(analyzer)))
        return "label's analyzer";
    if (!is_name(l->version, 1, FIELD_MAX(version)))
        return "label's version";
    if (!is_name(l->label, 1, FIELD_MAX(label)))
        return "label's name";
    if (!is_probability(l->score) || !is_probability(l->threshold))
        return "score or threshold";
    if (l->n_spans % 2 != 0 || l->n_spans > 2 * SPANS_MAX)
        return "number of spans";
    return NULL;
}

static const char *check_labels(const Parley__Worker__Labels *m)
{
    if (m->n_labels > LABELS_MAX)
        return "number of labels";
    for (size_t i = 0; i < m->n_labels; i++) {
        const char *why = check_label(m->labels[i]);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static const char *check_error(const Parley__Worker__Error *e)
{
    if (!is_name(e->analyzer, 0, FIELD_MAX(analyzer)))
        return "error's analyzer";
    if (!is_name(e->type, 1, 127))
        return "error's type";
    return is_text(e->message) && is_text(e->traceback) ? NULL : "error's text";
}

static const char *check_shape(const Parley__Worker__Result *r)
{
    if (r->n_errors > ERRORS_MAX)
        return "number of errors";
    if (r->n_timings > ANALYZERS_MAX)
        return "number of timings";
    const char *why = is_text(r->returned) ? NULL : "what a call returned";
    for (size_t i = 0; i < r->n_messages && why == NULL; i++)
        why = check_labels(r->messages[i]);
    for (size_t i = 0; i < r->n_errors && why == NULL; i++)
        why = check_error(r->errors[i]);
    for (size_t i = 0; i < r->n_timings && why == NULL; i++)
        if (!is_name(r->timings[i]->analyzer, 1, FIELD_MAX(analyzer)))
            why = "timing's analyzer";
    return why;
}

static const char *check(const Parley__Worker__ToServer *m)
{
    switch (m->body_case) {
    case PARLEY__WORKER__TO_SERVER__BODY_HEARTBEAT:
        return NULL;
    case PARLEY__WORKER__TO_SERVER__BODY_READY:
        return check_ready(m->ready);
    case PARLEY__WORKER__TO_SERVER__BODY_RESULT:
        return check_shape(m->result);
    case PARLEY__WORKER__TO_SERVER__BODY_FAILED:
        return is_text(m->failed->reason) && is_text(m->failed->traceback) ? NULL
                                                                           : "reason of failure";
    default:
        return "kind of message";
    }
}

Parley__Worker__ToServer *codec_unpack(const void *data, size_t len, const char **why)
{
    struct budget budget = {UNPACK_BYTES_MAX};
    ProtobufCAllocator allocator = {take, give, &budget};
    Parley__Worker__ToServer *m = parley__worker__to_server__unpack(&allocator, len, data);
    *why = m == NULL ? "encoding" : check(m);
    if (*why != NULL && m != NULL) {
        codec_free(m);
        m = NULL;
    }
    return m;
}

void codec_free(Parley__Worker__ToServer *m)
{
    if (m != NULL)
        parley__worker__to_server__free_unpacked(m, NULL);
}

static const char *check_spans(const Parley__Worker__Labels *m, const struct msg_job *job)
{
    size_t points = 0;
    for (size_t i = 0; i < m->n_labels; i++) {
        const Parley__Worker__Label *l = m->labels[i];
        if (l->n_spans > 0 && points == 0)
            points = utf8_count(job->text, job->text_len);
        for (size_t s = 0; s < l->n_spans; s += 2)
            if (l->spans[s] >= l->spans[s + 1] || l->spans[s + 1] > points)
                return "span outside the text";
    }
    return NULL;
}

const char *codec_check_result(const Parley__Worker__Result *r, const struct batch *b)
{
    if (r->n_messages != b->n)
        return "number of messages";
    for (size_t i = 0; i < r->n_errors; i++)
        if (r->errors[i]->index < -1 || r->errors[i]->index >= (int64_t)b->n)
            return "error's index";
    size_t i = 0;
    LIST_FOREACH(&b->jobs, link, after) {
        const char *why = check_spans(r->messages[i++], container_of(link, struct job, link)->msg);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static void pack(struct buf *out, const Parley__Worker__ToWorker *m)
{
    size_t len = parley__worker__to_worker__get_packed_size(m);
    uint8_t *to = (uint8_t *)buf_reserve(out, len);
    if (to != NULL)
        out->len += parley__worker__to_worker__pack(m, to);
}

/* The columns point into the jobs; one allocation holds them all. */
static void *fill(Parley__Worker__Batch *m, const struct batch *b)
{
    size_t n = b->n;
    char **strings = malloc(n * (4 * sizeof(char *) + 2 * sizeof(int64_t)));
    if (strings == NULL)
        return NULL;
    m->n_texts = m->n_rooms = m->n_users = m->n_ids = m->n_times_ms = n;
    m->texts = strings;
    m->rooms = strings + n;
    m->users = strings + 2 * n;
    m->wants = strings + 3 * n;
    m->ids = (int64_t *)(strings + 4 * n);
    m->times_ms = m->ids + n;
    size_t i = 0;
    LIST_FOREACH(&b->jobs, link, after) {
        struct msg_job *job = container_of(link, struct job, link)->msg;
        m->texts[i] = job->text;
        m->rooms[i] = job->room.text;
        m->users[i] = job->user_id;
        m->ids[i] = job->id;
        m->times_ms[i] = job->ts_ms;
        m->wants[i] = job->wants != NULL ? job->wants : "";
        if (job->wants != NULL)
            m->n_wants = n;
        i++;
    }
    return strings;
}

void codec_pack_batch(struct buf *out, const struct batch *b, uint32_t deadline_ms)
{
    Parley__Worker__Batch batch = PARLEY__WORKER__BATCH__INIT;
    Parley__Worker__ToWorker m = PARLEY__WORKER__TO_WORKER__INIT;
    void *columns = fill(&batch, b);
    if (columns == NULL) {
        out->failed = true;
        return;
    }
    batch.id = b->id;
    batch.deadline_ms = deadline_ms;
    batch.gate = b->kind == JOB_GATE;
    if (b->kind == JOB_CALL)
        batch.call = (char *)(uintptr_t)container_of(b->jobs.next, struct job, link)->msg->call;
    m.body_case = PARLEY__WORKER__TO_WORKER__BODY_BATCH;
    m.batch = &batch;
    pack(out, &m);
    free(columns);
}

void codec_pack_beat(struct buf *out, uint64_t seq, bool ready)
{
    Parley__Worker__Beat beat = PARLEY__WORKER__BEAT__INIT;
    Parley__Worker__ToWorker m = PARLEY__WORKER__TO_WORKER__INIT;
    beat.seq = seq;
    beat.ready = ready;
    m.body_case = PARLEY__WORKER__TO_WORKER__BODY_BEAT;
    m.beat = &beat;
    pack(out, &m);
}
