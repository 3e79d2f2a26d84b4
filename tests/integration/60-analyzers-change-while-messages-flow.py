# SPDX-License-Identifier: MIT
"""A file dropped into the folder judges at once; edited, broken, hung or removed it does as it says; no message is lost."""
import time
from typing import Any, Callable

from harness import Scenario
from harness.analysis import analysed, judged, workers_ready
from harness.load import Load
from harness.scenario import poll

LONG = 40
SOURCE = '''
from parley import Result, analyzer


@analyzer("mark", version="{version}")
def mark(text: str) -> Result:
    return Result("{label}", 1.0)
'''
DIES = "import os\nos.abort()\n"


async def run(t: Scenario) -> None:
    server = await t.server(workers=2, limits="off")
    await workers_ready(server)
    folder = server.data / "analyzers.d"
    people = [await server.client(f"user{n}", "lobby") for n in range(4)]
    load = Load(people, "lobby", per_s=20)
    took: list[str] = []

    def labels_of_newest() -> set[str]:
        load.failed()
        items = judged(people[0].rooms["lobby"].events.values())
        return {"/".join(label["label"] for label in items[seq]["labels"] if label["analyzer"] == "mark")
                for seq in sorted(items)[-40:]}

    async def until(what: str, change: Callable[[], Any], wanted: set[str]) -> None:
        change()
        begin = time.monotonic()
        await people[0].until(lambda: labels_of_newest() == wanted, what, 30)
        took.append(f"{what} {time.monotonic() - begin:.2f} s")

    def write(version: str, label: str) -> None:
        (folder / "mark.py").write_text(SOURCE.format(version=version, label=label))

    async def shown(name: str, right: Callable[[dict | None], bool]) -> None:
        async def is_right() -> bool:
            board = await server.api("workers")  # half a second old at most
            return right({a["name"]: a for a in board["analyzers"]}.get(name))

        await poll(is_right, f"the API to tell the truth about {name}")

    await until("a dropped file judges:", lambda: write("1.0.0", "first"), {"first"})
    await shown("mark", lambda mark: mark is not None and mark["version"] == "1.0.0")
    await until("an edited one changes its verdicts:", lambda: write("1.0.1", "other"), {"other"})

    # Broken: it is told, it alone is gone, and what is mended comes back.
    await until("a broken one judges no more:", lambda: (folder / "mark.py").write_text("def broken(:\n"), {""})
    await shown("mark", lambda mark: mark is not None and mark["status"] == "failed"
                and "SyntaxError" in mark["detail"])
    await shown("toxicity", lambda toxicity: toxicity is not None and toxicity["status"] == "ready")
    await until("a mended one does again:", lambda: write("1.0.2", "mended"), {"mended"})

    # Deadly: the workers from before go on with what they have.
    server.allow_error("new workers end before they are ready")
    (folder / "deadly.py").write_text(DIES)

    async def told() -> bool:
        load.failed()
        return "go on; correct the files" in ((await server.api("workers"))["problem"] or "")

    await poll(told, "the news that the new analyzers kill their workers", 30)
    assert labels_of_newest() == {"mended"}
    (folder / "deadly.py").unlink()

    async def untold() -> bool:
        return (await server.api("workers"))["problem"] is None

    await poll(untold, "no problem any more", 30)
    await until("a removed one judges no more:", (folder / "mark.py").unlink, {""})
    await shown("mark", lambda mark: mark is None)

    sent = await load.stop()
    await people[0].until(
        lambda: judged(people[0].rooms["lobby"].events.values()).keys() >= sent.keys(), "all verdicts", 30)
    assert judged(await server.history("lobby")).keys() == sent.keys()
    await analysed(server, len(sent))

    async def settled() -> dict | None:
        """Those from before have gone: the last change, too, may have brought new workers."""
        board = await server.api("workers")
        return board if len(board["workers"]) == board["configured"] == 2 else None

    board = await poll(settled, "as many workers as are configured", 30)
    assert board["ledger"]["quarantined"] == 0, board["ledger"]
    print(f"{len(sent)} messages; " + ", ".join(took))
