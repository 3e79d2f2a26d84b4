# SPDX-License-Identifier: MIT
"""A TCP proxy that makes a bad network of a good one: slow, cut, half-open. (tc netem needs a kernel with it.)"""
from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import deque
from dataclasses import dataclass

HIGH_WATER = 1 << 18


@dataclass
class Weather:
    """What befalls what a link carries; both ways."""

    delay_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float = 0.0  # 0: no limit
    swallow: str = ""         # "both": nothing arrives any more; "answers": the server still hears, unheard
    cut_next: bool = False    # half of what comes next, then RST


class Pipe(asyncio.Protocol):
    """One end of a link; what it reads goes out at the other."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self.transport: asyncio.Transport | None = None
        self.other: "Pipe | None" = None
        self._queue: deque[tuple[float, bytes]] = deque()
        self._last_due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        weather = self._link.weather
        if not self._link.is_open:
            self._queue.append((0.0, data))  # until the far end stands
            return
        if weather.swallow == "both" or (weather.swallow and self is self._link.far):
            return
        if weather.cut_next:
            self._write(data[:len(data) // 2])
            self._link.reset()
            return
        loop = asyncio.get_running_loop()
        due = loop.time()
        if weather.delay_s or weather.jitter_s:
            due += weather.delay_s + self._link.chance.uniform(0, weather.jitter_s)
        if weather.bytes_per_s:
            due = max(due, self._last_due) + len(data) / weather.bytes_per_s
        self._last_due = max(due, self._last_due)
        if not self._queue and self._last_due <= loop.time():
            self._write(data)
            return
        self._queue.append((self._last_due, data))
        self._arm()

    def _arm(self) -> None:
        if self._timer is None and self._queue:
            self._timer = asyncio.get_running_loop().call_at(self._queue[0][0], self._release)

    def _release(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._queue and self._queue[0][0] <= now:
            self._write(self._queue.popleft()[1])
        self._arm()

    def _write(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None and data:
            if not self.other.transport.is_closing():
                self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._link.weather.swallow:
            self._link.close_behind(self)

    def flush(self) -> None:
        """Everything that waits goes now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            self._write(self._queue.popleft()[1])


class Link:
    """A client's connection and ours to the server."""

    def __init__(self, proxy: "Proxy") -> None:
        self.weather = Weather()
        self.is_open = False
        self.chance = proxy.chance
        self._proxy = proxy
        self.near, self.far = Pipe(self), Pipe(self)
        self.near.other, self.far.other = self.far, self.near

    def reset(self) -> None:
        """RST, both ways."""
        for pipe in (self.near, self.far):
            if pipe.transport is not None and not pipe.transport.is_closing():
                plain = pipe.transport.get_extra_info("socket")
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                pipe.transport.abort()
        self._proxy.links.pop(self, None)

    def close_behind(self, ended: Pipe) -> None:
        ended.flush()
        for pipe in (self.near, self.far):
            if pipe.transport is not None:
                pipe.transport.close()
        self._proxy.links.pop(self, None)


class Proxy:
    """Listens on a port of its own; each link begins in fine weather."""

    def __init__(self, target: int, chance: random.Random) -> None:
        self.links: dict[Link, None] = {}  # in the order of opening
        self.chance = chance
        self.port = 0
        self._target = target
        self._server: asyncio.AbstractServer | None = None
        self._opening: set[asyncio.Task] = set()

    async def start(self) -> "Proxy":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def _accept(self) -> Pipe:
        link = Link(self)
        task = asyncio.get_running_loop().create_task(self._open(link))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return link.near

    async def _open(self, link: Link) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: link.far, "127.0.0.1", self._target)
        except OSError:
            link.reset()
            return
        if link.near.transport is None or link.near.transport.is_closing():
            link.reset()
            return
        self.links[link] = None
        link.is_open = True
        link.near.flush()

    def some(self, share: float) -> list[Link]:
        """That share of the links, at least one if there are any."""
        links = list(self.links)
        return self.chance.sample(links, min(len(links), max(1, round(len(links) * share))))

    def clear_up(self) -> None:
        """Fine weather for all; links that swallowed something are of no use any more and are reset."""
        for link in list(self.links):
            swallowed = bool(link.weather.swallow)
            link.weather = Weather()
            if swallowed:
                link.reset()
            else:
                link.near.flush()
                link.far.flush()

    async def stop(self) -> None:
        for link in list(self.links):
            link.reset()
        for task in list(self._opening):
            task.cancel()
        if self._server is not None:
            self._server.close()
