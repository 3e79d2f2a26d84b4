# SPDX-License-Identifier: MIT
"""A commit that fails is told to everybody who is in it, nothing of it is shown, and all is well when the disk is."""
import asyncio
import resource

from harness import Client, Scenario, Server
from harness.scenario import contiguous, poll

PEOPLE, EACH = 4, 8


async def lengthen_log(server: Server) -> Client:
    """Somebody in the lobby, who has written so much elsewhere that the log is long."""
    ada = await server.client("ada", "lobby", "kitchen")
    # The log on disk must be the longest file that this server writes: it is what cannot grow later.
    answers = [await ada.post("send", room="kitchen", cid=f"long{n}", text="x" * 8000) for n in range(150)]
    for answer in answers:
        assert (await answer)["type"] == "ok"
    return ada


async def expect_refusals(server: Server, ada: Client, people: list[Client]) -> None:
    """While the disk refuses."""
    answers = [await person.post("send", room="lobby", cid=f"c{n}", text=f"message {n} " + "y" * 4000)
               for n in range(EACH) for person in people]
    for answer in answers:
        reply = await answer
        assert reply["type"] == "error" and reply["code"] == "unavailable", reply
        assert reply["temporary"] is True and reply["retry_after_ms"] > 0 and "disk" in reply["message"], reply
    posted = await server.http("POST", "/api/v1/rooms/lobby/messages", token=server.token,
                               body={"text": "z" * 4000, "cid": "by http"})
    assert posted.status == 503 and posted.json["error"]["code"] == "unavailable", posted.text
    assert (await server.http("GET", "/readyz")).status == 503
    # Reading, and whatever is not on disk, goes on.
    reply = await ada.ok("history", room="lobby", before=1000, limit=200)
    assert [e["text"] for e in reply["events"]] == [f"before {n}" for n in range(PEOPLE)]
    await people[0].ok("typing", room="lobby", active=True)
    await asyncio.sleep(0.3)
    for person in [ada, *people]:
        assert max(person.rooms["lobby"].events) == PEOPLE, "something was shown that is not on disk"


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    server.allow_error(r"store: cannot write the history")
    ada = await lengthen_log(server)
    people = [await server.client(f"user {n}", "lobby") for n in range(PEOPLE)]
    for n, person in enumerate(people):
        await person.send("lobby", f"before {n}", cid="before")
    log = server.data / "parley.db-wal"
    assert log.stat().st_size > 500_000, "the log is too short for this test"
    at_most = log.stat().st_size

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (at_most, resource.RLIM_INFINITY))
    await expect_refusals(server, ada, people)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    acked = {}
    for n in range(EACH):
        for person in people:
            reply = await person.ok("send", room="lobby", cid=f"c{n}", text=f"message {n} " + "y" * 4000)
            acked[person.user["id"], f"c{n}"] = reply["seq"]
    assert sorted(acked.values()) == list(range(PEOPLE + 1, PEOPLE + 1 + PEOPLE * EACH))

    async def ready() -> bool:
        return (await server.http("GET", "/readyz")).status == 200

    await poll(ready, "/readyz telling that all is well")
    events = await server.history("lobby")
    contiguous(events)
    stored = {(e["user"]["id"], e["cid"]): e["seq"] for e in events if e["cid"] != "before"}
    assert stored == acked
    await server.kill()
    await server.start()
    assert await server.history("lobby") == events
