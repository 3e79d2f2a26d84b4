/* SPDX-License-Identifier: MIT
 *
 * One client's connection: its state, its rooms, its replies. Owner: the loop; net/ws makes it when
 * a socket opens and frees it when libwebsockets says it is closed, nobody else: all others ask
 * with session_close.
 *
 *     NEW --hello--> CLAIMING --name granted--> READY --session_close--> CLOSING
 *                       |_______ refused ______> NEW
 */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include "base/bucket.h"
#include "chat/by_room.h"
#include "chat/chat.h"
#include "chat/roster.h"

#include <stdint.h>

/* What a connection can do; given by net/ws. */
struct conn_ops {
    /* Sends ready-made frames, all of them (libwebsockets keeps what the socket does not take now).
     * False: the socket is full; nothing more until session_on_writable. */
    bool (*write)(void *conn, const uint8_t *frames, size_t len);
    /* Bytes written that the peer has not taken yet. */
    size_t (*unsent)(void *conn);
    /* Stops or restarts reading. */
    void (*pause)(void *conn, bool paused);
    /* Sends the close frame, behind everything written; false as write. */
    bool (*close)(void *conn, uint16_t code);
    /* Cuts the connection. */
    void (*kill)(void *conn);
};

enum session_state { SESSION_NEW, SESSION_CLAIMING, SESSION_READY, SESSION_CLOSING };

enum close_code {
    CLOSE_GOING_AWAY = 1001,
    CLOSE_UNSUPPORTED = 1003,
    CLOSE_TOO_BIG = 1009,
    CLOSE_PROTOCOL = 4000,
    CLOSE_UNAUTHENTICATED = 4001,
    CLOSE_KICKED = 4003,
    CLOSE_SLOW = 4008,
    CLOSE_TOO_MANY = 4009,
    CLOSE_TRY_LATER = 4013,
};

struct session {
    struct chat *chat;
    const struct conn_ops *ops;
    void *conn;
    client_id id;
    struct user *user;        /* reference; from CLAIMING on */
    struct list all;          /* NEW: chat->fresh by opened_ms; later chat->sessions by ping_ms */
    struct list dirty;        /* chat->dirty_sessions while `out` has something to write */
    struct list choked;       /* chat->choked_sessions while the socket is full */
    struct list closing;      /* chat->closing */
    struct list rooms;        /* struct membership */
    struct by_room *by_room;  /* the same, to be found by name; NULL: few */
    uint32_t n_rooms;
    enum session_state state;
    struct buf out;           /* replies, as frames; before out_at: written */
    size_t out_at;
    uint64_t recap;           /* id of the recap's request that is being made; 0: none */
    uint32_t load;            /* requests waiting for an answer, weighted */
    bool is_choked, is_paused;
    bool lags;                /* was choked and has not got since what its rooms have for it */
    uint8_t bad_frames;       /* in a row */
    uint64_t opened_ms, heard_ms, ping_ms;
    struct bucket typings;
    size_t low_bytes;         /* smallest backlog since choked */
    uint64_t low_ms;          /* when that was */
    uint64_t close_ms;        /* CLOSING: when the connection is cut at the latest */
    uint32_t retry_after_ms;  /* of the request being run, when it was refused for its rate */
    uint16_t close_code;
    bool close_asked;
};

/* NULL when memory is short. */
struct session *session_new(struct chat *c, const struct conn_ops *ops, void *conn);
/* The connection is gone: leaves all rooms. net/ws only. */
void session_free(struct session *s);

/* One complete text frame; `text` is valid UTF-8. */
void session_on_frame(struct session *s, const char *text, size_t len);
/* The socket takes more again. */
void session_on_writable(struct session *s);

/* Says bye, leaves all rooms, closes when that is written. `reason` is for people. The client is
 * asked to come back at a random moment within spread_ms; 0: not to come back. */
enum { SPREAD_NONE = 0, SPREAD_MS = 4000 };
void session_close(struct session *s, enum close_code code, unsigned spread_ms, const char *reason);

/* How much a waiting request weighs; a page of history can be 256 KB. */
enum { LOAD_LIGHT = 1, LOAD_PAGE = 16 };
/* More (or less) is waiting for answers; reading stops when too much is. */
void session_load(struct session *s, int weight);

/* Replies. `fields` is JSON after the first comma: `,"seq":7`, or empty. */
void session_reply_ok(struct session *s, uint64_t request, const struct buf *fields);
/* `fields` as above, or NULL. request 0: the frame had no usable id. */
void session_reply_error(struct session *s, uint64_t request, int status, const char *message,
                         uint32_t retry_after_ms, const struct buf *fields);
/* A push of its own (ping, bye), behind the replies. */
void session_push(struct session *s, const char *json, size_t len);

/* The room's membership, joined or being joined (not one that is being left again); or NULL. */
struct membership *session_membership(struct session *s, const char *room);
/* The membership that the next answer to a join of this room is for; or NULL. */
struct membership *session_answered_membership(struct session *s, const char *room);
/* The membership in this roster's room; or NULL. Of a session with `by_room`. */
struct membership *session_attended(const struct session *s, const struct roster *r);
/* NULL when memory is short. */
struct membership *session_add_membership(struct session *s, const struct room_name *room);
void session_drop_membership(struct session *s, struct membership *m);
/* The same, and the ok to the leave. */
void session_leave(struct session *s, struct membership *m, uint64_t request);

/* Bytes that wait for this session: in the socket, replies, and what it has not got of its rooms'
 * logs. */
size_t session_backlog(const struct session *s);

/* Every session that is due: pings, silence, hello not said, slow ones, closing ones. */
void sessions_on_tick(struct chat *c);

#endif
