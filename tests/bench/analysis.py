#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What analysis costs: what goes through ZeroMQ and Python, what it adds to a message's time, and what it does
to the event loops; beside it the experiment `--analysis inline`, where the same models run on the loop.

    tests/bench/analysis.py                                      everything: about 10 minutes
    tests/bench/analysis.py --only lag [--rounds 5]              one part
    tests/bench/analysis.py --results FILE                       only into a file of one's own

    lag    event-loop lag and delivery latency by rate: workers, inline, and no analysis at all
    path   messages/s analysed by one worker, for a trivial analyzer and the default set, by batch size
    added  message to verdict, in ms, at rates that the workers keep up with

Each part is kept in results/analysis.json when it is complete, and tables and charts are made of that. Workers and
loops share all cores here, as they do in use; rounds are interleaved. `unfinished` counts what a server that could
not keep up still owed some seconds after the load.
"""
from __future__ import annotations

import argparse
import datetime
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import measure
import render
import results
import servers
from servers import BenchError, Kit

TRIVIAL = '''from parley import analyzer

@analyzer("nothing", version="1")
def nothing(text: str) -> bool:
    return False
'''
SETTLE_S = 0.5
ANSWER_S = 30
WARMUP_S = 0.5
DRAIN_S = 3
PATH_BATCHES = (1, 8, 64, 256)
ADDED_RATES = (10, 100, 300, 1000)
LAG_RATES = (50, 200, 400, 800)
PART_S = {"lag": 3.0, "path": 3.0, "added": 4.0}   # of a run; the server probes each loop 20 times a second
ROUNDS = {"lag": 5, "path": 3, "added": 3}
TITLES = {
    "lag": "The same models in worker processes and on the event loop",
    "path": "What goes through one worker",
    "added": "From a message to its verdict",
}
UNFINISHED = {"unacked", "unsent", "lost"}  # rules that a server which falls behind breaks: some were still owed
Figures = dict[str, "float | str"]


@dataclass(frozen=True)
class Case:
    """A server with its options, under a load; a point at `x` of the curve called `series`."""

    series: str
    x: float
    options: tuple[str, ...]
    load: tuple[str, ...]
    trivial: bool = False


def ask(port: int, token: str, path: str) -> dict:
    """GET /api/v1/`path` as the operator."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise BenchError(f"{path}: {answer.status} {answer.read()[:200]!r}")
        return json.loads(answer.read())
    except TimeoutError as error:
        raise BenchError(f"the server, busy, did not answer {path} within {ANSWER_S} s") from error
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


def server_figures(stats: dict) -> Figures:
    """What the server counted since its start."""
    return {
        "lag_p50_ms": max(loop["lag_p50_us"] for loop in stats["loops"]) / 1000,
        "lag_p99_ms": max(loop["lag_p99_us"] for loop in stats["loops"]) / 1000,
        "analysed_per_s": busiest(stats["history"]["analysed"]),
    }


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
            try:
                told = server_figures(ask(port, token, "stats"))
            except BenchError as error:
                told = {"error": str(error)}
    found: Figures = told | {"sends_per_s": report["sends_per_s"]}
    for what in ("delivery", "verdict"):
        if report[f"{what}_ms"]["count"]:
            found |= {f"{what}_{at}_ms": report[f"{what}_ms"][at] for at in ("p50", "p99")}
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
            "--warmup", str(WARMUP_S), "--duration", str(seconds), "--drain", str(DRAIN_S), "--max-lag", "1000")


def cases(part: str, rates: list[int], seconds: float) -> Iterator[Case]:
    """What is to be measured; the order of one round. `rates` are those of lag."""
    memory = ("--durability", "memory", "--loops", "1")
    full = ("--durability", "full", "--loops", "1")
    if part == "path":
        for size in PATH_BATCHES:
            options = (*memory, "--workers", "1", "--batch-max", str(size), "--queue-max", "1000000")
            yield Case("default set", size, options, chat(12000, seconds))
            yield Case("trivial", size, options, chat(40000, seconds), trivial=True)
    if part == "added":
        for rate in ADDED_RATES:
            yield Case("default set", rate, full, chat(rate, seconds))
    if part == "lag":
        for rate in rates:
            load = chat(rate, seconds)
            yield Case("workers", rate, full, load)
            yield Case("inline", rate, (*full, "--analysis", "inline"), load)
            yield Case("no analysis", rate, (*full, "--workers", "0"), load)


