/* SPDX-License-Identifier: MIT */
/* script: see script.h.  Main thread. */
#include "script.h"

#include "logline.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_BYTES_MAX (64u << 20)
#define DAY_S         86400

/* A name that means a person now, in the log being read. */
struct alias {
    struct span name;
    uint32_t who;
};

/* One log being read. */
struct reader {
    struct script *script;
    struct alias *aliases;
    size_t alias_count;
    uint32_t log;
    char *memory;       /* where the next text goes */
    size_t group;       /* first line of the minute that is being read */
    int64_t clock_s;    /* of that minute; -1: none yet */
    int64_t begin_s, step_s;
};

/* Room for one more in an array that doubles; false: out of memory. */
static bool grow(void *array, size_t count, size_t size)
{
    void **at = array, *bigger;

    if (count & (count - 1))
        return true;
    bigger = realloc(*at, (count ? count * 2 : 1) * size);
    if (bigger)
        *at = bigger;
    return bigger != NULL;
}

static bool add_line(struct reader *r, uint32_t who, enum script_act act, uint32_t text)
{
    struct script *s = r->script;

    if (!grow(&s->lines, s->line_count, sizeof(*s->lines)))
        return false;
    s->lines[s->line_count++] = (struct script_line){.who = who, .act = act, .text = text};
    return true;
}

static bool add_alias(struct reader *r, struct span name, uint32_t who)
{
    if (!grow(&r->aliases, r->alias_count, sizeof(*r->aliases)))
        return false;
    r->aliases[r->alias_count++] = (struct alias){name, who};
    return true;
}

/* The person of this name, new when nobody has it; UINT32_MAX: out of memory. */
static uint32_t person_of(struct reader *r, struct span name, bool comes_later)
{
    struct script *s = r->script;

    for (size_t i = r->alias_count; i-- > 0;) /* the newest bearer */
        if (r->aliases[i].name.n == name.n && memcmp(r->aliases[i].name.p, name.p, name.n) == 0)
            return r->aliases[i].who;
    if (!grow(&s->people, s->person_count, sizeof(*s->people)) ||
        !add_alias(r, name, s->person_count))
        return UINT32_MAX;
    s->people[s->person_count] = (struct script_person){
        .log = r->log, .comes_later = comes_later, .here = !comes_later,
    };
    return s->person_count++;
}

static bool move(struct reader *r, uint32_t who, bool comes)
{
    if (r->script->people[who].here == comes)
        return true;
    r->script->people[who].here = comes;
    return add_line(r, who, comes ? SCRIPT_COMES : SCRIPT_GOES, 0);
}

/* Keeps a text: a blank, then what was said, as UTF-8 without control characters. */
static bool keep_text(struct reader *r, struct span said)
{
    struct script *s = r->script;
    struct span text = {r->memory, 1 + logline_clean(r->memory + 1, said, SCRIPT_TEXT_MAX)};

    r->memory[0] = ' ';
    r->memory += text.n;
    if (text.n > s->longest)
        s->longest = text.n;
    if (!grow(&s->texts, s->text_count, sizeof(*s->texts)))
        return false;
    s->texts[s->text_count++] = text;
    return true;
}

/* The lines of the minute that ends are spread over it. */
static void close_group(struct reader *r)
{
    struct script *s = r->script;
    size_t n = s->line_count - r->group;

    for (size_t i = 0; i < n; i++)
        s->lines[r->group + i].at_ns =
            (uint64_t)((double)(r->clock_s - r->begin_s) * 1e9 +
                       (double)r->step_s * 1e9 * (double)i / (double)n);
    r->group = s->line_count;
}

/* A line bears a time: the same, a later one, or one of the next day. */
static void set_clock(struct reader *r, const struct logline *line)
{
    int64_t clock = line->clock_s;

    if (r->clock_s < 0) {
        r->begin_s = r->clock_s = clock;
        r->step_s = line->step_s;
        return;
    }
    while (clock < r->clock_s - DAY_S / 2) /* a little backwards is disorder, more is midnight */
        clock += DAY_S;
    if (clock <= r->clock_s)
        return;
    close_group(r);
    r->clock_s = clock;
    r->step_s = line->step_s;
}

