# SPDX-License-Identifier: MIT
"""What a gated room is about is learnt from what people were shown, never from what the gate kept from them."""
import asyncio

from harness import Scenario
from harness.analysis import workers_ready
from harness.gated import gated_server, put_policy
from harness.scenario import poll

PEOPLE = 6
LINES = 4


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await put_policy(server, "lobby")
    people = [await server.client(f"person{n}", "lobby") for n in range(PEOPLE)]

    async def trending() -> str:
        answer = await server.http("GET", "/api/v1/rooms/lobby/insights", token=people[0].session)
        assert answer.status == 200, answer.text
        return str(answer.json["analyzers"].get("trending", ""))

    # Each rule's word stands in what is masked, held, sent back, blocked or shown to nobody but its author.
    for line in range(LINES):
        for n, person in enumerate(people):
            await person.ok("send", room="lobby", cid=f"s{n}-{line}", text=f"the lighthouse stands, line {line} of {n}")
            await person.ok("send", room="lobby", cid=f"m{n}-{line}", text=f"maskme, says {n} in line {line}")
            await person.ok("send", room="lobby", cid=f"h{n}-{line}", text=f"holdme submarine {line} of {n}")
            await person.error("rejected", "send", room="lobby", cid=f"b{n}-{line}",
                               text=f"bounceme volcano {line} of {n}")
            await person.error("rejected", "send", room="lobby", cid=f"k{n}-{line}",
                               text=f"blockme umbrella {line} of {n}")
            await person.ok("send", room="lobby", cid=f"w{n}-{line}", text=f"shadowme pineapple {line} of {n}")
    async def learnt() -> str | None:
        known = await trending()
        return known if "lighthouse" in known else None

    await poll(learnt, "what the room is about", 30)
    await asyncio.sleep(5)  # two more rounds of the room analyzers
    known = await trending()
    assert "lighthouse" in known, known
    for word in ("maskme", "submarine", "volcano", "umbrella", "pineapple"):
        assert word not in known, f"{word}: {known}"
