# SPDX-License-Identifier: MIT
"""A WebSocket by hand, for frames that no library would send and for reading as slowly as one likes."""
from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from dataclasses import dataclass
from typing import Any

from .record import Recorder

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PATIENCE_S = 20.0


@dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True

    @property
    def close_code(self) -> int:
        return struct.unpack(">H", self.payload[:2])[0] if len(self.payload) >= 2 else 1005


class RawSocket:
    """Use `open`, which does the handshake; `status` is what the server answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                 recorder: Recorder) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self._recorder = recorder
        self._requests: dict[Any, str] = {}

    @classmethod
    async def open(cls, port: int, recorder: Recorder, headers: dict[str, str] | None = None,
                   path: str = "/ws", receive_buffer: int | None = None) -> "RawSocket":
        """Connects and asks for an upgrade. `receive_buffer` is the kernel's, in bytes."""
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        limit = 4096 if receive_buffer is not None else 2**20
        reader, writer = await asyncio.open_connection(sock=plain, limit=limit)
        self = cls(reader, writer, recorder)
        lines = {
            "Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "parley.v1", **(headers or {}),
        }
        request = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        writer.write(request.encode() + b"\r\n")
        await self._read_head()
        return self

    async def _read_head(self) -> None:
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        except asyncio.IncompleteReadError:
            return  # closed without an answer: status stays 0
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        for line in rest:
            name, _, value = line.partition(":")
            if value:
                self.headers[name.strip().lower()] = value.strip()

    def send_frame(self, opcode: int, payload: bytes, fin: bool = True, rsv: int = 0,
                   masked: bool = True) -> None:
        """Any frame, well-formed or not."""
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if masked else 0
        if len(payload) < 126:
            head += bytes([bit | len(payload)])
        elif len(payload) < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
        if masked:
            mask = os.urandom(4)
            repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
            body = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
            payload = mask + body.to_bytes(len(payload), "big")
        self.writer.write(head + payload)

    def send(self, frame: dict) -> None:
        self._requests[frame.get("id")] = frame.get("type", "")
        self.send_frame(TEXT, json.dumps(frame, ensure_ascii=False).encode())

    async def read_frame(self, timeout: float = PATIENCE_S) -> Frame | None:
        """The next frame, or None when the connection has ended."""
        try:
            return await asyncio.wait_for(self._read_frame(), timeout)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _read_frame(self) -> Frame:
        first, second = await self.reader.readexactly(2)
        assert not second & 0x80, "a server must not mask"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
        frame = Frame(first & 0x0F, await self.reader.readexactly(size), bool(first & 0x80))
        if frame.opcode == CLOSE:
            self._recorder.close(frame.close_code)
        return frame

    async def read_json(self, timeout: float = PATIENCE_S) -> dict:
        """The next text frame, decoded; pings are answered on the way."""
        while True:
            frame = await self.read_frame(timeout)
            assert frame is not None, "the connection ended"
            assert frame.opcode != CLOSE, f"closed with {frame.close_code}"
            if frame.opcode == PING:
                self.send_frame(PONG, frame.payload)
            elif frame.opcode == TEXT:
                return self.decode(frame)

    def decode(self, frame: Frame) -> dict:
        value = json.loads(frame.payload.decode("utf-8"))
        request = self._requests.get(value.get("id")) if value.get("type") in ("ok", "error") else None
        if value.get("type") == "ok" and request is None:
            return value  # sent as bytes by hand: its type is not known here
        self._recorder.frame(value, request)
        return value

    async def request(self, frame: dict) -> dict:
        """Sends a request and returns its reply, passing over pushes."""
        self.send(frame)
        while True:
            answer = await self.read_json()
            if answer.get("type") in ("ok", "error") and answer.get("id") == frame.get("id"):
                return answer

    async def hello(self, name: str | None = None, token: str | None = None) -> dict:
        who = {"name": name} if token is None else {"token": token}
        reply = await self.request({"id": 2**40, "type": "hello", **who})
        assert reply["type"] == "ok", reply
        return reply

    async def drain(self, timeout: float = PATIENCE_S) -> tuple[list[dict], int | None]:
        """Everything until the connection ends: decoded text frames, and the close code (None: cut)."""
        frames: list[dict] = []
        code: int | None = None
        while (frame := await self.read_frame(timeout)) is not None:
            if frame.opcode == TEXT:
                frames.append(self.decode(frame))
            elif frame.opcode == CLOSE:
                code = frame.close_code
                self.send_frame(CLOSE, frame.payload[:2])
        return frames, code

    async def close(self) -> None:
        self.writer.transport.abort()
