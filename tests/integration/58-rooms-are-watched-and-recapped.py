# SPDX-License-Identifier: MIT
"""Room analyzers tell what a room is about and how it does; it survives a restart. recap tells what was missed."""
import asyncio
import os
import signal

from harness import Scenario
from harness.analysis import living
from harness.scenario import poll


async def run(t: Scenario) -> None:
    server = await t.server(workers=1, limits="off")
    ada = await server.client("ada", "harbour")
    bob = await server.client("bob", "harbour")

    async def insights() -> dict:
        answer = await server.http("GET", "/api/v1/rooms/harbour/insights", token=ada.session)
        assert answer.status == 200, answer.text
        return answer.json

    first = await insights()
    assert first["room"] == "harbour" and first["analyzers"] == {} and first["as_of_ms"] is None
    assert (await server.http("GET", "/api/v1/rooms/harbour/insights")).status == 401

    for n in range(12):
        await ada.send("harbour", f"the lighthouse needs new paint, plan {n}")
        await bob.send("harbour", "wonderful, I love the lighthouse")

    async def told() -> dict | None:
        known = (await insights())["analyzers"]
        return known if "lighthouse" in str(known.get("trending")) and "health" in known else None

    known = await poll(told, "what the room is about", 30)
    assert known["health"]["1m"]["mood"] is not None, known["health"]

    # What bob missed: from his read mark, or from where he says.
    top = ada.rooms["harbour"].top
    await bob.ok("read", room="harbour", seq=top)
    asked = await ada.send("harbour", "when do we meet on saturday?")
    await bob.send("harbour", "at nine, at the pier", reply_to=asked["seq"])
    recap = (await bob.ok("recap", room="harbour"))["recap"]
    assert recap["since"] == top and recap["messages"] == 2, recap
    assert any("saturday" in q["text"] and "nine" in q["answer"]["text"] for q in recap["questions"]), recap
    assert (await bob.ok("recap", room="harbour", since=0))["recap"]["messages"] == 26
    again = await bob.request("recap", room="harbour", since=ada.rooms["harbour"].top + 100)
    assert again["type"] == "ok" and again["recap"]["messages"] == 0
    await bob.error("forbidden", "recap", room="elsewhere")
    # While one is being made there is no second: the worker stands still, so the first cannot be done yet.
    (worker,) = await living(server)
    os.kill(worker["pid"], signal.SIGSTOP)
    first = await bob.post("recap", room="harbour")
    refused = await bob.error("conflict", "recap", room="harbour")
    os.kill(worker["pid"], signal.SIGCONT)
    assert "one recap" in refused["message"], refused
    assert (await asyncio.wait_for(first, 20))["type"] == "ok"

    await server.stop()
    await server.start()
    ada = await server.client("ada", "harbour")
    assert "lighthouse" in str((await insights())["analyzers"]["trending"])

    await server.stop()
    server.options["workers"] = 0
    await server.start()
    ada = await server.client("ada", "harbour")
    await ada.error("unavailable", "recap", room="harbour")
    assert (await server.http("GET", "/api/v1/rooms/harbour/insights", token=ada.session)).status == 503
