# SPDX-License-Identifier: MIT
"""Really held messages: approved, masked, rejected and retried over the review queue, a kill -9 in between; a flagged one deleted."""
from harness import Scenario, Server
from harness.analysis import workers_ready
from harness.client import Client
from harness.gated import gated_server, put_policy
from harness.scenario import contiguous

LONG = 10
TEXTS = {"h-approve": "holdme dear", "h-mask": "naïve holdme 👍", "h-reject": "holdme, vile", "h-later": "holdme later"}


async def items(server: Server, room: str = "lobby") -> dict[str, dict]:
    """The open items of the review queue, by cid."""
    return {item["cid"]: item for item in (await server.api(f"review?room={room}"))["items"]}


async def decide(server: Server, number: int, act: str) -> dict:
    answer = await server.http("POST", f"/api/v1/review/{number}", token=server.token, body={"act": act})
    assert answer.status == 200, f"{act} {number}: {answer.text}"
    return answer.json


async def retries(ada: Client, seqs: dict[str, int]) -> None:
    """The same cid and text again: what became of the original, not a second judgement."""
    for cid, state in (("h-approve", "delivered"), ("h-mask", "masked")):
        again = await ada.ok("send", room="lobby", text=TEXTS[cid], cid=cid)
        assert (again["seq"], again["state"]) == (seqs[cid], state), again
        await ada.error("conflict", "send", room="lobby", text=TEXTS[cid] + "!", cid=cid)
    refused = await ada.error("rejected", "send", room="lobby", text=TEXTS["h-reject"], cid="h-reject")
    assert "moderator" in refused["message"] and not refused["temporary"], refused
    await ada.error("conflict", "send", room="lobby", text="something else", cid="h-reject")


async def decisions(server: Server, ada: Client, bob: Client) -> dict[str, int]:
    queue = await items(server)
    assert queue.keys() == TEXTS.keys() and {item["kind"] for item in queue.values()} == {"held"}, queue
    seqs = {}
    for cid, act, state, text in (("h-approve", "approve", "approved", "holdme dear"),
                                  ("h-mask", "mask", "masked", "naïve ██████ 👍")):
        answer = await decide(server, queue[cid]["id"], act)
        seqs[cid] = answer["seq"]
        told = await ada.push(type="moderated", cid=cid)
        assert (told["state"], told["seq"]) == (state, answer["seq"]), told
        for client in (ada, bob):
            await client.top("lobby", answer["seq"])
            event = client.rooms["lobby"].events[answer["seq"]]
            assert (event["kind"], event["text"], event["user"]["id"]) == ("message", text, ada.user["id"]), event
    assert (await decide(server, queue["h-approve"]["id"], "approve"))["was_done"]
    assert (await decide(server, queue["h-reject"]["id"], "reject"))["seq"] is None
    assert (await ada.push(type="moderated", cid="h-reject"))["state"] == "rejected"
    return seqs


async def shown(server: Server, ada: Client, bob: Client) -> None:
    """Without a gate it was seen; a moderator takes it away again."""
    await put_policy(server, "open-air", "off")
    sent = await ada.send("open-air", "holdme where all can see")
    queued = await bob.until(lambda: [e for e in bob.rooms["open-air"].events.values() if e["kind"] == "verdict"], "a verdict")
    assert queued[0]["items"][0]["action"] == "flag", queued
    (item,) = (await server.api("review?room=open-air"))["items"]
    assert (item["kind"], item["seq"], item["action"]) == ("flagged", sent["seq"], "hold"), item
    await decide(server, item["id"], "reject")
    gone = await bob.until(lambda: [e for e in bob.rooms["open-air"].events.values() if e["kind"] == "delete"], "the deletion")
    assert gone[0]["on"] == sent["seq"] and gone[0]["user"]["role"] == "moderator", gone


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await put_policy(server, "lobby")
    ada = await server.client("ada", "lobby", "open-air")
    bob = await server.client("bob", "lobby", "open-air")
    for cid, text in TEXTS.items():
        assert (await ada.ok("send", room="lobby", text=text, cid=cid))["state"] == "held"
    seqs = await decisions(server, ada, bob)
    await retries(ada, seqs)
    await shown(server, ada, bob)

    ada.cut()
    bob.cut()
    await server.kill()
    await server.start()
    await workers_ready(server)
    ada = await server.client(None, "lobby", token=ada.session)
    await retries(ada, seqs)
    # A policy that no longer holds anything does not publish what was held or rejected.
    await put_policy(server, "lobby", "off", rules=[])
    await retries(ada, seqs)
    assert (await ada.ok("send", room="lobby", text=TEXTS["h-later"], cid="h-later"))["state"] == "held"
    (later,) = (await items(server)).values()
    seqs["h-later"] = (await decide(server, later["id"], "approve"))["seq"]
    assert (await ada.push(type="moderated", cid="h-later"))["seq"] == seqs["h-later"]
    again = await ada.ok("send", room="lobby", text=TEXTS["h-later"], cid="h-later")
    assert (again["seq"], again["state"]) == (seqs["h-later"], "delivered"), again

    events = await server.history("lobby")
    contiguous(events)
    told = {e["cid"]: (e["seq"], e["text"]) for e in events if e["kind"] == "message"}
    assert told == {cid: (seq, "naïve ██████ 👍" if cid == "h-mask" else TEXTS[cid]) for cid, seq in seqs.items()}, told
