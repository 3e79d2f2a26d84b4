# SPDX-License-Identifier: MIT
"""The client's side of RFC 6455, as little of it as a test client needs, fast enough for thousands of them."""
from __future__ import annotations

import asyncio
import socket
import struct
from typing import Callable

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
# The mask is zero: allowed, and the server cannot tell; masking in Python would cost more than all the rest.
NO_MASK = b"\0\0\0\0"


def encode(opcode: int, payload: bytes) -> bytes:
    """A masked frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + NO_MASK + payload


class Wire(asyncio.Protocol):
    """A WebSocket. `on_open` gets the wire itself once it stands (maybe before connect() returns it), `on_text`
    each text message; `on_end` is called once, with the close code (0: cut), the status of the handshake's answer and
    its Retry-After in seconds."""

    def __init__(self, on_open: Callable[["Wire"], None], on_text: Callable[[bytes], None],
                 on_end: Callable[[int, int, float], None]) -> None:
        self._on_open, self._on_text, self._on_end = on_open, on_text, on_end
        self._buffer = bytearray()
        self._open = False
        self._code = 0
        self._status = 0
        self._retry_after = 0.0
        self.transport: asyncio.Transport | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        b"Sec-WebSocket-Protocol: parley.v1\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._open or self._take_handshake():
            self._take_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end(self._code, self._status, self._retry_after)

    # use

    def send(self, payload: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(encode(TEXT, payload))

    def close(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(encode(CLOSE, struct.pack("!H", 1000)))

    def cut(self) -> None:
        """Ends the connection with a RST, as a lost network does."""
        if self.transport is None or self.transport.is_closing():
            return
        plain = self.transport.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def pause(self) -> None:
        """Reads nothing until `resume`."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    # frames

    def _take_handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[:end + 4]
        first, *rest = head.split("\r\n")
        self._status = int(first.split()[1])
        for line in rest:
            name, _, value = line.partition(":")
            if name.lower() == "retry-after":
                self._retry_after = float(value)
        if self._status != 101:
            self.cut()
            return False
        self._open = True
        self._on_open(self)
        return True

    def _take_frames(self) -> None:
        at, buffer = 0, self._buffer
        while len(buffer) - at >= 2:
            size, begin = buffer[at + 1], at + 2
            if size == 126:
                begin += 2
                if len(buffer) < begin:
                    break
                (size,) = struct.unpack_from("!H", buffer, at + 2)
            elif size == 127:
                begin += 8
                if len(buffer) < begin:
                    break
                (size,) = struct.unpack_from("!Q", buffer, at + 2)
            if len(buffer) < begin + size:
                break
            self._take(buffer[at] & 0x0F, bytes(buffer[begin:begin + size]))
            at = begin + size
        del buffer[:at]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._on_text(payload)
        elif opcode == PING and self.transport is not None:
            self.transport.write(encode(PONG, payload))
        elif opcode == CLOSE and self.transport is not None:
            self._code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            if not self.transport.is_closing():
                self.transport.write(encode(CLOSE, payload[:2]))
                self.transport.close()


async def connect(port: int, on_open: Callable[["Wire"], None], on_text: Callable[[bytes], None],
                  on_end: Callable[[int, int, float], None], receive_buffer: int = 0) -> Wire:
    """Connects to a port of this machine; `receive_buffer` is the kernel's, in bytes, 0 for its own choice."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    plain.setblocking(False)
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(plain, ("127.0.0.1", port))
        _, wire = await loop.create_connection(lambda: Wire(on_open, on_text, on_end), sock=plain)
    except BaseException:
        plain.close()
        raise
    return wire
