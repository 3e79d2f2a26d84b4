# SPDX-License-Identifier: MIT
"""The checker reads the store by the schema that the server makes."""
from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from conftest import ROOT
from history import fingerprint, fingerprint_of_event, read_store

ITEMS = [{"on": 1, "action": "flag", "labels": [{"label": "rude", "score": 0.5}]}]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "parley.db"
    db = sqlite3.connect(path)
    db.executescript((ROOT / "server/store/schema.sql").read_text())
    db.execute("INSERT INTO meta VALUES ('epoch', 'e1')")
    db.execute("INSERT INTO users VALUES (1, 'u1')")
    db.execute("INSERT INTO authors VALUES (7, 1, 'ada', 0)")
    db.execute("INSERT INTO rooms VALUES (3, 'lobby', 4, 1, 0)")
    rows = [(1, 1, 0, 7, None, None, "c1", "hi"), (2, 2, 3, 7, 1, 1, "c2", "👍"),
            (3, 3, 4, None, None, None, None, json.dumps(ITEMS)), (4, 4, 0, 7, 1, None, "c3", "poison")]
    for id, seq, kind, author, on, adds, cid, text in rows:
        db.execute("INSERT INTO events VALUES (?, 3, ?, 0, ?, ?, ?, ?, ?, ?)",
                   (id, seq, kind, author, on, adds, cid, text))
    db.execute("INSERT INTO rooms VALUES (4, 'trimmed', 9, 8, 0)")
    db.execute("INSERT INTO retired VALUES (90, 1, 'c0', 4, 7, 0, 123)")
    db.execute("INSERT INTO pending VALUES (1, 1), (4, 2)")
    db.execute("INSERT INTO quarantine VALUES (4, 3, 4, 0, 3, 'segfault', 'poison')")
    db.commit()
    db.close()
    return path


def test_events_are_read_with_author_and_cid(database: Path) -> None:
    store = read_store(database)
    assert store.epoch == "e1" and store.damage is None
    message, reaction, verdict, reply = store.rooms["lobby"]
    assert (message.seq, message.kind, message.user, message.cid) == (1, "message", "u1", "c1")
    assert message.content == fingerprint("u1", "message", 0, None, "hi")
    assert reaction.content == fingerprint("u1", "reaction", 1, True, "👍")
    assert verdict.items == (1,) and verdict.user == "" and verdict.cid is None
    assert reply.content == fingerprint("u1", "message", 1, None, "poison")


def test_what_waits_and_what_was_given_up(database: Path) -> None:
    store = read_store(database)
    assert store.pending == {("lobby", 1)}
    assert store.quarantine == {("lobby", 4): 3}


def test_what_retention_has_deleted_is_known_by_its_cid(database: Path) -> None:
    store = read_store(database)
    assert store.oldest == {"lobby": 1, "trimmed": 8}
    ((room, event),) = store.retired
    assert (room, event.seq, event.user, event.cid, event.kind) == ("trimmed", 7, "u1", "c0", "retired")


def test_an_event_as_shown_has_the_fingerprint_of_the_stored_one(database: Path) -> None:
    ada = {"id": "u1", "name": "ada"}
    shown = [
        {"kind": "message", "user": ada, "text": "hi"},
        {"kind": "reaction", "user": ada, "on": 1, "emoji": "👍", "add": True},
        {"kind": "verdict", "items": ITEMS},
        {"kind": "message", "user": ada, "text": "poison", "reply_to": 1},
    ]
    stored = read_store(database).rooms["lobby"]
    assert [fingerprint_of_event(e) for e in shown] == [e.content for e in stored]


def test_a_damaged_database_is_told(database: Path) -> None:
    db = sqlite3.connect(database)
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = replace(sql, '(room, seq)', '(room, ts)') WHERE name = 'events_seq'")
    db.commit()
    db.close()
    assert "events_seq" in (read_store(database).damage or "")
