# SPDX-License-Identifier: MIT
"""typing reaches the others of the room, is no event, is not kept."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")
    carl = await server.client("carl", "kitchen")

    await ada.ok("typing", room="lobby", active=True)
    push = await bob.push(type="typing", room="lobby", active=True)
    assert push["user"]["id"] == ada.user["id"] and push["user"]["name"] == "ada"
    await ada.ok("typing", room="lobby", active=False)
    await bob.push(type="typing", room="lobby", active=False)

    assert (await ada.send("lobby", "done"))["seq"] == 1
    await bob.top("lobby", 1)
    kept = (await bob.ok("history", room="lobby", after=0))["events"]
    assert [event["kind"] for event in kept] == ["message"]
    await carl.ok("ping")
    assert not [p for p in carl.pushes if p["type"] == "typing"], "typing of a room that is not joined"
