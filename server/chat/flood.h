/* SPDX-License-Identifier: MIT
 *
 * The built-in analyzer `flood`: near-same texts in a room, found in microseconds on the hot path.
 *
 *     flood.repeat    the same user said near the same thing again
 *     flood.campaign  many users say near the same thing
 *
 * A text is folded (case, accents, full-width forms, look-alike letters of Cyrillic and Greek,
 * repeats, all but letters and digits) and its four-letter shingles are hashed into a sketch (one
 * permutation hashing); the share of equal places of two sketches estimates how many shingles two
 * texts share. The newest texts of a room stand in a ring.
 *
 * Owner: the room, on its home loop. Only rooms whose policy names these labels have one.
 */
#ifndef CHAT_FLOOD_H
#define CHAT_FLOOD_H

#include "loop/msg.h"

#define FLOOD_PLACES    16
#define FLOOD_TEXTS     256    /* in the ring of a room */
#define FLOOD_REPEAT_S  60     /* how long a user's text counts */
#define FLOOD_CAMPAIGN_S 300   /* how long a text counts for a campaign */
#define FLOOD_FLAGGED   4      /* near-same texts, or users: the shipped thresholds */

struct flood_sketch {
    uint16_t place[FLOOD_PLACES]; /* the least hash that fell there; 0xffff: none */
    uint32_t whole;               /* hash of the whole folded text */
    uint32_t length;              /* of the folded text */
};

struct flood;

/* NULL when memory is short. */
struct flood *flood_new(void);
void flood_free(struct flood *f); /* takes NULL */

/* Notes a text and tells how many near-same texts of this user, and how many users with near-same
 * texts, there are now, this one included. */
struct flood_count {
    uint32_t repeats, users;
};
struct flood_count flood_note(struct flood *f, const char *user_id, const char *text, size_t len,
                              uint64_t now_ms);

/* The labels that these counts make: two, into `to`. */
#define FLOOD_LABELS 2
void flood_labels(struct flood_count count, struct label to[FLOOD_LABELS]);

/* For tests. */
struct flood_sketch flood_sketch(const char *text, size_t len);
bool flood_is_near(const struct flood_sketch *a, const struct flood_sketch *b);

#endif
