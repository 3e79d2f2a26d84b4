# SPDX-License-Identifier: MIT
"""One chaos run: a server, people who talk, a nemesis; then everything is healed, must come to rest, and is judged."""
from __future__ import annotations

import asyncio
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import checker
import history
from nemesis import Disk, Nemesis, WallClock
from people import Habits, Person
from proxy import Proxy
from server import Programs, Server, descriptors, rss_bytes

HERE = Path(__file__).resolve().parent
REST_S = 60.0  # from the end of the faults until everything is answered and everybody at the top
# Largest values of what is sampled.
LIMITS = {"rss": 400 << 20, "fds": 1000, "workers_rss": 1 << 30, "store_queue": 20_000, "jobs_queued": 10_000}
BAD_LOG = re.compile(r"Sanitizer|runtime error:| fatal |refused by the database|ssertion")


@dataclass(frozen=True)
class Plan:
    seed: int
    minutes: float
    faults: tuple[str, ...]
    durability: str = "full"
    people: int = 20
    rooms: int = 6
    rate: float = 10.0  # messages a second, each person
    workers: int = 2
    calm: bool = True   # pauses between faults; without, one follows the other
    lying_disk: bool = False  # fsync does nothing
    retain: int = 0  # events kept a room; 0: all


@dataclass
class Outcome:
    """`broken`: what went wrong beside the rules; `run` and `verdict` are None when there is nothing to judge."""

    broken: list[str] = field(default_factory=list)
    run: checker.Run | None = None
    verdict: checker.Verdict | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    unavailable: dict[str, float] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.broken and self.verdict is not None and self.verdict.good


def worst_gaps(acks: Sequence[int], faults: Sequence[tuple[str, int, int]],
               after_us: int = 3_000_000) -> dict[str, float]:
    """Per fault, the longest time in seconds in which nobody was acked, from its begin until a while after its end."""
    worst: dict[str, float] = {}
    for name, begin, end in faults:
        inside = [t for t in acks if begin <= t <= end + after_us]
        marks = [begin, *inside] if inside else [begin, end + after_us]
        longest = max((b - a for a, b in zip(marks, marks[1:])), default=0)
        worst[name] = max(worst.get(name, 0.0), longest / 1e6)
    return worst


