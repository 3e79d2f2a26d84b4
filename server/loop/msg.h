/* SPDX-License-Identifier: MIT
 *
 * Every message between threads: the one shared vocabulary of the server.
 *
 * A message is posted to a mailbox and thereby given away. A request that wants an answer travels:
 * the same struct goes out and comes back with another tag, its outputs filled in, so that one
 * allocation serves the whole way and nobody has to match answers to questions. A publication goes
 *
 *     ROOM_PUBLISH -> STORE_APPEND -> ROOM_COMMITTED -> LOOP_PUBLISHED
 *     (edge loop)     (home loop)     (store)           (home loop, back to the edge)
 *
 * and its tag says at which stage it is. MSG_<RECEIVER>_<VERB>; the handler is
 * <receiver>_on_<verb>.
 *
 * "edge": the loop of the client's connection. "home": the loop that owns the room (topology_home).
 */
#ifndef LOOP_MSG_H
#define LOOP_MSG_H

#include "base/action.h"
#include "base/buf.h"
#include "base/event.h"
#include "base/frame.h"
#include "base/keyring.h"
#include "base/user.h"

#include <stdbool.h>
#include <stdint.h>

struct mailbox;

/*    tag                   struct */
#define MSG_TABLE(X)                                                                            \
    /* rooms, on their home loop */                                                             \
    X(ROOM_PUBLISH,         publication)  /* edge: please number, keep and show this */          \
    X(ROOM_COMMITTED,       publication)  /* store: it is on disk (or status says why not) */    \
    X(ROOM_OPENED,          room_open)    /* store: the room's top */                            \
    X(ROOM_JOIN,            join)         /* edge */                                             \
    X(ROOM_LEAVE,           leave)        /* edge: one session left; no answer */                \
    X(ROOM_READ,            read)         /* store: events for a join */                         \
    X(ROOM_TYPING,          typing)       /* edge */                                             \
    X(ROOM_MEMBERS,         members)      /* edge */                                             \
    X(ROOM_VERDICT,         verdict)      /* dispatch: one message analysed */                   \
    X(ROOM_POLICY,          policy)       /* edge: tell, or change, the policy */                \
    X(ROOM_POLICY_KEPT,     policy)       /* store: it is on disk */                             \
    X(ROOM_JUDGED,          verdict)      /* dispatch: one that waits before delivery (gate) */  \
    /* sessions and pages, on their edge loop */                                                \
    X(LOOP_PUBLISHED,       publication)  /* home: answer the sender */                          \
    X(LOOP_JOINED,          join)         /* home: answer, and attend from here on */            \
    X(LOOP_FANOUT,          fanout)       /* home: show this frame to your members */            \
    X(LOOP_READ,            read)         /* store: a page of history */                         \
    X(LOOP_READ_MARKED,     read_mark)    /* store */                                            \
    X(LOOP_MEMBERS,         members)      /* home */                                             \
    X(LOOP_ROOMS,           rooms)        /* store, then loop after loop: fill in your rooms */  \
    X(LOOP_NAMED,           name)         /* name's home */                                      \
    X(LOOP_TICKET,          ticket)       /* loop 0 */                                           \
    X(LOOP_REVIEWED,        review)       /* store */                                            \
    X(LOOP_INQUIRED,        inquiry)      /* inquiry: the answer, ready to be written */         \
    X(LOOP_POLICY,          policy)       /* home: answer; main: the default, anew */            \
    X(LOOP_TRACES,          traces)       /* store */                                            \
    X(LOOP_FOUND,           search)       /* store */                                            \
    X(LOOP_KICK,            kick)         /* home of a room: close every session of a user */    \
    X(LOOP_INSIGHT,         insight)      /* dispatch: what is known of a room */                \
    X(LOOP_RETURNED,        verdict)      /* dispatch: a call was answered */                   \
    X(LOOP_MODERATED,       moderation)   /* store */                                            \
    X(LOOP_KEY,             key)          /* store: done with a key */                           \
    X(LOOP_KEYRING,         keyring)      /* store: the keys that are good from now on */        \
    X(LOOP_TELL,            tell)         /* another loop: to a user's sessions in a room */      \
    X(LOOP_BOARD,           board)        /* dispatch: newest picture of the workers */          \
    X(LOOP_SAMPLE,          sample)       /* main, once a second: figures for the charts */      \
    X(LOOP_DRAIN,           signal)       /* main: say bye, close, then tell MAIN_DRAINED */     \
    X(LOOP_STOP,            signal)       /* main: end the thread */                             \
    /* names, on hash(name)'s loop; tickets, on loop 0 */                                       \
    X(NAME_CLAIM,           name)                                                               \
    X(NAME_RELEASE,         name)                                                               \
    X(TICKET_MAKE,          ticket)                                                             \
    X(TICKET_USE,           ticket)                                                             \
    /* the store */                                                                             \
    X(STORE_APPEND,         publication)                                                        \
    X(STORE_ROOM_OPEN,      room_open)                                                          \
    X(STORE_READ,           read)                                                               \
    X(STORE_READ_MARK,      read_mark)                                                          \
    X(STORE_ROOMS,          rooms)                                                              \
    X(STORE_PENDING,        pending)      /* dispatch: messages still without a verdict, please */ \
    X(STORE_QUARANTINE,     quarantine)   /* dispatch: this one killed its workers */            \
    X(STORE_REVIEW,         review)       /* an operator's look at the quarantine, or decision */ \
    X(STORE_MODERATE,       moderation)   /* a moderator's look, or decision */                  \
    X(STORE_KEY,            key)          /* an operator's look at the keys, or change */        \
    X(STORE_POLICY,         policy)                                                              \
    X(STORE_STRIKES,        strikes)      /* home: a sender's, as they are now */                \
    X(STORE_TRACES,         traces)       /* how messages came to their verdicts */              \
    X(STORE_SEARCH,         search)       /* the messages of a room that have these words */     \
    X(STORE_INSIGHT_LOAD,   insight)      /* dispatch: what was known of a room */               \
    X(STORE_INSIGHT_SAVE,   insight)                                                             \
    X(STORE_STOP,           signal)                                                             \
    /* texts of other programs (net/inquiry) */                                                \
    X(INQUIRY_ASK,          inquiry)                                                            \
    X(INQUIRY_CANCEL,       inquiry)      /* edge: ask.client has gone */                        \
    X(INQUIRY_JUDGED,       verdict)      /* dispatch: an ad-hoc text analysed */                \
    X(INQUIRY_STOP,         signal)                                                             \
    /* dispatch */                                                                              \
    X(DISPATCH_JOB,         job)          /* home or edge: analyse this text */                  \
    X(DISPATCH_SHOWN,       job)          /* home: shown, and the gate has had it judged */      \
    X(DISPATCH_PENDING,     pending)      /* store: the answer */                                \
    X(DISPATCH_QUARANTINED, quarantine)   /* store: it is on disk (or status says why not) */    \
    X(DISPATCH_SPAWNED,     worker)       /* main */                                             \
    X(DISPATCH_EXITED,      worker)       /* main */                                             \
    X(DISPATCH_JOINED,      joined)       /* home: somebody came into a room */                  \
    X(DISPATCH_INSIGHT_ASK, insight)      /* loop: what is known of this room? */                \
    X(DISPATCH_INSIGHT_LOADED, insight)   /* store */                                            \
    X(DISPATCH_RETURNED,    verdict)      /* dispatch itself: its own call was answered */       \
    X(DISPATCH_STOP,        signal)                                                             \
    /* main: the supervisor's hands, and the order of stopping */                               \
    X(MAIN_WORKER_KILL,     worker)       /* dispatch: past its hard deadline */                 \
    X(MAIN_WORKER_READY,    worker)       /* dispatch: its models are loaded */                  \
    X(MAIN_WORKER_RETRY,    signal)       /* edge: try those again that were given up */         \
    X(MAIN_DRAINED,         signal)       /* loop */

