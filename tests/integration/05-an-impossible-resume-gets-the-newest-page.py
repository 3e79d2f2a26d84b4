# SPDX-License-Identifier: MIT
"""A stale epoch or a seq beyond the top is recovered:false with the newest page; never a silent gap."""
from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    ada = await server.client("ada", "lobby")
    for n in range(12):
        await ada.send("lobby", f"number {n}")
    epoch = ada.rooms["lobby"].epoch

    for label, asked in {
        "stale epoch": {"epoch": "stale", "seq": 4},
        "stale epoch, nothing seen": {"epoch": "stale", "seq": 0},
        "beyond the top": {"epoch": epoch, "seq": 13},
        "far beyond the top": {"epoch": epoch, "seq": 2**53 - 1},
    }.items():
        late = await server.client(f"late-{len(t.clients)}")
        reply = await late.join("lobby", **asked)
        assert reply["recovered"] is False, f"{label}: {reply}"
        assert reply["epoch"] == epoch and reply["seq"] == 12
        assert [e["seq"] for e in reply["events"]] == list(range(1, 13)), label

    late = await server.client("the-last")
    reply = await late.join("lobby", epoch="stale", seq=4, limit=5)
    assert reply["recovered"] is False
    assert [e["seq"] for e in reply["events"]] == [8, 9, 10, 11, 12]
    assert reply["more"] is True

    reply = await late.join("lobby", epoch=epoch, seq=12)  # exactly at the top: nothing missed
    assert reply["recovered"] is True and reply["events"] == []
