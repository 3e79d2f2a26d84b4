# SPDX-License-Identifier: MIT
"""However parleyd ends, its workers end too, and what they had not judged is judged after the next start."""
from harness import Scenario
from harness.analysis import judged, living, workers_ready
from harness.scenario import poll


async def run(t: Scenario) -> None:
    server = await t.server(workers=2, limits="off")
    seen: set[int] = set()
    for end in (server.kill, server.stop):
        await workers_ready(server)
        assert len(server.descendants()) == 3 and len(await living(server)) == 2
        ada = await server.client(f"user{len(t.clients)}", "lobby")
        answers = [await ada.post("send", room="lobby", cid=f"{ada.user['name']} {n}", text=f"number {n}")
                   for n in range(400)]
        seen |= {(await answer)["seq"] for answer in answers}
        await end()

        async def gone() -> bool:
            return not server.descendants()

        await poll(gone, "the workers' end")
        await server.start()

    async def all_judged() -> bool:
        return judged(await server.history("lobby")).keys() == seen

    await poll(all_judged, "a verdict on every message of before", timeout=40)
