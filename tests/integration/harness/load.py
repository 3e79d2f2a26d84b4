# SPDX-License-Identifier: MIT
"""A steady stream of messages whose delay from send to sight is measured, and held against that of a
server beside it which has no workers: what the machine does to one it does to the other."""
from __future__ import annotations

import asyncio
import time

from .client import Client
from .scenario import Scenario


class Load:
    """Some clients of a room, each saying `per_s` messages a second, until `stop`."""

    def __init__(self, clients: list[Client], room: str, per_s: float) -> None:
        self.clocked = True  # delays mean something: not so while ThreadSanitizer forks
        self.delays_ms: list[float] = []
        self.sent: dict[int, str] = {}  # seq: text
        self._running = True
        self._tasks = [asyncio.create_task(self._talk(c, room, per_s)) for c in clients]

    async def _talk(self, client: Client, room: str, per_s: float) -> None:
        number = 0
        due = time.monotonic()
        while self._running:
            number += 1
            text = f"{client.user['name']} says number {number}"
            begin = time.monotonic()
            reply = await client.send(room, text)
            await client.top(room, reply["seq"])
            self.delays_ms.append((time.monotonic() - begin) * 1000)
            self.sent[reply["seq"]] = text
            due += 1 / per_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def failed(self) -> None:
        """Raises what went wrong so far."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def stop(self) -> dict[int, str]:
        self._running = False
        await asyncio.gather(*self._tasks)
        return self.sent

    def quantile_ms(self, share: float) -> float:
        ordered = sorted(self.delays_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def told(self) -> str:
        return (f"p50 {self.quantile_ms(0.5):.1f} p99 {self.quantile_ms(0.99):.1f} "
                f"max {max(self.delays_ms):.1f} ms")


async def control(t: Scenario, people: int, per_s: float) -> Load:
    """The same load on a server without workers."""
    server = await t.server(limits="off")
    clients = [await server.client(f"control{n}", "lobby") for n in range(people)]
    load = Load(clients, "lobby", per_s)
    load.clocked = b"__tsan_init" not in server.program.read_bytes()
    return load


async def undelayed(load: Load, beside: Load) -> str:
    """Fails when chat was slower than beside it by more than noise. Waiting for Python would cost as long as
    a worker takes to be missed or replaced: seconds. Returns both figures. Under ThreadSanitizer, whose
    processes stand still for as long while they start another, the delays are only told."""
    await beside.stop()
    figures = f"send to sight {load.told()}, beside it without workers {beside.told()}"
    allowed_ms = 250 + 3 * beside.quantile_ms(0.99)
    assert not beside.clocked or load.quantile_ms(0.99) < allowed_ms, figures
    return figures
