# SPDX-License-Identifier: MIT
"""SIGTERM under load: bye with reconnect, close 1001, exit 0 in time, and everything acked is kept."""
import asyncio
import signal
import time

from harness import Client, Closed, Scenario


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    clients = [await server.client(f"user{n}", "lobby") for n in range(15)]
    idle = await server.client("idle")
    mute = await server.raw()  # has not said hello
    acked: dict[str, int] = {}

    async def talk(client: Client) -> None:
        try:
            for n in range(100_000):
                cid = f"{client.user['name']} {n}"
                reply = await client.request("send", room="lobby", cid=cid, text=cid)
                if reply["type"] == "error":  # refused while draining, visibly
                    assert reply["code"] == "unavailable" and reply["temporary"] is True, reply
                    return
                acked[cid] = reply["seq"]
        except Closed:
            pass

    talking = [asyncio.create_task(talk(client)) for client in clients]
    await clients[0].until(lambda: len(acked) > 300, "300 acks")
    begin = time.monotonic()
    server.signal(signal.SIGTERM)
    for client in [*clients, idle]:
        assert await client.closed() == 1001
        assert client.bye is not None and client.bye["code"] == 1001
        assert client.bye["reconnect"] is True
    await asyncio.gather(*talking)
    await mute.drain()
    took = await server.ended(begin)
    assert not server.descendants()

    await server.start()
    stored = {e["cid"]: e["seq"] for e in await server.history("lobby")}
    assert sorted(stored.values()) == list(range(1, len(stored) + 1))
    assert acked.items() <= stored.items(), set(acked.items()) - set(stored.items())
    print(f"drained in {took:.2f} s with {len(acked)} acked, {len(stored)} stored")
