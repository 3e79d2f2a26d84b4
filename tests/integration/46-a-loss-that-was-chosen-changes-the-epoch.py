# SPDX-License-Identifier: MIT
"""With --durability memory a kill may lose history; then the epoch is another, and a resume says so. A clean stop keeps all."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server(durability="memory", limits="off")
    ada = await server.client("ada", "lobby")
    first = ada.rooms["lobby"].epoch
    for n in range(300):
        await ada.send("lobby", f"number {n}")
    await server.stop()
    await server.start()
    ada = await server.client(None, token=ada.session)
    reply = await ada.join("lobby", epoch=first, seq=250)
    assert reply["epoch"] == first and reply["recovered"] is True, "a clean stop loses nothing"
    assert [e["seq"] for e in reply["events"]] == list(range(251, 301))

    for n in range(300, 600):
        await ada.send("lobby", f"number {n}")
    await server.kill()
    await server.start()
    ada = await server.client(None, token=ada.session)
    reply = await ada.join("lobby", epoch=first, seq=600)
    stored = await server.history("lobby")
    if len(stored) == 600:  # nothing was lost: then it may go on as before
        return
    assert reply["recovered"] is False, f"{len(stored)} of 600 are left, and the resume was told to be whole"
    assert reply["epoch"] != first, "history was lost and the epoch is the same"
    assert [e["seq"] for e in stored] == list(range(1, len(stored) + 1))
    again = await ada.send("lobby", "goes on")
    assert again["seq"] == len(stored) + 1
