# SPDX-License-Identifier: MIT
"""history: before and after, limit, more, ascending order, with cid; the bounds are exclusive."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    for n in range(1, 26):
        await ada.send("lobby", f"number {n}", cid=f"cid {n}")

    async def page(**asked) -> tuple[list[int], bool]:
        reply = await ada.ok("history", room="lobby", **asked)
        for event in reply["events"]:
            assert event["text"] == f"number {event['seq']}" and event["cid"] == f"cid {event['seq']}"
        return [event["seq"] for event in reply["events"]], reply["more"]

    assert await page(before=26, limit=10) == (list(range(16, 26)), True)
    assert await page(before=16, limit=10) == (list(range(6, 16)), True)
    assert await page(before=6, limit=10) == (list(range(1, 6)), False)
    assert await page(before=6, limit=5) == (list(range(1, 6)), False)
    assert await page(before=1, limit=10) == ([], False)
    assert await page(before=1000, limit=1) == ([25], True)

    assert await page(after=0, limit=10) == (list(range(1, 11)), True)
    assert await page(after=10, limit=10) == (list(range(11, 21)), True)
    assert await page(after=20, limit=10) == (list(range(21, 26)), False)
    assert await page(after=20, limit=5) == (list(range(21, 26)), False)
    assert await page(after=25, limit=10) == ([], False)
    assert await page(after=1000, limit=10) == ([], False)
    assert await page(after=0, limit=200) == (list(range(1, 26)), False)
