#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What analysis costs: what goes through ZeroMQ and Python, what it adds to a message's time, and what it does
to the event loops; beside it the experiment `--analysis inline`, where the same models run on the loop.

    tests/bench/analysis.py [--bin build/bin] [--only path,added,lag] [--rounds 5] [--out DIR]

    path   messages/s analysed by one worker, for a trivial analyzer and the default set, by batch size
    added  message to verdict, in ms, at rates that the workers keep up with
    lag    event-loop lag and delivery latency by rate: workers, inline, and no analysis at all

Writes analysis.json and analysis-*.svg to DIR. Workers and loops share all cores here, as they do in use;
figures are medians over the rounds, rounds are interleaved. `unfinished` counts what a server that could not keep
up still owed 15 s after the load.
"""
from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import charts
import measure
import servers
from servers import BenchError, Kit

TRIVIAL = '''from parley import analyzer

@analyzer("nothing", version="1")
def nothing(text: str) -> bool:
    return False
'''
SETTLE_S = 1.0
PATH_BATCHES = (1, 4, 16, 64, 256)
PATH_S = 6
ADDED_RATES = (10, 100, 300, 1000)
LAG_RATES = (25, 50, 100, 200, 400, 800, 1600)
LAG_S = 20       # of the histogram that the server keeps: 20 probes a second and loop
LAG_LIMIT_MS = 5
UNFINISHED = {"unacked", "unsent", "lost"}  # rules that a server which falls behind breaks: some were still owed
Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """A server with its options, under a load; `shape` says which of the figures are wanted."""

    shape: str
    series: str
    x: float
    options: tuple[str, ...]
    load: tuple[str, ...]
    trivial: bool = False


def ask(port: int, token: str, path: str) -> dict:
    """GET /api/v1/`path` as the operator."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise BenchError(f"{path}: {answer.status} {answer.read()[:200]!r}")
        return json.loads(answer.read())
    finally:
        connection.close()


def port_of(running: servers.Running) -> int:
    """Of the address that parley-load is given."""
    return int(running.load_options[1].rsplit(":", 1)[1].split("/")[0])


