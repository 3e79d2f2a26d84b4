# SPDX-License-Identifier: MIT
"""Judges a run: what clients did and saw (history.py) against what the store holds and the protocol promises.

Each rule is a function from a Run to sentences, one for each violation, and stands in RULES. A rule judges one thing
and trusts nothing that another rule judges. `durability` says which promise was given: with `full` nothing acked
or shown may be missing; with `os` and `memory` that holds within the epoch that the store has in the end.

    checker.py HISTORY.jsonl DATABASE [--durability full|os|memory]
"""
from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import history
from history import Store, Stored

ATTEMPTS_MAX = 3
SHOWN = 10  # violations of a rule that are spelled out
BY_SERVER = ("verdict", "notice")


@dataclass
class Op:
    """A request that makes an event: one cid of one client, however often it was sent."""

    client: str
    user: str
    room: str
    cid: str
    kind: str
    content: str
    invoked: int
    acks: list[tuple[int, int, str]] = field(default_factory=list)  # t, seq, epoch
    errors: list[tuple[int, str, bool]] = field(default_factory=list)  # t, code, final

    @property
    def acked(self) -> int | None:
        """When it was first acked."""
        return self.acks[0][0] if self.acks else None

    @property
    def refused(self) -> bool:
        return any(final for _, _, final in self.errors)

    def __str__(self) -> str:
        return f"{self.kind} {self.cid} of {self.client} in {self.room}"


@dataclass(frozen=True)
class Receipt:
    """An event that a client was shown."""

    client: str
    room: str
    epoch: str
    seq: int
    kind: str
    content: str


@dataclass
class Run:
    """Everything that the rules look at."""

    records: list[dict]
    store: Store
    durability: str = "full"
    limits: dict[str, float] = field(default_factory=dict)  # largest allowed value of a sample's figure
    ops: dict[tuple[str, str], Op] = field(default_factory=dict)  # by client and cid
    receipts: list[Receipt] = field(default_factory=list)
    found: dict[tuple[str, str], list[tuple[str, Stored]]] = field(default_factory=dict)  # user, cid: room, event

    def __post_init__(self) -> None:
        users: dict[str, str] = {}
        epochs: dict[tuple[str, str], str] = {}
        for r in self.records:
            take = _TAKE.get(r["e"])
            if take is not None:
                take(self, r, users, epochs)
        for room, events in self.store.rooms.items():
            for event in events:
                if event.cid is not None:
                    self.found.setdefault((event.user, event.cid), []).append((room, event))
        for room, event in self.store.retired:
            assert event.cid is not None
            self.found.setdefault((event.user, event.cid), []).append((room, event))

    def of(self, op: Op) -> tuple[str, Stored] | None:
        """Where the store has it (the first, when it is doubled)."""
        return next(iter(self.found.get((op.user, op.cid), ())), None)

    def kept(self, epoch: str) -> bool:
        """Whether what was told in that epoch must be in the store."""
        return self.durability == "full" or epoch == self.store.epoch

    def by_room(self) -> dict[str, list[tuple[Op, int]]]:
        """The requests of each room that are in the store, with their seq, in the order they were invoked."""
        rooms: dict[str, list[tuple[Op, int]]] = defaultdict(list)
        for op in self.ops.values():
            place = self.of(op)
            if place is not None and place[0] == op.room:
                rooms[op.room].append((op, place[1].seq))
        for ops in rooms.values():
            ops.sort(key=lambda pair: pair[0].invoked)
        return rooms


def _take_hello(run: Run, r: dict, users: dict, epochs: dict) -> None:
    users[r["c"]] = r["user"]


def _take_invoke(run: Run, r: dict, users: dict, epochs: dict) -> None:
    key = (r["c"], r["cid"])
    if key not in run.ops:
        run.ops[key] = Op(r["c"], users.get(r["c"], ""), r["room"], r["cid"], r["kind"], r["h"], r["t"])


def _take_ack(run: Run, r: dict, users: dict, epochs: dict) -> None:
    op = run.ops.get((r["c"], r["cid"]))
    if op is not None:
        op.acks.append((r["t"], r["seq"], r["epoch"]))


def _take_error(run: Run, r: dict, users: dict, epochs: dict) -> None:
    op = run.ops.get((r["c"], r["cid"]))
    if op is not None:
        op.errors.append((r["t"], r["code"], r["final"]))


def _take_join(run: Run, r: dict, users: dict, epochs: dict) -> None:
    epochs[r["c"], r["room"]] = r["epoch"]


def _take_recv(run: Run, r: dict, users: dict, epochs: dict) -> None:
    epoch = epochs.get((r["c"], r["room"]), "")
    run.receipts.append(Receipt(r["c"], r["room"], epoch, r["seq"], r["kind"], r["h"]))


