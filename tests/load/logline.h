/* SPDX-License-Identifier: MIT */
/* logline: one line of a chat log, in the format that script.h describes.  Pure. */
#ifndef PARLEY_LOAD_LOGLINE_H
#define PARLEY_LOAD_LOGLINE_H

#include "scan.h"

#include <stddef.h>
#include <stdint.h>

enum logline_act { LOGLINE_SAYS, LOGLINE_COMES, LOGLINE_GOES, LOGLINE_RENAMES, LOGLINE_OTHER };

struct logline {
    enum logline_act act;
    struct span nick, text; /* text: what is said, or the new nick */
    int64_t clock_s;        /* since midnight; -1: the line bears no time */
    int64_t step_s;         /* how exact that is: 60 or 1 */
};

/* 0, or -1 when this is no line of a log. Spans lie in the line. */
int logline_read(const char *line, size_t len, struct logline *out);

/* Text as UTF-8 without control characters, at most 'max' bytes and never more than it had. */
size_t logline_clean(char *to, struct span text, size_t max);

#endif
