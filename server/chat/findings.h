/* SPDX-License-Identifier: MIT
 *
 * What was found about a message, written down: labels for people, the trace for who wants to know
 * how it came about, and what moderators get. Pure but for the clock; any thread.
 */
#ifndef CHAT_FINDINGS_H
#define CHAT_FINDINGS_H

#include "chat/chat.h"
#include "chat/policy.h"

/* Appends the built-in analyzer's labels, of origin's counts. There must be room. */
void findings_add_flood(struct msg_verdict *v);
/* Appends [[start,end],…]. */
void findings_encode_spans(struct buf *b, const struct label *l);
/* Appends one label as JSON. */
void findings_encode_label(struct buf *b, const struct label *l);
/* Appends the labels that matter, those raised and those that a rule names, joined by commas.
 * `p` may be NULL. */
void findings_encode_labels(struct buf *b, const struct msg_verdict *v, const struct policy *p);
/* Fills it. `taken` is what was done; a rule may have wanted more. Without memory .trace is
 * NULL. */
void findings_make(struct chat *c, struct finding *f, const struct msg_verdict *v,
                   const struct policy *p, enum action taken);

/* Appends `,"verdict":{"action","labels"}` of a publication that the gate refused by a rule;
 * else nothing. */
void publication_encode_verdict(struct buf *b, const struct msg_publication *m);

/* A stored trace. */
#define TRACE_LABELS_MAX 80
struct trace {
    size_t n_labels;
    struct label labels[TRACE_LABELS_MAX]; /* without spans */
};
/* Reads the labels back; false when it is none of ours. */
bool trace_read(struct trace *t, const json_t *trace);
/* Appends the whole trace as people get it: labels as objects, fields between the braces. */
void trace_expand(struct buf *b, const json_t *trace);

#endif