_TAKE = {"hello": _take_hello, "invoke": _take_invoke, "ack": _take_ack, "error": _take_error,
         "join": _take_join, "recv": _take_recv}


# what was acked, and what is stored

def lost(run: Run) -> Iterator[str]:
    """What was acked is in the store, in its room, under the number that the ack gave."""
    for op in run.ops.values():
        place = run.of(op)
        for _, seq, epoch in op.acks:
            if not run.kept(epoch):
                continue
            if place is None:
                yield f"{op} was acked as {seq} and is not in the store"
            elif place[0] != op.room or place[1].seq != seq:
                yield f"{op} was acked as {seq} and is stored as {place[1].seq} of {place[0]}"


def doubled(run: Run) -> Iterator[str]:
    """A cid of a user is at most one event, acked or not."""
    for (user, cid), places in run.found.items():
        if len(places) > 1:
            yield f"cid {cid} of {user} is stored {len(places)} times: " \
                  + ", ".join(f"{room} {event.seq}" for room, event in places)


def gaps(run: Run) -> Iterator[str]:
    """A room's numbers are 1, 2, 3 … (or go on like that from the oldest that retention has left)."""
    for room, events in run.store.rooms.items():
        for expected, event in enumerate(events, run.store.oldest.get(room, 1)):
            if event.seq != expected:
                yield f"{room} has {event.seq} where {expected} belongs"
                break


def refused(run: Run) -> Iterator[str]:
    """What was refused for good is not in the store."""
    for op in run.ops.values():
        if op.refused and run.of(op) is not None and not op.acks:
            yield f"{op} was refused ({op.errors[-1][1]}) and is in the store"


def nowhere(run: Run) -> Iterator[str]:
    """Nothing is stored or shown that nobody sent, and nothing was changed on the way."""
    by_user = {(op.user, op.cid): op for op in run.ops.values()}
    for (user, cid), places in run.found.items():
        op = by_user.get((user, cid))
        for room, event in places:
            if op is None:
                yield f"{room} {event.seq}: nobody sent cid {cid} of {user}"
            elif event.content != op.content and event.kind != "retired":
                yield f"{room} {event.seq}: not what was sent as {op}"
    for room, events in run.store.rooms.items():
        for event in events:
            if event.cid is None and event.kind not in BY_SERVER:
                yield f"{room} {event.seq}: a {event.kind} without cid, which nobody sent"
    sent = {op.content for op in run.ops.values()}
    for r in run.receipts:
        if r.kind not in BY_SERVER and r.content not in sent:
            yield f"{r.client} was shown {r.room} {r.seq}, a {r.kind} that nobody sent"


def damage(run: Run) -> Iterator[str]:
    """The database is sound."""
    if run.store.damage:
        yield run.store.damage


# what was shown

def disagree(run: Run) -> Iterator[str]:
    """A number of a room and epoch is the same event for everybody, and for the store."""
    seen: dict[tuple[str, str, int], tuple[str, str]] = {}
    for room, events in run.store.rooms.items():
        for event in events:
            seen[room, run.store.epoch, event.seq] = ("the store", event.content)
    for r in run.receipts:
        who, content = seen.setdefault((r.room, r.epoch, r.seq), (r.client, r.content))
        if content != r.content:
            yield f"{r.room} {r.seq} (epoch {r.epoch}) is one thing for {r.client}, another for {who}"


def ghosts(run: Run) -> Iterator[str]:
    """What was shown is on disk."""
    stored = {(room, event.seq) for room, events in run.store.rooms.items() for event in events}
    told: set[tuple[str, int]] = set()
    for r in run.receipts:
        key = (r.room, r.seq)
        if r.seq < run.store.oldest.get(r.room, 1):
            continue
        if run.kept(r.epoch) and key not in stored and key not in told:
            told.add(key)
            yield f"{r.client} was shown {r.room} {r.seq}, which is not in the store"


