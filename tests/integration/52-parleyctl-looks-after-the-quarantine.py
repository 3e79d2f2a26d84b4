# SPDX-License-Identifier: MIT
"""parleyctl lists, shows, replays and drops messages that ended their workers; one that ends servers is found out too."""
import contextlib
import os
import signal

from harness import Closed, Scenario, Server
from harness.analysis import judged, workers_ready
from harness.ctl import ctl, ctl_json, refused
from harness.scenario import poll

LONG = 20
# Ends its worker, or, asked to, the server too: as an analyzer does that eats all memory.
HOSTILE = '''
import os
import signal

from parley import analyzer


@analyzer("hostile")
def hostile(text: str) -> bool:
    if "server" in text:
        os.kill(os.getppid(), signal.SIGKILL)
    if "poison" in text:
        os.kill(os.getpid(), signal.SIGABRT)
    return False
'''


async def in_quarantine(t: Scenario, server: Server, seq: int) -> dict:
    """Waits until message `seq` is in quarantine."""
    async def find() -> dict | None:
        listed = await ctl_json(t, server, "quarantine", "list")
        return next((e for e in listed["quarantine"] if e["seq"] == seq), None)

    return await poll(find, f"message {seq} in quarantine", timeout=40, interval=0.2)


async def run(t: Scenario) -> None:
    server = t.unstarted(workers=2, limits="off")
    analyzer = server.data / "analyzers.d/hostile.py"
    analyzer.parent.mkdir(parents=True)
    analyzer.write_text(HOSTILE)
    await server.start()
    await workers_ready(server)
    assert "nothing" in await ctl(t, server, "quarantine", "list")
    ada = await server.client("ada", "lobby")
    events = ada.rooms["lobby"].events
    around = [(await ada.send("lobby", f"neighbour {n}"))["seq"] for n in range(30)]
    poison = (await ada.send("lobby", "poison for all"))["seq"]
    around += [(await ada.send("lobby", f"neighbour {n}"))["seq"] for n in range(30, 60)]

    entry = await in_quarantine(t, server, poison)
    await ada.until(lambda: judged(events.values()).keys() == set(around), "verdicts of the neighbours", 30)
    listed = await ctl(t, server, "quarantine", "list")
    assert f"lobby {poison}, by ada" in listed and "SIGABRT" in listed, listed
    shown = await ctl(t, server, "quarantine", "show", str(entry["id"]))
    for part in ("poison for all", "3 attempts", "SIGABRT", "hostile.py"):
        assert part in shown, f"{part!r} is not in {shown}"
    assert "404" in await refused(t, server, "quarantine", "show", "999999")
    assert "'x'" in await refused(t, server, "quarantine", "show", "x")

    # A mended analyzer is loaded by new workers.
    await server.stop()
    analyzer.write_text(HOSTILE.replace("poison", "cured"))
    await server.start()
    await workers_ready(server)
    ada = await server.client(None, "lobby", token=ada.session)
    events = ada.rooms["lobby"].events
    assert str(entry["id"]) in await ctl(t, server, "quarantine", "replay", str(entry["id"]))
    await ada.until(lambda: poison in judged(events.values()), "the verdict on what was replayed")
    assert "404" in await refused(t, server, "quarantine", "replay", str(entry["id"]))
    assert judged(await server.history("lobby")).keys() == {*around, poison}

    await a_message_that_ends_the_server_is_found_out(t, server)


async def a_message_that_ends_the_server_is_found_out(t: Scenario, server: Server) -> None:
    """It is tried by five servers; the sixth quarantines it without another try."""
    ada = await server.client("ada again", "kitchen")
    seq = 1
    with contextlib.suppress(Closed):  # it may die before it answers
        assert (await ada.send("kitchen", "ends the server"))["seq"] == seq
    ada.cut()
    deaths = 0
    while True:
        assert await server.wait(60) == -signal.SIGKILL
        deaths += 1
        assert deaths <= 5, "a message ends one server after the other"
        await server.start()
        if deaths == 5:
            break
    entry = await in_quarantine(t, server, seq)
    assert entry["attempts"] == 3 and "server" in entry["reason"], entry
    await ctl(t, server, "quarantine", "drop", str(entry["id"]))
    assert "nothing" in await ctl(t, server, "quarantine", "list")
    await workers_ready(server)
    ada = await server.client("ada again", "kitchen")
    fine = (await ada.send("kitchen", "all is well"))["seq"]
    await ada.until(lambda: fine in judged(ada.rooms["kitchen"].events.values()), "a verdict")
    assert seq not in judged(await server.history("kitchen"))
    ledger = (await server.api("workers"))["ledger"]
    assert ledger["sent"] == sum(ledger[n] for n in ("done", "failed", "quarantined", "in_flight")), ledger
    assert ledger["quarantined"] == 1
    assert os.path.getsize(server.data / "inflight") > 0