def say(text: str) -> None:
    """A line for who waits."""
    print(text, file=sys.stderr, flush=True)


def run_case(kit: Kit, case: Case, names: list[str]) -> Figures:
    """A run's figures; what kept it from being made is kept as well."""
    try:
        return run(kit, case, names)
    except BenchError as error:
        say(f"  {case.series} at {case.x:g}: {error}")
        return {"error": str(error)}


def measure_part(kit: Kit, wanted: list[Case], rounds: int, names: list[str]) -> list[dict]:
    """Every case `rounds` times, interleaved: what the results file keeps of them."""
    found: dict[Case, list[Figures]] = {case: [] for case in wanted}
    began, done = time.monotonic(), 0
    for turn in range(rounds):
        for case in wanted[turn % len(wanted):] + wanted[:turn % len(wanted)]:
            found[case].append(run_case(kit, case, names))
            done += 1
            left = (time.monotonic() - began) / done * (rounds * len(wanted) - done)
            say(f"[{int(left) // 60}:{int(left) % 60:02d} left] {turn + 1}/{rounds}: {case.series} at {case.x:g}")
    return [{"name": f"{case.series}@{case.x:g}", "label": case.series, "x": case.x, "options": list(case.options),
             "load": list(case.load), "runs": runs} for case, runs in found.items()]


def command_line(part: str, args: argparse.Namespace) -> str:
    """What measures this part again."""
    more = f" --rounds {args.rounds}" if args.rounds else ""
    more += f" --seconds {args.seconds:g}" if args.seconds else ""
    if part == "lag" and args.rates != list(LAG_RATES):
        more += f" --rates {','.join(map(str, args.rates))}"
    return f"tests/bench/analysis.py --only {part}{more}"


def options() -> argparse.Namespace:
    """The command line."""
    def numbers(text: str) -> list[int]:
        return [int(rate) for rate in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=servers.ROOT / "build/bin", help="where parleyd is")
    parser.add_argument("--only", default="lag,path,added", help="of lag, path, added")
    parser.add_argument("--rounds", type=int, help="of each case [5 of lag, 3 of the others]")
    parser.add_argument("--rates", type=numbers, default=list(LAG_RATES), help="of lag: messages a second")
    parser.add_argument("--seconds", type=float, help="how long each run takes")
    parser.add_argument("--build", type=Path, default=servers.ROOT / "build/bench", help="for logs")
    parser.add_argument("--results", type=Path, default=results.FILE.with_name(results.ANALYSIS),
                        help="the results file [%(default)s]")
    args = parser.parse_args()
    if not set(args.only.split(",")) <= set(TITLES):
        parser.error(f"--only takes {', '.join(TITLES)}, not '{args.only}'")
    return args


def main() -> int:
    """0 when all went well."""
    args = options()
    cpus = frozenset(os.sched_getaffinity(0))
    args.build.mkdir(parents=True, exist_ok=True)
    kit = Kit(args.bin.resolve(), args.build.resolve(), cpus, cpus)
    try:
        names = built_in(kit)
        for part in args.only.split(","):
            say(f"{part}: {TITLES[part]}")
            found = measure_part(kit, list(cases(part, args.rates, args.seconds or PART_S[part])),
                                 args.rounds or ROUNDS[part], names)
            results.put(args.results, part, results.entry(TITLES[part], command_line(part, args),
                                                          datetime.date.today().isoformat(), found))
    except BenchError as error:
        say(f"analysis.py: {error}")
        return 1
    return render.write_all(results.FILE) if args.results == results.FILE.with_name(results.ANALYSIS) else 0


if __name__ == "__main__":
    sys.exit(main())
