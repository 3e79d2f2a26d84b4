#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long a gated message waits: at idle, at a rate over many rooms, and when every worker is stopped.

    tests/bench/gate.py --parleyd build/bin/parleyd [--rate 1000] [--seconds 10] [--workers 2]

Prints one line of JSON for each case: what clients saw (send to reply), what the gate says it waited, and what
was let through or refused without a verdict.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from harness.analysis import living, workers_ready  # noqa: E402
from harness.record import Recorder  # noqa: E402
from harness.server import Server  # noqa: E402

ROOMS, CLIENTS, DEADLINE_MS = 50, 50, 150
TEXT = "I think the second proposal is better, but who is going to write it up before Friday?"


def quantile(values: list[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * q))] if values else 0.0


async def drive(server: Server, clients: list, rate: float, seconds: float) -> dict:
    """Sends at an even pace, whatever the answers do; latencies from the intended moment, in ms."""
    waits: list[float] = []
    codes: dict[str, int] = {}
    before = (await server.api("stats"))["gate"]

    async def one(client, room: str, due: float) -> None:
        reply = await (await client.post("send", room=room, text=TEXT, cid=f"{due:.7f}"))
        waits.append((time.monotonic() - due) * 1e3)
        key = reply.get("state") or reply["code"]
        codes[key] = codes.get(key, 0) + 1

    begin, tasks = time.monotonic(), []
    for n in range(int(rate * seconds)):
        due = begin + n / rate
        if due > time.monotonic():
            await asyncio.sleep(due - time.monotonic())
        tasks.append(asyncio.create_task(one(clients[n % CLIENTS], f"room{n % ROOMS}", due)))
    await asyncio.gather(*tasks)
    after = (await server.api("stats"))["gate"]
    sent = len(waits)
    late = after["open"] + after["closed"] - before["open"] - before["closed"]
    return {"rate": rate, "sent": sent, "replies": codes, "without_verdict": late / sent,
            "client_p50_ms": round(quantile(waits, 0.5), 1), "client_p99_ms": round(quantile(waits, 0.99), 1),
            "client_max_ms": round(max(waits), 1), "gate_p50_ms": after["p50_ms"], "gate_p99_ms": after["p99_ms"]}


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


async def run(options: argparse.Namespace) -> None:
    for case in ("idle", "rate", "stopped"):
        with tempfile.TemporaryDirectory() as name:
            server, clients = await start(options, Path(name), "open")
            pids = [w["pid"] for w in await living(server)] if case == "stopped" else []
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            rate = 10 if case == "idle" else options.rate if case == "rate" else 100
            # Stopped workers are replaced after 3 s: the last case ends before that.
            found = await drive(server, clients, rate, 2 if case == "stopped" else options.seconds)
            print(json.dumps({"case": case, "workers": options.workers, **found}), flush=True)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            await server.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parleyd", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    asyncio.run(run(parser.parse_args()))