enum msg_tag {
#define X(tag, type) MSG_##tag,
    MSG_TABLE(X)
#undef X
    N_MSG_TAGS
};

struct msg {
    struct msg *next;
    enum msg_tag tag;
};

/* Who asked: a connection (or an HTTP request) of one loop. A stale id finds nobody: the slot's
 * generation has moved on. 0 is nobody. */
typedef uint64_t client_id;

static inline client_id client_id_make(unsigned loop, uint32_t slot, uint32_t generation)
{
    return (uint64_t)(loop + 1) << 56 | (uint64_t)(slot & 0xffffff) << 32 | generation;
}

static inline unsigned client_id_loop(client_id id)
{
    return (unsigned)(id >> 56) - 1;
}

static inline uint32_t client_id_slot(client_id id)
{
    return (uint32_t)(id >> 32) & 0xffffff;
}

static inline uint32_t client_id_generation(client_id id)
{
    return (uint32_t)id;
}

struct room_name {
    char text[ROOM_NAME_MAX + 1];
};

/* A request's origin and its outcome; first in every travelling message. */
struct ask {
    client_id client;        /* who asked; 0: nobody waits */
    uint64_t request;        /* the client's request id */
    int status;              /* out: 0 or E_… */
    uint32_t retry_after_ms; /* out: with temporary errors */
    const char *detail;      /* out: for people; a literal, or NULL */
};

