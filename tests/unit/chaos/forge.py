# SPDX-License-Identifier: MIT
"""A small good run, in which every rule of the checker has something to judge, and hands to spoil it."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from checker import Run
from history import Store, Stored, canonical, fingerprint

EPOCH = "e1"
ROOM = "lobby"
USERS = {"ada": "u1", "bob": "u2"}


class Forge:
    """Ada and Bob in one room: three messages, an edit, a verdict on all four. Ada loses her connection after
    seq 2 and resumes with a page; her cid a2 was sent twice, as its ack was lost."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.store = Store(EPOCH, {ROOM: []})
        self.durability = "full"
        self.limits: dict[str, float] = {"rss": 100}
        self._t = 0
        self._play()

    def run(self) -> Run:
        return Run(self.records, self.store, self.durability, self.limits)

    # building

    def add(self, client: str, event: str, **fields: Any) -> dict[str, Any]:
        self._t += 10
        self.records.append({"t": self._t, "c": client, "e": event, **fields})
        return self.records[-1]

    def invoke(self, client: str, cid: str, text: str, n: int = 1, kind: str = "message", on: int = 0) -> None:
        content = fingerprint(USERS[client], kind, on, None, text)
        self.add(client, "invoke", room=ROOM, cid=cid, kind=kind, h=content, n=n)

    def ack(self, client: str, cid: str, seq: int) -> None:
        self.add(client, "ack", room=ROOM, cid=cid, seq=seq, epoch=EPOCH)

    def join(self, client: str, at: int | None, top: int, recovered: bool) -> None:
        self.add(client, "join", room=ROOM, epoch=EPOCH, recovered=recovered, top=top, limit=50, **{"from": at})

    def stored(self, seq: int, client: str, cid: str, text: str, kind: str = "message", on: int = 0) -> None:
        content = fingerprint(USERS[client], kind, on, None, text)
        self.store.rooms[ROOM].append(Stored(seq, kind, USERS[client], cid, content))

    def recv(self, client: str, seq: int, via: str) -> None:
        event = self.at(seq)
        self.add(client, "recv", room=ROOM, seq=seq, kind=event.kind, h=event.content, via=via)

    def _play(self) -> None:
        self.stored(1, "ada", "a1", "one")
        self.stored(2, "bob", "b1", "two")
        self.stored(3, "ada", "a2", "three")
        self.stored(4, "bob", "b2", "two, edited", "edit", 2)
        items = [{"on": on, "action": "none", "labels": []} for on in (1, 2, 3)]
        items.append({"on": 2, "edit": 4, "action": "none", "labels": []})
        self.store.rooms[ROOM].append(Stored(5, "verdict", "", None,
                                             fingerprint("", "verdict", 0, None, canonical(items)), (1, 2, 3, 4)))
        for client, user in USERS.items():
            self.add(client, "hello", user=user)
            self.join(client, None, 0, False)
        self.invoke("ada", "a1", "one")
        self.ack("ada", "a1", 1)
        self.recv("ada", 1, "push")
        self.recv("bob", 1, "push")
        self.invoke("bob", "b1", "two")
        self.ack("bob", "b1", 2)
        self.recv("ada", 2, "push")
        self.recv("bob", 2, "push")
        self.invoke("ada", "a2", "three")
        self.add("ada", "close", code=0)
        self.recv("bob", 3, "push")
        self.invoke("bob", "b2", "two, edited", kind="edit", on=2)
        self.ack("bob", "b2", 4)
        self.recv("bob", 4, "push")
        self.join("ada", 2, 4, True)
        self.recv("ada", 3, "page")
        self.recv("ada", 4, "page")
        self.invoke("ada", "a2", "three", n=2)
        self.ack("ada", "a2", 3)
        self.recv("ada", 5, "push")
        self.recv("bob", 5, "push")
        self.invoke("bob", "b3", "gone")
        self.add("bob", "error", room=ROOM, cid="b3", code="conflict", final=True)
        for client in USERS:
            self.add(client, "end", room=ROOM, epoch=EPOCH, at=5, open=0)
        self.add("-", "sample", rss=50, jobs_sent=5, jobs_done=3, jobs_failed=1, jobs_quarantined=0,
                 jobs_in_flight=1)

    # spoiling

    def at(self, seq: int) -> Stored:
        return next(event for event in self.store.rooms[ROOM] if event.seq == seq)

    def change(self, number: int, **fields: Any) -> None:
        """Of the event with that seq."""
        events = self.store.rooms[ROOM]
        index = events.index(self.at(number))
        events[index] = replace(events[index], **fields)

    def forget(self, seq: int) -> None:
        self.store.rooms[ROOM] = [event for event in self.store.rooms[ROOM] if event.seq != seq]

    def record(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first record of that kind with those fields."""
        return next(r for r in self.records if r["e"] == event and fields.items() <= r.items())
