/* SPDX-License-Identifier: MIT
 * Near-same texts; see flood.h. Thread: the home loop's. */
#include "chat/flood.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDED_MAX 1024 /* letters looked at: the rest of a longer text adds nothing new */
#define SHINGLE    4
#define EMPTY      0xffff
/* A text is near another when this share of their places is equal. */
#define NEAR_NUM 1
#define NEAR_DEN 2
/* Shorter texts ("ok", "lol") are said by many without a campaign. */
#define CAMPAIGN_LENGTH 8
#define VERSION "1.1.0"

struct entry {
    struct flood_sketch sketch;
    uint64_t user; /* hash of the id */
    uint64_t at_ms;
};

struct flood {
    unsigned n, next;
    struct entry ring[FLOOD_TEXTS];
};

struct flood *flood_new(void)
{
    return calloc(1, sizeof(struct flood));
}

void flood_free(struct flood *f)
{
    free(f);
}

/* -- folding ------------------------------------------------------------------------------- */

/* U+00C0 to U+017F as Latin letters without their accents; ' ' is dropped. */
static const char latin[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* Letters of Greek and Cyrillic that look like Latin ones. */
static const struct {
    uint16_t from;
    char to;
} lookalikes[] = {
    {0x3b1, 'a'}, {0x3b5, 'e'}, {0x3b9, 'i'}, {0x3ba, 'k'}, {0x3bd, 'v'}, {0x3bf, 'o'},
    {0x3c1, 'p'}, {0x3c4, 't'}, {0x3c5, 'u'}, {0x3c7, 'x'}, {0x430, 'a'}, {0x432, 'b'},
    {0x435, 'e'}, {0x437, '3'}, {0x43a, 'k'}, {0x43c, 'm'}, {0x43d, 'h'}, {0x43e, 'o'},
    {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'},
    {0x456, 'i'}, {0x458, 'j'}, {0x4bb, 'h'}, {0x501, 'd'},
};

static uint32_t lower(uint32_t c)
{
    if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40f)
        return c + 0x50;
    return c;
}

static uint32_t look_alike(uint32_t c)
{
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
        if (lookalikes[i].from == c)
            return (uint32_t)lookalikes[i].to;
    }
    return c;
}

static uint32_t fold_ascii(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 0x20;
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
}

/* Signs, accents that combine, what is not seen. */
static bool is_dropped(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x80, 0xbf}, {0x300, 0x36f}, {0x2000, 0x206f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

/* What the letter counts as; 0: it does not count. */
static uint32_t fold(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) /* full-width forms of ASCII */
        c -= 0xfee0;
    if (c < 0x80)
        return fold_ascii(c);
    if (c >= 0xc0 && c - 0xc0 < sizeof latin - 1)
        return latin[c - 0xc0] != ' ' ? (uint32_t)latin[c - 0xc0] : 0;
    if (is_dropped(c))
        return 0;
    return c >= 0x370 && c <= 0x52f ? look_alike(lower(c)) : c;
}

static unsigned fold_text(const char *text, size_t len, uint32_t out[FOLDED_MAX])
{
    unsigned n = 0;
    uint32_t before = 0;
    for (size_t at = 0; at < len && n < FOLDED_MAX;) {
        uint32_t c = fold(utf8_next(text, len, &at));
        if (c == 0 || c == before) /* "sooo" is "so" */
            continue;
        out[n++] = before = c;
    }
    return n;
}

/* -- sketches ------------------------------------------------------------------------------ */

static uint32_t mix(uint64_t h)
{
    h *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32);
}

