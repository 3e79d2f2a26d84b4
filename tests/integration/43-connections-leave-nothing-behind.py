# SPDX-License-Identifier: MIT
"""Hundreds of connections that come and go, politely or not, leave no descriptor, member or session behind."""
import asyncio
import os

from harness import Scenario, Server
from harness.scenario import poll


async def visit(server: Server, n: int) -> None:
    if n % 4 == 0:  # cut in the middle of a handshake
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: webs")
        writer.transport.abort()
        return
    if n % 4 == 1:  # cut in the middle of a frame
        socket = await server.raw()
        await socket.hello(f"visitor{n}")
        socket.writer.write(b"\x81\xfe\x10\x00\x00\x00\x00\x00half")
        await socket.close()
        return
    client = await server.client(f"visitor{n}", "lobby", "kitchen")
    await client.post("send", room="lobby", cid=f"{n}", text="x")
    if n % 4 == 2:
        client.cut()
    else:
        await client.close()


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    witness = await server.client("witness", "lobby")

    def descriptors() -> int:
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    async def quiet() -> bool:
        stats = await server.api("stats")
        members = (await witness.ok("members", room="lobby"))["total"]
        return stats["sessions"] == 1 and members == 1

    for n in range(40):
        await visit(server, n)
    await poll(quiet, "only the witness being left")
    before = descriptors()
    for begin in range(0, 600, 30):
        await asyncio.gather(*(visit(server, n) for n in range(1000 + begin, 1030 + begin)))
    await poll(quiet, "only the witness being left")

    async def same() -> bool:
        return descriptors() <= before + 2

    await poll(same, f"as few descriptors as before ({before})")
    assert [m["name"] for m in (await witness.ok("members", room="lobby"))["members"]] == ["witness"]