/* The queue of what moderators are to look at: messages that are held (nobody has seen them) and
 * messages that were shown and flagged. */
enum moderation_act {
    /* looks */
    MODERATION_LIST,          /* at most `limit` items of `state` (and `room`) */
    MODERATION_SHOW,          /* one, with what was said around it */
    MODERATION_PRECISION,     /* how often each rule was right */
    MODERATION_LABELS,        /* decisions as labelled texts, one JSON object a line */
    MODERATION_AUDIT,         /* who did what, newest first */
    /* acts on one item */
    MODERATION_CLAIM,
    MODERATION_RELEASE,
    MODERATION_APPROVE,
    MODERATION_REJECT,
    MODERATION_MASK,
    MODERATION_UNDO,
};

#define ACTOR_MAX 80          /* bytes, without the final NUL */
#define NOTE_MAX  400

/* A decision that needs an event: written in the transaction that inserts it, so that neither can
 * be without the other. */
struct decision {
    int64_t review;           /* the item's id */
    enum moderation_act act;
    char actor[ACTOR_MAX + 1];
    char note[NOTE_MAX + 1];
};

/* What was found about one message, for its trace and for moderators. */
struct finding {
    int64_t id;               /* of the event; 0: it has none (yet) */
    enum action action;       /* that was taken */
    enum action wanted;       /* by the rule; more than was taken, when it was shown already */
    bool review;              /* a rule matched: moderators are to see it */
    char *trace;              /* JSON object; malloc'ed, and labels and rule lie behind it */
    const char *labels;       /* JSON array of those that matter */
    const char *rule;         /* JSON of the policy's rule; "": none */
};

/* How a message came through the gate of its room. */
enum gate_outcome {
    GATE_NONE,                /* there is none, or the author is exempt */
    GATE_IN_TIME,
    GATE_LATE,                /* no verdict by the deadline: the room's choice */
    GATE_HELPLESS,            /* no verdict to be had: the same, at once */
};

struct gate_pass {
    enum gate_outcome outcome;
    bool closed;              /* the room's choice is to refuse */
    uint32_t deadline_ms, waited_us;
};

/* What the gate decided about a publication, before the store numbers it. */
struct judgement {
    enum action action;
    int refusal;              /* E_…: not to be shown, unless the cid shows that it was; else 0 */
    struct gate_pass pass;
    struct buf shown;         /* MASK: the text as others see it */
    struct msg_verdict *verdict; /* owned; NULL: none in time */
    struct finding finding;   /* .trace NULL: it comes with the verdict event */
};

/* One event on its way to disk and to everybody. One allocation: text lies behind the struct. */
struct msg_publication {
    struct msg head;
    struct ask ask;
    struct room_name room;
    enum event_kind kind;
    struct user *user;      /* reference; NULL: the server itself */
    char cid[CID_MAX + 1];  /* "" : none (server events) */
    uint64_t on;            /* see struct event */
    bool add;
    bool analyse;           /* message: keep as pending until a verdict names it */
    bool moderator;         /* the author may change others' messages */
    uint64_t received_us;   /* monotonic, when the request was read */
    int64_t *done; /* verdict: ids whose pending mark goes with this event; malloc'ed or NULL */
    size_t n_done;
    struct finding *findings;  /* verdict: of each of done; malloc'ed or NULL */
    struct judgement *judgement; /* the gate's, malloc'ed; NULL: there was none */
    uint32_t flood_repeats, flood_users; /* chat/flood.h; 0: nobody looked */
    struct decision *decision; /* a moderator's, malloc'ed; NULL: nobody decided about this */
    /* out, by the store */
    int64_t id;             /* number of the event over all rooms; grows */
    uint64_t seq;
    int64_t ts_ms;
    bool duplicate; /* the cid was known: id, seq and ts are the original's; do not show again */
    size_t text_len;
    char text[];            /* NUL-terminated too */
};

