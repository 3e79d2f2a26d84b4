/* SPDX-License-Identifier: MIT
 * Making and freeing messages; see msg.h. Any thread: a message belongs to whoever holds it. */
#include "loop/msg.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    size_t size;
    const char *name;
} table[] = {
#define X(tag, type) [MSG_##tag] = {sizeof(struct msg_##type), #tag},
    MSG_TABLE(X)
#undef X
};

size_t msg_size(enum msg_tag tag)
{
    return table[tag].size;
}

const char *msg_name(enum msg_tag tag)
{
    return tag < N_MSG_TAGS ? table[tag].name : "?";
}

void *msg_new(enum msg_tag tag, size_t extra)
{
    struct msg *m = malloc(table[tag].size + extra);
    if (m == NULL)
        return NULL;
    memset(m, 0, table[tag].size);
    m->tag = tag;
    return m;
}

struct msg_publication *msg_publication_new(enum msg_tag tag, const char *text, size_t len)
{
    struct msg_publication *p = msg_new(tag, len + 1);
    if (p == NULL)
        return NULL;
    p->text_len = len;
    memcpy(p->text, text, len);
    p->text[len] = '\0';
    return p;
}

struct msg_job *msg_job_new(const char *text, size_t len)
{
    struct msg_job *job = msg_new(MSG_DISPATCH_JOB, len + 1);
    if (job == NULL)
        return NULL;
    job->text_len = len;
    memcpy(job->text, text, len);
    job->text[len] = '\0';
    return job;
}

static void free_findings(struct finding *findings, size_t n)
{
    for (size_t i = 0; findings != NULL && i < n; i++)
        free(findings[i].trace);
    free(findings);
}

void judgement_free(struct judgement *j)
{
    if (j == NULL)
        return;
    buf_fini(&j->shown);
    if (j->verdict != NULL)
        msg_free(&j->verdict->head);
    free(j->finding.trace);
    free(j);
}

static void free_publication(struct msg_publication *p)
{
    user_unref(p->user);
    free(p->done);
    free_findings(p->findings, p->n_done);
    judgement_free(p->judgement);
    free(p->decision);
}

static void free_pending(struct msg_pending *p)
{
    while (p->jobs != NULL) {
        struct msg *next = p->jobs->next;
        msg_free(p->jobs);
        p->jobs = next;
    }
}

static void free_join(struct msg_join *j)
{
    user_unref(j->user);
    buf_fini(&j->events);
}

static void free_inquiry(struct msg_inquiry *m)
{
    frame_unref(m->board);
    buf_fini(&m->body);
    buf_fini(&m->answer);
}

static void free_moderation(struct msg_moderation *m)
{
    buf_fini(&m->entries);
    free(m->item);
}

/* A read that dies on its way takes the join that waits for it along. */
static void free_read(struct msg_read *r)
{
    buf_fini(&r->events);
    if (r->context != NULL)
        msg_free(r->context);
}

/* What the operator's side and other programs ask with, for msg_free. */
static void free_rest(struct msg *m)
{
    switch (m->tag) {
    case MSG_DISPATCH_SHOWN:
        free(((struct msg_job *)m)->judged);
        break;
    case MSG_DISPATCH_JOB:
        free(((struct msg_job *)m)->wants);
        break;
    case MSG_STORE_REVIEW:
    case MSG_LOOP_REVIEWED:
        buf_fini(&((struct msg_review *)m)->entries);
        break;
    case MSG_STORE_MODERATE:
    case MSG_LOOP_MODERATED:
        free_moderation((struct msg_moderation *)m);
        break;
    case MSG_STORE_SEARCH:
    case MSG_LOOP_FOUND:
        buf_fini(&((struct msg_search *)m)->hits);
        break;
    case MSG_INQUIRY_ASK:
    case MSG_INQUIRY_CANCEL:
    case MSG_LOOP_INQUIRED:
        free_inquiry((struct msg_inquiry *)m);
        break;
    case MSG_STORE_KEY:
    case MSG_LOOP_KEY:
        buf_fini(&((struct msg_key *)m)->entries);
        break;
    case MSG_LOOP_KEYRING:
        keyring_unref(((struct msg_keyring *)m)->keyring);
        break;
    case MSG_LOOP_TELL:
        frame_unref(((struct msg_tell *)m)->frame);
        break;
    case MSG_STORE_INSIGHT_LOAD:
    case MSG_STORE_INSIGHT_SAVE:
    case MSG_DISPATCH_INSIGHT_ASK:
    case MSG_DISPATCH_INSIGHT_LOADED:
    case MSG_LOOP_INSIGHT:
        buf_fini(&((struct msg_insight *)m)->json);
        break;
    default:
        break;
    }
}

void msg_free(struct msg *m)
{
    if (m == NULL)
        return;
    switch (m->tag) {
    case MSG_ROOM_PUBLISH:
    case MSG_STORE_APPEND:
    case MSG_ROOM_COMMITTED:
    case MSG_LOOP_PUBLISHED:
        free_publication((struct msg_publication *)m);
        break;
    case MSG_ROOM_JOIN:
    case MSG_LOOP_JOINED:
        free_join((struct msg_join *)m);
        break;
    case MSG_STORE_READ:
    case MSG_ROOM_READ:
    case MSG_LOOP_READ:
        free_read((struct msg_read *)m);
        break;
    case MSG_ROOM_LEAVE:
        user_unref(((struct msg_leave *)m)->user);
        break;
    case MSG_ROOM_TYPING:
        user_unref(((struct msg_typing *)m)->user);
        break;
    case MSG_ROOM_MEMBERS:
    case MSG_LOOP_MEMBERS:
        buf_fini(&((struct msg_members *)m)->members);
        break;
    case MSG_LOOP_FANOUT:
        frame_unref(((struct msg_fanout *)m)->frame);
        break;
    case MSG_STORE_READ_MARK:
    case MSG_LOOP_READ_MARKED:
        user_unref(((struct msg_read_mark *)m)->user);
        break;
    case MSG_STORE_ROOMS:
    case MSG_LOOP_ROOMS:
        free(((struct msg_rooms *)m)->rows);
        break;
    case MSG_NAME_CLAIM:
    case MSG_NAME_RELEASE:
    case MSG_LOOP_NAMED:
        user_unref(((struct msg_name *)m)->user);
        break;
    case MSG_STORE_PENDING:
    case MSG_DISPATCH_PENDING:
        free_pending((struct msg_pending *)m);
        break;
    case MSG_ROOM_OPENED:
    case MSG_STORE_ROOM_OPEN:
        free(((struct msg_room_open *)m)->policy);
        free(((struct msg_room_open *)m)->strikes);
        break;
    case MSG_ROOM_POLICY:
    case MSG_STORE_POLICY:
    case MSG_ROOM_POLICY_KEPT:
    case MSG_LOOP_POLICY:
        buf_fini(&((struct msg_policy *)m)->json);
        break;
    case MSG_STORE_TRACES:
    case MSG_LOOP_TRACES:
        buf_fini(&((struct msg_traces *)m)->rows);
        break;
    case MSG_DISPATCH_RETURNED:
    case MSG_LOOP_RETURNED:
        free(((struct msg_verdict *)m)->returned);
        break;
    case MSG_LOOP_BOARD:
        frame_unref(((struct msg_board *)m)->workers);
        break;
    default:
        free_rest(m);
        break;
    }
    free(m);
}
