# SPDX-License-Identifier: MIT
"""A client that does not read is closed with 4008 at its cap; memory is bounded, others are not slowed; it resumes."""
import time

from harness import Scenario, Server
from harness.scenario import poll
from harness.stall import Stall, stalls

LONG = 10
CAP = 512 * 1024
TEXT = "x" * 8000
TOTAL = 2500  # 20 MB: beyond what two kernels' buffers and the cap hold together


async def run(t: Scenario) -> None:
    server = await t.server(limits="off", backlog_max=CAP)
    async with stalls(server.pid) as stall:
        await claims(server, stall)


async def claims(server: Server, stall: Stall) -> None:
    slow = await server.raw(receive_buffer=4096)
    session = (await slow.hello("slow"))["session"]
    joined = await slow.request({"id": 2, "type": "join", "room": "arena"})
    ada = await server.client("ada", "arena")
    bob = await server.client("bob", "arena")
    before = server.rss_bytes()
    worst_ms, grown = 0.0, 0

    sent = 0
    while sent < TOTAL and await server.metric("parley_slow_clients_closed_total") == 0:
        answers = [await ada.post("send", room="arena", cid=f"c{sent + n}", text=TEXT) for n in range(50)]
        sent += 50
        for answer in answers:
            assert (await answer)["type"] == "ok"
        begin = time.monotonic()
        reply = await ada.send("arena", "a mark")
        sent += 1
        await bob.top("arena", reply["seq"])
        worst_ms = max(worst_ms, (time.monotonic() - begin) * 1000)
        grown = max(grown, server.rss_bytes() - before)
    assert sent < TOTAL, "the slow client was never closed"
    assert worst_ms < 2000 + 1000 * stall.seconds(), f"a healthy client waited {worst_ms:.0f} ms"
    assert grown < 64 * 2**20, f"memory grew by {grown} bytes"

    # Its socket is kept long enough to read what was on the way, the bye and the close.
    frames, code = await slow.drain()
    assert code == 4008, f"closed with {code} after {len(frames)} frames"
    bye = frames[-1]
    assert bye["type"] == "bye" and bye["code"] == 4008 and bye["reconnect"] is True, bye
    seen = [frame["seq"] for frame in frames if frame["type"] == "event"]
    assert seen == list(range(1, len(seen) + 1)) and len(seen) < sent

    back = await server.client(None, token=session)
    reply = await back.join("arena", epoch=joined["epoch"], seq=len(seen))
    assert reply["recovered"] is True
    events = reply["events"]
    while events[-1]["seq"] < reply["seq"]:
        events += (await back.ok("history", room="arena", after=events[-1]["seq"], limit=200))["events"]
    assert [e["seq"] for e in events] == list(range(len(seen) + 1, sent + 1))
    await ada.send("arena", "the end")
    await back.top("arena", sent + 1)

    async def memory_is_back() -> bool:
        return server.rss_bytes() - before < 32 * 2**20

    await poll(memory_is_back, "memory being given back")
    print(f"closed after {sent} messages; worst wait {worst_ms:.0f} ms; memory +{grown >> 10} KiB")
