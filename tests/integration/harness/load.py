# SPDX-License-Identifier: MIT
"""A steady stream of messages whose delay from send to sight is measured."""
from __future__ import annotations

import asyncio
import time

from .client import Client


class Load:
    """Some clients of a room, each saying `per_s` messages a second, until `stop`."""

    def __init__(self, clients: list[Client], room: str, per_s: float) -> None:
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
