-- SPDX-License-Identifier: MIT
--
-- Version 6: what was masked, as it was sent; who broke the rules of which room, and what it costs.

-- Of masked ones: as it was sent. For moderators only. NULL: shadowed (events has it), or older.
ALTER TABLE altered ADD COLUMN text TEXT;
-- Of what the gate masked: as others see it. NULL: they see the text itself, or nothing.
ALTER TABLE review ADD COLUMN shown TEXT;

CREATE TABLE strikes (
    room   TEXT NOT NULL,         -- its name
    user   TEXT NOT NULL,         -- users.uid
    struck TEXT NOT NULL,         -- when, the newest last: wall clock, ms, a space between two
    silent INTEGER NOT NULL,      -- may not write before; wall clock, ms
    slow   INTEGER NOT NULL,      -- writes slowly until then
    until  INTEGER NOT NULL,      -- all of it is forgotten then
    PRIMARY KEY (room, user)
) WITHOUT ROWID;
CREATE INDEX strikes_until ON strikes (until);
