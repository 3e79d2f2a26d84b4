/* SPDX-License-Identifier: MIT
 *
 * Perspective's attributes in terms of our labels: the table that PERSPECTIVE.md shows. Pure.
 */
#ifndef NET_PERSPECTIVE_ATTRIBUTES_H
#define NET_PERSPECTIVE_ATTRIBUTES_H

#include "loop/msg.h"

/* What our models of toxicity and spam are trained on. */
#define ATTRIBUTE_LANGUAGE "en"

/*        score           analyzer    label */
#define ATTRIBUTE_SCORES(X)                  \
    X(SCORE_TOXIC,    "toxicity", "toxic")    \
    X(SCORE_INSULT,   "toxicity", "insult")   \
    X(SCORE_THREAT,   "toxicity", "threat")   \
    X(SCORE_IDENTITY, "toxicity", "identity") \
    X(SCORE_PROFANE,  "toxicity", "profane")  \
    X(SCORE_SPAM,     "spam",     "spam")

enum attribute_source {
#define X(tag, analyzer, label) tag,
    ATTRIBUTE_SCORES(X)
#undef X
    N_SCORES,
    SCORE_SEVERE = N_SCORES, /* derived */
};

/*        attribute          from */
#define ATTRIBUTES(X)                     \
    X("TOXICITY",        SCORE_TOXIC)     \
    X("SEVERE_TOXICITY", SCORE_SEVERE)    \
    X("IDENTITY_ATTACK", SCORE_IDENTITY)  \
    X("INSULT",          SCORE_INSULT)    \
    X("PROFANITY",       SCORE_PROFANE)   \
    X("THREAT",          SCORE_THREAT)    \
    X("OBSCENE",         SCORE_PROFANE)   \
    X("SPAM",            SCORE_SPAM)

struct attribute {
    const char *name;
    enum attribute_source from;
};

/* With or without "_EXPERIMENTAL"; NULL: we have no model for it. */
const struct attribute *attribute_find(const char *name);
/* Keeps the label's score when it is one of ours. */
void attribute_take(double scores[N_SCORES], const struct label *l);
/* Whose labels it is made of. */
const char *attribute_analyzer(const struct attribute *a);
/* NAN: a label that it needs is missing. */
double attribute_score(const struct attribute *a, const double scores[N_SCORES]);

#endif
