/* SPDX-License-Identifier: MIT
 * The table of attributes; see perspective_attributes.h. */
#include "net/perspective_attributes.h"

#include <math.h>
#include <string.h>

#define EXPERIMENTAL "_EXPERIMENTAL"

static const struct attribute attributes[] = {
#define X(name, from) {name, from},
    ATTRIBUTES(X)
#undef X
};

static const struct {
    const char *analyzer, *label;
} sources[N_SCORES] = {
#define X(tag, analyzer, label) [tag] = {analyzer, label},
    ATTRIBUTE_SCORES(X)
#undef X
};

const struct attribute *attribute_find(const char *name)
{
    size_t len = strlen(name), tail = sizeof EXPERIMENTAL - 1;
    if (len > tail && strcmp(name + len - tail, EXPERIMENTAL) == 0)
        len -= tail;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (strlen(attributes[i].name) == len && memcmp(attributes[i].name, name, len) == 0)
            return &attributes[i];
    }
    return NULL;
}

void attribute_take(double scores[N_SCORES], const struct label *l)
{
    for (size_t i = 0; i < N_SCORES; i++) {
        if (strcmp(l->analyzer, sources[i].analyzer) == 0 &&
            strcmp(l->label, sources[i].label) == 0)
            scores[i] = l->score;
    }
}

/* Toxic, and in one of the ways that theirs calls severe: threatening, against an identity, or an
 * insult in foul words. Not calibrated by data of its own. */
static double severe(const double s[N_SCORES])
{
    double foul = s[SCORE_INSULT] * s[SCORE_PROFANE];
    double worst = s[SCORE_THREAT] > s[SCORE_IDENTITY] ? s[SCORE_THREAT] : s[SCORE_IDENTITY];
    if (isnan(foul + s[SCORE_THREAT] + s[SCORE_IDENTITY]))
        return NAN;
    return s[SCORE_TOXIC] * (worst > foul ? worst : foul);
}

const char *attribute_analyzer(const struct attribute *a)
{
    return sources[a->from == SCORE_SEVERE ? SCORE_TOXIC : a->from].analyzer;
}

double attribute_score(const struct attribute *a, const double scores[N_SCORES])
{
    return a->from == SCORE_SEVERE ? severe(scores) : scores[a->from];
}
