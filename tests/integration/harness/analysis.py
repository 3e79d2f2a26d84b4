# SPDX-License-Identifier: MIT
"""Looking at analysis: verdicts in events, workers in the API."""
from __future__ import annotations

import time
from typing import Any, Iterable

from .scenario import poll
from .server import Server

# Loading models takes a while where two sanitizer builds share two cores.
READY_S = 60.0


def judged(events: Iterable[dict]) -> dict[int, dict]:
    """The verdict item of each message, and of each edit, by its seq. Fails when one has two, or one comes too early."""
    found: dict[int, dict] = {}
    for event in events:
        if event["kind"] != "verdict":
            continue
        for item in event["items"]:
            seq = item.get("edit", item["on"])
            assert seq not in found, f"two verdicts on {seq}"
            assert item["on"] <= seq < event["seq"]
            found[seq] = item
    return found


async def board(server: Server) -> dict[str, Any]:
    """The workers and the ledger in a picture that was made after this was asked for. What the API tells may be
    half a second old, of a time when what the caller has seen since had not happened yet."""
    asked_ms = time.time() * 1000

    async def fresh() -> dict[str, Any] | None:
        picture = await server.api("workers")
        return picture if picture["now_ms"] > asked_ms else None

    return await poll(fresh, "a new picture of the workers")


async def workers_ready(server: Server, timeout: float = READY_S) -> None:
    """Waits until all workers are ready, and /readyz says so."""
    async def ready() -> bool:
        states = [w["state"] for w in (await board(server))["workers"]]
        answer = (await server.http("GET", "/readyz")).json
        return (len(states) == answer["workers"] <= answer["workers_ready"]
                and all(state in ("ready", "busy") for state in states))

    await poll(ready, "workers being ready", timeout)


async def idle(server: Server, timeout: float = READY_S) -> dict[str, Any]:
    """Waits until nothing is under way; the picture that says so."""
    async def rests() -> dict[str, Any] | None:
        picture = await board(server)
        return picture if picture["queue"]["depth"] == 0 and picture["ledger"]["in_flight"] == 0 else None

    return await poll(rests, "nothing under way", timeout)


async def analysed(server: Server, count: int, timeout: float = 30.0) -> None:
    """Waits until that many messages are analysed and nothing is under way; checks the ledger."""
    async def done() -> bool:
        board = await server.api("workers")
        stats = await server.api("stats")
        idle = board["queue"]["depth"] == 0 and board["ledger"]["in_flight"] == 0
        return idle and stats["totals"]["analysed"] >= count

    await poll(done, f"{count} messages analysed and nothing under way", timeout)
    ledger = (await server.api("workers"))["ledger"]
    parts = sum(ledger[name] for name in ("done", "failed", "quarantined", "in_flight"))
    assert ledger["sent"] == parts, ledger


async def living(server: Server) -> list[dict[str, Any]]:
    """The workers that have a process."""
    return [w for w in (await server.api("workers"))["workers"] if w["pid"] and w["state"] != "crashed"]
