# SPDX-License-Identifier: MIT
"""A drop-in analyzer works; one that raises is told with its traceback; one that does not load stops nobody."""
from harness import Scenario
from harness.analysis import analysed, judged, workers_ready
from harness.scenario import poll

SHOUT = '''
from parley import analyzer


@analyzer("shout")
def shout(text: str) -> bool:
    return text.isupper()
'''
MOODY = '''
from parley import analyzer


@analyzer("moody")
def moody(text: str) -> bool:
    if "trouble" in text:
        raise ValueError("made trouble on purpose")
    return False
'''
BROKEN = "import a_package_that_is_not_there\n"


async def run(t: Scenario) -> None:
    server = t.unstarted(workers=1, limits="off")
    folder = server.data / "analyzers.d"
    folder.mkdir(parents=True)
    (folder / "shout.py").write_text(SHOUT)
    (folder / "moody.py").write_text(MOODY)
    (folder / "broken.py").write_text(BROKEN)
    await server.start()
    await workers_ready(server)
    ada = await server.client("ada", "lobby")
    loud = (await ada.send("lobby", "HELLO EVERYBODY"))["seq"]
    quiet = (await ada.send("lobby", "hello"))["seq"]
    trouble = [(await ada.send("lobby", f"trouble {n}"))["seq"] for n in range(5)]
    both = (await ada.send("lobby", "TROUBLE? You are a stupid idiot, trouble"))["seq"]

    wanted = {loud, quiet, *trouble, both}
    await ada.until(lambda: judged(ada.rooms["lobby"].events.values()).keys() == wanted, "all verdicts")
    items = judged(ada.rooms["lobby"].events.values())

    def analyzers(seq: int) -> set[str]:
        return {label["analyzer"] for label in items[seq]["labels"]}

    assert "shout" in analyzers(loud) and "shout" not in analyzers(quiet)
    assert "toxicity" in analyzers(both), "one analyzer's fault took another's result"
    await analysed(server, len(wanted))

    async def reported() -> dict | None:
        found = [e for e in (await server.api("workers"))["exceptions"] if e["analyzer"] == "moody"]
        return found[0] if found and sum(e["count"] for e in found) >= 6 else None

    told = await poll(reported, "six exceptions of moody")
    assert told["type"] == "ValueError" and "made trouble on purpose" in told["message"]
    assert "moody.py" in told["traceback"] and "raise ValueError" in told["traceback"]
    board = await server.api("workers")
    by_name = {a["name"]: a for a in board["analyzers"]}
    assert by_name["shout"]["status"] == "ready" and by_name["shout"]["errors"] == 0
    assert by_name["moody"]["errors"] >= 6
    broken = [a for a in board["analyzers"] if a["status"] != "ready"]
    assert any("a_package_that_is_not_there" in (a["detail"] or "") for a in broken), broken
    assert {"sentiment", "toxicity", "question"} <= by_name.keys()
    assert board["workers"][0]["restarts"] == 0
