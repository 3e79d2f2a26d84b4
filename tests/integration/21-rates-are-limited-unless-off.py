# SPDX-License-Identifier: MIT
"""Default limits answer rate_limited with a time after which the same cid succeeds; --limits off lifts them."""
import asyncio
import time

from harness import Scenario
from harness.scenario import poll

BURST, PER_S = 40, 10  # the defaults of --rate-send-burst and --rate-send
ASKED = 200


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")
    begin = time.monotonic()
    answers = [await ada.post("send", room="lobby", cid=f"c{n}", text=f"number {n}") for n in range(ASKED)]
    replies = [await answer for answer in answers]
    took = time.monotonic() - begin
    accepted = [n for n, reply in enumerate(replies) if reply["type"] == "ok"]
    assert BURST <= len(accepted) <= BURST + PER_S * took + 1, f"{len(accepted)} accepted in {took:.2f} s"
    limited = [n for n in range(ASKED) if n not in accepted]
    for n in limited:
        reply = replies[n]
        assert reply["code"] == "rate_limited" and reply["temporary"] is True, reply
        assert 0 < reply["retry_after_ms"] < 60_000, reply

    await bob.send("lobby", "others are not limited by her")
    await ada.ok("ping")  # still connected, other requests go on

    last = limited[-1]
    await asyncio.sleep(replies[last]["retry_after_ms"] / 1000)
    await ada.ok("send", room="lobby", cid=f"c{last}", text=f"number {last}")

    texts = [event["text"] for event in await server.history("lobby")]
    wanted = [f"number {n}" for n in [*accepted, last]] + ["others are not limited by her"]
    assert sorted(texts) == sorted(wanted)

    await whatever_the_connection(t)
    free = await t.server(limits="off")

    async def said() -> bool:
        return "limits" in free.log()

    await poll(said, "the log saying that limits are off")
    eve = await free.client("eve", "lobby")
    answers = [await eve.post("send", room="lobby", cid=f"c{n}", text="x") for n in range(500)]
    for answer in answers:
        assert (await answer)["type"] == "ok"


async def whatever_the_connection(t: Scenario) -> None:
    """Connections of one user, on whichever loops, have the limit of one."""
    server = await t.server(loops=2, rate_send=2, rate_send_burst=8)
    first = await server.client("cyd", "lobby")
    more = [await server.client(None, "lobby", token=first.session) for _ in range(5)]
    begin = time.monotonic()
    answers = [await client.post("send", room="lobby", cid=f"{c}-{n}", text="x")
               for n in range(8) for c, client in enumerate([first, *more])]
    accepted = sum([(await answer)["type"] == "ok" for answer in answers])
    took = time.monotonic() - begin
    assert 8 <= accepted <= 8 + 2 * took + 1, f"{accepted} accepted in {took:.2f} s"
