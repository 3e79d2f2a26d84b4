# SPDX-License-Identifier: MIT
"""kill -9 of workers under load: chat is not delayed, every message gets one verdict, the API tells the story."""
import os
import signal
import time

from harness import Scenario
from harness.analysis import READY_S, analysed, judged, living, workers_ready
from harness.load import Load, control, undelayed
from harness.scenario import poll

LONG = 20
KILLS = 4


async def run(t: Scenario) -> None:
    server = await t.server(workers=2, limits="off")
    await workers_ready(server)
    people = [await server.client(f"user{n}", "lobby") for n in range(5)]
    load = Load(people, "lobby", per_s=25)
    beside = await control(t, len(people), per_s=25)
    replaced = []
    for n in range(KILLS):
        slot = n % 2

        async def its_pid() -> int | None:
            found = [w["pid"] for w in await living(server) if w["slot"] == slot]
            return found[0] if found else None

        victim = await poll(its_pid, f"a worker in slot {slot}")
        sent = len(load.sent)
        await people[0].until(lambda: len(load.sent) >= sent + 20, "messages under way")
        os.kill(victim, signal.SIGKILL)
        begin = time.monotonic()

        async def replacement() -> bool:
            load.failed()
            return any(w["slot"] == slot and w["pid"] != victim and w["state"] in ("ready", "busy")
                       and w["restarts"] >= 1 and "SIGKILL" in (w["exit"] or "") for w in await living(server))

        await poll(replacement, f"a replacement in slot {slot} that tells of SIGKILL", READY_S)
        replaced.append(time.monotonic() - begin)
    sent = await load.stop()

    await people[0].until(
        lambda: judged(people[0].rooms["lobby"].events.values()).keys() >= sent.keys(), "all verdicts", 30)
    assert judged(await server.history("lobby")).keys() == sent.keys()
    await analysed(server, len(sent))
    board = await server.api("workers")
    assert sum(w["restarts"] for w in board["workers"]) == KILLS, board["workers"]
    assert board["problem"] is None, "kills from outside are no crash loop"
    figures = await undelayed(load, beside)
    print(f"{len(sent)} messages, {figures}; "
          f"replaced after {[f'{s:.2f}' for s in replaced]} s")
