# SPDX-License-Identifier: MIT
"""Looking at analysis: verdicts in events, workers in the API."""
from __future__ import annotations

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


async def workers_ready(server: Server, count: int | None = None, timeout: float = READY_S) -> None:
    """Waits until /readyz counts all workers (or `count`) as ready."""
    async def ready() -> bool:
        answer = (await server.http("GET", "/readyz")).json
        return answer["workers_ready"] >= (answer["workers"] if count is None else count)

    await poll(ready, "workers being ready", timeout)


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
