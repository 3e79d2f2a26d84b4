# SPDX-License-Identifier: MIT
"""Beyond --admit-rate newcomers are told when to come back (4013, far beyond 503), and doing so they all come in."""
import asyncio
import random
import time
from collections import Counter

from websockets.exceptions import InvalidStatusCode

from harness import Client, Closed, Scenario, Server
from harness.stall import Stall, stalls

LONG = 8
RATE = 20
CROWD = 120


async def come_in(server: Server, number: int, told: Counter) -> Client:
    """Comes back as told until it is in."""
    while True:
        try:
            client = await server.connect()
            await client.hello(f"user{number}")
            return client
        except Closed:
            await client.closed()
            assert client.close_code == 4013, client.close_code
            assert client.bye is not None and client.bye["code"] == 4013 and client.bye["reconnect"] is True
            wait_ms = client.bye["spread_ms"]
        except InvalidStatusCode as refused:
            assert refused.status_code == 503, refused.status_code
            wait_ms = int(refused.headers["Retry-After"]) * 1000
            told[503] += 1
        assert 0 < wait_ms <= 60_000
        told["waits"] += 1
        await asyncio.sleep(random.uniform(0, wait_ms / 1000))


async def run(t: Scenario) -> None:
    server = await t.server(loops=1, admit_rate=RATE)
    async with stalls(server.pid) as stall:
        await claims(server, stall)


async def claims(server: Server, stall: Stall) -> None:
    early = await server.client("early", "lobby")
    told: Counter = Counter()
    worst_s = 0.0
    begin = time.monotonic()
    crowd = asyncio.gather(*(come_in(server, n, told) for n in range(CROWD)))
    while not crowd.done():
        asked = time.monotonic()
        await early.send("lobby", "still served")
        worst_s = max(worst_s, time.monotonic() - asked)
        await asyncio.sleep(0.15)
    clients = await crowd
    took = time.monotonic() - begin
    assert told["waits"] > 0, "nobody was turned away"
    assert told[503] > 0, "nobody was refused at the door"
    assert took >= (CROWD - 2 * RATE) / RATE, f"{CROWD} came in within {took:.1f} s at {RATE} a second"
    assert worst_s < 2 + stall.seconds(), f"who was there waited {worst_s:.2f} s"
    assert len({client.user["id"] for client in clients}) == CROWD
    print(f"{CROWD} came in within {took:.1f} s after {told['waits']} waits, {told[503]} of them by 503")
