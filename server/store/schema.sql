-- SPDX-License-Identifier: MIT
--
-- Version 1 of the database DATA/parley.db (SQLite, WAL). migrate.c runs this on an empty file;
-- later versions are steps of their own behind it, counted by PRAGMA user_version.
--
-- Shape: `events` is a log. Rows are only appended, in the order of id, so a commit writes few
-- pages however many rooms and users are in it. Whatever would scatter writes over the file (who
-- used which cid, the words of the text) is derived from the log in bulk, up to a watermark kept
-- in `meta`. Measured: the obvious UNIQUE (user, cid) index costs an event several times as much as
-- all the rest together.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value NOT NULL            -- see meta.h
) WITHOUT ROWID;

CREATE TABLE users (
    id  INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE  -- "u7k2", as clients see it
);

-- A user as others saw it: a new row for each new name or role, so that an old event reads the same
-- for ever.
CREATE TABLE authors (
    id   INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES users,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,    -- enum role
    UNIQUE (user, name, role)
);

CREATE TABLE rooms (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    top     INTEGER NOT NULL, -- seq of the newest event
    oldest  INTEGER NOT NULL, -- seq of the oldest event kept; 1 until retention deletes some
    last_ts INTEGER NOT NULL  -- wall clock of the newest event, ms
);

CREATE TABLE events (
    id     INTEGER PRIMARY KEY, -- over all rooms; grows
    room   INTEGER NOT NULL REFERENCES rooms,
    seq    INTEGER NOT NULL,    -- in the room: 1, 2, 3 ... without a gap
    ts     INTEGER NOT NULL,    -- wall clock, ms
    kind   INTEGER NOT NULL,    -- enum event_kind
    author INTEGER REFERENCES authors, -- NULL: the server itself
    on_seq INTEGER,             -- reply_to, or the event's target; NULL: none
    adds   INTEGER,             -- reaction: 1 adds, 0 takes away; else NULL
    cid    TEXT,                -- NULL: none
    text   TEXT NOT NULL
);
CREATE UNIQUE INDEX events_seq ON events (room, seq);
-- What happened to a message: edits (1) and deletions (2).
CREATE INDEX events_changes ON events (room, on_seq, seq) WHERE kind IN (1, 2);

-- Which event a (user, cid) is: key = SipHash-2-4(meta.cid_key, users.id, cid) as a signed 64-bit
-- number. Exact all the same: who finds a key compares user and cid of the event, and two that
-- share a key stand at key, key + 1, ... Holds the events up to meta.cids_to; the newer ones are in
-- memory (cids.c), read back from the log at start.
CREATE TABLE cids (
    key INTEGER PRIMARY KEY,
    id  INTEGER NOT NULL      -- events.id or retired.id
);

-- What must be remembered of an event that retention has deleted: a cid is one message for ever.
CREATE TABLE retired (
    id   INTEGER PRIMARY KEY, -- was events.id
    user INTEGER NOT NULL,
    cid  TEXT NOT NULL,
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    ts   INTEGER NOT NULL,
    hash INTEGER NOT NULL     -- of kind, target and text: cids_hash_content()
);

-- Messages that wait for their verdict. The row goes with the transaction that adds that event.
CREATE TABLE pending (
    id    INTEGER PRIMARY KEY, -- events.id
    state INTEGER NOT NULL     -- 1 waits, 2 quarantined: offered to no worker
);

-- Messages that killed their workers, with what an operator needs to look into it.
CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY, -- events.id
    room     INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    ts       INTEGER NOT NULL,    -- when it was given up, ms
    attempts INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    text     TEXT NOT NULL
);

-- How far a user has read a room; only moves forward.
CREATE TABLE reads (
    user INTEGER NOT NULL REFERENCES users,
    room INTEGER NOT NULL REFERENCES rooms,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) WITHOUT ROWID;

-- Words of every message as it now reads (edited, not deleted), up to meta.search_to.
-- rowid = rooms.id << 40 | seq, so a room is a range of rowids and "newest first" is their order.
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = '',
    columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);
