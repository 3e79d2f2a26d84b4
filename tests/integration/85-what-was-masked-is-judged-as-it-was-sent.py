# SPDX-License-Identifier: MIT
"""Moderators see what the gate masked as it was sent, over kill -9 too, and can put it back; nobody else ever gets it unasked."""
import sqlite3
from contextlib import closing

from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.client import Client
from harness.gated import gated_server, put_policy
from harness.scenario import contiguous, poll

LONG = 10
SENT, SHOWN = "naïve maskme 👍 my dear", "naïve ██████ 👍 my dear"


async def item_of(server: Server, seq: int) -> dict:
    """The open item of this message, once its verdict is on disk."""
    found: list[dict] = []

    async def look() -> bool:
        found[:] = [i for i in (await server.api("review"))["items"] if i["seq"] == seq]
        return bool(found)

    await poll(look, f"an item about {seq}")
    return found[0]


async def decide(server: Server, item: dict, act: str) -> dict:
    answer = await server.http("POST", f"/api/v1/review/{item['id']}", token=server.token, body={"act": act})
    assert answer.status == 200, f"{act}: {answer.text}"
    return answer.json


async def edited(bob: Client, seq: int, text: str) -> dict:
    """The newest edit of this message says so."""
    def newest() -> dict | None:
        edits = [e for e in bob.rooms["lobby"].events.values() if e["kind"] == "edit" and e["on"] == seq]
        return edits[-1] if edits and edits[-1]["text"] == text else None
    return await bob.until(newest, f"an edit of {seq} to {text!r}")


async def leaks(server: Server, *clients: Client) -> None:
    """What members can read and what they were shown."""
    for event in await server.history("lobby"):
        assert "maskme" not in str(event.get("text")), event
    for client in clients:
        assert not [t for t in client.texts("lobby") if "maskme" in t]


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await put_policy(server, "lobby")
    ada, bob = await server.client("ada", "lobby"), await server.client("bob", "lobby")
    first = (await ada.send("lobby", SENT, cid="m1"))["seq"]
    second = (await ada.send("lobby", "maskme too"))["seq"]
    plain = (await ada.send("lobby", "nothing to see"))["seq"]
    late = (await ada.ok("edit", room="lobby", on=plain, text="maskme, edited", cid="e1"))["seq"]
    item = await item_of(server, first)
    assert (item["text"], item["shown"], item["action"]) == (SENT, SHOWN, "mask"), item
    (label,) = [label for label in item["labels"] if label["label"] == "mask"]
    assert [SENT[a:b] for a, b in label["spans"]] == ["maskme"], label
    opened = await server.api(f"review/{item['id']}")
    assert opened["shown"] == SHOWN and SHOWN in [e.get("text") for e in opened["context"]], opened
    await leaks(server, bob)

    # It is kept: the server may die.
    for client in (ada, bob):
        client.cut()
    await server.kill()
    await server.start()
    await workers_ready(server)
    ada = await server.client(None, "lobby", token=ada.session)
    bob = await server.client(None, "lobby", token=bob.session)
    item = await item_of(server, first)
    assert (item["text"], item["shown"]) == (SENT, SHOWN), item
    await leaks(server, bob)

    # It was right: nothing happens, and taking that back changes nothing either.
    top = bob.rooms["lobby"].top
    assert (await decide(server, item, "mask"))["seq"] == first
    assert (await decide(server, item, "undo"))["restored"] is True
    assert (await server.history("lobby"))[-1]["seq"] == top, "an event that nobody needed"
    # It was wrong: as it was sent, until that is taken back.
    await decide(server, item, "approve")
    back = await edited(bob, first, SENT)
    assert back["user"]["role"] == "moderator", back
    assert (await decide(server, item, "undo"))["restored"] is True
    await edited(bob, first, SHOWN)
    again = await ada.ok("send", room="lobby", text=SENT, cid="m1")
    assert (again["seq"], again["state"]) == (first, "masked"), again
    await decide(server, item, "approve")

    # Its author has written something else there meanwhile: that stays.
    await ada.ok("edit", room="lobby", on=second, text="what I meant", cid="e2")
    await decide(server, await item_of(server, second), "approve")
    await ada.send("lobby", "the end")
    texts = [(e["kind"], e["text"]) for e in await server.history("lobby") if e.get("on") == second]
    assert texts == [("edit", "what I meant")], texts

    # A masked edit is one of its message.
    item = await item_of(server, late)
    assert (item["event"], item["on"], item["text"], item["shown"]) == \
        ("edit", plain, "maskme, edited", "██████, edited"), item
    await decide(server, item, "approve")
    await edited(bob, plain, "maskme, edited")
    await decide(server, item, "undo")
    await decide(server, item, "reject")
    await bob.until(lambda: [e for e in bob.rooms["lobby"].events.values() if e["kind"] == "delete" and e["on"] == plain],
                    "the deletion")
    contiguous(await server.history("lobby"))
    await unjudged(server, ada)


async def unjudged(server: Server, ada: Client) -> None:
    """The server died before the verdict of a masked message was kept: it is analysed as it was sent."""
    seq = (await ada.send("lobby", "maskme last"))["seq"]
    await item_of(server, seq)
    ada.cut()
    await server.kill()
    with closing(sqlite3.connect(server.data / "parley.db")) as db, db:
        (number,) = db.execute("SELECT e.id FROM events e JOIN rooms r ON r.id = e.room WHERE r.name = 'lobby' AND seq = ?",
                               (seq,)).fetchone()
        db.execute("INSERT INTO pending (id, state) VALUES (?, 1)", (number,))
        db.execute("DELETE FROM review WHERE seq = ?", (seq,))
    await server.start()
    await workers_ready(server)
    item = await item_of(server, seq)
    assert (item["text"], item["shown"], item["action"]) == ("maskme last", "██████ last", "mask"), item
