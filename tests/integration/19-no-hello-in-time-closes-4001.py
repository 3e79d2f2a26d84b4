# SPDX-License-Identifier: MIT
"""A connection that says no hello within 10 s is closed with 4001; one that asks for other things is, too."""
import asyncio
import time

from harness import Client, Scenario, Server
from harness.stall import Stall, stalls

LONG = 12


async def run(t: Scenario) -> None:
    server = await t.server()
    async with stalls(server.pid) as stall:
        await claims(server, stall)


async def claims(server: Server, stall: Stall) -> None:
    begin = time.monotonic()
    mute = await server.connect()
    asker = await server.connect()
    await asker.error("unauthenticated", "ping")
    await asker.error("unauthenticated", "join", room="lobby")
    guest = await server.client("guest")

    async def ends(client: Client) -> None:
        code = await client.closed()
        took = time.monotonic() - begin
        assert code == 4001, code
        assert client.bye is not None and client.bye["code"] == 4001
        assert 9 < took < 13 + stall.seconds(), f"closed after {took:.1f} s"

    await asyncio.gather(ends(mute), ends(asker))
    await guest.ok("ping")
