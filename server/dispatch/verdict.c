/* SPDX-License-Identifier: MIT
 * Verdict messages; see verdict.h. Dispatch thread. */
#include "dispatch/verdict.h"

#include <string.h>

static size_t count_spans(const Parley__Worker__Labels *m)
{
    size_t n = 0;
    if (m == NULL)
        return 0;
    for (size_t i = 0; i < m->n_labels; i++)
        n += m->labels[i]->n_spans / 2;
    return n;
}

/* As snprintf would; but there are 200 texts a message. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

/* Copies one label; its spans go to `spans`. Returns where the next ones go. */
static struct span *copy_label(struct label *to, const Parley__Worker__Label *from,
                               const char *model, struct span *spans)
{
    /* That they fit was checked by codec_unpack. */
    copy_text(to->analyzer, sizeof to->analyzer, from->analyzer);
    copy_text(to->version, sizeof to->version, from->version);
    copy_text(to->label, sizeof to->label, from->label);
    copy_text(to->model, sizeof to->model, model);
    to->score = from->score;
    to->threshold = from->threshold;
    to->flagged = from->flagged;
    to->count = 0;
    to->n_spans = (uint32_t)(from->n_spans / 2);
    to->spans = spans;
    for (size_t i = 0; i < from->n_spans; i += 2)
        *spans++ = (struct span){from->spans[i], from->spans[i + 1]};
    return spans;
}

static void copy_labels(struct label *to, const Parley__Worker__Labels *from,
                        const struct report *report, struct span *spans)
{
    const char *analyzer = "", *model = "";
    for (size_t i = 0; i < from->n_labels; i++) {
        /* An analyzer's labels come one after another. */
        if (strcmp(from->labels[i]->analyzer, analyzer) != 0) {
            analyzer = from->labels[i]->analyzer;
            model = report != NULL ? report_model(report, analyzer) : "";
        }
        spans = copy_label(&to[i], from->labels[i], model, spans);
    }
}

struct msg_verdict *verdict_new(const struct msg_job *job, const Parley__Worker__Labels *labels,
                                const struct report *report)
{
    size_t n = labels != NULL ? labels->n_labels : 0, n_spans = count_spans(labels);
    struct msg_verdict *v =
        msg_new(MSG_ROOM_VERDICT,
                (n + VERDICT_ROOM) * sizeof(struct label) + n_spans * sizeof(struct span));
    if (v == NULL)
        return NULL;
    v->id = job->id;
    v->room = job->room;
    v->seq = job->seq;
    v->on = job->on;
    memcpy(v->user_id, job->user_id, sizeof v->user_id);
    v->origin = job->origin;
    v->ticket = job->ticket;
    v->part = job->part;
    v->n_labels = n;
    v->labels = (struct label *)(v + 1);
    if (n > 0)
        copy_labels(v->labels, labels, report, (struct span *)(v->labels + n + VERDICT_ROOM));
    return v;
}