struct flood_sketch flood_sketch(const char *text, size_t len)
{
    uint32_t folded[FOLDED_MAX];
    struct flood_sketch s;
    uint64_t shingle = 0, whole = 0;
    s.length = fold_text(text, len, folded);
    memset(s.place, 0xff, sizeof s.place);
    for (uint32_t i = 0; i < s.length; i++) {
        whole = (whole ^ folded[i]) * 0x100000001b3u;
        shingle = shingle << 16 ^ folded[i];
        if (i + 1 < SHINGLE)
            continue;
        uint32_t h = mix(shingle ^ shingle >> 29);
        uint16_t low = (uint16_t)(h & 0xfffe); /* never EMPTY */
        uint16_t *place = &s.place[h >> 28];
        if (low < *place)
            *place = low;
    }
    s.whole = mix(whole);
    return s;
}

bool flood_is_near(const struct flood_sketch *a, const struct flood_sketch *b)
{
    unsigned equal = 0, used = 0;
    if (a->length == b->length && a->whole == b->whole)
        return a->length > 0;
    for (unsigned i = 0; i < FLOOD_PLACES; i++) {
        bool filled = a->place[i] != EMPTY || b->place[i] != EMPTY;
        used += filled;
        equal += filled && a->place[i] == b->place[i];
    }
    /* A sketch with few places says little; such texts must be the same. */
    return used >= FLOOD_PLACES / 2 && equal * NEAR_DEN >= used * NEAR_NUM;
}

/* -- the ring ------------------------------------------------------------------------------ */

struct flood_count flood_note(struct flood *f, const char *user_id, const char *text, size_t len,
                              uint64_t now_ms)
{
    uint64_t user = hash_bytes(user_id, strlen(user_id)), seen[FLOOD_TEXTS];
    struct entry new = {flood_sketch(text, len), user, now_ms};
    struct flood_count count = {1, 1};
    for (unsigned i = 0; i < f->n && new.sketch.length > 0; i++) {
        const struct entry *e = &f->ring[i];
        if (now_ms - e->at_ms > FLOOD_CAMPAIGN_S * 1000 || !flood_is_near(&new.sketch, &e->sketch))
            continue;
        if (e->user == user) {
            count.repeats += now_ms - e->at_ms <= FLOOD_REPEAT_S * 1000;
            continue;
        }
        unsigned k = 0;
        while (k < count.users - 1 && seen[k] != e->user)
            k++;
        if (k == count.users - 1)
            seen[count.users++ - 1] = e->user;
    }
    if (new.sketch.length < CAMPAIGN_LENGTH)
        count.users = 1;
    f->ring[f->next] = new;
    f->next = (f->next + 1) % FLOOD_TEXTS;
    if (f->n < FLOOD_TEXTS)
        f->n++;
    return count;
}

/* How probable it is that a message with 1, 2, 3 … near-same ones belongs to a flood, when one of a
 * hundred messages does: measured by tests/bench/flood.py --calibrate. */
#define SCORES 8
static const float scores[FLOOD_LABELS][SCORES] = {
    {0.001f, 0.094f, 0.656f, 0.873f, 0.924f, 0.953f, 0.953f, 0.996f}, /* repeat */
    {0.001f, 0.134f, 0.688f, 0.898f, 0.984f, 0.984f, 0.984f, 0.996f}, /* campaign */
};

static float score(unsigned which, uint32_t count)
{
    uint32_t at = count < 1 ? 1 : count;
    return scores[which][(at < SCORES ? at : SCORES) - 1];
}

static void fill(struct label *l, unsigned which, const char *name, uint32_t count)
{
    memset(l, 0, sizeof *l);
    snprintf(l->analyzer, sizeof l->analyzer, "flood");
    snprintf(l->version, sizeof l->version, VERSION);
    snprintf(l->label, sizeof l->label, "%s", name);
    l->score = score(which, count);
    l->threshold = score(which, FLOOD_FLAGGED);
    l->flagged = count >= FLOOD_FLAGGED;
    l->count = count;
}

void flood_labels(struct flood_count count, struct label to[FLOOD_LABELS])
{
    fill(&to[0], 0, "repeat", count.repeats);
    fill(&to[1], 1, "campaign", count.users);
}
