# SPDX-License-Identifier: MIT
"""What was wanted of Parley's speed, beside what was measured: the table of targets.

A target reads medians out of the results and says whether they meet it; nothing here is a number that was measured.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import results
from charts import number

Results = dict[str, Any]
CPU = "cpu_s_per_million"
UNKNOWN = "–"


@dataclass(frozen=True)
class Verdict:
    """What was measured, in words, and whether it is what was wanted; None: this machine cannot tell."""

    measured: str
    met: bool | None


@dataclass(frozen=True)
class Target:
    """`judge` returns None as long as a figure that it needs was not measured."""

    scenario: str
    what: str
    wanted: str
    judge: Callable[[Results, Results], Verdict | None]


def _median(found: Results, key: str, name: str, figure: str) -> float | None:
    case = results.case_of(found, key, name)
    return results.median(case, figure) if case else None


def _beside(found: Results, key: str, pair: str, figure: str) -> str:
    """The same of the raw server, for comparison."""
    ratio = results.ratio(found, key, *pair.split("/"), figure) if pair else None
    return f"; the raw server {ratio:.2f} ×" if ratio is not None else ""


def at_most(key: str, what: str, one: str, other: str, limit: float, figure: str = CPU, beside: str = "") -> Target:
    """A case needs at most so many times what another does. `beside`: a pair "a/b" told for comparison."""
    def judge(found: Results, _: Results) -> Verdict | None:
        ratio = results.ratio(found, key, one, other, figure)
        if ratio is None:
            return None
        return Verdict(f"{ratio:.2f} ×{_beside(found, key, beside, figure)}", ratio <= limit)
    return Target(key, what, f"≤ {limit:g} ×", judge)


def at_least(key: str, what: str, one: str, other: str, limit: float, figure: str = CPU, beside: str = "") -> Target:
    """A case is so many times above another. `beside` as above."""
    def judge(found: Results, _: Results) -> Verdict | None:
        ratio = results.ratio(found, key, one, other, figure)
        return None if ratio is None else Verdict(f"{ratio:.1f} ×{_beside(found, key, beside, figure)}", ratio >= limit)
    return Target(key, what, f"≥ {limit:g} ×", judge)


def below(key: str, what: str, name: str, figure: str, limit: float, unit: str) -> Target:
    """A figure does not exceed a limit."""
    def judge(found: Results, _: Results) -> Verdict | None:
        seen = _median(found, key, name, figure)
        return None if seen is None else Verdict(f"{number(seen)} {unit}", seen <= limit)
    return Target(key, what, f"≤ {number(limit)} {unit}", judge)


# ---- targets that are no plain ratio ----

def _deliveries(found: Results, _: Results) -> Verdict | None:
    case = results.case_of(found, "b", "parley-memory")
    seen = results.median(case, "deliveries_per_s") if case else None
    busy = results.median(case, "client_busy") if case else None
    if case is None or seen is None or busy is None:
        return None
    limited = sum("bottleneck" in run for run in case["runs"]) * 2 > len(case["runs"])
    told = f"{number(seen)}/s, load tester {busy:.0%} busy" + ", which was the limit" * limited
    return Verdict(told, seen >= 10e6 or limited)


def _others_fail(found: Results, _: Results) -> Verdict | None:
    case = results.case_of(found, "c", "uws@6M")
    if case is None:
        return None
    failed, seen = len(results.failures(case)), results.median(case, "delivery_p99_ms")
    told = f"failed in {failed} of {len(case['runs'])} runs" + (f", p99 {number(seen)} ms" if seen is not None else "")
    return Verdict(told, failed * 2 > len(case["runs"]) or (seen is not None and seen > 15))


def _ack(rate: int) -> Callable[[Results, Results], Verdict | None]:
    def judge(found: Results, _: Results) -> Verdict | None:
        ok, disk = (_median(found, "j", f"full@{rate}", name) for name in ("ack_p99_ms", "fdatasync_p99_ms"))
        if ok is None or disk is None:
            return None
        return Verdict(f"{number(ok)} ms, fdatasync {number(disk)} ms", ok <= disk + 5)
    return judge


def permitted(case: Results | None) -> float | None:
    """How much faster than one loop on a core of its own a server with as many loops as it likes could be on two
    cores that also carry the load tester: per delivery both together need one core's time twice a second."""
    server, client = (results.median(case, name) if case else None for name in (CPU, "client_cpu_s_per_million"))
    return 2 * server / (server + client) if server and client else None


def _loops(shape: str) -> Callable[[Results, Results], Verdict | None]:
    def judge(found: Results, _: Results) -> Verdict | None:
        ratio = results.ratio(found, "h", f"{shape}, 2 loops", f"{shape}, 1 loops", "deliveries_per_s")
        most = permitted(results.case_of(found, "h", f"{shape}, 1 loops"))
        if ratio is None or most is None:
            return None
        met = True if ratio >= 1.6 else None if most < 1.6 else False
        return Verdict(f"{ratio:.2f} ×; two cores that also carry the load tester permit {most:.2f} ×", met)
    return judge


