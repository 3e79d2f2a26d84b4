# SPDX-License-Identifier: MIT
"""--retain-events N keeps the newest; who missed more is told recovered:false, and no page has a gap."""
from harness import Scenario
from harness.scenario import poll

KEEP, SENT = 50, 400


async def run(t: Scenario) -> None:
    server = await t.server(retain_events=KEEP, ring_events=20, limits="off")
    ada = await server.client("ada", "lobby")
    answers = [await ada.post("send", room="lobby", cid=f"c{n}", text=f"number {n}") for n in range(SENT)]
    for answer in answers:
        assert (await answer)["type"] == "ok"
    epoch = ada.rooms["lobby"].epoch

    async def oldest() -> int:
        page = await server.api("rooms/lobby/events?after=0&limit=1")
        return page["events"][0]["seq"]

    async def trimmed() -> bool:
        return await oldest() > 1

    # What is too old is deleted now and then, also while the room is quiet or after a restart.
    await server.stop()
    await server.start()
    await poll(trimmed, "old events being deleted", timeout=40)

    first = await oldest()
    assert SENT - first + 1 >= KEEP, f"only {SENT - first + 1} of {KEEP} events are kept"
    for seq, whole in ((0, False), (first - 2, False), (first - 1, True), (SENT - 1, True), (SENT, True)):
        late = await server.client(f"late-{seq}")
        reply = await late.join("lobby", epoch=epoch, seq=seq)
        assert reply["recovered"] is whole, f"from {seq} with {first} as the oldest: {reply['recovered']}"
        numbers = [event["seq"] for event in reply["events"]]
        assert numbers == (list(range(seq + 1, SENT + 1)) if whole else list(range(SENT - len(numbers) + 1, SENT + 1)))
        assert reply["seq"] == SENT and reply["epoch"] == epoch
    reply = await late.ok("history", room="lobby", before=SENT + 1, limit=200)
    assert [event["seq"] for event in reply["events"]] == list(range(first, SENT + 1))
    assert reply["more"] is False
    ada = await server.client(None, "lobby", token=ada.session)
    assert (await ada.send("lobby", "number 3", cid="c3"))["seq"] == 4, "a cid outlives its event"
