/* SPDX-License-Identifier: MIT */
/* logline: see logline.h.  Pure. */
#include "logline.h"

#include <string.h>

#define NICK_MAX 64

static bool take(struct span *rest, const char *word)
{
    size_t n = strlen(word);

    if (rest->n < n || memcmp(rest->p, word, n) != 0)
        return false;
    *rest = (struct span){rest->p + n, rest->n - n};
    return true;
}

static void skip_blanks(struct span *rest)
{
    while (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t')) {
        rest->p++;
        rest->n--;
    }
}

/* What stands before a blank or the end; false when that is nothing or too long for a nick. */
static bool take_word(struct span *rest, struct span *word)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] != ' ')
        n++;
    *word = (struct span){rest->p, n};
    *rest = (struct span){rest->p + n, rest->n - n};
    return n > 0 && n <= NICK_MAX;
}

static bool take_two_digits(struct span *rest, int64_t below, int64_t *value)
{
    if (rest->n < 2 || rest->p[0] < '0' || rest->p[0] > '9' || rest->p[1] < '0' ||
        rest->p[1] > '9')
        return false;
    *value = (rest->p[0] - '0') * 10 + rest->p[1] - '0';
    *rest = (struct span){rest->p + 2, rest->n - 2};
    return *value < below;
}

/* "[HH:MM]" or "[HH:MM:SS]" */
static bool take_clock(struct span *rest, struct logline *out)
{
    int64_t hours, minutes, seconds = 0;

    if (!take(rest, "[") || !take_two_digits(rest, 24, &hours) || !take(rest, ":") ||
        !take_two_digits(rest, 60, &minutes))
        return false;
    out->step_s = 60;
    if (take(rest, ":")) {
        out->step_s = 1;
        if (!take_two_digits(rest, 61, &seconds))
            return false;
    }
    out->clock_s = (hours * 60 + minutes) * 60 + seconds;
    return take(rest, "]");
}

static bool holds(struct span text, const char *word)
{
    return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* Behind "=== ". */
static void read_notice(struct span rest, struct logline *out)
{
    static const char renamed[] = " is now known as ";
    const char *at;

    out->act = LOGLINE_OTHER;
    if (!take_word(&rest, &out->nick))
        return;
    at = memmem(rest.p, rest.n, renamed, strlen(renamed));
    if (at) {
        rest.n -= (size_t)(at - rest.p) + strlen(renamed);
        rest.p = at + strlen(renamed);
        if (take_word(&rest, &out->text))
            out->act = LOGLINE_RENAMES;
    } else if (holds(rest, " has joined ")) {
        out->act = LOGLINE_COMES;
    } else if (holds(rest, " has left ") || holds(rest, " has quit") ||
               holds(rest, " was kicked off ")) {
        out->act = LOGLINE_GOES;
    }
}

/* Behind the time: "<nick> text" or "* nick acts". */
static int read_speech(struct span rest, struct logline *out)
{
    struct span whole;

    skip_blanks(&rest);
    out->act = LOGLINE_SAYS;
    if (take(&rest, "<")) {
        const char *close = memchr(rest.p, '>', rest.n < NICK_MAX + 1 ? rest.n : NICK_MAX + 1);

        if (!close || close == rest.p)
            return -1;
        out->nick = (struct span){rest.p, (size_t)(close - rest.p)};
        rest.n -= out->nick.n + 1;
        rest.p = close + 1;
        take(&rest, " ");
        out->text = rest;
        return 0;
    }
    whole = rest;
    if (!take(&rest, "* ") || !take_word(&rest, &out->nick))
        return -1;
    out->text = whole;
    return 0;
}

int logline_read(const char *line, size_t len, struct logline *out)
{
    struct span rest = {line, len};

    *out = (struct logline){.act = LOGLINE_OTHER, .clock_s = -1, .step_s = 60};
    if (rest.n > 0 && rest.p[rest.n - 1] == '\r')
        rest.n--;
    if (rest.n == 0)
        return 0;
    if (take(&rest, "===")) {
        skip_blanks(&rest);
        read_notice(rest, out);
        return 0;
    }
    return take_clock(&rest, out) ? read_speech(rest, out) : -1;
}

size_t logline_clean(char *to, struct span text, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n;) {
        unsigned char ch = (unsigned char)text.p[i];
        unsigned wide = ch < 0x80 ? 1 : scan_utf8((const unsigned char *)text.p + i, text.n - i);

        if (n + (wide ? wide : 1) > max)
            break;
        if (wide == 0 || ch < 0x20 || ch == 0x7f) {
            to[n++] = wide ? ' ' : '?';
            i++;
            continue;
        }
        memcpy(to + n, text.p + i, wide);
        n += wide;
        i += wide;
    }
    return n;
}
