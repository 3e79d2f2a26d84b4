# SPDX-License-Identifier: MIT
"""Above 200 members presence names nobody, and members lists the first 200 of the total."""
import asyncio

from harness import Scenario

CROWD = 210


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "arena")
    crowd = []
    while len(crowd) < CROWD:
        crowd += await asyncio.gather(*(server.client(f"fan{len(crowd) + n}", "arena") for n in range(30)))
    total = len(crowd) + 1
    await ada.push(type="presence", room="arena", members=total)
    reply = await ada.ok("members", room="arena")
    assert reply["total"] == total and len(reply["members"]) == 200

    seen = len(ada.pushes)
    extra = await server.client("the-last-one", "arena")
    await ada.push(type="presence", members=total + 1)
    assert all("user" not in p for p in ada.pushes[seen:] if p["type"] == "presence")
    await extra.ok("leave", room="arena")
    seen = len(ada.pushes)
    await ada.until(lambda: any(p.get("members") == total for p in ada.pushes[seen:]), "the count again")
