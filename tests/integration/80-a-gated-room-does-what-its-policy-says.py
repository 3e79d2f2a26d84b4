# SPDX-License-Identifier: MIT
"""Every action of a policy, on the socket and over HTTP: who is told what, and what others see."""
from harness import Scenario
from harness.analysis import judged, workers_ready
from harness.gated import DEADLINE_MS, gated_server, put_policy
from harness.scenario import contiguous


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    told = await put_policy(server, "lobby")
    assert told["own"] and told["gate"] == {"mode": "closed", "deadline_ms": DEADLINE_MS}, told
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")

    plain = await ada.send("lobby", "a plain message")
    assert plain["state"] == "delivered", plain
    flagged = await ada.send("lobby", "flagme please")
    assert flagged["state"] == "delivered", flagged
    masked = await ada.send("lobby", "naïve maskme 👍 maskme")
    assert masked["state"] == "masked", masked
    held = await ada.ok("send", room="lobby", text="holdme", cid="c-held")
    assert held["state"] == "held" and "seq" not in held, held
    assert (await ada.ok("send", room="lobby", text="holdme", cid="c-held"))["state"] == "held"
    await ada.error("conflict", "send", room="lobby", text="holdme!", cid="c-held")
    bounced = await ada.error("rejected", "send", room="lobby", text="please bounceme", cid="c-bounce")
    assert bounced["verdict"]["action"] == "bounce" and not bounced["temporary"], bounced
    (label,) = [x for x in bounced["verdict"]["labels"] if x["analyzer"] == "test"]
    assert (label["analyzer"], label["version"], label["label"]) == ("test", "1.2.3", "bounce"), label
    assert label["spans"] == [[7, 15]], label
    blocked = await ada.error("rejected", "send", room="lobby", text="blockme bounceme", cid="c-block")
    assert blocked["verdict"]["action"] == "block", "the strongest action wins"
    edited = await ada.ok("send", room="lobby", text="please", cid="c-bounce")  # edited and sent again
    assert edited["state"] == "delivered", edited
    shadowed = await ada.send("lobby", "shadowme")
    assert shadowed["state"] == "delivered", "its author is not told"
    last = await ada.send("lobby", "the end")

    wanted = {plain["seq"], flagged["seq"], masked["seq"], edited["seq"], last["seq"]}
    await bob.until(lambda: judged(bob.rooms["lobby"].events.values()).keys() == wanted, "all verdicts")
    events = bob.rooms["lobby"].events
    contiguous(list(events.values()))
    between = range(shadowed["seq"] + 1, last["seq"])
    assert all(events[seq]["kind"] == "verdict" for seq in between), "a shadowed message has one number"
    assert events[masked["seq"]]["text"] == "naïve ██████ 👍 ██████", events[masked["seq"]]
    hidden = events[shadowed["seq"]]
    assert hidden["kind"] == "hidden" and not {"user", "text", "cid"} & hidden.keys(), hidden
    for event in await server.history("lobby"):
        assert "shadowme" not in str(event) and "maskme" not in str(event.get("text")), event
    items = judged(events.values())
    assert [items[seq]["action"] for seq in sorted(wanted)] == ["none", "flag", "mask", "none", "none"]
    assert "flag" in [label["label"] for label in items[flagged["seq"]]["labels"]]

    # The same over HTTP.
    post = "/api/v1/rooms/lobby/messages"
    token = server.token
    answer = await server.http("POST", post, token=token, body={"text": "blockme", "cid": "h1"})
    assert (answer.status, answer.code) == (422, "rejected"), answer.text
    assert answer.json["error"]["verdict"]["action"] == "block", answer.text
    answer = await server.http("POST", post, token=token, body={"text": "holdme", "cid": "h2"})
    assert answer.status == 202 and answer.json["state"] == "held", answer.text
    answer = await server.http("POST", post, token=token, body={"text": "fine", "cid": "h3"})
    assert answer.status == 201, answer.text

    # Moderators see what was held and what a rule flagged.
    queue = (await server.api("review"))
    kinds = sorted((item["kind"], item["action"]) for item in queue["items"])
    assert kinds == [("flagged", "flag"), ("flagged", "mask"), ("flagged", "shadow"),
                     ("held", "hold"), ("held", "hold")], kinds

    # A retry gets the original's answer, whatever was done to it.
    seqs = {}
    for text, cid in (("maskme again", "r1"), ("shadowme again", "r2")):
        seqs[cid] = await ada.ok("send", room="lobby", text=text, cid=cid)
        assert await ada.ok("send", room="lobby", text=text, cid=cid) | {"id": 0, "text": ""} \
            == seqs[cid] | {"id": 0, "text": ""}
        await ada.error("conflict", "send", room="lobby", text=text + "!", cid=cid)
