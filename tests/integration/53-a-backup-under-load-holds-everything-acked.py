# SPDX-License-Identifier: MIT
"""parleyctl backup, while people write: everything acked before it began is in it, without a gap, and nobody waits."""
import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from harness import Client, Scenario, Server
from harness.ctl import ctl_json, refused

ROOMS = ["lobby", "kitchen", "garden"]
FILLING = 1500  # messages of 8 KB before: the copy takes a while


class Writer:
    """Somebody who says one thing after the other, and notes what was acked and when."""

    def __init__(self, client: Client, room: str) -> None:
        self.client, self.room = client, room
        self.acked: list[tuple[float, str, int]] = []  # when, cid, seq
        self.running = True

    async def write(self) -> None:
        while self.running:
            cid = f"{self.room}-{self.client.user['name']}-{len(self.acked)}"
            reply = await self.client.ok("send", room=self.room, cid=cid, text=f"text of {cid}")
            self.acked.append((time.monotonic(), cid, reply["seq"]))


def read(path: Path) -> dict[str, list[tuple[int, str]]]:
    """(seq, cid) of each room, in order."""
    found: dict[str, list[tuple[int, str]]] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for room, seq, cid in db.execute("SELECT r.name, e.seq, e.cid FROM events e "
                                         "JOIN rooms r ON r.id = e.room ORDER BY e.room, e.seq"):
            found.setdefault(room, []).append((seq, cid))
        tops = dict(db.execute("SELECT name, top FROM rooms"))
    for room, rows in found.items():
        assert [seq for seq, _ in rows] == list(range(1, tops[room] + 1)), f"{room} has gaps"
    return found


async def fill(server: Server) -> None:
    filler = await server.client("filler", "attic")
    for begin in range(0, FILLING, 100):
        answers = [await filler.post("send", room="attic", cid=f"f{begin + n}", text="x" * 8000) for n in range(100)]
        for answer in answers:
            assert (await answer)["type"] == "ok"


def check(copy: Path, begin: float, end: float, writers: list[Writer]) -> None:
    """Everything acked before `begin` is in the copy, nothing acked after `end`."""
    assert copy.stat().st_mode & 0o777 == 0o600
    stored = {(room, seq, cid) for room, rows in read(copy).items() for seq, cid in rows}
    acked = [(at, (w.room, seq, cid)) for w in writers for at, cid, seq in w.acked]
    missing = [message for at, message in acked if at < begin and message not in stored]
    assert not missing, f"acked before the backup and not in it: {missing[:5]}"
    late = [message for at, message in acked if at > end and message in stored]
    assert not late, f"acked after the backup and in it: {late[:5]}"


async def copy_thrice(t: Scenario, server: Server, writers: list[Writer]) -> list[Path]:
    """Three copies while people write, each checked."""
    tasks = [asyncio.create_task(w.write()) for w in writers]
    copies = [t.directory / f"copy-{n}.db" for n in range(3)]
    times: list[tuple[float, float]] = []
    for path in copies:
        await asyncio.sleep(0.3)
        begin = time.monotonic()
        told = await ctl_json(t, server, "backup", str(path))
        times.append((begin, time.monotonic()))
        assert told["events"] >= FILLING and told["rooms"] >= len(ROOMS) + 1, told
    await asyncio.sleep(0.2)
    for writer in writers:
        writer.running = False
    await asyncio.gather(*tasks)
    for path, (begin, end) in zip(copies, times):
        check(path, begin, end, writers)
    for writer in writers:
        assert any(times[0][0] < at < times[-1][1] for at, _, _ in writer.acked), "somebody could not write meanwhile"
    return copies


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    await fill(server)
    writers = [Writer(await server.client(f"{room} {n}", room), room) for room in ROOMS for n in range(2)]
    copies = await copy_thrice(t, server, writers)
    left = sorted(path.name for path in t.directory.glob("copy-*"))
    assert left == [path.name for path in copies], f"left behind: {left}"

    before = copies[0].read_bytes()
    assert "--force" in await refused(t, server, "backup", str(copies[0]))
    assert copies[0].read_bytes() == before
    await ctl_json(t, server, "backup", "--force", str(copies[0]))
    assert len(read(copies[0])["lobby"]) == len([w for w in writers if w.room == "lobby" for _ in w.acked])
    assert "nowhere" in await refused(t, server, "backup", str(t.directory / "nowhere/copy.db"))
