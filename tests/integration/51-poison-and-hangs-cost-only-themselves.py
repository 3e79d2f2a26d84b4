# SPDX-License-Identifier: MIT
"""A message that kills workers is quarantined after three attempts, one that hangs is cut short; each message has one verdict."""
from harness import Scenario
from harness.analysis import judged, workers_ready
from harness.load import Load, control, undelayed

LONG = 15
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


async def run(t: Scenario) -> None:
    server = t.unstarted(workers=2, limits="off", worker_deadline_ms=1500)
    folder = server.data / "analyzers.d"
    folder.mkdir(parents=True)
    (folder / "hostile.py").write_text(HOSTILE)
    await server.start()
    await workers_ready(server)
    people = [await server.client(f"user{n}", "lobby") for n in range(3)]
    load = Load(people, "lobby", per_s=15)
    beside = await control(t, len(people), per_s=15)
    room = people[0].rooms["lobby"]

    def verdicts() -> dict[int, dict]:
        return judged(room.events.values())

    for text in ("this is poison", "spin around", "sleep well"):
        seq = (await people[1].send("lobby", text))["seq"]
        load.sent[seq] = text
        await people[0].until(lambda: seq in verdicts(), f"the verdict on {text!r}", 30)
        if "poison" in text:
            assert verdicts()[seq]["labels"] == [], "found by whom? No worker survived it"
        await workers_ready(server)
    sent = await load.stop()
    await people[0].until(lambda: verdicts().keys() >= sent.keys(), "all other verdicts", 40)
    assert judged(await server.history("lobby")).keys() == sent.keys()

    board = await server.api("workers")
    ledger = board["ledger"]
    assert ledger["quarantined"] >= 1
    assert ledger["sent"] == sum(ledger[name] for name in ("done", "failed", "quarantined", "in_flight")), ledger
    assert any("SIGABRT" in (w["exit"] or "") for w in board["workers"]) or sum(
        w["restarts"] for w in board["workers"]) >= 3, board["workers"]
    assert board["problem"] is None, board["problem"]
    figures = await undelayed(load, beside)
    print(f"{len(sent)} messages, {figures}; {sum(w['restarts'] for w in board['workers'])} restarts, "
          f"{ledger['quarantined']} in quarantine")
