#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long a gated message waits: at idle, at a rate over many rooms, and when every worker is stopped.

    tests/bench/gate.py [--bin build/bin] [--rounds 3] [--rate 1000] [--seconds 5] [--workers 2] [--results FILE]

Clients' times go from the intended moment of sending to the reply, the commit (fsync) included; the gate's own from
asking to the verdict. Kept in results/analysis.json, where the table is made of it.
"""
from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import render
import results

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from harness.analysis import living, workers_ready  # noqa: E402
from harness.record import Recorder  # noqa: E402
from harness.server import Server  # noqa: E402

ROOMS, CLIENTS, DEADLINE_MS = 50, 50, 150
STOPPED = "both workers stopped (SIGSTOP)"
TEXT = "I think the second proposal is better, but who is going to write it up before Friday?"


def quantile(values: list[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * q))] if values else 0.0


async def drive(server: Server, clients: list, rate: float, seconds: float) -> dict[str, float]:
    """Sends at an even pace, whatever the answers do; latencies from the intended moment, in ms."""
    waits: list[float] = []
    before = (await server.api("stats"))["gate"]

    async def one(client, room: str, due: float) -> None:
        await (await client.post("send", room=room, text=TEXT, cid=f"{due:.7f}"))
        waits.append((time.monotonic() - due) * 1e3)

    begin, tasks = time.monotonic(), []
    for n in range(int(rate * seconds)):
        due = begin + n / rate
        if due > time.monotonic():
            await asyncio.sleep(due - time.monotonic())
        tasks.append(asyncio.create_task(one(clients[n % CLIENTS], f"room{n % ROOMS}", due)))
    await asyncio.gather(*tasks)
    after = (await server.api("stats"))["gate"]
    late = after["open"] + after["closed"] - before["open"] - before["closed"]
    found = {"unjudged_share": late / len(waits), "client_p50_ms": quantile(waits, 0.5),
             "client_p99_ms": quantile(waits, 0.99), "client_max_ms": max(waits)}
    if late < len(waits):  # else no verdict ever came, and the gate has no time of its own
        found |= {"gate_p50_ms": after["p50_ms"], "gate_p99_ms": after["p99_ms"]}
    return found


async def start(options: argparse.Namespace, folder: Path, mode: str) -> tuple[Server, list]:
    server = Server(options.parleyd, folder, Recorder(folder / "frames"), {"workers": options.workers, "limits": "off"}, {})
    await server.start()
    await workers_ready(server)
    rules = [{"label": "toxicity.toxic", "at": 0.9, "action": "bounce"}]
    for n in range(ROOMS):
        await server.http("PUT", f"/api/v1/rooms/room{n}/policy", token=server.token,
                          body={"gate": {"mode": mode, "deadline_ms": DEADLINE_MS}, "rules": rules})
    clients = [await server.client(f"c{n}", f"room{n}") for n in range(CLIENTS)]
    return server, clients


async def run(options: argparse.Namespace, case: str, rate: float, seconds: float) -> dict:
    """One case, once; for "stopped" the workers hear nothing while it lasts."""
    with tempfile.TemporaryDirectory() as name:
        server, clients = await start(options, Path(name), "open")
        pids = [w["pid"] for w in await living(server)] if case == STOPPED else []
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            return await drive(server, clients, rate, seconds)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            await server.kill()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build/bin", help="where parleyd is")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1000, help="messages a second under load")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--results", type=Path, default=results.FILE.with_name(results.ANALYSIS),
                        help="the results file [%(default)s]")
    options = parser.parse_args()
    options.parleyd = options.bin.resolve() / "parleyd"
    return options


def main() -> int:
    """0 when all went well."""
    options = parse()
    # Stopped workers are replaced after 3 s: that case ends before.
    cases = (("idle", 10, options.seconds), ("load", options.rate, options.seconds), (STOPPED, 100, 2))
    runs: dict[str, list[dict]] = {case: [] for case, *_ in cases}
    for turn in range(options.rounds):
        for case, rate, seconds in cases:
            print(f"{turn + 1}/{options.rounds}: {case}", file=sys.stderr, flush=True)
            runs[case].append(asyncio.run(run(options, case, rate, seconds)))
    kept = [{"name": case, "label": case, "x": rate, "runs": runs[case]} for case, rate, _ in cases]
    given = [f" --{name} {value:g}" for name, value, usual in (
        ("rounds", options.rounds, 3), ("rate", options.rate, 1000), ("seconds", options.seconds, 5),
        ("workers", options.workers, 2)) if value != usual]
    results.put(options.results, "gate", results.entry(
        "How long a gated message waits", f"tests/bench/gate.py{''.join(given)}", datetime.date.today().isoformat(), kept))
    return render.write_all(results.FILE) if options.results == results.FILE.with_name(results.ANALYSIS) else 0


if __name__ == "__main__":
    sys.exit(main())
