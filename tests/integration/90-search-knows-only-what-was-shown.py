# SPDX-License-Identifier: MIT
"""No search finds, or tells, what a gate kept from people: masked, held, sent back, blocked or hidden words."""
from urllib.parse import quote

from harness import Scenario
from harness.analysis import workers_ready
from harness.gated import gated_server, put_policy
from harness.scenario import poll

KEPT = ("maskme", "submarine", "volcano", "umbrella", "pineapple")


async def run(t: Scenario) -> None:
    server = await gated_server(t)
    await workers_ready(server)
    await put_policy(server, "lobby")
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")

    async def find(q: str, who) -> list[dict]:
        answer = await server.http("GET", f"/api/v1/rooms/lobby/search?q={quote(q)}", token=who.session)
        assert answer.status == 200, answer.text
        return answer.json["hits"]

    masked = await ada.send("lobby", "lighthouse maskme keeper")
    shown = await ada.send("lobby", "lighthouse stairs")
    await ada.ok("send", room="lobby", cid="h", text="holdme submarine lighthouse")
    await ada.error("rejected", "send", room="lobby", cid="b", text="bounceme volcano lighthouse")
    await ada.error("rejected", "send", room="lobby", cid="k", text="blockme umbrella lighthouse")
    await ada.send("lobby", "shadowme pineapple lighthouse")
    await ada.ok("edit", room="lobby", on=shown["seq"], cid="e", text="lighthouse maskme lamps")

    async def kept(who) -> None:
        for word in KEPT:
            assert await find(word, who) == [], word
        hits = await find("lighthouse", who)
        assert [hit["seq"] for hit in hits] == [shown["seq"], masked["seq"]], hits
        assert [hit["text"] for hit in hits] == ["lighthouse ██████ lamps", "lighthouse ██████ keeper"], hits
        assert not any(word in str(hits) for word in KEPT), hits

    await kept(bob)
    await kept(ada)  # nor its author: the answer is the same for everybody

    async def indexed() -> bool:
        return len(await find("lamps", bob)) == 1

    await poll(indexed, "the edit is in the index")
    await kept(bob)
    (item,) = [i for i in (await server.api("review"))["items"] if i["kind"] == "held"]
    answer = await server.http("POST", f"/api/v1/review/{item['id']}", token=server.token, body={"act": "approve"})
    assert answer.status == 200, answer.text

    async def released() -> bool:
        return len(await find("submarine", bob)) == 1

    await poll(released, "what a moderator let through is found")