struct msg_room_open {
    struct msg head;
    struct room_name room;
    struct mailbox *reply; /* the home loop's */
    int status;            /* out */
    char *policy;          /* out: JSON, malloc'ed; NULL: none of its own */
    struct strikes *strikes; /* out: of n_strikes senders; malloc'ed or NULL */
    uint32_t n_strikes;
    uint64_t top;          /* out: 0 for a room never written */
    int64_t last_ts_ms;    /* out */
};

/* A page of events. Either after >= 0 ("after, oldest first") or before > 0 (the newest below it,
 * still listed oldest first). */
struct msg_read {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct mailbox *reply;
    enum msg_tag reply_tag;    /* MSG_ROOM_READ or MSG_LOOP_READ */
    bool backward;             /* use before, else after */
    uint64_t after;
    uint64_t before;
    uint32_t limit;            /* events, at most */
    uint32_t max_bytes;        /* of encoded events, at most (one event always fits) */
    bool with_cid;
    void *context;             /* of the asking side: travels untouched (msg_join of a ROOM_READ) */
    /* out */
    bool known;                /* the room exists in the store */
    struct buf events;         /* encoded events joined by commas, no brackets */
    uint32_t count;
    uint64_t first, last;      /* seq of the first and last event; 0 when count is 0 */
    uint64_t top;              /* of the room, as read */
    uint64_t oldest;           /* smallest seq that retention has kept; 0 when none */
    bool more;                 /* events beyond the page in its direction */
};

#define SEARCH_Q_MAX 400 /* bytes, without the final NUL */

/* The newest messages that have all words of a question, as they now read, newest first. A search
 * does a bounded amount of work; then `from` says how far it came. */
struct msg_search {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct mailbox *reply;
    char q[SEARCH_Q_MAX + 1]; /* valid UTF-8 */
    uint64_t before;          /* messages below this; 0: from the newest on */
    uint32_t limit;
    /* out */
    bool known;               /* the room exists in the store */
    struct buf hits;          /* encoded, joined by commas */
    uint32_t count;
    uint64_t from;            /* messages from this one on were looked at */
    bool more;                /* there are older ones */
};

struct msg_join {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct user *user;        /* reference */
    bool rejoin;              /* the session is joined already: do not count it again */
    bool resume;              /* epoch and seq were given */
    char epoch[17];
    uint64_t seq;
    uint32_t limit;
    /* out, by the home loop */
    uint64_t top;
    bool recovered;
    bool more;
    uint32_t members;
    struct buf events;        /* as in msg_read */
};

struct msg_leave {
    struct msg head;
    struct room_name room;
    unsigned loop;            /* that the session lives on */
    struct user *user;        /* reference */
};

/* One frame for the members that a loop has in a room. */
struct msg_fanout {
    struct msg head;
    struct room_name room;
    struct frame *frame;      /* reference */
    uint64_t seq;             /* 0: ephemeral */
    uint64_t received_us;     /* of the publication, for the latency figures; 0: none */
};

struct msg_typing {
    struct msg head;
    struct room_name room;
    struct user *user;        /* reference */
    bool active;
};

struct msg_members {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct buf members;       /* out: encoded {id,name,role} joined by commas */
    uint32_t total;           /* out */
};

struct msg_read_mark {
    struct msg head;
    struct ask ask;
    struct room_name room;
    struct mailbox *reply;
    struct user *user;        /* reference */
    uint64_t seq;             /* in; out: where the mark is now (it only moves forward) */
};

struct room_row {
    struct room_name room;
    uint64_t seq;
    uint32_t members;
    int64_t last_ts_ms;
};

/* Store lists the rooms most recently written to; then each loop in turn fills in and adds its own.
 */
