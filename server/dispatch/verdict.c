/* SPDX-License-Identifier: MIT
 * Verdict messages; see verdict.h. Dispatch thread. */
#include "dispatch/verdict.h"

#include <stdio.h>

static size_t count_spans(const Parley__Worker__Labels *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_labels; i++)
        n += m->labels[i]->n_spans / 2;
    return n;
}

/* Copies one label; its spans go to `spans`. Returns where the next ones go. */
static struct span *copy_label(struct label *to, const Parley__Worker__Label *from,
                               struct span *spans)
{
    /* That they fit was checked by codec_unpack. */
    snprintf(to->analyzer, sizeof to->analyzer, "%s", from->analyzer);
    snprintf(to->version, sizeof to->version, "%s", from->version);
    snprintf(to->label, sizeof to->label, "%s", from->label);
    to->score = from->score;
    to->threshold = from->threshold;
    to->flagged = from->flagged;
    to->n_spans = (uint32_t)(from->n_spans / 2);
    to->spans = spans;
    for (size_t i = 0; i < from->n_spans; i += 2)
        *spans++ = (struct span){from->spans[i], from->spans[i + 1]};
    return spans;
}

struct msg_verdict *verdict_new(const struct msg_job *job, const Parley__Worker__Labels *labels)
{
    size_t n = labels->n_labels, n_spans = count_spans(labels);
    struct msg_verdict *v =
        msg_new(MSG_ROOM_VERDICT, n * sizeof(struct label) + n_spans * sizeof(struct span));
    if (v == NULL)
        return NULL;
    v->id = job->id;
    v->room = job->room;
    v->seq = job->seq;
    v->n_labels = n;
    v->labels = (struct label *)(v + 1);
    struct span *spans = (struct span *)(v->labels + n);
    for (size_t i = 0; i < n; i++)
        spans = copy_label(&v->labels[i], labels->labels[i], spans);
    return v;
}
