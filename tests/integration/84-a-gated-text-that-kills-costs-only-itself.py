# SPDX-License-Identifier: MIT
"""A gated message that ends its workers: the room's choice at the deadline, everybody else is judged, nothing is lost or doubled."""
import time

from harness import Scenario, Server
from harness.analysis import idle, judged, workers_ready
from harness.client import Client
from harness.gated import gated_server, put_policy
from harness.scenario import contiguous, poll
from harness.stall import stalls

LONG = 30
DEADLINE_MS = 250  # two workers are dead by then, and not back


async def deaths(server: Server) -> int:
    return sum(w["restarts"] for w in (await server.api("workers"))["workers"])


async def calm(server: Server) -> None:
    """Nothing is under way and all workers are there."""
    await idle(server)
    await workers_ready(server)


async def run(t: Scenario) -> None:
    server = await gated_server(t, workers=2)
    await workers_ready(server)
    await put_policy(server, "closed", "closed", DEADLINE_MS)
    await put_policy(server, "open", "open", DEADLINE_MS)
    ada = await server.client("ada", "closed", "open")
    bob = await server.client("bob", "closed", "open")

    # Refused where the room is closed, shown where it is open, by the deadline (with time for a busy machine).
    refused = await ada.request("send", room="closed", text="die here", cid="d-closed")
    assert refused["type"] == "error" and refused["code"] in ("unavailable", "rejected"), refused
    await poll(lambda: deaths(server), "a worker's death", 30)
    await calm(server)
    async with stalls(server.pid) as stall:
        begin = time.monotonic()
        shown = await ada.ok("send", room="open", text="die there", cid="d-open")
        took = time.monotonic() - begin
    assert shown["state"] == "delivered" and took < DEADLINE_MS / 1000 + 1 + stall.seconds(), (shown, took)
    await calm(server)

    for room in ("closed", "open"):
        await put_policy(server, room)
    # Later ones are judged, in both rooms, also by those who sent it.
    seqs = {}
    for client, room, text in ((ada, "closed", "fine"), (bob, "closed", "fine too"), (ada, "open", "flagme")):
        seqs[text] = (await client.send(room, text))["seq"]
    await bob.error("rejected", "send", room="closed", text="blockme", cid="b1")
    await bob.until(lambda: {seqs["fine"], seqs["fine too"]} <= judged(bob.rooms["closed"].events.values()).keys(),
                    "the verdicts", 30)
    items = await bob.until(lambda: (found := judged(bob.rooms["open"].events.values())) and seqs["flagme"] in found and found,
                            "the open room's verdict", 30)
    assert items[seqs["flagme"]]["action"] == "flag" and shown["seq"] not in items, items

    # Nothing is lost or doubled; who asks again gets the same answer.
    await put_policy(server, "open", "off")
    assert (await ada.ok("send", room="open", text="die there", cid="d-open"))["seq"] == shown["seq"]
    for room, wanted in (("closed", ["fine", "fine too"]), ("open", ["die there", "flagme"])):
        events = await server.history(room)
        contiguous(events)
        assert [e["text"] for e in events if e["kind"] == "message"] == wanted, events
