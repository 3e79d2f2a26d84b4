# SPDX-License-Identifier: MIT
"""Every message gets exactly one verdict item in a numbered event, kept, replayed, and not made twice after a restart."""
from harness import Scenario
from harness.analysis import analysed, judged, workers_ready

TEXTS = [
    "You are a stupid idiot and everybody hates you.",
    "I am so happy today, thank you all, this is wonderful!",
    "When does the train leave?",
    "The report is on the table.",
    "👩‍👩‍👧‍👧 Ünïcödé 猫 — you idiot",
    "x",
    "a" * 8000,
]


async def run(t: Scenario) -> None:
    server = await t.server(workers=1, limits="off")
    await workers_ready(server)
    ada = await server.client("ada", "lobby")
    bob = await server.client("bob", "lobby")
    said = {(await ada.send("lobby", text))["seq"]: text for text in TEXTS}
    for n in range(60):
        text = f"filler number {n}"
        said[(await bob.send("lobby", text))["seq"]] = text

    await ada.until(lambda: judged(ada.rooms["lobby"].events.values()).keys() >= said.keys(), "all verdicts")
    items = judged(ada.rooms["lobby"].events.values())
    assert items.keys() == said.keys(), "a verdict on something that is no message"
    for seq, item in items.items():
        for label in item["labels"]:
            for start, end in label["spans"]:
                assert 0 <= start < end <= len(said[seq]), f"{label} does not fit {said[seq]!r}"
    by_text = {said[seq]: item for seq, item in items.items()}
    assert by_text[TEXTS[0]]["action"] == "flag"
    assert any(label["analyzer"] == "toxicity" for label in by_text[TEXTS[0]]["labels"])
    assert by_text[TEXTS[3]] == {**by_text[TEXTS[3]], "action": "none"}
    happy = {label["analyzer"] for label in by_text[TEXTS[1]]["labels"]}
    assert "sentiment" in happy or "emotion" in happy, by_text[TEXTS[1]]
    assert any(label["analyzer"] == "question" for label in by_text[TEXTS[2]]["labels"])

    live = [event for _, event in sorted(ada.rooms["lobby"].events.items())]
    assert [{**e, "cid": None} for e in await server.history("lobby")] == [{**e, "cid": None} for e in live]
    await analysed(server, len(said))
    await server.stop()
    await server.start()
    await workers_ready(server)
    late = await server.client("late")
    reply = await late.join("lobby", limit=1000)
    assert reply["events"] == live
    fresh = await late.send("lobby", "only this is new")
    await late.until(lambda: fresh["seq"] in judged(late.rooms["lobby"].events.values()), "its verdict")
    assert judged(late.rooms["lobby"].events.values()).keys() == said.keys() | {fresh["seq"]}
