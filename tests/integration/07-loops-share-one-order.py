# SPDX-License-Identifier: MIT
"""--loops 2: clients of both loops, in rooms of both loops, see one gap-free order of everything."""
import asyncio

from harness import Scenario

ROOMS = ["lobby", "kitchen", "garden", "cellar"]
EACH = 25


async def run(t: Scenario) -> None:
    server = await t.server(loops=2, limits="off")
    clients = []

    async def loops_with_few() -> list[dict]:
        stats = await server.api("stats")
        assert len(stats["loops"]) == 2
        return [loop for loop in stats["loops"] if loop["sessions"] < 4]

    # The kernel spreads connections over the listeners by their ports.
    while len(clients) < 12 or (len(clients) < 60 and await loops_with_few()):
        clients.append(await server.client(f"user{len(clients)}", *ROOMS))
    assert not await loops_with_few(), "connections do not spread over both loops"

    async def chat(number: int) -> None:
        for n in range(EACH):
            await clients[number].send(ROOMS[(number + n) % len(ROOMS)], f"{number} {n}")

    await asyncio.gather(*(chat(number) for number in range(12)))
    tops = {room["room"]: room["seq"] for room in (await server.api("rooms"))["rooms"]}
    assert sum(tops.values()) == 12 * EACH
    for client in clients:
        for room in ROOMS:
            await client.top(room, tops[room])
            assert sorted(client.rooms[room].events) == list(range(1, tops[room] + 1))
            assert client.rooms[room].events == clients[0].rooms[room].events