class Campaign:
    def __init__(self, plan: Plan, programs: Programs, directory: Path, tell: Callable[[str], None]) -> None:
        self.plan, self.tell = plan, tell
        self.directory = directory
        self.outcome = Outcome()
        self.recorder = history.Recorder(directory / "history.jsonl")
        chance = random.Random(f"{plan.seed} people")
        options: dict[str, Any] = {
            "limits": "off", "loops": 2, "workers": plan.workers, "durability": plan.durability,
            "heartbeat_ms": 5000, "worker_deadline_ms": 2000, "backlog_max": "64k", "slow_after_ms": 3000,
            "ring_events": 200, "queue_max": 2000, "analyzers_dir": HERE / "analyzers", "retain_events": plan.retain}
        self.disk = Disk(directory) if {"powercut", "disk"} & set(plan.faults) else None
        self.clock = WallClock(directory) if "clock" in plan.faults else None
        self.server = Server(programs, directory, options, self._environment(programs))
        self.proxy = Proxy(self.server.port, chance)
        self.people = [self._person(n, random.Random(f"{plan.seed} {n}")) for n in range(plan.people)]
        self.nemesis = Nemesis(plan.seed, plan.faults, self.server, self.people, self.proxy, self.disk, self.clock,
                               self.recorder, tell, (0.3, 2.0) if plan.calm else (0.05, 0.3))

    def _environment(self, programs: Programs) -> dict[str, str]:
        libraries, environment = [], {}
        if self.disk is not None:
            libraries.append(str(programs.faultvfs))
            environment |= self.disk.environment
        if self.clock is not None:
            libraries.append(str(WallClock.LIBRARY))
            environment |= self.clock.environment
        for library in libraries:
            if not Path(library).exists():
                raise FileNotFoundError(f"{library} is missing: build the target faultvfs, install faketime")
        return environment | ({"LD_PRELOAD": ":".join(libraries)} if libraries else {})

    def _person(self, number: int, chance: random.Random) -> Person:
        """Every second one comes through the proxy; some read slowly, some send several at once."""
        names = [f"room{n}" for n in range(self.plan.rooms)]
        rooms = chance.sample(names, min(len(names), chance.randrange(1, 4)))
        habits = Habits(rate=self.plan.rate, window=chance.choice((1, 1, 4)), page=chance.choice((0, 20, 200, 1000)),
                        receive_buffer=chance.choice((0, 4096)))
        port = (lambda: self.proxy.port) if number % 2 else (lambda: self.server.port)
        return Person(f"p{number}", rooms, port, self.recorder, chance, habits)

    # the run

    async def run(self) -> Outcome:
        watching: list[asyncio.Task] = []
        try:
            await self.proxy.start()
            await self.server.start()
            if self.plan.lying_disk and self.disk is not None:
                self.disk.lie()
            for person in self.people:
                person.talking = True
                person.start()
            watching = [asyncio.create_task(self._sample()), asyncio.create_task(self._progress())]
            await self.nemesis.run(self.plan.minutes * 60)
            await self._come_to_rest()
        except (RuntimeError, OSError, asyncio.TimeoutError) as error:
            self.outcome.broken.append(f"{type(error).__name__}: {error}")
        for task in watching:
            task.cancel()
        await self._end()
        self._judge()
        return self.outcome

    async def _end(self) -> None:
        for person in self.people:
            if person.failure() is not None:
                raise RuntimeError(f"{person.name} is wrong") from person.failure()
            person.finish()
        await asyncio.gather(*(person.stop() for person in self.people))
        try:
            if self.server.running:
                await self.server.stop()
        except RuntimeError as error:
            self.outcome.broken.append(str(error))
        await self.server.abandon()
        await self.proxy.stop()
        self.recorder.close()

    # coming to rest

    async def _come_to_rest(self) -> None:
        """Faults end, nobody says anything new; what is then still unanswered or behind, the rules tell."""
        self.tell("healing")
        await self.nemesis.heal()
        await self._revive_workers()
        for person in self.people:
            person.talking = False
        begin = time.monotonic()
        await self._until(lambda: all(person.settled for person in self.people), "everybody answered")
        self.outcome.figures["rest_s"] = time.monotonic() - begin
        if self.plan.workers:
            await self._until(lambda: self._pending() == 0, "everything analysed")
        tops = {room["room"]: room["seq"] for room in (await self.server.api("rooms?limit=200"))["rooms"]}
        await self._until(lambda: self._all_at(tops), "everybody at the top")

    async def _until(self, check: Callable[[], bool], what: str) -> None:
        begin = time.monotonic()
        while not check():
            if time.monotonic() - begin > REST_S:
                self.tell(f"{REST_S:g} s passed without: {what}")
                return
            await asyncio.sleep(0.1)
        self.tell(f"{what} after {time.monotonic() - begin:.1f} s")

    def _all_at(self, tops: dict[str, int]) -> bool:
        return all(view.position is not None and view.position >= tops.get(view.name, 0)
                   for person in self.people for view in person.rooms.values())

    def _pending(self) -> int:
        db = sqlite3.connect(f"file:{self.server.data}/parley.db?mode=ro", uri=True)
        try:
            return db.execute("SELECT count(*) FROM pending WHERE state = 1").fetchone()[0]
        finally:
            db.close()

    async def _revive_workers(self) -> None:
        """A slot that was given up stays so until somebody restarts the server, as an operator would."""
        if self.plan.workers and any(w["given_up"] for w in (await self.server.api("workers"))["workers"]):
            self.tell("a worker slot was given up: restarting as an operator would")
            await self.server.stop()
            await self.server.start()

    # looking on

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self.nemesis.down or not self.server.running:
                continue
            try:
                metrics, board = await self.server.metrics(), await self.server.api("workers")
                pid, workers = self.server.pid, self.server.worker_pids()
            except (OSError, ValueError, AssertionError, asyncio.TimeoutError):
                continue  # it went away meanwhile
            self.recorder.write(
                "-", "sample", rss=rss_bytes(pid), fds=descriptors(pid),
                workers_rss=sum(rss_bytes(p) for p in workers),
                store_queue=metrics["parley_store_queue"], jobs_queued=board["queue"]["depth"],
                **{f"jobs_{name}": board["ledger"][name]
                   for name in ("sent", "done", "failed", "quarantined", "in_flight")})

    async def _progress(self) -> None:
        while True:
            await asyncio.sleep(10)
            acks = sum(person.acks for person in self.people)
            here = sum(person.settled for person in self.people)
            self.tell(f"{acks} acked, {here} of {len(self.people)} settled, {self.recorder.count} records")

    # judging

    def _judge(self) -> None:
        text = self.server.log_path.read_text("utf-8", "replace")
        self.outcome.broken += [f"log: {line}" for line in text.splitlines() if BAD_LOG.search(line)][:10]
        records = list(history.read(self.directory / "history.jsonl"))
        try:
            store = history.read_store(self.server.data / "parley.db")
        except sqlite3.Error as error:
            self.outcome.broken.append(f"the database cannot be read: {error}")
            return
        run = checker.Run(records, store, self.plan.durability, dict(LIMITS))
        self.outcome.run = run
        self.outcome.verdict = checker.judge(run, () if self.plan.workers else ("verdicts",))
        acks = [r["t"] for r in records if r["e"] == "ack"]
        faults = [(r["fault"], r["begin"], r["end"]) for r in records if r["e"] == "fault"]
        self.outcome.unavailable = worst_gaps(acks, faults)
        self.outcome.figures |= self._figures(run)

    def _figures(self, run: checker.Run) -> dict[str, Any]:
        closes: dict[int, int] = {}
        for person in self.people:
            for code, count in person.closes.items():
                closes[code] = closes.get(code, 0) + count
        return {
            "messages": sum(op.kind == "message" for op in run.ops.values()), "requests": len(run.ops),
            "acked": sum(bool(op.acks) for op in run.ops.values()),
            "sent_again": sum(r["e"] == "invoke" and r["n"] == 2 for r in run.records), "receipts": len(run.receipts),
            "stored": sum(len(events) for events in run.store.rooms.values()),
            "quarantined": len(run.store.quarantine),
            "connections": sum(person.connections for person in self.people),
            "resumed": sum(person.resumes["recovered"] for person in self.people),
            "not_recovered": sum(person.resumes["not"] for person in self.people),
            "closes": dict(sorted(closes.items())), "faults": dict(sorted(self.nemesis.counts.items())),
            "starts": self.server.starts,
            "slowest_start_s": round(max(self.nemesis.restart_s, default=0), 2),
        }


def clean_up_faketime() -> None:
    """libfaketime leaves a semaphore and a page of shared memory for each process that was killed."""
    for path in Path("/dev/shm").glob("*faketime_*"):
        pid = path.name.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            path.unlink(missing_ok=True)


def dispose(directory: Path, keep: Path | None, command: str) -> None:
    """Removes a run's directory; or keeps it with the command that repeats the run."""
    if keep is None:
        shutil.rmtree(directory)
        return
    (directory / "command").write_text(command + "\n")
    keep.mkdir(parents=True, exist_ok=True)
    print(f"  kept in {shutil.move(directory, keep / directory.name)}")
