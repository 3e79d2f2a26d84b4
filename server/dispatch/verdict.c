/* SPDX-License-Identifier: MIT
 * Verdict messages; see verdict.h. Dispatch thread. */
#include "dispatch/verdict.h"

#include <stdio.h>
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

/* Copies one label; its spans go to `spans`. Returns where the next ones go. */
static struct span *copy_label(struct label *to, const Parley__Worker__Label *from,
                               const char *model, struct span *spans)
{
    /* That they fit was checked by codec_unpack. */
    snprintf(to->analyzer, sizeof to->analyzer, "%s", from->analyzer);
    snprintf(to->version, sizeof to->version, "%s", from->version);
    snprintf(to->label, sizeof to->label, "%s", from->label);
    snprintf(to->model, sizeof to->model, "%.16s", model);
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