def _lag(_: Results, analysis: Results) -> Verdict | None:
    cases = [c for c in analysis["scenarios"].get("lag", {}).get("cases", []) if c["label"] == "workers"]
    seen = {c["x"]: results.median(c, "lag_p99_ms") for c in cases}
    known = {x: lag for x, lag in seen.items() if lag is not None}
    if not known:
        return None
    worst = max(known, key=lambda x: known[x])
    return Verdict(f"at most {number(known[worst])} ms, at {number(worst)} messages/s", known[worst] < 5)


def _contrast(_: Results, analysis: Results) -> Verdict | None:
    cases = analysis["scenarios"].get("lag", {}).get("cases", [])
    if not cases:
        return None
    top = max(c["x"] for c in cases)
    lag = {c["label"]: results.median(c, "lag_p99_ms") for c in cases if c["x"] == top}
    inline, workers = lag.get("inline"), lag.get("workers")
    if inline is None or workers is None:
        return None
    return Verdict(f"{number(inline)} ms inline, {number(workers)} ms with workers, at {number(top)} messages/s",
                   inline > 5 > workers)


TARGETS: Sequence[Target] = (
    at_most("a", "CPU of `memory` against the raw server", "parley-memory", "raw", 1.3),
    at_least("a", "CPU of `memory`, less than Node `ws` by", "node-ws", "parley-memory", 12),
    at_least("a", "CPU of `full` with 2 workers, all processes, less than Node `ws` by", "node-ws", "parley-full+2", 8),
    Target("b", "deliveries/s when 100 talk", "≥ 10 M, or the load tester is the limit", _deliveries),
    below("c", "p99 with 6 M deliveries/s offered", "parley-memory@6M", "delivery_p99_ms", 15, "ms"),
    Target("c", "uWebSockets at the same", "loses messages, or is later", _others_fail),
    at_most("d", "CPU of `memory` against the raw server", "parley-memory", "raw", 2),
    at_most("d", "CPU of `full` against the raw server", "parley-full", "raw", 4),
    at_least("d", "CPU of `full`, less than Node `ws` by", "node-ws", "parley-full", 4),
    at_most("e", "p99 at `--flush-ms 0` against the raw server", "parley-0ms", "raw", 1.3, "delivery_p99_ms"),
    at_most("e", "CPU with `--flush-ms 20` against 0", "parley-20ms", "parley-0ms", 0.6),
    below("f", "RSS of an idle connection", "parley-memory", "rss_bytes_per_connection", 3000, "bytes"),
    at_least("f", "handshakes/s with hello and join, more than Node `ws` upgrades by", "parley-memory", "node-ws", 4,
             "handshakes_per_s", beside="raw/node-ws"),
    at_least("f", "handshakes/s, upgrade only, more than Node `ws` by", "parley-upgrade", "node-ws", 4,
             "handshakes_per_s", beside="raw/node-ws"),
    at_most("g", "CPU a message with 19,000 connections against 1,000", "parley@19000", "parley@1000", 1,
            "cpu_us_per_message", beside="raw@19000/raw@1000"),
    Target("h", "deliveries/s of two loops against one, 1 room", "≥ 1.6 × when cores allow", _loops("1 room")),
    Target("h", "deliveries/s of two loops against one, 200 rooms", "≥ 1.6 × when cores allow", _loops("200 rooms")),
    at_most("i", "CPU a message with 1,000,000 stored in its rooms", "deep", "empty", 1.1, "cpu_us_per_message"),
    at_most("i", "CPU a message with 1,000,000 stored in 100,000 rooms", "wide", "empty", 1.1, "cpu_us_per_message"),
    Target("j", "publish to ok at `full`, p99, 100 messages/s", "≤ fdatasync's p99 + 5 ms", _ack(100)),
    Target("j", "publish to ok at `full`, p99, 1,000 messages/s", "≤ fdatasync's p99 + 5 ms", _ack(1000)),
    at_most("l", "CPU a message with 100,000 rooms, 100 a client, against 1,000, 1 a client", "new@100000", "new@1000", 1.1,
            "cpu_us_per_message"),
    at_most("l", "the same, with 1,000,000 messages stored in them", "wide@100000", "new@1000", 1.1,
            "cpu_us_per_message"),
    Target("lag", "event-loop lag p99 whatever the workers do", "< 5 ms", _lag),
    Target("lag", "the same models on the loop, for contrast", "> 5 ms", _contrast),
)


MET, MISSED, UNDECIDED, UNMEASURED = "met", "**missed**", "not decided here", "not measured"


def rows(found: Results, analysis: Results) -> Iterator[tuple[str, str, str, str, str]]:
    """Scenario, what, wanted, measured, verdict."""
    words = {True: MET, False: MISSED, None: UNDECIDED}
    for target in TARGETS:
        verdict = target.judge(found, analysis)
        yield (target.scenario, target.what, target.wanted, verdict.measured if verdict else UNKNOWN,
               words[verdict.met] if verdict else UNMEASURED)


def summary(found: Results, analysis: Results) -> str:
    """How many are met, of those that could be judged; empty when none could."""
    judged = [verdict for *_, verdict in rows(found, analysis) if verdict in (MET, MISSED)]
    return f"{judged.count(MET)} of {len(judged)} targets are met" if judged else ""
