# SPDX-License-Identifier: MIT
"""Resume with zero events seen, twice in a row, with nothing missed, and on a connection that has joined."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    bob = await server.client("bob", "lobby")
    ada = await server.client("ada")
    first = await ada.join("lobby")
    assert first["seq"] == 0 and first["events"] == [] and first["recovered"] is False
    epoch, position = first["epoch"], 0

    for missed in (3, 2, 0, 0, 1):
        ada.cut()
        await ada.closed()
        for n in range(missed):
            await bob.send("lobby", f"missed {n}")
        ada = await server.client(token=ada.session)
        reply = await ada.join("lobby", epoch=epoch, seq=position)
        assert reply["recovered"] is True, reply
        assert reply["epoch"] == epoch
        assert [e["seq"] for e in reply["events"]] == list(range(position + 1, position + missed + 1))
        assert reply["seq"] == position + missed
        assert not reply.get("more")
        position = reply["seq"]

    await bob.send("lobby", "live again")
    await ada.top("lobby", position + 1)
    reply = await ada.join("lobby", epoch=epoch, seq=2)  # afresh, while joined
    assert reply["recovered"] is True
    assert [e["seq"] for e in reply["events"]] == list(range(3, position + 2))
    await bob.send("lobby", "once, though joined twice")
    await ada.top("lobby", position + 2)
    assert (await ada.ok("members", room="lobby"))["total"] == 2
