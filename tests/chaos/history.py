# SPDX-License-Identifier: MIT
"""What clients did and saw, a JSON line each, and what the store holds in the end: what the checker reads.

Every record has `t` (microseconds of one monotonic clock), `c` (client, "-" for the run itself), `e`:

    hello   user                              who the client is from now on
    invoke  room cid kind h n                 the n-th sending of a request that makes an event
    ack     room cid seq epoch                its ok
    error   room cid code final               its error; final: the client gives it up, it was refused
    join    room epoch from recovered top     the ok of a join; from: the seq it resumed from, or null;
            limit                             how many events it asked for
    recv    room seq kind h via               an event: "page" (join, history), in the order of the page, or "push"
    stall   room top at                       pings say top for long, yet the client is at `at`
    odd     what                              the server did what the protocol does not allow
    close   code                              the connection ended; 0 without a close frame
    end     room epoch at open                the client at the end of the run: its position, unanswered requests
    sample  …                                 figures of the server (see RULES in checker.py)

`h` is fingerprint() of the content, so agreement can be judged without keeping texts.
"""
from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

KINDS = ("message", "edit", "delete", "reaction", "verdict", "notice", "hidden")  # by number: base/event.h


def fingerprint(user: str, kind: str, on: int, add: bool | None, text: str) -> str:
    """Of who said what about which event; verdicts have no user and their items as canonical JSON."""
    whole = f"{user}|{kind}|{on}|{'' if add is None else int(add)}|{text}"
    return blake2b(whole.encode(), digest_size=8).hexdigest()


def canonical(items: list) -> str:
    return json.dumps(items, sort_keys=True, separators=(",", ":"))


def fingerprint_of_event(event: dict) -> str:
    """Of an event as the protocol shows it."""
    kind = event["kind"]
    user = event["user"]["id"] if "user" in event else ""
    on = event.get("reply_to", 0) if kind == "message" else event.get("on", 0)
    text = canonical(event["items"]) if kind == "verdict" else event.get("text", event.get("emoji", ""))
    return fingerprint(user, kind, on, event.get("add"), text)


class Recorder:
    """Appends records. A method for each frequent one: they are written by the hundred thousand."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1 << 20)
        self.count = 0

    @staticmethod
    def now_us() -> int:
        return time.monotonic_ns() // 1000

    def write(self, client: str, event: str, **fields: Any) -> None:
        line = {"t": self.now_us(), "c": client, "e": event, **fields}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.count += 1

    def received(self, client: str, room: str, seq: int, kind: str, content: str, via: str) -> None:
        self._file.write(f'{{"t":{self.now_us()},"c":"{client}","e":"recv","room":"{room}","seq":{seq},'
                         f'"kind":"{kind}","h":"{content}","via":"{via}"}}\n')
        self.count += 1

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


# the store

@dataclass(frozen=True)
class Stored:
    """An event on disk."""

    seq: int
    kind: str
    user: str
    cid: str | None
    content: str
    items: tuple[int, ...] = ()  # a verdict's: the seqs of the messages and edits it is about


@dataclass
class Store:
    """All rooms; `pending` and `quarantine` by (room, seq), the latter with the attempts it took. Retention deletes
    what is before `oldest` of a room and remembers its cids in `retired`, as Stored of the kind "retired"."""

    epoch: str
    rooms: dict[str, list[Stored]]
    oldest: dict[str, int] = field(default_factory=dict)
    retired: list[tuple[str, Stored]] = field(default_factory=list)
    pending: set[tuple[str, int]] = field(default_factory=set)
    quarantine: dict[tuple[str, int], int] = field(default_factory=dict)
    damage: str | None = None  # what SQLite's own check says


_EVENTS = """
    SELECT r.name, e.seq, e.kind, ifnull(u.uid, ''), e.cid, ifnull(e.on_seq, 0), e.adds, e.text
    FROM events e JOIN rooms r ON r.id = e.room
    LEFT JOIN authors a ON a.id = e.author LEFT JOIN users u ON u.id = a.user
    ORDER BY r.name, e.seq"""

_RETIRED = """
    SELECT r.name, t.seq, u.uid, t.cid FROM retired t JOIN rooms r ON r.id = t.room JOIN users u ON u.id = t.user"""


def _stored(row: tuple) -> tuple[str, Stored]:
    room, seq, kind, user, cid, on, add, text = row
    name, items = KINDS[kind], ()
    if name == "verdict":
        found = json.loads(text)
        items = tuple(item.get("edit", item["on"]) for item in found)
        text = canonical(found)
    content = fingerprint(user, name, on, None if add is None else bool(add), text)
    return room, Stored(seq, name, user, cid, content, items)


def read_store(path: Path) -> Store:
    """Reads the database of a server that has ended, without changing it."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (epoch,) = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        store = Store(epoch, {}, dict(db.execute("SELECT name, oldest FROM rooms")))
        store.rooms = {name: [] for name in store.oldest}
        for row in db.execute(_EVENTS):
            room, event = _stored(row)
            store.rooms[room].append(event)
        for name, seq, user, cid in db.execute(_RETIRED):
            store.retired.append((name, Stored(seq, "retired", user, cid, "")))
        where = "JOIN events e ON e.id = p.id JOIN rooms r ON r.id = e.room"
        store.pending = set(db.execute(f"SELECT r.name, e.seq FROM pending p {where} WHERE p.state = 1"))
        for name, seq, attempts in db.execute(f"SELECT r.name, e.seq, p.attempts FROM quarantine p {where}"):
            store.quarantine[name, seq] = attempts
        (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        store.damage = None if verdict == "ok" else verdict
    finally:
        db.close()
    return store
