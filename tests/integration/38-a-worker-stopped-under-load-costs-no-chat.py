# SPDX-License-Identifier: MIT
"""kill -STOP of a worker under load: it is told as stuck, killed, replaced; chat is not delayed, no verdict is missing."""
import os
import signal

from harness import Scenario
from harness.analysis import READY_S, analysed, judged, living, workers_ready
from harness.load import Load, control, undelayed
from harness.scenario import poll

LONG = 20


async def run(t: Scenario) -> None:
    # It is missed by its heartbeat; a short deadline would also take one for hung that waits for a processor.
    server = await t.server(workers=2, limits="off")
    await workers_ready(server)
    people = [await server.client(f"user{n}", "lobby") for n in range(5)]
    load = Load(people, "lobby", per_s=25)
    beside = await control(t, len(people), per_s=25)
    await people[0].until(lambda: len(load.sent) >= 30, "messages under way")
    victim = (await living(server))[0]
    os.kill(victim["pid"], signal.SIGSTOP)
    states = set()

    async def replacement() -> bool:
        load.failed()
        board = await server.api("workers")
        for worker in board["workers"]:
            if worker["slot"] == victim["slot"]:
                states.add(worker["state"])
        return any(w["slot"] == victim["slot"] and w["pid"] != victim["pid"] and w["state"] in ("ready", "busy")
                   and w["restarts"] == 1 for w in await living(server))

    await poll(replacement, "a replacement", READY_S, interval=0.02)
    assert states & {"slow", "stuck"}, f"its trouble was never told: {states}"
    sent = await load.stop()
    await people[0].until(
        lambda: judged(people[0].rooms["lobby"].events.values()).keys() >= sent.keys(), "all verdicts", 30)
    assert judged(await server.history("lobby")).keys() == sent.keys()
    await analysed(server, len(sent))
    assert not os.path.exists(f"/proc/{victim['pid']}"), "the stopped worker is still there"
    figures = await undelayed(load, beside)
    print(f"{len(sent)} messages, {figures}; "
          f"states {sorted(states)}")
