# SPDX-License-Identifier: MIT
"""--analysis inline: the same verdicts from the event loop itself; it wants one loop and warns that it is an experiment."""
from harness import Scenario


async def run(t: Scenario) -> None:
    refused = t.unstarted(loops=2, analysis="inline")
    refused.allow_error(".")
    await refused.spawn()
    assert 0 < await refused.wait(20) < 128
    assert "--loops 1" in refused.log(), refused.log()

    server = await t.server(loops=1, analysis="inline")
    assert "not for production" in server.log()
    assert (await server.http("GET", "/readyz")).status == 200
    ada = await server.client("ada", "lobby")
    ok = await ada.send("lobby", "you are a stupid idiot")

    def item() -> dict | None:
        items = [item for event in ada.rooms["lobby"].events.values() if event["kind"] == "verdict"
                 for item in event["items"] if item["on"] == ok["seq"]]
        assert len(items) <= 1
        return items[0] if items else None

    await ada.until(item, "a verdict")
    found = item()
    assert found["action"] == "flag", found
    assert any(label["analyzer"] == "toxicity" and label["spans"] for label in found["labels"]), found
    assert (await server.api("workers"))["workers"] == []
