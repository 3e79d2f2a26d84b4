# SPDX-License-Identifier: MIT
"""Poison that comes in a row may cost the only worker for a while: it comes back by itself, or when told to, and every
message gets its verdict or its place in quarantine."""
from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.ctl import ctl
from harness.scenario import poll

LONG = 15
POISON = """
import os
import signal

from parley import analyzer


@analyzer("poison")
def poison(text: str) -> bool:
    if "poison" in text:
        os.kill(os.getpid(), signal.SIGABRT)
    return True
"""


async def judged(server: Server, room: str) -> set[int]:
    return {item["on"] for event in await server.history(room) if event["kind"] == "verdict" for item in event["items"]}


async def run(t: Scenario) -> None:
    for retry_ms, by_hand in ((200, False), (600_000, True)):
        server = t.unstarted(workers=1, worker_retry_ms=retry_ms)
        server.allow_error("worker given up")
        drop_in = server.data / "analyzers.d/poison.py"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(POISON)
        await server.start()
        await workers_ready(server)
        await poisoned(t, server, by_hand)


async def poisoned(t: Scenario, server: Server, by_hand: bool) -> None:
    ada = await server.client("ada", "lobby")
    deadly = [(await ada.send("lobby", f"poison {n}"))["seq"] for n in range(3)]
    fine = [(await ada.send("lobby", f"fine {n}"))["seq"] for n in range(5)]

    async def settled() -> bool:
        # Whether this machine is quick enough for five crashes in ten seconds is its own affair.
        if by_hand and any(w["given_up"] for w in (await server.api("workers"))["workers"]):
            await ctl(t, server, "retry-workers")
        return await judged(server, "lobby") == set(fine)

    await poll(settled, "a verdict on all but the poison", timeout=90)

    async def found_out() -> bool:
        return {entry["seq"] for entry in (await server.api("quarantine"))["quarantine"]} == set(deadly)

    await poll(found_out, "the poison in quarantine", timeout=90)
    await workers_ready(server)
    last = (await ada.send("lobby", "and on it goes"))["seq"]

    async def goes_on() -> bool:
        return last in await judged(server, "lobby")

    await poll(goes_on, "a verdict after all that", timeout=60)
    assert await server.metric("parley_workers_given_up") == 0