def built_in(kit: Kit) -> list[str]:
    """Names of the analyzers that come with Parley."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as directory:
        data = Path(directory) / "data"
        with servers.parley(kit, ["--workers", "1"], data, kit.server_cpus | kit.client_cpus) as running:
            told = ask(port_of(running), (data / "admin-token").read_text().strip(), "workers")
    return [a["name"] for a in told["analyzers"]]


def run(kit: Kit, case: Case, names: list[str]) -> Figures:
    """Starts a server, loads it once, and says what came of it."""
    cpus = kit.server_cpus | kit.client_cpus
    options = [*case.options]
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as directory:
        data = Path(directory) / "data"
        if case.trivial:
            (data / "analyzers.d").mkdir(parents=True)
            (data / "analyzers.d/nothing.py").write_text(TRIVIAL)
            options += ["--disable-analyzers", ",".join(names)]
        with servers.parley(kit, options, data, cpus) as running:
            token, port = (data / "admin-token").read_text().strip(), port_of(running)
            time.sleep(SETTLE_S)
            report = measure.load(kit, running, case.load, cpus)
            stats = ask(port, token, "stats")
    found: Figures = {
        "lag_p50_ms": max(loop["lag_p50_us"] for loop in stats["loops"]) / 1000,
        "lag_p99_ms": max(loop["lag_p99_us"] for loop in stats["loops"]) / 1000,
        "analysed_per_s": busiest(stats["history"]["analysed"]),
        "delivery_p50_ms": report["delivery_ms"]["p50"],
        "delivery_p99_ms": report["delivery_ms"]["p99"],
        "sends_per_s": report["sends_per_s"],
    }
    if report["verdict_ms"]["count"]:
        found |= {"verdict_p50_ms": report["verdict_ms"]["p50"], "verdict_p99_ms": report["verdict_ms"]["p99"]}
    if not report["oracle"]["pass"]:
        broken = report["oracle"]["violations"]
        if not set(broken) <= UNFINISHED:
            raise BenchError(f"{case}: the oracle found {broken}")
        found["unfinished"] = max(what["count"] for what in broken.values())
    return found


def busiest(per_second: list[float]) -> float:
    """The median of the seconds in which the workers were busy all the time: the upper half of those at work."""
    at_work = sorted(n for n in per_second if n > 0)
    return statistics.median(at_work[len(at_work) // 2:]) if at_work else 0.0


def chat(rate: float, seconds: float, clients: int = 40, rooms: int = 20) -> tuple[str, ...]:
    """Small rooms, everybody talks, at a fixed rate."""
    return ("--clients", str(clients), "--rooms", str(rooms), "--publishers", str(clients), "--rate", str(rate),
            "--warmup", "1", "--duration", str(seconds), "--drain", "15", "--max-lag", "1000")


def cases(only: set[str], rates: list[int], seconds: float) -> Iterator[Case]:
    """What is to be measured; the order of one round. `rates` and `seconds` are those of lag."""
    memory = ("--durability", "memory", "--loops", "1")
    if "path" in only:
        for size in PATH_BATCHES:
            options = (*memory, "--workers", "1", "--batch-max", str(size), "--queue-max", "1000000")
            yield Case("path", "default set", size, options, chat(12000, PATH_S))
            yield Case("path", "trivial", size, options, chat(40000, PATH_S), trivial=True)
    if "added" in only:
        for rate in ADDED_RATES:
            yield Case("added", "default set", rate, ("--durability", "full", "--loops", "1"), chat(rate, 8))
    if "lag" in only:
        for rate in rates:
            load = chat(rate, seconds)
            yield Case("lag", "workers", rate, ("--durability", "full", "--loops", "1"), load)
            yield Case("lag", "inline", rate, ("--durability", "full", "--loops", "1", "--analysis", "inline"), load)
            yield Case("lag", "no analysis", rate, ("--durability", "full", "--loops", "1", "--workers", "0"), load)


def summarise(rounds: dict[Case, list[Figures]]) -> list[dict]:
    """Medians, with the least and the most."""
    rows = []
    for case, runs in rounds.items():
        row: dict = {"shape": case.shape, "series": case.series, "x": case.x, "rounds": len(runs)}
        for name in sorted({name for figures in runs for name in figures}):
            values = [figures[name] for figures in runs if name in figures]
            row[name] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        rows.append(row)
    return rows


TONES = {"workers": "ours", "inline": "5", "no analysis": "limit", "default set": "ours", "trivial": "2"}


def curve(rows: list[dict], shape: str, series: str, figure: str) -> charts.Series:
    """One line of a chart."""
    points = [(row["x"], row[figure]["median"]) for row in rows
              if row["shape"] == shape and row["series"] == series and figure in row]
    return charts.Series(series, points, TONES[series], dashed=series == "no analysis")


def draw(rows: list[dict], out: Path) -> None:
    """The charts of what was measured."""
    rate = charts.Axis("messages a second", log=True)
    if any(row["shape"] == "lag" for row in rows):
        three = ("workers", "inline", "no analysis")
        panels = [
            charts.Panel("event-loop lag, p99", rate, charts.Axis("ms", log=True),
                         [curve(rows, "lag", s, "lag_p99_ms") for s in three],
                         [charts.Mark(LAG_LIMIT_MS, f"{LAG_LIMIT_MS} ms")]),
            charts.Panel("message to receiver, p99", rate, charts.Axis("ms", log=True),
                         [curve(rows, "lag", s, "delivery_p99_ms") for s in three]),
        ]
        (out / "analysis-lag.svg").write_text(charts.lines(
            "The same models in worker processes and on the event loop",
            "One event loop, durability full, 20 rooms of 2; all threads and workers share the cores.", panels))
    if any(row["shape"] == "path" for row in rows):
        panel = charts.Panel("analysed by one worker", charts.Axis("most messages a batch", log=True),
                             charts.Axis("messages a second", log=True),
                             [curve(rows, "path", s, "analysed_per_s") for s in ("trivial", "default set")])
        (out / "analysis-path.svg").write_text(charts.lines(
            "Through ZeroMQ and Python", "Offered more than one worker can do; it shares the cores with the server.",
            [panel]))


def measure_all(kit: Kit, wanted: list[Case], rounds: int, told: Callable[[str], None]) -> list[dict]:
    """Every case `rounds` times, interleaved."""
    names = built_in(kit)
    found: dict[Case, list[Figures]] = {case: [] for case in wanted}
    began, done = time.monotonic(), 0
    for n in range(rounds):
        for case in wanted:
            found[case].append(run(kit, case, names))
            done += 1
            left = (time.monotonic() - began) / done * (rounds * len(wanted) - done)
            told(f"round {n + 1} of {rounds}  {case.shape} {case.series} {case.x:g}  about {left / 60:.1f} min left")
    return summarise(found)


def table(rows: list[dict]) -> str:
    """For people."""
    names = ("analysed_per_s", "verdict_p50_ms", "verdict_p99_ms", "lag_p50_ms", "lag_p99_ms", "delivery_p50_ms",
             "delivery_p99_ms", "unfinished")
    lines = ["| shape | who | x | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for row in rows:
        cells = [f"{row[name]['median']:.4g}" if name in row else "" for name in names]
        lines.append(f"| {row['shape']} | {row['series']} | {row['x']:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=servers.ROOT / "build/bin", help="where parleyd is")
    parser.add_argument("--only", default="path,added,lag", help="of path, added, lag")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=servers.ROOT / "build/bench", help="where results go")
    parser.add_argument("--rates", default=",".join(map(str, LAG_RATES)), help="of lag: messages a second")
    parser.add_argument("--seconds", type=float, default=LAG_S, help="of lag: how long each run takes")
    args = parser.parse_args()
    rates = [int(rate) for rate in args.rates.split(",")]
    only = set(args.only.split(","))
    if not only <= {"path", "added", "lag"}:
        parser.error(f"--only takes path, added and lag, not '{args.only}'")
    cpus = frozenset(os.sched_getaffinity(0))
    args.out.mkdir(parents=True, exist_ok=True)
    kit = Kit(args.bin.resolve(), args.out.resolve(), cpus, cpus)
    try:
        rows = measure_all(kit, list(cases(only, rates, args.seconds)), args.rounds, lambda line: print(line, file=sys.stderr, flush=True))
    except BenchError as error:
        print(f"analysis.py: {error}", file=sys.stderr)
        return 1
    (args.out / "analysis.json").write_text(json.dumps({"cores": len(cpus), "rows": rows}, indent=1) + "\n")
    draw(rows, args.out)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
