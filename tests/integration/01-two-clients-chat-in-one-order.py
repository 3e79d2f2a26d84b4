# SPDX-License-Identifier: MIT
"""Two clients chat, and both see every message once, in one order, with what its sender was told."""
import asyncio

from harness import Scenario

EACH = 30


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")

    async def chat(client, name: str) -> list[dict]:
        return [await client.send("lobby", f"{name} {n}") for n in range(EACH)]

    replies = sum(await asyncio.gather(chat(ada, "ada"), chat(bob, "bob")), [])
    for client in (ada, bob):
        await client.top("lobby", 2 * EACH)

    assert ada.rooms["lobby"].events == bob.rooms["lobby"].events
    said = [f"{name} {n}" for name in ("ada", "bob") for n in range(EACH)]
    assert sorted(ada.texts("lobby")) == sorted(said)
    for reply in replies:
        assert reply["state"] == "delivered" and reply["room"] == "lobby"
        event = bob.rooms["lobby"].events[reply["seq"]]
        assert event["ts"] == reply["ts"] and event["kind"] == "message"
    authors = {event["text"].split()[0]: event["user"] for event in ada.rooms["lobby"].events.values()}
    for client in (ada, bob):
        user = {key: client.user[key] for key in ("id", "name")}
        assert authors[client.user["name"]] == user

    reply = await bob.send("lobby", "as you said", reply_to=1)
    await ada.top("lobby", reply["seq"])
    assert ada.rooms["lobby"].events[reply["seq"]]["reply_to"] == 1