static bool take_line(struct reader *r, const struct logline *line)
{
    uint32_t who;

    if (line->act == LOGLINE_OTHER)
        return true;
    if (line->clock_s >= 0)
        set_clock(r, line);
    who = person_of(r, line->nick, line->act == LOGLINE_COMES);
    if (who == UINT32_MAX)
        return false;
    switch (line->act) {
    case LOGLINE_SAYS:
        return move(r, who, true) && keep_text(r, line->text) &&
               add_line(r, who, SCRIPT_SAYS, r->script->text_count - 1);
    case LOGLINE_COMES:
        return move(r, who, true);
    case LOGLINE_GOES:
        return move(r, who, false);
    case LOGLINE_RENAMES:
        return add_alias(r, line->text, who);
    case LOGLINE_OTHER:
        break;
    }
    return true;
}

static int bad_line(const char *name, unsigned number, const char *at, size_t len, FILE *err)
{
    fprintf(err,
            "parley-load: %s:%u: no line of a chat log: wanted '[HH:MM] <nick> text', "
            "'[HH:MM]  * nick acts' or '=== …', not '%.*s'\n",
            name, number, (int)(len < 40 ? len : 40), at);
    return -1;
}

/* Lines from 'text' on; what memory could not hold is said by the caller. */
static int read_lines(struct reader *r, const char *name, const char *text, size_t len, FILE *err)
{
    const char *at = text, *end = text + len;
    unsigned number = 0;

    while (at < end) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        struct logline line;

        number++;
        if (!eol)
            eol = end;
        if (logline_read(at, (size_t)(eol - at), &line) != 0)
            return bad_line(name, number, at, (size_t)(eol - at), err);
        if (!take_line(r, &line)) {
            fputs("parley-load: --replay: out of memory\n", err);
            return -1;
        }
        at = eol + 1;
    }
    close_group(r);
    return 0;
}

static int read_log(struct script *s, const char *name, const char *text, size_t len, FILE *err)
{
    struct reader r = {
        .script = s, .log = s->log_count, .group = s->line_count, .clock_s = -1, .step_s = 60,
    };
    int status;

    /* A text grows by its blank alone; its line had brackets and a name besides. */
    r.memory = malloc(len + 1);
    if (!r.memory || !grow(&s->memory, s->log_count, sizeof(*s->memory))) {
        free(r.memory);
        fputs("parley-load: --replay: out of memory\n", err);
        return -1;
    }
    s->memory[s->log_count++] = r.memory;
    status = read_lines(&r, name, text, len, err);
    free(r.aliases);
    return status;
}

static int by_time(const void *a, const void *b)
{
    uint64_t at_a = ((const struct script_line *)a)->at_ns;
    uint64_t at_b = ((const struct script_line *)b)->at_ns;

    return at_a < at_b ? -1 : at_a > at_b;
}

/* Gathers each person's texts, in the order in which they are said. */
static int gather_texts(struct script *s)
{
    struct span *texts = calloc((size_t)s->text_count + 1, sizeof(*texts));
    uint32_t first = 0;

    s->log_of = calloc((size_t)s->person_count + 1, sizeof(*s->log_of));
    if (!texts || !s->log_of) {
        free(texts);
        return -1;
    }
    for (size_t i = 0; i < s->line_count; i++)
        s->people[s->lines[i].who].says += s->lines[i].act == SCRIPT_SAYS;
    for (uint32_t who = 0; who < s->person_count; who++) {
        s->people[who].first = first;
        first += s->people[who].says;
        s->people[who].says = 0;
        s->log_of[who] = s->people[who].log;
    }
    for (size_t i = 0; i < s->line_count; i++) {
        struct script_person *person = &s->people[s->lines[i].who];

        if (s->lines[i].act == SCRIPT_SAYS)
            texts[person->first + person->says++] = s->texts[s->lines[i].text];
    }
    free(s->texts);
    s->texts = texts;
    return 0;
}

