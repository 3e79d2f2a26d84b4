# SPDX-License-Identifier: MIT
"""What is measured: the scenarios of the benchmark, each a list of cases that are run interleaved.

A scenario keeps its cases comparable: same load, same time, same cores. Numbers of two scenarios are not.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from measure import Case
from servers import PEERS

LOOP = ("--loops", "1")
SLOW = ("python-websockets", "hybrid", "socketio", "fastapi")
SLOW_ROUNDS = 3
QUIET = ("--durability", "memory", "--workers", "0", "--heartbeat-ms", "600000")  # no ping during a run


@dataclass(frozen=True)
class Timing:
    """Seconds of a run: before the measurement, and measured."""

    warmup: float = 0.4
    measured: float = 1.0

    def load(self, factor: float = 1.0) -> list[str]:
        """As options of parley-load; what is still owed is waited for, but not for ever."""
        return ["--warmup", f"{self.warmup:g}", "--duration", f"{self.measured * factor:g}", "--drain", "3"]


@dataclass(frozen=True)
class Scenario:
    """A letter for the command line, what it asks, and its cases."""

    key: str
    title: str
    cases: Callable[[Timing], list[Case]]
    readme: bool = False  # part of the table in README.md
    rounds: int = 5       # five where a target is a ratio of medians

    def rounds_of(self, case: Case) -> int:
        """How often a case is run: those far from any target no more than is needed to see their range."""
        return min(self.rounds, SLOW_ROUNDS) if case.server in SLOW else self.rounds
    wants: Sequence[tuple[str, str]] = ()  # programs and options it cannot do without


def _parley(name: str, label: str, load: Sequence[str], *options: str, **more) -> Case:
    return Case(name, label, "parley", load, (*LOOP, *options), "ours", **more)


def parley_variants(load: Sequence[str], names: Sequence[str]) -> list[Case]:
    """Parley by durability and number of workers, as "memory", "full" or "full+2"."""
    cases = []
    for name in names:
        durability, _, workers = name.partition("+")
        label = f"Parley, {durability}" + (f", {workers} workers" if workers else "")
        cases.append(_parley(f"parley-{name}", label, load, "--durability", durability,
                             "--workers", workers or "0"))
    return cases


def peers(load: Sequence[str], *names: str) -> list[Case]:
    """Peers by name; all of them for none."""
    return [Case(name, PEERS[name].label, name, load, tone=PEERS[name].tone) for name in names or PEERS]


def few(timing: Timing) -> list[Case]:
    load = ["--clients", "1000", "--publishers", "10", "--window", "1", *timing.load()]
    return parley_variants(load, ["memory", "os", "full", "memory+2", "full+2"]) + peers(load)


def many(timing: Timing) -> list[Case]:
    load = ["--clients", "1000", "--publishers", "100", "--window", "1", *timing.load()]
    return (parley_variants(load, ["memory", "full", "full+2"]) +
            peers(load, "raw", "raw-window", "uws", "node-ws-turn", "node-ws"))


def offered(timing: Timing) -> list[Case]:
    cases = []
    for million in (1, 3, 6):
        load = ["--clients", "1000", "--publishers", "100", "--rate", f"{million * 1000}", *timing.load(2)]
        # Where uWebSockets cannot follow it takes long to drain: its ends are enough.
        others = ("raw", "uws") if million != 3 else ("raw",)
        for case in parley_variants(load, ["memory"]) + peers(load, *others):
            cases.append(replace(case, name=f"{case.name}@{million}M", x=million * 1e6))
    return cases


def rooms(timing: Timing) -> list[Case]:
    load = ["--clients", "2000", "--rooms", "200", "--publishers", "2000", "--window", "1", *timing.load()]
    return parley_variants(load, ["memory", "os", "full", "memory+2", "full+2"]) + peers(load)


def window(timing: Timing) -> list[Case]:
    load = ["--clients", "1000", "--publishers", "10", "--rate", "100", *timing.load(2)]
    ours = [_parley(f"parley-{ms}ms", f"Parley, --flush-ms {ms}", load, "--durability", "memory", "--workers", "0",
                    "--flush-ms", str(ms), x=ms) for ms in (0, 1, 2, 5, 10, 15, 20)]
    return ours + peers(load, "raw", "raw-window", "uws", "node-ws")


def idle(timing: Timing) -> list[Case]:
    load = ["--clients", "10000", "--idle", "--duration", "0.5", "--connect-timeout", "60"]
    ours = parley_variants(load, ["memory"])
    # The peers only upgrade: Parley without hello and join, too, is their equal.
    ours.append(_parley("parley-upgrade", "Parley, upgrade only", [*load, "--bare", "echo"], "--durability", "memory",
                        "--workers", "0"))
    return ours + peers(load, *(name for name in PEERS if name != "raw-window"))


def crowd(timing: Timing) -> list[Case]:
    cases = []
    for count in (1000, 10_000, 19_000):
        load = ["--clients", str(count), "--rooms", str(count // 10), "--publishers", str(count), "--rate", "2000",
                "--connect-timeout", "60", *timing.load(2)]
        # Pings cost by the connection, not by the message, and the peers send none: a row of their own has them.
        ours = [_parley("parley", "Parley, memory", load, *QUIET)]
        if count == 19_000:
            ours.append(_parley("parley-pings", "Parley, a ping each 25 s", load, "--durability", "memory", "--workers",
                                "0"))
        for case in ours + peers(load, "raw", "node-ws"):
            cases.append(replace(case, name=f"{case.name}@{count}", x=count))
    return cases


def loops(timing: Timing) -> list[Case]:
    cases = []
    shapes = {"1 room": ["--clients", "1000", "--publishers", "10"],
              "200 rooms": ["--clients", "2000", "--rooms", "200", "--publishers", "2000"]}
    for shape, load in shapes.items():
        for count in (1, 2):
            cases.append(Case(f"{shape}, {count} loops", f"Parley, {shape}", "parley",
                              [*load, "--window", "1", *timing.load()],
                              ("--loops", str(count), "--workers", "0", "--durability", "memory"), "ours",
                              x=count, both_cores=True))
    return cases


def many_rooms(timing: Timing) -> list[Case]:
    """The same people and the same traffic; each is in 1, 10 or 100 rooms of two. Presence settles first."""
    cases = []
    for each in (1, 10, 100):
        count, label = each * 1000, f"each in {each}, nothing stored"
        load = ["--clients", "2000", "--rooms", str(count), "--rooms-each", str(each), "--publishers", "2000",
                "--rate", "2000", "--connect-timeout", "60", *timing.load(2), "--warmup", "2"]
        cases.append(_parley(f"new@{count}", label, load, *QUIET, x=count))
        if count == 100_000:
            cases.append(_parley(f"wide@{count}", f"each in {each}, 1,000,000 messages stored in them",
                                 [*load, "--room-prefix", "wide-"], *QUIET, x=count, data="wide"))
    return cases


def growth(timing: Timing) -> list[Case]:
    load = ["--clients", "100", "--rooms", "10", "--publishers", "100", "--rate", "1000", *timing.load(2)]
    options = ("--durability", "full", "--workers", "0")
    return [
        _parley("empty", "nothing stored", load, *options),
        _parley("deep", "1,000,000 messages in these 10 rooms", load, *options, data="deep"),
        _parley("wide", "1,000,000 messages in 100,000 other rooms", load, *options, data="wide"),
    ]


def encrypted(timing: Timing) -> list[Case]:
    shapes = {"10 talk": ["--clients", "1000", "--publishers", "10", "--window", "1", *timing.load()],
              "100,000 a second": ["--clients", "1000", "--publishers", "10", "--rate", "100", *timing.load(2)],
              "idle": ["--clients", "1000", "--idle", "--duration", "0.5"]}
    return [_parley(f"{shape}, {'TLS' if tls else 'plain'}", f"{shape}, {'TLS' if tls else 'plain'}", load,
                    "--durability", "memory", "--workers", "0", tls=tls)
            for shape, load in shapes.items() for tls in (False, True)]


def acks(timing: Timing) -> list[Case]:
    cases = []
    for rate in (100, 1000):
        load = ["--clients", "100", "--publishers", "100", "--rate", str(rate), *timing.load(2)]
        for name, label, *options in (("memory", "Parley, memory"), ("os", "Parley, os"), ("full", "Parley, full"),
                                      ("full-0ms", "Parley, full, --flush-ms 0", "--flush-ms", "0")):
            cases.append(_parley(f"{name}@{rate}", label, load, "--workers", "0", "--durability",
                                 name.removesuffix("-0ms"), *options, x=rate, probe=True))
    return cases


SCENARIOS = {scenario.key: scenario for scenario in (
    Scenario("a", "1 room of 1,000, 10 talk as fast as they can", few, readme=True),
    Scenario("b", "1 room of 1,000, 100 talk as fast as they can", many, readme=True),
    Scenario("c", "1 room of 1,000, 100 talk, 1 to 6 million deliveries a second offered", offered),
    Scenario("d", "200 rooms of 10, everybody talks as fast as they can", rooms, readme=True),
    Scenario("e", "100,000 deliveries a second, by --flush-ms", window),
    Scenario("f", "10,000 idle connections", idle, readme=True),
    Scenario("g", "20,000 deliveries a second in rooms of 10, by connections", crowd, rounds=3),
    Scenario("h", "one loop and two, both cores for the server, one of them shared with the load tester", loops,
             rounds=3),
    Scenario("i", "1,000 messages a second at full durability, by what is stored", growth, rounds=3),
    Scenario("j", "from publishing to the ok, by durability", acks),
    Scenario("k", "TLS and plain, 1 room of 1,000", encrypted, rounds=3, wants=(("parleyd", "--tls-cert"),
                                                                                ("parley-load", "--tls-insecure"))),
    Scenario("l", "2,000 messages a second, by rooms", many_rooms, rounds=3),
)}


def quick() -> list[Case]:
    """A moment of everything: enough to see that each server delivers, nothing to compare."""
    load = ["--clients", "20", "--rooms", "2", "--publishers", "6", "--window", "1", "--warmup", "0.05",
            "--duration", "0.2"]
    return parley_variants(load, ["memory", "full", "full+1"]) + peers(load)
