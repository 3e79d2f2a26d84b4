# SPDX-License-Identifier: MIT
"""A message that ends its workers is quarantined after three attempts, one that hangs is cut short; the others get verdicts.

What is in quarantine can be looked at, dropped, and judged after all once the analyzer is mended.
"""
from harness import Client, Scenario, Server
from harness.analysis import judged, workers_ready
from harness.load import Load, control, undelayed
from harness.scenario import poll

LONG = 20
HOSTILE = '''
import os
import time

from parley import analyzer


@analyzer("hostile")
def hostile(text: str) -> bool:
    if "poison" in text:
        os.abort()
    if "sleep" in text:
        time.sleep(3600)
    while "spin" in text:
        pass
    return False
'''


async def quarantined(server: Server, seq: int) -> dict:
    """Waits until a message is in quarantine; its entry."""
    async def find() -> dict | None:
        listed = await server.api("quarantine")
        assert listed["total"] == len(listed["quarantine"])
        return next((entry for entry in listed["quarantine"] if entry["seq"] == seq), None)

    return await poll(find, f"message {seq} being in quarantine", timeout=40)


async def hostile_texts(server: Server, people: list[Client], load: Load) -> int:
    """Says what kills and what hangs; the seq of the poison."""
    room = people[0].rooms["lobby"]
    poison = (await people[1].send("lobby", "this is poison"))["seq"]
    entry = await quarantined(server, poison)
    assert entry["attempts"] == 3 and "SIGABRT" in entry["reason"] and entry["room"] == "lobby", entry
    shown = await server.api(f"quarantine/{entry['id']}")
    assert shown["text"] == "this is poison"
    assert "hostile.py" in (shown["stack"] or ""), shown["stack"]
    await workers_ready(server)
    for text in ("spin around", "sleep well"):
        seq = (await people[1].send("lobby", text))["seq"]
        load.sent[seq] = text
        await people[0].until(lambda: seq in judged(room.events.values()), f"the verdict on {text!r}", 30)
        await workers_ready(server)
    return poison


async def run(t: Scenario) -> None:
    server = t.unstarted(workers=2, limits="off", worker_deadline_ms=1500)
    analyzer = server.data / "analyzers.d/hostile.py"
    analyzer.parent.mkdir(parents=True)
    analyzer.write_text(HOSTILE)
    await server.start()
    await workers_ready(server)
    people = [await server.client(f"user{n}", "lobby") for n in range(3)]
    load = Load(people, "lobby", per_s=15)
    beside = await control(t, len(people), per_s=15)
    poison = await hostile_texts(server, people, load)
    sent = await load.stop()
    figures = await undelayed(load, beside)
    room = people[0].rooms["lobby"]
    await people[0].until(lambda: judged(room.events.values()).keys() >= sent.keys(), "all verdicts", 40)
    assert judged(await server.history("lobby")).keys() == sent.keys(), "a verdict on the poison"

    board = await server.api("workers")
    ledger = board["ledger"]
    assert ledger["quarantined"] == 1
    assert ledger["sent"] == sum(ledger[name] for name in ("done", "failed", "quarantined", "in_flight")), ledger
    assert sum(w["restarts"] for w in board["workers"]) >= 3, board["workers"]
    assert board["problem"] is None, board["problem"]

    await server.stop()
    await server.start()
    user = await server.client("another", "lobby")
    dropped = await quarantined(server, (await user.send("lobby", "poison again"))["seq"])
    route = f"/api/v1/quarantine/{dropped['id']}"
    assert (await server.http("DELETE", route, token=server.token)).status == 200
    assert (await server.http("GET", route, token=server.token)).status == 404
    assert (await server.http("DELETE", route, token=server.token)).status == 404

    await server.stop()
    analyzer.unlink()
    await server.start()
    user = await server.client(None, "lobby", token=user.session)
    kept = await quarantined(server, poison)
    for token, status in ((None, 401), (user.session, 403), (server.token, 202)):
        answer = await server.http("POST", f"/api/v1/quarantine/{kept['id']}/replay", token=token)
        assert answer.status == status, answer.text

    async def all_judged() -> bool:
        return judged(await server.history("lobby")).keys() == sent.keys() | {poison}

    await poll(all_judged, "a verdict on what was poison before", timeout=30)
    assert (await server.api("quarantine")) == {"total": 0, "quarantine": []}
    print(f"{len(sent)} messages, {figures}")
