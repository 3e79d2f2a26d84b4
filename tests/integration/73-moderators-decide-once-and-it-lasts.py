# SPDX-License-Identifier: MIT
"""The review queue: claims, approve, reject, mask, undo; one decision an item, told to its author, over kill -9, audited."""
import asyncio
import json
import sqlite3
import time
from contextlib import closing

from harness import Response, Scenario, Server
from harness.scenario import contiguous, poll

LONG = 10
RULE = {"label": "toxicity.toxic", "at": 0.9, "action": "hold"}
LABELS = [{"analyzer": "toxicity", "version": "1.0.0", "label": "toxic", "score": 0.97, "threshold": 0.7,
           "flagged": True, "spans": [[4, 9]]}]


def put(server: Server, user: dict, text: str, cid: str = "", seq: int | None = None, labels: list | None = None) -> int:
    """An item as the room's policy puts it on the queue (server/store/moderation.sql); its id."""
    with closing(sqlite3.connect(server.data / "parley.db", timeout=10)) as db, db:
        return db.execute(
            "INSERT INTO review (kind, state, room, seq, event, user_id, user_name, user_role, cid, text, ts, labels,"
            " rule, action) VALUES (?, 'open', 'lobby', ?, 0, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
            ("flagged" if seq else "held", seq, user["id"], user["name"], cid, text, int(time.time() * 1000),
             json.dumps(LABELS if labels is None else labels), json.dumps(RULE), "flag" if seq else "hold")).lastrowid


async def act(server: Server, number: int, name: str, token: str = "", **more) -> Response:
    return await server.http("POST", f"/api/v1/review/{number}", token=token or server.token, body={"act": name, **more})


async def done(server: Server, number: int, name: str, **more) -> dict:
    answer = await act(server, number, name, **more)
    assert answer.status == 200, f"{name} {number}: {answer.text}"
    return answer.json


async def ops_session(server: Server) -> str:
    ticket = (await server.http("POST", "/api/v1/ops/tickets", token=server.token, body={})).json["ticket"]
    return (await server.http("POST", "/api/v1/ops/session", body={"ticket": ticket})).json["token"]


async def state(server: Server, number: int) -> dict:
    return await server.api(f"review/{number}")


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")
    for n in range(8):
        await bob.send("lobby", f"talk {n}")

    await held(server, ada, bob)
    await shown(server, ada, bob)
    await claims(server, ada)
    await wrong_requests(server)
    await a_crash(server, ada)


async def held(server: Server, ada, bob) -> None:
    fine, vile, mean = [put(server, ada.user, text, cid=cid) for text, cid in
                        (("you idiot, dear", "h1"), ("you idiot", "h2"), ("you idiot there", "h3"))]
    dull = put(server, ada.user, "no span says what", cid="h4", labels=[{**LABELS[0], "spans": []}])
    queue = await server.api("review")
    assert queue["total"] == 4 and [i["id"] for i in queue["items"]] == [fine, vile, mean, dull], queue
    assert (await server.api("review?room=kitchen"))["total"] == 0
    item = await state(server, fine)
    assert item["seq"] is None and item["rule"] == RULE and item["labels"] == LABELS
    assert [e["text"] for e in item["context"]] == [f"talk {n}" for n in range(3, 8)], item["context"]

    # Many moderators at the same moment: one message.
    answers = await asyncio.gather(*[act(server, fine, "approve") for _ in range(10)])
    assert {a.status for a in answers} <= {200, 409}, [a.text for a in answers]
    (seq,) = {a.json["seq"] for a in answers if a.status == 200}
    await bob.top("lobby", seq)
    event = bob.rooms["lobby"].events[seq]
    assert event["text"] == "you idiot, dear" and event["user"]["id"] == ada.user["id"], event
    assert await ada.push(type="moderated", cid="h1") == \
        {"type": "moderated", "room": "lobby", "cid": "h1", "state": "approved", "seq": seq}
    retry = await ada.ok("send", room="lobby", text="you idiot, dear", cid="h1")
    assert retry["seq"] == seq

    assert (await done(server, vile, "reject", note="not here"))["seq"] is None
    assert (await ada.push(type="moderated", cid="h2"))["state"] == "rejected"
    masked = (await done(server, mean, "mask"))["seq"]
    await bob.top("lobby", masked)
    assert bob.rooms["lobby"].events[masked]["text"] == "you █████ there"
    assert (await ada.push(type="moderated", cid="h3"))["state"] == "masked"
    hidden = (await done(server, dull, "mask"))["seq"]
    await bob.top("lobby", hidden)
    assert bob.rooms["lobby"].events[hidden]["text"] == "█" * len("no span says what")
    assert "you idiot" not in bob.texts("lobby")
    assert not [p for p in bob.pushes if p["type"] == "moderated"], "told somebody else"

    # Taken back: what nobody saw can still be published.
    assert (await done(server, vile, "undo"))["restored"] is True
    assert (await state(server, vile))["state"] == "open"
    assert (await act(server, vile, "undo")).status == 409
    late = (await done(server, vile, "approve"))["seq"]
    await bob.top("lobby", late)
    assert (await done(server, fine, "approve"))["was_done"] is True
    assert (await act(server, fine, "reject")).status == 409


