# SPDX-License-Identifier: MIT
"""A join reply holds at most 1,000 events or 256 KB and says `more`; history brings the rest, gap-free."""
import json

from harness import Client, Scenario

SHORT = 2300
LONG = 200  # 1.6 MB: more than the ring of a room in memory


async def catch_up(client: Client, room: str, reply: dict) -> list[dict]:
    """Pages on as PROTOCOL says; all events from the resume position to the top of the join."""
    events = list(reply["events"])
    more = reply.get("more", False)
    while more and events[-1]["seq"] < reply["seq"]:
        page = await client.ok("history", room=room, after=events[-1]["seq"], limit=200)
        assert page["events"], "more, but nothing came"
        events += page["events"]
        more = page["more"]
    return events


def numbers(events: list[dict]) -> list[int]:
    return [event["seq"] for event in events]


async def fill(ada: Client) -> None:
    pending = [await ada.post("send", room="short", cid=f"s{n}", text=f"short {n}") for n in range(SHORT)]
    pending += [await ada.post("send", room="long", cid=f"l{n}", text="x" * 8000) for n in range(LONG)]
    for answer in pending:
        assert (await answer)["type"] == "ok"


async def many_events(late: Client, ada: Client, epoch: str) -> None:
    reply = await late.join("short", epoch=epoch, seq=0)
    assert reply["recovered"] is True and reply["more"] is True and reply["seq"] == SHORT
    assert 0 < len(reply["events"]) <= 1000
    await ada.send("short", "while it catches up")
    events = await catch_up(late, "short", reply)
    assert numbers(events) == list(range(1, len(events) + 1)) and len(events) >= SHORT
    await late.top("short", SHORT + 1)
    await late.ok("leave", room="short")
    # Once more, after the leave, with a limit beyond what the server gives.
    reply = await late.join("short", epoch=epoch, seq=0, limit=5000)
    assert reply["recovered"] is True and reply["more"] is True and len(reply["events"]) <= 1000


async def many_bytes(late: Client, epoch: str) -> None:
    """From every depth: all in memory, all on disk, a page that begins on disk and ends in memory."""
    for position in range(0, LONG, 12):
        reply = await late.join("long", epoch=epoch, seq=position)
        size = len(json.dumps(reply["events"], separators=(",", ":"), ensure_ascii=False).encode())
        assert size <= 256 * 1024, f"{size} bytes of events in a reply, from {position}"
        assert reply["recovered"] is True
        assert reply["more"] is (position + len(reply["events"]) < LONG)
        assert len(reply["events"]) >= min(LONG - position, 256 * 1024 // 8300 - 1)
        events = await catch_up(late, "long", reply)
        assert numbers(events) == list(range(position + 1, LONG + 1))


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "short", "long")
    await fill(ada)
    late = await server.client("late")
    await many_events(late, ada, ada.rooms["short"].epoch)
    await many_bytes(late, ada.rooms["long"].epoch)

    fresh = await server.client("fresh")
    reply = await fresh.join("short", limit=3)
    assert numbers(reply["events"]) == [SHORT - 1, SHORT, SHORT + 1]
    assert reply["more"] is True and reply["recovered"] is False
    reply = await fresh.join("long", limit=0)
    assert reply["events"] == [] and reply["seq"] == LONG
    await ada.send("long", "y")
    await fresh.top("long", LONG + 1)  # the first push follows the top that was told
