# SPDX-License-Identifier: MIT
"""Who was slowed, silenced or kicked stays so over kill -9 and over an empty room; strikes go on being counted where they stood."""
from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.client import Client
from harness.gated import gated_server, put_policy

LONG = 10
numbers = iter(range(1, 1000))


async def ladder(server: Server, room: str, action: str) -> None:
    await put_policy(server, room, ladder=[{"strikes": 2, "within_s": 600, "action": action, "for_s": 300}])


async def strike(client: Client, room: str) -> None:
    await client.error("rejected", "send", room=room, text="blockme", cid=f"s{next(numbers)}")


async def waits(client: Client, room: str, part: str) -> int:
    refused = await client.error("rate_limited", "send", room=room, text="may I?", cid=f"w{next(numbers)}")
    assert part in refused["message"], refused
    return refused["retry_after_ms"]


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    for room, action in (("slow", "slow"), ("silent", "timeout"), ("out", "kick"), ("one", "timeout")):
        await ladder(server, room, action)
    ada = await server.client("ada", "slow", "silent", "one")
    eve = await server.client("eve", "out")
    bob = await server.client("bob", "slow", "silent", "out", "one")
    for room in ("slow", "silent"):
        await strike(ada, room)
        await strike(ada, room)
    await strike(ada, "one")
    await strike(eve, "out")
    await eve.post("send", room="out", text="blockme", cid="last")  # the bye may come instead of the answer
    assert await eve.closed() == 4003
    await waits(ada, "slow", "once in 10 s")
    assert await waits(ada, "silent", "later") <= 300_000

    for _ in range(2):
        ada.cut()
        bob.cut()
        await server.kill()
        await server.start()
        await workers_ready(server)
        ada = await server.client(None, "slow", "silent", "one", token=ada.session)
        bob = await server.client(None, "slow", "silent", "out", "one", token=bob.session)
        back = await server.client(None, "out", token=eve.session)
        assert 0 < await waits(ada, "slow", "once in 10 s") <= 10_000
        for client, room in ((ada, "silent"), (back, "out")):
            left = await waits(client, room, "later")
            assert 200_000 < left <= 300_000, left
        for room in ("slow", "silent", "out", "one"):
            await bob.send(room, "others may")
        back.cut()

    # One strike before, one now: together they cost as much as without the restarts.
    await ada.send("one", "one strike costs nothing")
    await strike(ada, "one")
    await waits(ada, "one", "later")
