# SPDX-License-Identifier: MIT
"""Epoch and numbering go on after SIGTERM and after kill -9, and a resume across either loses nothing."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada")
    first = await ada.join("lobby")
    epoch = first["epoch"]
    sent = []
    for end in (server.stop, server.kill, server.kill, server.stop):
        position = len(sent)
        for n in range(5):
            sent.append((await ada.send("lobby", f"number {len(sent)}"))["seq"])
        await end()
        await ada.closed()
        await server.start()
        ada = await server.client(token=ada.session)
        reply = await ada.join("lobby", epoch=epoch, seq=position)
        assert reply["recovered"] is True and reply["epoch"] == epoch, reply
        assert [e["seq"] for e in reply["events"]] == list(range(position + 1, position + 6))
        assert [e["text"] for e in reply["events"]] == [f"number {n}" for n in range(position, position + 5)]
    assert sent == list(range(1, 21))
