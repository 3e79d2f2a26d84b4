# SPDX-License-Identifier: MIT
"""A sender's pipelined messages keep their order in each room, replies too, whatever loop the room lives on."""
import asyncio

from harness import Client, Scenario

ROOMS = [f"room-{n}" for n in range(6)]
EACH = 300


async def run(t: Scenario) -> None:
    server = await t.server(limits="off", loops=2)
    people = [await server.client(f"user{n}", *ROOMS) for n in range(4)]

    async def pour(client: Client) -> None:
        name = client.user["name"]
        answers = []
        for n in range(EACH):
            room = ROOMS[n % len(ROOMS)]
            answers.append((room, await client.post("send", room=room, cid=f"{n}", text=f"{name} {n}")))
        last = dict.fromkeys(ROOMS, 0)
        for room, answer in answers:
            reply = await answer
            assert reply["type"] == "ok", reply
            assert reply["seq"] > last[room], f"{name} in {room}: {reply['seq']} after {last[room]}"
            last[room] = reply["seq"]

    await asyncio.gather(*(pour(client) for client in people))
    total = len(people) * EACH // len(ROOMS)
    for reader in people:
        for room in ROOMS:
            await reader.top(room, total)
            for writer in people:
                name = writer.user["name"]
                own = [int(text.split()[1]) for text in reader.texts(room) if text.split()[0] == name]
                assert own == sorted(own) and len(own) == EACH // len(ROOMS)
