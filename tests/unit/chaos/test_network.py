# SPDX-License-Identifier: MIT
"""The suite's own wire and proxy: frames survive any cutting up, and each weather does what it says."""
from __future__ import annotations

import asyncio
import random
import struct
import time
from collections.abc import Awaitable, Callable

import wire
from proxy import Proxy, Weather

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def frame(payload: bytes, opcode: int = wire.TEXT) -> bytes:
    """As a server sends it: not masked."""
    size = len(payload)
    if size < 126:
        return bytes([0x80 | opcode, size]) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


class Heard:
    """What a wire called back."""

    def __init__(self) -> None:
        self.opened = False
        self.texts: list[bytes] = []
        self.ends: list[tuple[int, int, float]] = []
        self.wire = wire.Wire(self._open, self.texts.append, lambda *end: self.ends.append(end))

    def _open(self, opened: wire.Wire) -> None:
        self.opened = opened is self.wire


def test_frames_arrive_whole_however_they_are_cut_up() -> None:
    texts = [b"a", b"", b"x" * 125, b"y" * 126, b"z" * 70000, b"last"]
    stream = UPGRADED + b"".join(map(frame, texts))
    for step in (1, 7, 1000, len(stream)):
        heard = Heard()
        for at in range(0, len(stream), step):
            heard.wire.data_received(stream[at:at + step])
        assert heard.opened and heard.texts == texts


def test_a_refused_handshake_tells_status_and_retry_after() -> None:
    heard = Heard()
    heard.wire.data_received(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n\r\n")
    heard.wire.connection_lost(None)
    assert not heard.opened and heard.ends == [(0, 503, 2.0)]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


def through_proxy(
        play: Callable[[Proxy, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    """`play` gets a connection through a proxy to an echo."""
    async def run() -> None:
        echo = await asyncio.start_server(_echo, "127.0.0.1", 0)
        proxy = await Proxy(echo.sockets[0].getsockname()[1], random.Random(1)).start()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"first")  # before the far end stands
        assert await asyncio.wait_for(reader.readexactly(5), 5) == b"first"
        await asyncio.wait_for(play(proxy, reader, writer), 20)
        writer.close()
        await proxy.stop()
        echo.close()
    asyncio.run(run())


def set_weather(proxy: Proxy, weather: Weather) -> None:
    for link in proxy.links:
        link.weather = weather


def test_delay_keeps_the_order() -> None:
    async def play(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        set_weather(proxy, Weather(delay_s=0.05, jitter_s=0.1))
        begin = time.monotonic()
        expected = b""
        for n in range(50):
            writer.write(b"%d," % n)
            expected += b"%d," % n
            await asyncio.sleep(0.002)
        assert await reader.readexactly(len(expected)) == expected
        assert time.monotonic() - begin > 0.1
    through_proxy(play)


def test_a_throttled_link_is_slow() -> None:
    async def play(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        set_weather(proxy, Weather(bytes_per_s=20_000))
        begin = time.monotonic()
        writer.write(b"x" * 10_000)
        assert len(await reader.readexactly(10_000)) == 10_000
        assert time.monotonic() - begin > 0.4
    through_proxy(play)


def test_a_half_open_link_swallows_and_ends_only_when_it_clears_up() -> None:
    async def play(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        set_weather(proxy, Weather(swallow="both"))
        writer.write(b"into the void")
        reading = asyncio.create_task(reader.read(10))
        done, _ = await asyncio.wait([reading], timeout=0.3)
        assert not done
        proxy.clear_up()
        try:
            assert await reading == b""
        except ConnectionResetError:
            pass
    through_proxy(play)


def test_answers_alone_are_swallowed() -> None:
    async def run() -> None:
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                heard.put_nowait(data)
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        proxy = await Proxy(server.sockets[0].getsockname()[1], random.Random(1)).start()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"before")
        assert await asyncio.wait_for(reader.read(10), 5) == await heard.get() == b"before"
        set_weather(proxy, Weather(swallow="answers"))
        writer.write(b"after")
        assert await asyncio.wait_for(heard.get(), 5) == b"after"
        reading = asyncio.create_task(reader.read(10))
        done, _ = await asyncio.wait([reading], timeout=0.2)
        assert not done
        reading.cancel()
        writer.close()
        await proxy.stop()
        server.close()
    asyncio.run(run())


def test_a_link_is_cut_in_the_middle_of_a_frame() -> None:
    async def play(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        set_weather(proxy, Weather(cut_next=True))
        writer.write(b"0123456789")
        got = b""
        try:
            while data := await reader.read(100):
                got += data
        except ConnectionResetError:
            pass
        assert len(got) < 10 and not proxy.links
    through_proxy(play)
