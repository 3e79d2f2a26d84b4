# SPDX-License-Identifier: MIT
"""A guest's name is theirs while connected; the session token makes the same user, also after a restart."""
from harness import Client, Scenario
from harness.scenario import poll


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.connect()
    reply = await ada.hello("ada")
    assert reply["user"]["name"] == "ada" and reply["user"]["role"] == "guest"
    assert reply["server"]["proto"] == 1
    assert reply["limits"] == {**reply["limits"], "text": 8192, "frame": 65536, "fragments": 64,
                               "events_page": 200}
    assert reply["heartbeat_ms"] == 25000

    other = await server.connect()
    refused = await other.error("conflict", "hello", name="ada")
    assert refused["suggest"] and refused["suggest"] != "ada"
    assert (await other.hello(refused["suggest"]))["user"]["id"] != ada.user["id"]

    again = await server.client(token=ada.session)  # while the first is still there
    assert again.user == ada.user
    await ada.join("lobby")
    await again.join("lobby")
    await again.send("lobby", "from my other window")
    await ada.top("lobby", 1)
    assert ada.rooms["lobby"].events[1]["user"]["id"] == ada.user["id"]

    stranger = await server.connect()
    await stranger.error("unauthenticated", "hello", token=("B" if ada.session[0] == "A" else "A") + ada.session[1:])
    await stranger.error("unauthenticated", "hello", token="x" * 200)

    await ada.close()
    await again.close()

    async def name_is_free() -> Client | None:
        client = await server.connect()
        reply = await client.request("hello", name="ada")
        await client.close()
        return client if reply["type"] == "ok" else None

    await poll(name_is_free, "the name of a user who has left being free again")

    await server.stop()
    await server.start()
    back = await server.client(token=ada.session)
    assert back.user == ada.user, f"{back.user} is not {ada.user}"
