# SPDX-License-Identifier: MIT
"""A repeated cid gets the original reply: same connection, another, at once, after restart; else conflict."""
import asyncio

from harness import Scenario


def same(a: dict, b: dict) -> bool:
    return {**a, "id": 0} == {**b, "id": 0}


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby", "kitchen")
    bob = await server.client("bob", "lobby")
    first = await ada.send("lobby", "once", cid="c1")

    assert same(first, await ada.send("lobby", "once", cid="c1"))
    twin = await server.client(None, "lobby", "kitchen", token=ada.session)
    assert same(first, await twin.send("lobby", "once", cid="c1"))

    await ada.error("conflict", "send", room="lobby", cid="c1", text="other")
    await twin.error("conflict", "send", room="kitchen", cid="c1", text="once")
    await bob.send("lobby", "bob's own", cid="c1")  # unique per user, not per room

    answers = []
    for n in range(20):  # the same request many times in flight, from both windows
        client = (ada, twin)[n % 2]
        answers.append(await client.post("send", room="lobby", cid="c2", text="in flight"))
    replies = await asyncio.gather(*answers)
    assert all(r["type"] == "ok" and same(r, replies[0]) for r in replies), replies

    race = [await ada.post("send", room="lobby", cid="c3", text=f"version {n % 2}") for n in range(10)]
    outcomes = [await answer for answer in race]
    won = [r for r in outcomes if r["type"] == "ok"]
    assert won and all(same(r, won[0]) for r in won)
    assert all(r["code"] == "conflict" for r in outcomes if r["type"] == "error")
    assert len(won) == 5

    await bob.top("lobby", won[0]["seq"])
    for end in (server.stop, server.kill):
        await end()
        await server.start()
        ada = await server.client(None, "lobby", "kitchen", token=ada.session)
        assert same(first, await ada.send("lobby", "once", cid="c1"))
        await ada.error("conflict", "send", room="lobby", cid="c1", text="other")
        await ada.error("conflict", "send", room="kitchen", cid="c1", text="once")

    texts = [event["text"] for event in await server.history("lobby")]
    assert sorted(texts) == sorted(["once", "bob's own", "in flight", "version 0"]), texts
    assert (await ada.join("kitchen"))["seq"] == 0