async def shown(server: Server, ada, bob) -> None:
    rude = (await ada.send("lobby", "you idiot!"))["seq"]
    other = (await ada.send("lobby", "you idiot?"))["seq"]
    first, second = put(server, ada.user, "you idiot!", seq=rude), put(server, ada.user, "you idiot?", seq=other)
    await done(server, first, "mask")
    edit = await bob.until(lambda: bob.rooms["lobby"].events.get(other + 1), "the edit that masks")
    assert (edit["kind"], edit["on"], edit["text"]) == ("edit", rude, "you █████!"), edit
    assert edit["user"]["role"] == "moderator"
    assert (await done(server, first, "undo"))["restored"] is True
    edit = await bob.until(lambda: bob.rooms["lobby"].events.get(other + 2), "the edit that restores")
    assert (edit["kind"], edit["on"], edit["text"]) == ("edit", rude, "you idiot!"), edit
    await done(server, first, "approve")
    await done(server, second, "reject")
    gone = await bob.until(lambda: bob.rooms["lobby"].events.get(other + 3), "the deletion")
    assert (gone["kind"], gone["on"]) == ("delete", other), gone
    assert (await done(server, second, "undo"))["restored"] is False
    refused = await act(server, second, "mask")
    assert refused.status == 409 and "deleted" in refused.json["error"]["message"], refused.text
    assert (await state(server, second))["state"] == "open", "decided without its event"
    assert await poll(lambda: all_heard(server, bob), "bob has heard everything")


async def all_heard(server: Server, bob) -> bool:
    return (await server.history("lobby"))[-1]["seq"] == bob.rooms["lobby"].top


async def claims(server: Server, ada) -> None:
    number = put(server, ada.user, "whose is it", cid="c1")
    one, two = await ops_session(server), await ops_session(server)
    assert (await act(server, number, "claim", one)).status == 200
    who = (await state(server, number))["claimed_by"]
    assert who.startswith("ops-")
    for name in ("claim", "reject", "release", "mask"):
        assert (await act(server, number, name, two)).status == 409, name
    assert (await act(server, number, "release", one)).status == 200
    assert (await act(server, number, "reject", two)).status == 200
    audit = (await server.api("audit?limit=3"))["audit"]
    assert [a["act"] for a in audit] == ["reject", "release", "claim"], audit
    assert audit[2]["actor"] == who != audit[0]["actor"] and audit[0]["review"] == number

    rules = (await server.api("review/precision"))["rules"]
    assert len(rules) == 1 and rules[0]["rule"] == RULE, rules
    counts = {name: rules[0][name] for name in ("approved", "rejected", "masked", "open")}
    assert counts == {"approved": 3, "rejected": 1, "masked": 2, "open": 1}, counts
    assert abs(rules[0]["precision"] - 0.5) < 1e-3
    lines = (await server.http("GET", "/api/v1/review/labels", token=server.token)).text.splitlines()
    labels = {line["text"]: line["harmful"] for line in map(json.loads, lines)}
    assert labels == {"you idiot, dear": False, "you idiot": False, "you idiot there": True, "no span says what": True,
                      "you idiot!": False, "whose is it": True}, labels


async def wrong_requests(server: Server) -> None:
    for body in ({}, {"act": "love"}, {"act": 1}, {"act": "claim", "note": "x" * 401}, []):
        answer = await server.http("POST", "/api/v1/review/1", token=server.token, body=body)
        assert answer.status == 400, f"{body}: {answer.text}"
    assert (await act(server, 999, "approve")).status == 404
    for query in ("state=x", "room=X", "limit=201", "before=-1", "after=x"):
        assert (await server.http("GET", f"/api/v1/review?{query}", token=server.token)).status == 400, query
    decided = (await server.api("review?state=masked&limit=1"))
    assert decided["total"] == 2 and len(decided["items"]) == 1 and decided["items"][0]["cid"] == "h4"


async def a_crash(server: Server, ada) -> None:
    """Decisions are on disk when they are answered, and what was held waits for the next server."""
    before, behind = put(server, ada.user, "before the crash", cid="k1"), put(server, ada.user, "behind it", cid="k2")
    seq = (await done(server, before, "approve"))["seq"]
    ada.cut()
    await server.kill()
    await server.start()
    assert (await done(server, before, "approve")) == {"id": before, "state": "approved", "seq": seq, "was_done": True}
    assert (await done(server, behind, "approve"))["seq"] == seq + 1
    events = await server.history("lobby")
    contiguous(events)
    told = [(e["text"], e["cid"]) for e in events if e.get("cid") in ("k1", "k2")]
    assert told == [("before the crash", "k1"), ("behind it", "k2")], told
