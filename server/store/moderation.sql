-- SPDX-License-Identifier: MIT
--
-- Version 3: API keys, the review queue of moderators, and who did what.

CREATE TABLE keys (
    id        INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL UNIQUE, -- BLAKE2b-256 of the key; the key itself is kept nowhere
    name      TEXT NOT NULL,
    scopes    INTEGER NOT NULL,     -- enum key_scope, or'ed
    created   INTEGER NOT NULL,     -- wall clock, ms; so are the next two
    last_used INTEGER NOT NULL,     -- 0: never; within a minute
    revoked   INTEGER NOT NULL      -- 0: it is good
);
CREATE UNIQUE INDEX keys_good ON keys (name) WHERE revoked = 0;

-- Messages that a moderator is to look at. Decided ones stay: they are labelled examples.
CREATE TABLE review (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,       -- 'held': nobody saw it; 'flagged': it was shown
    state      TEXT NOT NULL,       -- 'open', 'approved', 'rejected', 'masked'
    room       TEXT NOT NULL,       -- its name
    seq        INTEGER,             -- of the message, once it is shown
    event      INTEGER NOT NULL,    -- enum event_kind: message or edit
    on_seq     INTEGER,             -- reply_to, or the message edited
    user_id    TEXT NOT NULL,
    user_name  TEXT NOT NULL,
    user_role  INTEGER NOT NULL,    -- enum role
    cid        TEXT NOT NULL,       -- '': none
    text       TEXT NOT NULL,       -- as it was sent
    ts         INTEGER NOT NULL,    -- when, ms
    labels     TEXT NOT NULL,       -- JSON array of all that the analyzers said
    rule       TEXT NOT NULL,       -- JSON of the policy's rule; '': none
    action     TEXT NOT NULL,       -- that the policy took or would have taken
    claimed_by TEXT,
    claimed_ts INTEGER,
    decided_by TEXT,
    decided_ts INTEGER,
    note       TEXT
);
CREATE INDEX review_state ON review (state, id);
CREATE UNIQUE INDEX review_cid ON review (user_id, cid) WHERE kind = 'held';

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    ts     INTEGER NOT NULL,        -- wall clock, ms
    actor  TEXT NOT NULL,           -- whose token it was
    act    TEXT NOT NULL,
    room   TEXT,
    seq    INTEGER,
    review INTEGER,                 -- review.id
    detail TEXT NOT NULL
);
