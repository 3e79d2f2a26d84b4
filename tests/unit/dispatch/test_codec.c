/* SPDX-License-Identifier: MIT
 * Claims about what is accepted from a worker: exactly what worker.proto allows, whatever
 * the bytes. */
#include "jobs.h"
#include "unit.h"

#include "dispatch/codec.h"
#include "dispatch/verdict.h"

#include <math.h>
#include <stdlib.h>

static uint8_t bytes[1 << 16];
static size_t len;

static struct ledger l;
static struct batch *batch;

/* A batch of two messages, of 5 and 4 code points. */
static void start(void)
{
    ledger_init(&l);
    ck_assert_int_eq(ledger_add(&l, job_new(1, "hello"), 1), 0);
    ck_assert_int_eq(ledger_add(&l, job_new(2, "g\u00fc\u00df\U0001F600"), 1), 0);
    batch = ledger_take(&l, JOB_BACKGROUND, 2, 1000);
    ledger_sent(&l, batch, 1);
}

static void stop(void)
{
    ledger_done(&l, batch);
    ledger_fini(&l);
}

struct answer {
    Parley__Worker__ToServer m;
    Parley__Worker__Result result;
    Parley__Worker__Labels messages[3], *message_ptrs[3];
    Parley__Worker__Label label, *labels[100];
    Parley__Worker__Error error, *errors[300];
    Parley__Worker__Timing timing, *timings[100];
    uint32_t spans[200];
};

/* A good answer, for tests to spoil. */
static void make(struct answer *a)
{
    memset(a, 0, sizeof *a);
    parley__worker__to_server__init(&a->m);
    parley__worker__result__init(&a->result);
    parley__worker__label__init(&a->label);
    parley__worker__error__init(&a->error);
    parley__worker__timing__init(&a->timing);
    for (int i = 0; i < 3; i++) {
        parley__worker__labels__init(&a->messages[i]);
        a->message_ptrs[i] = &a->messages[i];
    }
    for (int i = 0; i < 100; i++)
        a->labels[i] = &a->label, a->timings[i] = &a->timing;
    for (int i = 0; i < 300; i++)
        a->errors[i] = &a->error;
    a->m.body_case = PARLEY__WORKER__TO_SERVER__BODY_RESULT;
    a->m.result = &a->result;
    a->result.batch = 1;
    a->result.messages = a->message_ptrs;
    a->result.n_messages = 2;
    a->messages[1].labels = a->labels;
    a->messages[1].n_labels = 1;
    a->label.analyzer = "toxicity";
    a->label.version = "1.0.0";
    a->label.label = "insult";
    a->label.score = 0.9f;
    a->label.threshold = 0.5f;
    a->label.flagged = true;
    a->label.spans = a->spans;
    a->label.n_spans = 2;
    a->spans[0] = 1;
    a->spans[1] = 4;
    a->result.errors = a->errors;
    a->result.n_errors = 1;
    a->error.analyzer = "shout";
    a->error.type = "ValueError";
    a->error.index = 1;
    a->result.timings = a->timings;
    a->result.n_timings = 1;
    a->timing.analyzer = "toxicity";
    a->timing.us = 12;
    a->timing.messages = 2;
}

/* What is wrong with the answer, as the server sees it; NULL: nothing. */
static const char *judge(const struct answer *a)
{
    const char *why;
    len = parley__worker__to_server__pack(&a->m, bytes);
    Parley__Worker__ToServer *m = codec_unpack(bytes, len, &why);
    if (m != NULL)
        why = codec_check_result(m->result, batch);
    codec_free(m);
    return why;
}

START_TEST(a_good_answer_becomes_verdicts)
{
    struct answer a;
    const char *why;
    start();
    make(&a);
    ck_assert_ptr_null(judge(&a));
    Parley__Worker__ToServer *m = codec_unpack(bytes, len, &why);
    Parley__Worker__Analyzer analyzer = PARLEY__WORKER__ANALYZER__INIT, *analyzers[] = {&analyzer};
    Parley__Worker__Ready ready = PARLEY__WORKER__READY__INIT;
    struct report report;
    analyzer.name = "toxicity";
    analyzer.model = "0123456789abcdef0123456789abcdef";
    ready.analyzers = analyzers;
    ready.n_analyzers = 1;
    report_init(&report);
    report_ready(&report, &ready);
    struct msg_verdict *v = verdict_new(first_job(batch)->msg, m->result->messages[1], &report);
    report_fini(&report);
    codec_free(m);
    ck_assert_uint_eq(v->n_labels, 1);
    ck_assert_str_eq(v->labels[0].analyzer, "toxicity");
    ck_assert_str_eq(v->labels[0].version, "1.0.0");
    ck_assert_str_eq(v->labels[0].model, "0123456789abcdef");
    ck_assert_str_eq(v->labels[0].label, "insult");
    ck_assert(v->labels[0].score == 0.9f && v->labels[0].flagged);
    ck_assert_uint_eq(v->labels[0].n_spans, 1);
    ck_assert_uint_eq(v->labels[0].spans[0].start, 1);
    ck_assert_uint_eq(v->labels[0].spans[0].end, 4);
    ck_assert_str_eq(v->room.text, "lobby");
    ck_assert_int_eq(v->id, 1);
    msg_free(&v->head);
    stop();
}
END_TEST

