# SPDX-License-Identifier: MIT
"""rooms tells every room's members and top, the most recently active first, before and after a restart."""
import asyncio

from harness import Scenario
from harness.scenario import poll

TICK_S = 0.002  # the server's clock tells ms: what happens in the same one has no order


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "one", "two", "three")
    bob = await server.client("bob", "two")
    for room in ("one", "two", "three", "one"):
        await ada.send(room, "hello")
        await asyncio.sleep(TICK_S)

    async def listed(client) -> list[tuple[str, int, int]]:
        reply = await client.ok("rooms")
        return [(room["room"], room["members"], room["seq"]) for room in reply["rooms"]]

    async def as_expected() -> bool:
        return await listed(bob) == [("one", 1, 2), ("three", 1, 1), ("two", 2, 1)]

    await poll(as_expected, f"the right list instead of {await listed(bob)}")
    await server.stop()
    await server.start()
    carl = await server.client("carl", "two")
    assert await listed(carl) == [("one", 0, 2), ("three", 0, 1), ("two", 1, 1)]

    for n in range(230):
        await carl.ok("join", room=f"many{n}")
        await asyncio.sleep(TICK_S)
        await carl.send(f"many{n}", "hello")
        await carl.ok("leave", room=f"many{n}")
    rooms = await listed(carl)
    assert len(rooms) == 200
    assert rooms[0][0] == "many229"
