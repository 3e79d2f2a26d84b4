# SPDX-License-Identifier: MIT
"""A damaged or newer database is refused with a clear message and left as it is; mended, all is there."""
import re
import sqlite3
from pathlib import Path

from harness import Scenario

MAGIC = b"SQLite format 3\0"


def files(directory: Path) -> dict[str, bytes]:
    """What is kept in a data directory; the lock and SQLite's shared memory are made anew by each start."""
    passing = ("lock", "-shm")
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*")) if path.is_file() and not path.name.endswith(passing)}


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    ada = await server.client("ada", "lobby")
    for n in range(200):
        await ada.send("lobby", f"number {n} " + "x" * 500)
    token = server.token
    await server.stop()
    database = next(p for p in server.data.rglob("*") if p.is_file() and p.read_bytes()[:16] == MAGIC)
    whole = database.read_bytes()
    assert len(whole) > 65536

    server.allow_error(".")

    async def refused(label: str, says: str) -> None:
        before = files(server.data)
        await server.spawn()
        code = await server.wait(20)
        assert 0 < code < 128, f"{label}: exit code {code}"
        assert re.search(says, server.log(), re.IGNORECASE), f"{label}: {server.log()}"
        assert database.name in server.log() or str(server.data) in server.log(), f"{label}: {server.log()}"
        changed = {n for n, data in files(server.data).items() if before.get(n) != data and data}
        assert not changed, f"{label}: {changed} changed"

    database.write_bytes(b"\0" * 100 + whole[100:])
    await refused("no header", "damage|corrupt|not a (Parley )?database")
    database.write_bytes(b"this is no database at all\n" * 1000)
    await refused("another file", "damage|corrupt|not a (Parley )?database")
    database.write_bytes(whole[: len(whole) // 2])
    await refused("half of it", "damage|corrupt|malformed")
    middle = len(whole) // 2 // 4096 * 4096
    database.write_bytes(whole[:middle] + b"\xff" * 16384 + whole[middle + 16384:])
    await refused("garbage in the middle", "damage|corrupt|malformed")

    database.write_bytes(whole)
    connection = sqlite3.connect(database)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA user_version=9999")
    connection.close()
    await refused("a newer version", "newer")
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA user_version={version}")
    connection.close()

    await server.start()
    assert server.token == token
    events = await server.history("lobby")
    assert [e["text"].split(" x")[0] for e in events] == [f"number {n}" for n in range(200)]