class View:
    """What one client has of one room: the pages reach up to `page`, the pushes up to `push`."""

    def __init__(self) -> None:
        self.joined = False
        self.page: int | None = None  # None: whatever comes first
        self.push = 0
        self.top = 0
        self.epoch = ""

    @property
    def position(self) -> int | None:
        """Up to where nothing is missing."""
        return self.push if self.page is not None and self.page >= self.top else self.page

    def join(self, r: dict) -> str | None:
        before, at = self.position, r["from"]
        first = not self.epoch
        self.joined, self.top, self.push = True, r["top"], r["top"]
        recovered, old_epoch, self.epoch = r["recovered"], self.epoch, r["epoch"]
        self.page = at if recovered else None
        if self.page is None and 0 in (self.top, r["limit"]):
            self.page = self.top
        if first or at is None:
            return None if not recovered else "recovered:true without having asked"
        if at != before:
            return f"resumed from {at}, though it stood at {before}: the client is wrong"
        if recovered and old_epoch != self.epoch:
            return f"recovered:true from epoch {old_epoch} into {self.epoch}"
        if recovered and self.top < at:
            return f"recovered:true from {at}, but the top is {self.top}"
        return None

    def recv(self, r: dict) -> str | None:
        seq = r["seq"]
        if not self.joined:
            return f"got {seq} without having joined"
        if r["via"] == "push":
            expected, self.push = self.push + 1, seq
            return None if seq == expected else f"was pushed {seq} where {expected} belongs"
        expected, self.page = self.page, seq
        if expected is not None and seq != expected + 1:
            return f"a page has {seq} where {expected + 1} belongs"
        return None


def window(run: Run) -> Iterator[str]:
    """Each client sees a room without gaps, in order; it jumps only where recovered:false said so."""
    views: dict[tuple[str, str], View] = defaultdict(View)
    by_client: dict[str, list[View]] = defaultdict(list)
    for r in run.records:
        problem = None
        if r["e"] == "close":
            for view in by_client[r["c"]]:
                view.joined = False
        elif r["e"] in ("join", "recv"):
            key = (r["c"], r["room"])
            if key not in views:
                by_client[r["c"]].append(views[key])
            problem = views[key].join(r) if r["e"] == "join" else views[key].recv(r)
        elif r["e"] == "stall":
            problem = f"stands at {r['at']} long after pings said {r['top']}"
        if problem:
            yield f"{r['c']} in {r['room']} at {r['t']}: {problem}"


def protocol(run: Run) -> Iterator[str]:
    """Nobody got an answer that the protocol does not allow, or became somebody else."""
    users: dict[str, str] = {}
    for r in run.records:
        if r["e"] == "odd":
            yield f"{r['c']} at {r['t']}: {r['what']}"
        elif r["e"] == "hello" and users.setdefault(r["c"], r["user"]) != r["user"]:
            yield f"{r['c']} was {users[r['c']]} and came back as {r['user']}"


def epochs(run: Run) -> Iterator[str]:
    """With durability full the numbering is never begun anew."""
    seen = {r["epoch"] for r in run.records if r["e"] == "join"}
    if run.durability == "full" and len(seen | {run.store.epoch}) > 1:
        yield f"epochs {sorted(seen | {run.store.epoch})}"


# order

def _failed_behind(a: Op, b: Op) -> bool:
    """a was refused for a time after b was under way: sending it again put it behind."""
    return any(t > b.invoked for t, _, _ in a.errors)


def sender_order(run: Run) -> Iterator[str]:
    """A sender's events of a room have the order in which they were sent."""
    for room, pairs in run.by_room().items():
        by_client: dict[str, list[tuple[Op, int]]] = defaultdict(list)
        for pair in pairs:
            by_client[pair[0].client].append(pair)
        for mine in by_client.values():
            for (a, seq_a), (b, seq_b) in zip(mine, mine[1:]):
                if seq_a > seq_b and not _failed_behind(a, b):
                    yield f"{a} ({seq_a}) was sent before {b.cid} ({seq_b})"


def real_time(run: Run) -> Iterator[str]:
    """What was acked before something else was sent has the lower number."""
    for room, pairs in run.by_room().items():
        acks = sorted((op.acked, seq, op) for op, seq in pairs if op.acked is not None)
        at, newest = 0, (0, None)
        for op, seq in pairs:
            while at < len(acks) and acks[at][0] < op.invoked:
                newest = max(newest, acks[at][1:], key=lambda pair: pair[0])
                at += 1
            if newest[1] is not None and newest[0] > seq:
                yield f"{newest[1]} was acked as {newest[0]} before {op} was sent, which is {seq}"


def acks_differ(run: Run) -> Iterator[str]:
    """Each ack of a cid gives the same number."""
    for op in run.ops.values():
        told: dict[str, int] = {}
        for _, seq, epoch in op.acks:
            if told.setdefault(epoch, seq) != seq:
                yield f"{op} was acked as {told[epoch]} and as {seq}"


# analysis

