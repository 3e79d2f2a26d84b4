# SPDX-License-Identifier: MIT
"""Deadlines open and closed, stopped workers, order, retries, kill -9, restart; trace, dry run, edits, bad policies."""
import asyncio
import contextlib
import os
import signal
import time

from harness import Scenario
from harness.analysis import judged, living, workers_ready
from harness.client import Client
from harness.gated import RULES, gated_server, put_policy
from harness.scenario import poll
from harness.server import Server

NAP_S = 4  # longer than the API needs to tell of it, and another's message to come through
NAP = f"nap {NAP_S}"
BAD = [
    ({"gate": {"mode": "maybe"}}, "gate.mode must be off, open or closed"),
    ({"gate": {"mode": "open", "deadline_ms": 0}}, "gate.deadline_ms must be a whole number from 1 to 10000"),
    ({"rules": [{"label": "toxic", "at": 0.9, "action": "flag"}]}, "rules[0].label must be"),
    ({"rules": [{"label": "a.b", "at": 2, "action": "flag"}]}, "rules[0].at must be a number above 0"),
    ({"rules": [{"label": "a.b", "at": 0.5, "action": "burn"}]}, "rules[0].action must be flag, mask"),
    ({"exempt": ["king"]}, "exempt[0] must be guest, member"),
    ({"ladder": [{"strikes": 0, "within_s": 1, "action": "slow", "for_s": 1}]}, "ladder[0].strikes"),
    ({"rulez": []}, "no field 'rulez'"),
]


async def bad_policies(server: Server) -> None:
    for body, told in BAD:
        answer = await server.http("PUT", "/api/v1/rooms/lobby/policy", token=server.token, body=body)
        assert answer.status == 400 and told in answer.json["error"]["message"], answer.text


async def order(server: Server, ada: Client, bob: Client) -> tuple[dict, dict]:
    # A sender's messages keep their order; another is not held up; a retry meanwhile gets the same answer.
    async def is_with_a_worker() -> bool:
        return (await server.api("workers"))["ledger"]["in_flight"] == 1

    slow = await ada.post("send", room="lobby", text=NAP, cid="slow")
    await poll(is_with_a_worker, "the slow one with a worker")  # what follows is not in its batch
    other = await bob.send("lobby", "not held up")
    again = await ada.post("send", room="lobby", text=NAP, cid="slow")
    quick = await ada.post("send", room="lobby", text="quick", cid="quick")
    first, repeat, second = await asyncio.gather(slow, again, quick)
    assert other["seq"] < first["seq"] == repeat["seq"] < second["seq"], (other, first, repeat, second)
    return first, second


async def edits(ada: Client, second: dict) -> dict:
    # An edit is judged like a message.
    await ada.error("rejected", "edit", room="lobby", on=second["seq"], text="blockme", cid="e1")
    edit = await ada.ok("edit", room="lobby", on=second["seq"], text="flagme", cid="e2")
    items = await ada.until(lambda: (found := judged(ada.rooms["lobby"].events.values()))
                            and edit["seq"] in found and second["seq"] in found and found, "the edit's verdict")
    assert items[edit["seq"]]["on"] == second["seq"] and items[edit["seq"]]["action"] == "flag"
    return edit


async def traced(server: Server, first: dict) -> None:
    # How it came about.
    answer = await server.http("GET", f"/api/v1/rooms/lobby/events/{first['seq']}/trace", token=server.token)
    trace = answer.json
    assert trace["gated"] and trace["gate"]["outcome"] == "in time" and trace["gate"]["waited_ms"] >= NAP_S * 1000 - 10, trace
    assert trace["worker"]["pid"] and trace["batch"]["size"] >= 1 and trace["commit_ms"] >= NAP_S * 1000 - 10, trace
    assert {"sentiment", "toxicity"} <= {label["analyzer"] for label in trace["labels"]}, trace
    assert trace["verdict_seq"] > first["seq"] and trace["action"] == "none" and trace["rule"] is None
    nobody = await server.http("GET", "/api/v1/rooms/lobby/events/1/trace", token=server.token)
    assert nobody.status == 404, "a notice has no trace"


async def dry_run(server: Server, edit: dict) -> None:
    # What would another policy have done?
    dry = await server.http("POST", "/api/v1/rooms/lobby/policy/dry-run", token=server.token,
                            body={"policy": {"rules": RULES[:1]}, "last": 100})
    assert dry.status == 200, dry.text
    assert dry.json["actions"]["flag"] == 1 and dry.json["messages"] == 4, dry.text
    assert dry.json["examples"][0]["seq"] == edit["seq"], dry.text


async def deadlines(server: Server, ada: Client) -> None:
    # At the deadline the room's choice, not later than 20 ms (here: with time for a busy machine).
    pids = [w["pid"] for w in await living(server)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    passed = await ada.send("open", "nobody can judge this")
    took = time.monotonic() - begin
    assert passed["state"] == "delivered" and took >= 0.15, took
    refused = await ada.error("unavailable", "send", room="closed", text="nor this", cid="closed-1")
    assert refused["temporary"], refused
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a busy machine may take it for dead: it is replaced
            os.kill(pid, signal.SIGCONT)
    # The late verdict comes as for any message.
    await ada.until(lambda: passed["seq"] in judged(ada.rooms["open"].events.values()), "the late verdict", 30)
    await put_policy(server, "closed")
    assert (await ada.ok("send", room="closed", text="nor this", cid="closed-1"))["state"] == "delivered"


async def killed(server: Server, ada: Client, second: dict) -> None:
    # kill -9 with messages at the gate: none is doubled by its retry, what was held is held.
    held = await ada.ok("send", room="lobby", text="holdme", cid="keep")
    assert held["state"] == "held"
    await ada.post("send", room="lobby", text="nap 0.4 at the gate", cid="at-the-gate")
    await asyncio.sleep(0.1)
    await server.kill()
    await server.start()
    await workers_ready(server)
    policy = await server.api("rooms/lobby/policy")
    assert policy["own"] and len(policy["rules"]) == len(RULES), policy
    ada = await server.client("ada", "lobby", token=ada.session)
    assert (await ada.ok("send", room="lobby", text="holdme", cid="keep"))["state"] == "held"
    await ada.ok("send", room="lobby", text="nap 0.4 at the gate", cid="at-the-gate")
    assert (await ada.ok("send", room="lobby", text="quick", cid="quick"))["seq"] == second["seq"]
    texts = [event.get("text") for event in await server.history("lobby")]
    assert texts.count("nap 0.4 at the gate") == 1 and "holdme" not in texts, texts


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await bad_policies(server)
    ada = await server.client("ada", "lobby", "open", "closed")
    bob = await server.client("bob", "lobby")
    await put_policy(server, "lobby")
    await put_policy(server, "open", "open", 150)
    await put_policy(server, "closed", "closed", 150)
    first, second = await order(server, ada, bob)
    edit = await edits(ada, second)
    await traced(server, first)
    await dry_run(server, edit)
    await deadlines(server, ada)
    await killed(server, ada, second)