static int finish(struct script *s, const char *name, double speed, FILE *err)
{
    if (s->text_count == 0) {
        fprintf(err, "parley-load: --replay: nobody says anything in '%s'\n", name);
        return -1;
    }
    for (size_t i = 0; i < s->line_count; i++)
        s->lines[i].at_ns = (uint64_t)((double)s->lines[i].at_ns / speed);
    qsort(s->lines, s->line_count, sizeof(*s->lines), by_time);
    s->seconds = (double)s->lines[s->line_count - 1].at_ns / 1e9;
    if (gather_texts(s) == 0)
        return 0;
    fputs("parley-load: --replay: out of memory\n", err);
    return -1;
}

struct script *script_parse(const char *name, const char *text, size_t len, double speed, FILE *err)
{
    struct script *s = calloc(1, sizeof(*s));

    if (s && (read_log(s, name, text, len, err) != 0 || finish(s, name, speed, err) != 0)) {
        script_free(s);
        return NULL;
    }
    return s;
}

void script_free(struct script *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->log_count; i++)
        free(s->memory[i]);
    free(s->memory);
    free(s->lines);
    free(s->people);
    free(s->log_of);
    free(s->texts);
    free(s);
}

/* ---- files ---- */

static FILE *open_log(const char *path)
{
    FILE *file = fopen(path, "re");
    char beside[1024];

    if (file || strchr(path, '/'))
        return file;
    snprintf(beside, sizeof(beside), PARLEY_LOAD_PROFILES "/%s", path);
    return fopen(beside, "re");
}

static int read_file(struct script *s, const char *path, FILE *err)
{
    FILE *file = open_log(path);
    char *text = NULL;
    size_t len = 0;
    int status = -1;

    if (!file) {
        fprintf(err, "parley-load: --replay: cannot open '%s': %s\n", path, strerror(errno));
        return -1;
    }
    text = malloc(LOG_BYTES_MAX + 1);
    if (text)
        len = fread(text, 1, LOG_BYTES_MAX + 1, file);
    if (!text || ferror(file) || len > LOG_BYTES_MAX)
        fprintf(err, "parley-load: --replay: '%s' is %s\n", path,
                len > LOG_BYTES_MAX ? "too long: at most 64 MB" : "unreadable");
    else
        status = read_log(s, path, text, len, err);
    free(text);
    fclose(file);
    return status;
}

static int is_log(const struct dirent *entry)
{
    static const char *const endings[] = {".raw.txt", ".log"};
    size_t n = strlen(entry->d_name);

    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        if (n > strlen(endings[i]) &&
            strcmp(entry->d_name + n - strlen(endings[i]), endings[i]) == 0)
            return 1;
    return 0;
}

static int read_directory(struct script *s, const char *path, struct dirent **entries, int count,
                          FILE *err)
{
    char file[1024];

    if (count == 0) {
        fprintf(err, "parley-load: --replay: no *.raw.txt or *.log in '%s'\n", path);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (read_file(s, file, err) != 0)
            return -1;
    }
    return 0;
}

static int read_list(struct script *s, const char *logs, FILE *err)
{
    char path[1024];

    while (*logs) {
        size_t n = strcspn(logs, ",");

        snprintf(path, sizeof(path), "%.*s", (int)n, logs);
        if (read_file(s, path, err) != 0)
            return -1;
        logs += logs[n] ? n + 1 : n;
    }
    return 0;
}

struct script *script_load(const char *logs, double speed, FILE *err)
{
    struct script *s = calloc(1, sizeof(*s));
    struct dirent **entries = NULL;
    int count = scandir(logs, &entries, is_log, alphasort), status = -1;

    if (!s)
        fputs("parley-load: --replay: out of memory\n", err);
    else if (count >= 0)
        status = read_directory(s, logs, entries, count, err);
    else
        status = read_list(s, logs, err);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    if (status != 0 || finish(s, logs, speed, err) != 0) {
        script_free(s);
        return NULL;
    }
    return s;
}
