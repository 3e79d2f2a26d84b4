/* SPDX-License-Identifier: MIT
 *
 * The part of msg.h that operators, moderators and other programs cause: the review queue, texts to
 * analyse, keys, policies, traces. Included by msg.h, in its place; by nobody else.
 */
#ifndef LOOP_MSG_H
#include "loop/msg.h" /* what this part needs comes before it there */
#elif !defined(LOOP_MSG_MODERATION_H)
#define LOOP_MSG_MODERATION_H

/* An item of the review queue, as far as its decision needs it. One allocation: text and labels
 * lie behind the struct. */
struct review_item {
    enum event_kind kind;     /* message or edit */
    struct room_name room;
    uint64_t seq;             /* of the message shown; 0: not shown */
    uint64_t on;              /* reply_to, or the message edited */
    enum role role;
    char user_id[USER_ID_MAX + 1];
    char user_name[USER_NAME_MAX + 1];
    char cid[CID_MAX + 1];
    bool held;                /* nobody saw it before a moderator */
    const char *text;
    size_t text_len;
    const char *shown;        /* what others see instead, masked by the gate; NULL: nothing else */
    const char *labels;       /* JSON array */
};

/* Looks and acts. An act that needs an event comes back undone, with `item` set: the asking side
 * publishes it with a struct decision. */
struct msg_moderation {
    struct msg head;
    struct ask ask;
    struct mailbox *reply;
    enum moderation_act act;
    int64_t id;               /* SHOW and acts */
    uint32_t limit;
    int64_t after;            /* LIST of open ones, LABELS: ids greater than this */
    int64_t before;           /* other lists: ids below this; 0: the newest */
    struct room_name room;    /* LIST; "": all */
    char state[12];           /* LIST; "": open */
    char actor[ACTOR_MAX + 1];
    char note[NOTE_MAX + 1];
    struct buf entries;       /* out: encoded */
    uint64_t total;           /* out of LIST: of that state */
    struct review_item *item; /* out: malloc'ed, when an event is needed */
    bool restored;            /* out of UNDO: no event was needed for it to be as before */
    bool was_done;            /* out: it stood so already */
    uint64_t seq;             /* out of acts: of the message shown; 0: none is */
    char user_id[USER_ID_MAX + 1]; /* out of acts: whose message it is … */
    char cid[CID_MAX + 1];         /* … and by which cid its author knows it */
};

enum inquiry_kind {
    INQUIRY_ANALYZE,          /* POST /api/v1/analyze */
    INQUIRY_COMMENT,          /* Perspective's comments:analyze … */
    INQUIRY_SUGGEST,          /* … and comments:suggestscore */
};

/* A request's body and, on the way back, its answer. */
struct msg_inquiry {
    struct msg head;
    struct ask ask;           /* of the answer only retry_after_ms is used */
    enum inquiry_kind kind;
    char key[KEY_NAME_MAX + 1]; /* whose rate counts; "": nobody's */
    struct frame *board;      /* reference: GET /api/v1/workers; NULL: not known */
    struct buf body;
    int http;                 /* out: status */
    struct buf answer;        /* out: JSON */
};

enum key_act { KEY_ADD, KEY_REVOKE, KEY_LIST, KEY_USED };

struct msg_key {
    struct msg head;
    struct ask ask;
    struct mailbox *reply;    /* NULL: no answer (KEY_USED) */
    enum key_act act;
    char name[KEY_NAME_MAX + 1];
    unsigned scopes;          /* ADD */
    unsigned char hash[KEY_HASH_LEN]; /* ADD */
    char secret[64];          /* ADD: the key itself, for the answer; not for the store */
    char actor[ACTOR_MAX + 1];
    int64_t ts_ms;            /* USED: when */
    struct buf entries;       /* out of LIST: encoded objects joined by commas */
};

struct msg_keyring {
    struct msg head;
    struct keyring *keyring;  /* reference */
};

/* A push to the sessions that one user has in a room, on the loop that gets it. */
struct msg_tell {
    struct msg head;
    struct room_name room;
    char user_id[USER_ID_MAX + 1];
    struct frame *frame;      /* reference */
};
#define MSG_REASON_MAX 300

struct msg_policy {
    struct msg head;
    struct ask ask;
    struct room_name room;
    bool change;              /* to `json`; else it is asked for */
    char by[ACTOR_MAX + 1];   /* who changes it */
    struct buf json;          /* in, of a change; out. LOOP_POLICY of main: the text of the file */
    bool own;                 /* out: the room's own, not the default */
};

/* Messages with how they came to their verdicts: one, or pages of them, newest first. */
struct msg_traces {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct mailbox *reply;
    bool page;                /* the newest `limit` below `seq`; else the one event `seq` */
    uint64_t seq;
    uint32_t limit;
    /* out */
    bool known;               /* the event exists */
    struct buf rows;          /* page: {"seq","text","role","trace":object|null} joined by commas;
                                 one: a trace's object, or empty: never analysed */
    uint32_t count;           /* page: rows … */
    uint64_t first;           /* … and the least seq of them */
    int64_t ts_ms;            /* one: of the event */
    uint64_t verdict_seq;     /* one: of the verdict event; 0: none */
};

/* Who broke the rules of a room, and what it costs him. Wall clock, ms: it outlives the server. */
#define SENDER_STRIKES_MAX 16

struct strikes {
    char user_id[USER_ID_MAX + 1];
    unsigned n;
    int64_t struck_ms[SENDER_STRIKES_MAX]; /* the newest last */
    int64_t silent_until_ms, slow_until_ms;
};

struct msg_strikes {
    struct msg head;
    struct room_name room;
    struct strikes who;
    int64_t until_ms;         /* all of it is forgotten then */
};

struct msg_kick {
    struct msg head;
    char user_id[USER_ID_MAX + 1];
};

#endif
