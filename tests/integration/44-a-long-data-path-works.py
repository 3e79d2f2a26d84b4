# SPDX-License-Identifier: MIT
"""A data directory whose path is longer than a unix socket's name may be still chats and analyses."""
from harness import Scenario
from harness.analysis import judged, workers_ready


async def run(t: Scenario) -> None:
    data = t.directory / ("d" * 100) / ("e" * 100)
    data.parent.mkdir()
    server = t.unstarted(workers=1, data=data)
    server.data = data
    await server.start()
    await workers_ready(server)
    ada = await server.client("ada", "lobby")
    said = (await ada.send("lobby", "hello"))["seq"]
    await ada.until(lambda: said in judged(ada.rooms["lobby"].events.values()), "its verdict")