struct msg_rooms {
    struct msg head;
    struct ask ask;
    struct mailbox *reply;    /* loop 0's: where the tour of the loops starts */
    unsigned next_loop;
    uint32_t limit;
    struct room_row *rows;    /* malloc'ed */
    uint32_t count, cap;
};

/* Who bears a name: claimed on the name's home loop. */
struct msg_name {
    struct msg head;
    struct ask ask;
    struct user *user;        /* reference */
    bool guest;               /* may be refused; a token's owner never is */
    char suggest[USER_NAME_MAX + 1]; /* out, with E_CONFLICT */
};

struct msg_ticket {
    struct msg head;
    struct ask ask;
    char ticket[65];          /* out of TICKET_MAKE; in of TICKET_USE */
};

/* Where a job came from, for its trace: travels back with the verdict. Times are monotonic; 0: not
 * known (the job was read back from the store). */
struct origin {
    enum role role;           /* of the author */
    bool decided;             /* by a moderator: nobody is asked or struck again */
    uint64_t received_us, committed_us, shown_us;
    uint32_t flood_repeats, flood_users;
    struct gate_pass pass;
};

/* In whose name a text is analysed. */
enum job_kind {
    JOB_BACKGROUND, /* a message of history: kept as pending until its verdict is on disk */
    JOB_GATE,       /* a message that nobody sees before it is judged */
    JOB_ADHOC,      /* a text of somebody who waits for the answer; no message */
    JOB_CALL,       /* a function of the worker's, on JSON; when nothing else is to be done */
    N_JOB_KINDS
};

/* All but background jobs have no number (dispatch gives them one below 0) and are kept nowhere:
 * each is answered exactly once, by a msg_verdict to `reply` under `reply_tag` that carries ticket
 * and part, unless the server stops first. */
struct msg_job {
    struct msg head;
    enum job_kind kind;
    bool again;               /* out of the quarantine: whatever was done before does not count */
    bool masked;              /* this is the text as sent, not as people see it */
    int64_t id;               /* the event's number over all rooms */
    struct room_name room;
    uint64_t seq;
    uint64_t on;              /* an edit's: seq of the message; else 0 */
    struct origin origin;
    int64_t ts_ms;
    const char *call;         /* JOB_CALL: the function; a literal. Its argument is the text */
    struct msg_verdict *judged; /* SHOWN: the gate's verdict on it, on its way to the room; owned */
    char *wants;              /* analyzers, one a line; malloc'ed; NULL: all of them */
    /* all but background */
    struct mailbox *reply;
    enum msg_tag reply_tag;   /* MSG_ROOM_JUDGED, MSG_INQUIRY_JUDGED */
    uint64_t ticket;          /* the asking side's own: travels back untouched, as does part */
    uint32_t part;
    uint64_t deadline_us;     /* monotonic: not begun by then, it is answered E_TIMEOUT; 0: none */
    char user_id[USER_ID_MAX + 1];
    size_t text_len;
    char text[];              /* NUL-terminated too */
};

struct span {
    uint32_t start, end;      /* Unicode code points, [start, end) */
};

struct label {
    char analyzer[40];
    char version[24];
    char label[40];
    char model[17];           /* the first half of its SHA-256 in hex; "": none */
    float score;              /* calibrated probability, 0..1 */
    float threshold;
    bool flagged;             /* the analyzer's own threshold says so */
    uint32_t count;           /* flood: of what; else 0 */
    uint32_t n_spans;
    struct span *spans;       /* into the verdict's allocation */
};

#define VERDICT_ROOM 2

struct msg_verdict {
    struct msg head;
    /* Not background: 0; E_TIMEOUT, E_UNAVAILABLE: no worker (in time); E_REJECTED: the text
     * killed every worker that was given it; E_INTERNAL: the call failed. Background: 0. */
    int status;
    uint64_t ticket;
    uint32_t part;
    int64_t id;
    struct room_name room;
    uint64_t seq;             /* of the message judged; of the edit, when on is not 0 */
    uint64_t on;              /* an edit's: seq of the message; else 0 */
    char user_id[USER_ID_MAX + 1];
    struct origin origin;
    uint32_t worker;          /* slot */
    int pid;                  /* of its process */
    uint64_t batch;           /* id of the batch … */
    uint32_t batch_size;      /* … and how many texts it had */
    uint32_t queue_us;        /* arrived in dispatch -> sent to the worker */
    uint32_t compute_us;      /* batch in the worker */
    size_t n_labels;
    struct label *labels;     /* into the same allocation, with room for VERDICT_ROOM more */
    char *returned;           /* of a call: JSON, malloc'ed; else NULL */
};

