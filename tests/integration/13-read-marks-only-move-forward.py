# SPDX-License-Identifier: MIT
"""read moves forward only, for all of a user's connections, and is kept."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby", "kitchen")
    bob = await server.client("bob", "lobby")
    for n in range(6):
        await ada.send("lobby", f"number {n}")

    async def mark(client, seq: int, room: str = "lobby") -> int:
        return (await client.ok("read", room=room, seq=seq))["seq"]

    assert await mark(ada, 3) == 3
    assert await mark(ada, 1) == 3
    assert await mark(ada, 5) == 5
    assert await mark(bob, 2) == 2, "each user has a mark of their own"
    assert await mark(ada, 0, "kitchen") == 0, "each room has a mark of its own"
    twin = await server.client(None, "lobby", token=ada.session)
    assert await mark(twin, 4) == 5

    await server.stop()
    await server.start()
    ada = await server.client(None, "lobby", token=ada.session)
    assert await mark(ada, 1) == 5
    assert await mark(ada, 6) == 6