#define REFUSED(change, reason)              \
    do {                                     \
        struct answer a;                     \
        make(&a);                            \
        change;                              \
        const char *why_ = judge(&a);        \
        ck_assert_msg(why_ != NULL, #change); \
        ck_assert_str_eq(why_, reason);      \
    } while (0)

START_TEST(each_limit_is_held)
{
    static const char forty[] = "0123456789012345678901234567890123456789";
    start();
    REFUSED(a.result.n_messages = 1, "number of messages");
    REFUSED(a.result.n_messages = 3, "number of messages");
    REFUSED(a.messages[1].n_labels = 65, "number of labels");
    REFUSED(a.label.analyzer = "", "label's analyzer");
    REFUSED(a.label.analyzer = (char *)forty, "label's analyzer");
    REFUSED(a.label.analyzer = "a\nb", "label's analyzer");
    REFUSED(a.label.analyzer = "\xff", "label's analyzer");
    REFUSED(a.label.version = "", "label's version");
    REFUSED(a.label.version = (char *)forty + 16, "label's version");
    REFUSED(a.label.label = (char *)forty, "label's name");
    REFUSED(a.label.score = NAN, "score or threshold");
    REFUSED(a.label.score = 1.01f, "score or threshold");
    REFUSED(a.label.score = -0.01f, "score or threshold");
    REFUSED(a.label.threshold = INFINITY, "score or threshold");
    REFUSED(a.label.n_spans = 1, "number of spans");
    REFUSED(a.label.n_spans = 130, "number of spans");
    REFUSED(a.spans[0] = 4, "span outside the text");
    REFUSED(a.spans[1] = 5, "span outside the text");
    REFUSED(a.spans[1] = 0, "span outside the text");
    REFUSED(a.result.n_errors = 257, "number of errors");
    REFUSED(a.error.index = 2, "error's index");
    REFUSED(a.error.index = -2, "error's index");
    REFUSED(a.error.type = "", "error's type");
    REFUSED(a.error.message = "\xc0\xaf", "error's text");
    REFUSED(a.result.n_timings = 65, "number of timings");
    REFUSED(a.timing.analyzer = "", "timing's analyzer");
    stop();
}
END_TEST

static const char *judge_ready(Parley__Worker__Ready *r)
{
    const char *why;
    Parley__Worker__ToServer m = PARLEY__WORKER__TO_SERVER__INIT;
    m.body_case = PARLEY__WORKER__TO_SERVER__BODY_READY;
    m.ready = r;
    len = parley__worker__to_server__pack(&m, bytes);
    codec_free(codec_unpack(bytes, len, &why));
    return why;
}

START_TEST(ready_is_checked_too)
{
    Parley__Worker__Ready r = PARLEY__WORKER__READY__INIT;
    Parley__Worker__Analyzer a = PARLEY__WORKER__ANALYZER__INIT, *list[65];
    for (int i = 0; i < 65; i++)
        list[i] = &a;
    r.protocol = LINK_PROTOCOL;
    r.runtime = "3.11.2";
    r.analyzers = list;
    r.n_analyzers = 1;
    a.name = "toxicity";
    a.status = "ready";
    a.model = "0123456789abcdef";
    ck_assert_ptr_null(judge_ready(&r));
    a.status = "tired";
    ck_assert_str_eq(judge_ready(&r), "analyzer status");
    a.status = "failed";
    a.model = "not hex";
    ck_assert_str_eq(judge_ready(&r), "model hash");
    a.model = "";
    a.name = "";
    ck_assert_str_eq(judge_ready(&r), "analyzer name");
    a.name = "x";
    r.n_analyzers = 65;
    ck_assert_str_eq(judge_ready(&r), "number of analyzers");
    r.protocol = LINK_PROTOCOL + 1;
    ck_assert_str_eq(judge_ready(&r), "protocol version");
}
END_TEST

START_TEST(random_bytes_and_cut_or_altered_answers_do_no_harm)
{
    struct answer a;
    const char *why;
    start();
    make(&a);
    ck_assert_ptr_null(judge(&a));
    size_t good_len = len;
    uint8_t good[1024];
    memcpy(good, bytes, len);
    srand(7);
    for (int i = 0; i < 200000; i++) {
        size_t n = (size_t)rand() % (good_len + 1);
        memcpy(bytes, good, good_len);
        if (i % 3 == 0)
            for (size_t k = 0; k < n; k++)
                bytes[k] = (uint8_t)rand();
        else
            bytes[(size_t)rand() % good_len] ^= (uint8_t)(1 << rand() % 8);
        Parley__Worker__ToServer *m = codec_unpack(bytes, i % 2 ? good_len : n, &why);
        ck_assert((m == NULL) == (why != NULL));
        if (m != NULL && m->body_case == PARLEY__WORKER__TO_SERVER__BODY_RESULT)
            codec_check_result(m->result, batch);
        codec_free(m);
    }
    stop();
}
END_TEST

START_TEST(a_small_message_cannot_claim_much_memory)
{
    const char *why;
    /* A result of two million empty messages: two bytes each here, a hundred in memory. */
    size_t n = 2 << 20;
    uint8_t *bomb = malloc(2 * n + 16);
    size_t at = 0;
    uint64_t inner = 2 * n;
    bomb[at++] = 3 << 3 | 2; /* ToServer.result */
    for (; inner > 127; inner >>= 7)
        bomb[at++] = (uint8_t)(inner | 0x80);
    bomb[at++] = (uint8_t)inner;
    for (size_t i = 0; i < n; i++) {
        bomb[at++] = 2 << 3 | 2; /* Result.messages */
        bomb[at++] = 0;
    }
    ck_assert_ptr_null(codec_unpack(bomb, at, &why));
    ck_assert_str_eq(why, "encoding");
    free(bomb);
}
END_TEST

START_TEST(a_batch_is_packed_as_columns)
{
    struct buf out = BUF_INIT;
    start();
    codec_pack_batch(&out, batch, 9000);
    ck_assert(!out.failed);
    Parley__Worker__ToWorker *m =
        parley__worker__to_worker__unpack(NULL, out.len, (uint8_t *)out.data);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->body_case, PARLEY__WORKER__TO_WORKER__BODY_BATCH);
    ck_assert_uint_eq(m->batch->id, batch->id);
    ck_assert_uint_eq(m->batch->deadline_ms, 9000);
    ck_assert_uint_eq(m->batch->n_texts, 2);
    ck_assert_uint_eq(m->batch->n_ids, 2);
    ck_assert_uint_eq(m->batch->n_rooms, 2);
    ck_assert_uint_eq(m->batch->n_users, 2);
    ck_assert_uint_eq(m->batch->n_times_ms, 2);
    ck_assert_str_eq(m->batch->texts[0], "hello");
    ck_assert_str_eq(m->batch->rooms[1], "lobby");
    ck_assert_str_eq(m->batch->users[1], "u1");
    ck_assert_int_eq(m->batch->ids[1], 2);
    ck_assert_int_eq(m->batch->times_ms[0], 1700000000000);
    ck_assert_uint_eq(m->batch->n_wants, 0); /* nobody named any */
    parley__worker__to_worker__free_unpacked(m, NULL);
    buf_fini(&out);
    stop();
}
END_TEST

START_TEST(the_analyzers_that_a_job_names_are_a_column)
{
    struct buf out = BUF_INIT;
    start();
    first_job(batch)->msg->wants = strdup("toxicity\nspam");
    codec_pack_batch(&out, batch, 9000);
    Parley__Worker__ToWorker *m =
        parley__worker__to_worker__unpack(NULL, out.len, (uint8_t *)out.data);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->batch->n_wants, 2);
    ck_assert_str_eq(m->batch->wants[0], "toxicity\nspam");
    ck_assert_str_eq(m->batch->wants[1], "");
    ck_assert_str_eq(m->batch->texts[0], "hello");
    ck_assert_int_eq(m->batch->times_ms[1], 1700000000000);
    parley__worker__to_worker__free_unpacked(m, NULL);
    buf_fini(&out);
    stop();
}
END_TEST

UNIT_MAIN("codec", a_good_answer_becomes_verdicts, each_limit_is_held, ready_is_checked_too,
          random_bytes_and_cut_or_altered_answers_do_no_harm,
          a_small_message_cannot_claim_much_memory, a_batch_is_packed_as_columns,
          the_analyzers_that_a_job_names_are_a_column)
