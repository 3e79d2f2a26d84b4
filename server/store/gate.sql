-- SPDX-License-Identifier: MIT
--
-- Version 4: policies of rooms, how messages came to their verdicts, what is shown otherwise than
-- it was sent.

CREATE TABLE policies (
    room TEXT PRIMARY KEY,        -- its name
    json TEXT NOT NULL,           -- as PUT /api/v1/rooms/{room}/policy takes it
    by   TEXT NOT NULL,           -- who changed it last
    ts   INTEGER NOT NULL         -- when, ms
) WITHOUT ROWID;

CREATE TABLE traces (
    id      INTEGER PRIMARY KEY,  -- events.id of the message or edit
    verdict INTEGER,              -- seq of the verdict event; NULL: none tells of it
    json    TEXT NOT NULL         -- chat/findings.c
);

-- Messages and edits whose row in events is not what their author sent: masked (its text), shadowed
-- (its kind). A retry of the cid is held against this.
CREATE TABLE altered (
    id     INTEGER PRIMARY KEY,   -- events.id
    hash   INTEGER NOT NULL,      -- of what was sent: cids_hash_content()
    action INTEGER NOT NULL       -- enum action
);
