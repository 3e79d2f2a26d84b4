# SPDX-License-Identifier: MIT
"""parleyctl restore: clients get recovered:false and the newest page, numbers go on, and nothing is thrown away."""
import sqlite3
from contextlib import closing

from harness import Client, Scenario, Server
from harness.ctl import ctl, ctl_json, refused

KEPT, LOST = 10, 5


async def say(client: Client, first: int, last: int) -> None:
    for n in range(first, last + 1):
        assert (await client.send("lobby", f"number {n}", cid=f"c{n}"))["seq"] == n


async def expect_fresh_page(server: Server, epoch: str, seq: int, top: int) -> str:
    """A resume from (epoch, seq) is not recovered and brings everything up to `top`; the epoch now."""
    late = await server.client(f"late {epoch} {seq}")
    reply = await late.join("lobby", epoch=epoch, seq=seq)
    assert reply["recovered"] is False and reply["seq"] == top and reply["epoch"] != epoch, reply
    assert [e["text"] for e in reply["events"]] == [f"number {n}" for n in range(1, top + 1)]
    return reply["epoch"]


async def run(t: Scenario) -> None:
    server = await t.server()
    copy = t.directory / "copy.db"
    ada = await server.client("ada", "lobby")
    epoch = ada.rooms["lobby"].epoch
    await say(ada, 1, KEPT)
    await ctl_json(t, server, "backup", str(copy))
    await say(ada, KEPT + 1, KEPT + LOST)

    said = await refused(t, server, "restore", str(copy))
    assert str(server.pid) in said and "stop" in said, said
    await server.kill()

    other = t.directory / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE something (x)")
    text = t.directory / "other.txt"
    text.write_text("this is not a database, but long enough to look like one " * 100)
    damaged = t.directory / "damaged.db"
    damaged.write_bytes(copy.read_bytes()[:-5000])
    newer = t.directory / "newer.db"
    newer.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 99")
    before = {path.name: path.read_bytes() for path in server.data.glob("parley.db*") if path.suffix != ".db-shm"}
    for wrong, why in ((other, "no history"), (text, "no history"), (damaged, "damaged"), (newer, "newer"),
                       (t.directory / "nothing.db", "no file")):
        said = await refused(t, server, "restore", str(wrong))
        assert why in said and wrong.name in said, f"{wrong.name}: {said}"
    after = {path.name: path.read_bytes() for path in server.data.glob("parley.db*") if path.suffix != ".db-shm"}
    assert after == before, "a refused restore changed something"

    told = await ctl(t, server, "restore", str(copy))
    assert "recovered:false" in told and "replaced" in told, told
    await server.start()
    again = await expect_fresh_page(server, epoch, KEPT + LOST, KEPT)
    assert await expect_fresh_page(server, epoch, KEPT - 2, KEPT) == again
    ada = await server.client(None, "lobby", token=ada.session)
    assert (await ada.send("lobby", "number 3", cid="c3"))["seq"] == 3, "a cid that was kept"
    assert (await ada.send("lobby", "number 11", cid="c11"))["seq"] == KEPT + 1, "numbers go on"
    await server.stop()

    # The way back.
    (replaced,) = [path for path in server.data.glob("parley.db.replaced-*") if path.name[-4:] not in ("-wal", "-shm")]
    await ctl(t, server, "restore", str(replaced))
    await server.start()
    last = await expect_fresh_page(server, again, 4, KEPT + LOST)
    assert len({epoch, again, last}) == 3