def verdicts(run: Run) -> Iterator[str]:
    """Every message and every edit has one verdict item, in a later event, or stands in quarantine: not both, not neither."""
    for room, events in run.store.rooms.items():
        items = Counter(on for event in events for on in event.items)
        messages = {event.seq for event in events if event.kind in ("message", "edit")}
        oldest = run.store.oldest.get(room, 1)
        for event in events:
            for on in event.items:
                if on >= oldest and (on not in messages or on >= event.seq):
                    yield f"{room} {event.seq} is a verdict on {on}, which is no earlier message or edit"
        for seq in messages:
            ends = items[seq] + ((room, seq) in run.store.quarantine)
            if ends > 1:
                yield f"{room} {seq} ended {ends} times: {items[seq]} verdict items" \
                      + (", and quarantine" if (room, seq) in run.store.quarantine else "")
            elif ends == 0:
                pending = "still pending" if (room, seq) in run.store.pending else "not even pending"
                yield f"{room} {seq} has neither verdict nor quarantine ({pending})"


def attempts(run: Run) -> Iterator[str]:
    """No message was tried more than three times."""
    for (room, seq), count in run.store.quarantine.items():
        if count > ATTEMPTS_MAX:
            yield f"{room} {seq} was tried {count} times"


def ledger(run: Run) -> Iterator[str]:
    """At every moment jobs sent = done + failed + quarantined + in flight."""
    for r in run.records:
        if r["e"] != "sample" or "jobs_sent" not in r:
            continue
        ends = sum(r[f"jobs_{name}"] for name in ("done", "failed", "quarantined", "in_flight"))
        if r["jobs_sent"] != ends:
            yield f"at {r['t']}: {r['jobs_sent']:g} jobs sent, {ends:g} accounted for"


# bounds and ends

def bounds(run: Run) -> Iterator[str]:
    """Memory, descriptors and queues stay below their limits."""
    worst: dict[str, float] = {}
    for r in run.records:
        if r["e"] == "sample":
            for name, limit in run.limits.items():
                if r.get(name, 0) > limit:
                    worst[name] = max(worst.get(name, 0), r[name])
    for name, value in worst.items():
        yield f"{name} reached {value:g}, more than {run.limits[name]:g}"


def liveness(run: Run) -> Iterator[str]:
    """When all faults are over, every request is answered and every client is where the store is."""
    tops = {room: events[-1].seq for room, events in run.store.rooms.items() if events}
    for r in run.records:
        if r["e"] != "end":
            continue
        if r["open"]:
            yield f"{r['c']} still has {r['open']} unanswered requests in {r['room']}"
        if r["epoch"] != run.store.epoch or r["at"] != tops.get(r["room"], 0):
            yield f"{r['c']} ended at {r['at']} of {r['room']}, whose top is {tops.get(r['room'], 0)}"


RULES: dict[str, Callable[[Run], Iterable[str]]] = {
    "lost": lost, "doubled": doubled, "gaps": gaps, "refused": refused, "nowhere": nowhere, "damage": damage,
    "disagree": disagree, "ghosts": ghosts, "window": window, "protocol": protocol, "epochs": epochs,
    "sender_order": sender_order, "real_time": real_time, "acks_differ": acks_differ,
    "verdicts": verdicts, "attempts": attempts, "ledger": ledger,
    "bounds": bounds, "liveness": liveness,
}
# The four zeros.
ZEROS = {"lost": ("lost", "ghosts"), "doubled": ("doubled", "acks_differ"), "gaps": ("gaps", "window"),
         "misordered": ("sender_order", "real_time", "disagree")}


@dataclass
class Verdict:
    """How many violations of each rule there are, and some of them."""

    counts: dict[str, int]
    shown: dict[str, list[str]]

    @property
    def good(self) -> bool:
        return not any(self.counts.values())

    def zeros(self) -> str:
        return ", ".join(f"{name} {sum(self.counts.get(r, 0) for r in rules)}" for name, rules in ZEROS.items())


def judge(run: Run, without: Iterable[str] = ()) -> Verdict:
    """Applies all rules but those named in `without` (a run without workers has no verdicts)."""
    verdict = Verdict({}, {})
    for name, rule in RULES.items():
        if name in without:
            continue
        found = list(rule(run))
        verdict.counts[name] = len(found)
        verdict.shown[name] = found[:SHOWN]
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("history", type=Path)
    parser.add_argument("database", type=Path, help="parley.db of the ended server")
    parser.add_argument("--durability", choices=("full", "os", "memory"), default="full")
    parser.add_argument("--without", default="", help="rules not to apply, separated by commas")
    options = parser.parse_args()
    run = Run(list(history.read(options.history)), history.read_store(options.database), options.durability)
    verdict = judge(run, options.without.split(","))
    for name, sentences in verdict.shown.items():
        for sentence in sentences:
            print(f"{name}: {sentence}")
    print(f"{len(run.ops)} requests, {len(run.receipts)} receipts; {verdict.zeros()}")
    broken = sum(1 for count in verdict.counts.values() if count)
    print(f"{len(verdict.counts) - broken} passed, {broken} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
