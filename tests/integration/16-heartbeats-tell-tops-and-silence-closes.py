# SPDX-License-Identifier: MIT
"""ping comes every heartbeat_ms with the tops of the joined rooms; silence for twice that long closes."""
import asyncio
import time

from harness import Scenario, Server
from harness.stall import Stall, stalls

BEAT_MS = 1500  # whoever answers has as long to do so, also where processes have to wait
LONG = 15


async def run(t: Scenario) -> None:
    server = await t.server(heartbeat_ms=BEAT_MS)
    async with stalls(server.pid) as stall:
        await claims(server, stall)


async def claims(server: Server, stall: Stall) -> None:
    silent = await server.connect()
    silent.answers_pings = False
    begin = time.monotonic()
    assert (await silent.hello("silent"))["heartbeat_ms"] == BEAT_MS
    ada = await server.client("ada", "lobby", "kitchen")
    talker = await server.client("talker")
    talker.answers_pings = False

    async def talk() -> None:  # anything said is no silence
        while True:
            await talker.ok("ping")
            await asyncio.sleep(BEAT_MS / 2000)

    talking = asyncio.create_task(talk())
    code = await silent.closed()
    took = time.monotonic() - begin
    assert silent.bye is not None and silent.bye["code"] == code, f"{code} with {silent.bye}"
    assert silent.bye["reconnect"] is True
    # What was silent for two beats is seen at the next one.
    assert 2 * BEAT_MS / 1000 * 0.9 <= took <= 3 * BEAT_MS / 1000 + 0.5 + stall.seconds(), f"closed after {took:.2f} s"
    assert any(p["type"] == "ping" for p in silent.pushes), "it was never asked"

    await ada.send("lobby", "one")
    await ada.send("lobby", "two")
    await ada.push(type="ping", tops={"lobby": 2, "kitchen": 0})

    def pings() -> int:
        return len([push for push in ada.pushes if push["type"] == "ping"])

    before, begin = pings(), time.monotonic()
    await ada.until(lambda: pings() >= before + 5, "five more pings")
    took = time.monotonic() - begin
    # Those that had waited for this process count as stalled time.
    assert took >= 4 * BEAT_MS / 1000 * 0.9 - stall.seconds(), f"five pings within {took:.2f} s"
    assert ada.close_code is None and talker.close_code is None
    talking.cancel()
