# SPDX-License-Identifier: MIT
"""What a scenario is given: servers, clients, directories, and judgement at the end."""
from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Awaitable, Callable

from .client import Client
from .record import Recorder
from .server import Server


@dataclass
class Programs:
    parleyd: Path
    worker: Path
    ctl: Path
    web: Path


class Scenario:
    def __init__(self, directory: Path, recorder: Recorder, programs: Programs) -> None:
        self.directory = directory
        self.recorder = recorder
        self.programs = programs
        self.servers: list[Server] = []
        self.clients: list[Client] = []

    def unstarted(self, **options: Any) -> Server:
        """A server that is not running yet. Options are parleyd's, with _ for -.

        Two loops and no workers unless told otherwise: most claims are not about analysis.
        """
        directory = self.directory / f"server-{len(self.servers) + 1}"
        directory.mkdir(parents=True)
        given = {"loops": 2, "workers": 0, "log_level": "debug",
                 "worker_binary": self.programs.worker, **options}
        server = Server(self.programs.parleyd, directory, self.recorder, given, {})
        self._watch_clients_of(server)
        self.servers.append(server)
        return server

    async def server(self, **options: Any) -> Server:
        return await self.unstarted(**options).start()

    def _watch_clients_of(self, server: Server) -> None:
        connect = server.connect

        async def connect_and_watch(**options: Any) -> Client:
            client = await connect(**options)
            self.clients.append(client)
            return client

        server.connect = connect_and_watch  # type: ignore[method-assign]

    async def finish(self) -> list[str]:
        """Ends everything; what was wrong, one sentence each."""
        problems = [problem for client in self.clients for problem in client.problems]
        for server in self.servers:
            problems += await server.finish()
        for client in self.clients:
            client.cut()
        return problems


async def poll(check: Callable[[], Awaitable[Any]], what: str, timeout: float = 20.0,
               interval: float = 0.05) -> Any:
    """Asks again until the answer is true; the answer. For what no push tells."""
    deadline = time.monotonic() + timeout
    while True:
        if found := await check():
            return found
        assert time.monotonic() < deadline, f"{timeout:g} s passed without: {what}"
        await asyncio.sleep(interval)


def contiguous(events: list[dict]) -> None:
    """Fails unless seq goes 1, 2, 3 …"""
    numbers = [event["seq"] for event in events]
    assert numbers == list(range(1, len(numbers) + 1)), f"seq is {numbers[:50]}…"
