# SPDX-License-Identifier: MIT
"""Strikes: slow, then silent, then out with 4003 and a bye; each in its room only, and a moderator's approval costs nothing more."""
import asyncio
import time

from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.client import Client
from harness.gated import gated_server, put_policy

LONG = 15
SILENT_S = 6  # a question meanwhile comes before its end, also where processes have to wait


async def ladder(server: Server, room: str, *rungs: tuple[str, int], for_s: int = 60) -> None:
    await put_policy(server, room, ladder=[{"strikes": strikes, "within_s": 600, "action": action, "for_s": for_s}
                                           for action, strikes in rungs])


async def strike(ada: Client, room: str, times: int = 1) -> None:
    for _ in range(times):
        refused = await ada.error("rejected", "send", room=room, text="blockme", cid=f"s{next(numbers)}")
        assert refused["verdict"]["action"] == "block", refused


async def waits(ada: Client, room: str, most_ms: int, part: str) -> int:
    """A message there is refused for a while; for how long."""
    refused = await ada.error("rate_limited", "send", room=room, text="may I?", cid=f"w{next(numbers)}")
    assert part in refused["message"] and 0 < refused["retry_after_ms"] <= most_ms, refused
    return refused["retry_after_ms"]


numbers = iter(range(1, 1000))


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await ladder(server, "slow", ("slow", 2))
    await ladder(server, "timeout", ("timeout", 2), for_s=SILENT_S)
    await ladder(server, "kick", ("kick", 2))
    ada = await server.client("ada", "slow", "timeout", "kick", "calm")
    second = await server.client(None, "calm", token=ada.session)
    bob = await server.client("bob", "slow", "timeout", "kick")

    # Once in 10 s, from the strike on; others and other rooms are not concerned.
    await strike(ada, "slow")
    assert (await ada.send("slow", "one strike costs nothing"))["state"] == "delivered"
    begin = time.monotonic()
    await strike(ada, "slow")
    left = await waits(ada, "slow", 10000, "once in 10 s")
    assert left >= 10000 - 1000 * (time.monotonic() - begin), left
    await bob.send("slow", "I may")
    await ada.send("calm", "and I may, elsewhere")

    # Silent for a while, then free again.
    await strike(ada, "timeout", 2)
    left = await waits(ada, "timeout", 1000 * SILENT_S, "later")
    await bob.send("timeout", "I may")
    await asyncio.sleep(left / 1000 + 0.1)
    assert (await ada.send("timeout", "free again"))["state"] == "delivered"

    # A message that was held is a strike; its approval is not another.
    held = await ada.ok("send", room="kick", text="holdme", cid="held")
    assert held["state"] == "held"
    (item,) = (await server.api("review?room=kick"))["items"]
    answer = await server.http("POST", f"/api/v1/review/{item['id']}", token=server.token, body={"act": "approve"})
    seq = answer.json["seq"]
    await bob.until(lambda: any(i["on"] == seq for e in bob.rooms["kick"].events.values() if e["kind"] == "verdict"
                                for i in e["items"]), "the approved message's verdict")
    assert (await ada.send("kick", "still here"))["state"] == "delivered"

    # The second strike: out, on every connection; he may come back, but not write there.
    await ada.post("send", room="kick", text="blockme", cid="last")  # the bye may come instead of the answer
    for client in (ada, second):
        assert await client.closed() == 4003
        assert client.bye and client.bye["code"] == 4003, client.bye
    back = await server.client(None, "kick", "calm", token=ada.session)
    await waits(back, "kick", 60000, "later")
    await back.send("calm", "I am back")
    assert (await bob.send("kick", "nobody else was"))["state"] == "delivered"