/* For room analyzers. */
struct msg_joined {
    struct msg head;
    struct room_name room;
    int64_t ts_ms;
    char user_id[USER_ID_MAX + 1];
};

/* What room analyzers know of a room. */
struct msg_insight {
    struct msg head;
    struct ask ask;           /* INSIGHT_ASK */
    struct room_name room;
    struct mailbox *reply;
    int64_t as_of_ms;         /* out of ASK: when there was last something to tell; 0: never */
    struct buf json;          /* out of ASK: an object by analyzer; STORE: all that is kept */
};

struct msg_pending {
    struct msg head;
    struct mailbox *reply;
    int64_t after;            /* ids greater than this */
    uint32_t limit;
    struct msg *jobs;         /* out: chain of msg_job, oldest first */
    uint32_t count;           /* out: fewer than limit means there are no more */
};

#define STACK_TEXT_MAX 4096

struct msg_quarantine {
    struct msg head;
    int64_t id;
    struct room_name room;
    uint64_t seq;
    uint32_t attempts;
    int64_t ts_ms;
    char reason[512];         /* what the last attempt died of, for people */
    char stack[STACK_TEXT_MAX]; /* where Python was then; "" when nobody could tell */
    int status;               /* out */
};

enum review_act {
    REVIEW_LIST,              /* newest first, at most `limit` */
    REVIEW_SHOW,              /* one, with its text */
    REVIEW_REPLAY,            /* analyse it once more, with its attempts at 0 */
    REVIEW_DROP,              /* never analyse it */
};

/* The quarantine, as an operator sees it and decides about it. */
struct msg_review {
    struct msg head;
    struct ask ask;
    struct mailbox *reply;
    enum review_act act;
    int64_t id;               /* all but LIST */
    uint32_t limit;
    struct buf entries;       /* out of LIST and SHOW: encoded objects joined by commas */
    uint64_t total;           /* out of LIST: in quarantine */
};

#include "loop/msg_moderation.h"

struct msg_worker {
    struct msg head;
    unsigned slot;
    int pid;
    int wait_status;          /* EXITED: as of waitpid(2) */
    uint64_t at_us;           /* monotonic */
    uint32_t restarts;        /* so far, of this slot */
    bool given_up;            /* EXITED: crashed too often; the next start is far away */
    bool vacant;              /* EXITED: nor should it be; the slot is a spare now */
    uint32_t next_start_ms;   /* EXITED: back-off, or pause, until the next start */
    char reason[MSG_REASON_MAX]; /* KILL: why; EXITED: why it was not started, or "" */
    char stack[STACK_TEXT_MAX]; /* EXITED: where Python was, or "" */
};

struct msg_board {
    struct msg head;
    struct frame *workers;    /* reference; payload: the JSON of GET /api/v1/workers */
    uint32_t configured, ready;
};

struct sample {
    int64_t ts_ms;
    uint64_t messages, deliveries, analysed; /* in this second */
    uint64_t connections, queue;
    uint64_t lag_p99_us;
};

struct msg_sample {
    struct msg head;
    struct sample sample;
};

struct msg_signal {
    struct msg head;
    unsigned loop;            /* MAIN_DRAINED: which */
};

/* Zeroed, with the tag set; NULL when memory is short. `extra` bytes follow the struct. */
void *msg_new(enum msg_tag tag, size_t extra);
/* Frees the message and what it holds references to. */
void msg_free(struct msg *m);
const char *msg_name(enum msg_tag tag);
/* The struct's size, for msg_new. */
size_t msg_size(enum msg_tag tag);

/* Takes NULL. */
void judgement_free(struct judgement *j);
/* Publication with its text; NULL when memory is short. */
struct msg_publication *msg_publication_new(enum msg_tag tag, const char *text, size_t len);
/* DISPATCH_JOB with its text; NULL when memory is short. */
struct msg_job *msg_job_new(const char *text, size_t len);

#endif
