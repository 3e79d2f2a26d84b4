# SPDX-License-Identifier: MIT
"""How long the machine kept a server and this process from running.

A promise about time is about a machine that lets the server run. So what it took is compared with what was
promised and what the machine took away: a stalled machine is no broken promise, and a broken promise on a
machine that runs is none of the machine's.
"""
from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import AsyncIterator

TICK_S = 0.01
LOOK_TICKS = 20  # between looks at the server, which may end


class Stall:
    """Measures from its start on; use `stalls`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._late_s = 0.0
        self._server_s = 0.0
        self._waited_s = waited_s(pid)
        self._disk_s = disk_s()

    async def tick(self) -> None:
        while True:
            for _ in range(LOOK_TICKS):
                due = time.monotonic() + TICK_S
                await asyncio.sleep(TICK_S)
                self._late_s += max(0.0, time.monotonic() - due)
            self._look()

    def _look(self) -> None:
        self._server_s = max(self._server_s, waited_s(self._pid) - self._waited_s)

    def seconds(self) -> float:
        """How late this process was, how long the server's threads waited for a processor, anybody for the disk."""
        self._look()
        return self._late_s + self._server_s + disk_s() - self._disk_s


@contextlib.asynccontextmanager
async def stalls(pid: int) -> AsyncIterator[Stall]:
    """What stalls this process and process `pid`, a server, meanwhile."""
    stall = Stall(pid)
    ticking = asyncio.create_task(stall.tick())
    try:
        yield stall
    finally:
        ticking.cancel()


def waited_s(pid: int) -> float:
    """How long the threads of a process have been ready to run and did not; of those that still are."""
    total_ns = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            total_ns += int(path.read_text().split()[1])
    return total_ns / 1e9


def disk_s() -> float:
    """How long somebody of this machine has waited for a disk; 0 where the kernel does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/pressure/io").read_text().splitlines():
            if line.startswith("some"):
                return int(line.rpartition("total=")[2]) / 1e6
    return 0.0
