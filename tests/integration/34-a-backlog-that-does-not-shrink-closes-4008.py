# SPDX-License-Identifier: MIT
"""Below the cap a client is judged by progress: no new low of its backlog for --slow-after-ms closes it with 4008.

One that reads slowly but steadily stays, and gets everything.
"""
import asyncio

from harness import RawSocket, Scenario
from harness.rawsocket import TEXT
from harness.scenario import poll

LONG = 12
SLOW_MS = 4000
COUNT = 1000
SIZE = 8000


async def read_all(socket: RawSocket, top: int) -> int:
    """Reads with pauses until seq `top` has come: slow, but never without progress."""
    seq = 0
    while seq < top:
        frame = await socket.read_frame()
        assert frame is not None and frame.opcode == TEXT, f"ended after seq {seq}"
        value = socket.decode(frame)
        if value["type"] == "event":
            assert value["seq"] == seq + 1
            seq = value["seq"]
        assert value["type"] != "bye", value
        await asyncio.sleep(0.004)
    return seq


async def run(t: Scenario) -> None:
    server = await t.server(limits="off", backlog_max="64m", slow_after_ms=SLOW_MS, heartbeat_ms=600000)
    stuck = await server.raw(receive_buffer=4096)
    steady = await server.raw(receive_buffer=4096)
    for socket, name in ((stuck, "stuck"), (steady, "steady")):
        await socket.hello(name)
        await socket.request({"id": 2, "type": "join", "room": "arena"})
    ada = await server.client("ada", "arena")

    async def one_closed() -> bool:
        return await server.metric("parley_slow_clients_closed_total") == 1

    async def end_of_stuck() -> tuple[list[dict], int | None]:
        """Read as soon as it comes: who reads nothing for five seconds more is cut."""
        await poll(one_closed, "the stuck client being closed", timeout=60)
        return await stuck.drain()

    reading = asyncio.create_task(read_all(steady, COUNT))
    ending = asyncio.create_task(end_of_stuck())
    answers = [await ada.post("send", room="arena", cid=f"c{n}", text="x" * SIZE) for n in range(COUNT)]
    for answer in answers:
        assert (await answer)["type"] == "ok"
    frames, code = await ending
    assert code == 4008, f"closed with {code} after {len(frames)} frames"
    assert frames[-1]["type"] == "bye" and frames[-1]["code"] == 4008
    assert await asyncio.wait_for(reading, 60) == COUNT
    print(f"closed after {len(frames)} frames; the steady reader got all {COUNT}")
