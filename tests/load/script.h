/* SPDX-License-Identifier: MIT */
/*
 * script: a chat log made into a load: who says what when, who comes and goes.
 * Read by the main thread before any worker starts; read-only afterwards.
 *
 * The format is that of the IRC corpus of irc-disentanglement, which many logs
 * share: '[HH:MM] <nick> text', '[HH:MM]  * nick acts' (seconds may follow the
 * minutes), and '=== nick … has joined|left|quit|is now known as NICK', which
 * bear no time and happen between their neighbours.  Other '===' lines are
 * skipped.  Lines of one minute are spread evenly over it.
 */
#ifndef PARLEY_LOAD_SCRIPT_H
#define PARLEY_LOAD_SCRIPT_H

#include "scan.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCRIPT_TEXT_MAX 2000 /* bytes of a text; longer ones are cut */

enum script_act { SCRIPT_SAYS, SCRIPT_COMES, SCRIPT_GOES };

struct script_line {
    uint64_t at_ns; /* since the start, at the speed asked for */
    uint32_t who, text;
    enum script_act act;
};

struct script_person {
    uint32_t log;
    uint32_t first, says; /* its texts in 'texts' */
    bool comes_later;     /* is not there at the start */
    bool here;            /* while the log is read */
};

struct script {
    struct script_line *lines; /* in order of time */
    size_t line_count;
    struct script_person *people;
    uint32_t person_count, log_count;
    uint32_t *log_of; /* of each person: the room it is in */
    struct span *texts;
    uint32_t text_count;
    size_t longest;   /* bytes of the longest text */
    double seconds;   /* from the first line to the last */
    char **memory;    /* what the texts lie in, a block a log */
};

/* 'logs' is a file, files with commas between, or a directory. NULL with a line of error. */
struct script *script_load(const char *logs, double speed, FILE *err);

/* One log from its text. */
struct script *script_parse(const char *name, const char *text, size_t len, double speed,
                            FILE *err);

void script_free(struct script *script);

/* What a person says the counter-th time (from 1); a null span when that often it says nothing. */
static inline struct span script_text(const struct script *script, uint32_t who, uint32_t counter)
{
    const struct script_person *person;

    if (who >= script->person_count)
        return (struct span){NULL, 0};
    person = &script->people[who];
    if (counter - 1 >= person->says)
        return (struct span){NULL, 0};
    return script->texts[person->first + counter - 1];
}

#endif
