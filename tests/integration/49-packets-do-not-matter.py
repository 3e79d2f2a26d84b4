# SPDX-License-Identifier: MIT
"""A handshake and frames that come a byte at a time, or all in one segment, are understood the same."""
import asyncio
import json
import struct

from harness import Scenario


def frame(value: dict) -> bytes:
    payload = json.dumps(value).encode()
    assert 126 <= len(payload) < 65536
    return b"\x81\xfe" + struct.pack(">H", len(payload)) + bytes(4) + payload


async def run(t: Scenario) -> None:
    server = await t.server(limits="off")
    pad = "x" * 120
    requests = [{"id": 1, "type": "hello", "name": "NAME", "client": pad},
                {"id": 2, "type": "join", "room": "lobby", "pad": pad}]
    requests += [{"id": 3 + n, "type": "send", "room": "lobby", "cid": f"{n}", "text": f"{n} {pad}"} for n in range(20)]

    async def replies(socket) -> list[int]:
        found: list[int] = []
        while len(found) < len(requests):
            read = await socket.read_json()
            if "id" in read:
                assert read["type"] == "ok", read
                found.append(read["id"])
        return found

    for step in (1, 7, 10**6):
        socket = await server.raw()
        requests[0]["name"] = f"by-{step}"
        stream = b"".join(frame(request) for request in requests)
        for at in range(0, len(stream), step):
            socket.writer.write(stream[at:at + step])
            await socket.writer.drain()
            if step == 1:
                await asyncio.sleep(0)  # TCP_NODELAY: a segment each
        answered = await replies(socket)
        assert answered[0] == 1 and sorted(answered) == [request["id"] for request in requests], answered
        await socket.close()
    texts = [event["text"] for event in await server.history("lobby")]
    assert texts == [f"{n} {pad}" for n in range(20)] * 3

    slow = await asyncio.open_connection("127.0.0.1", server.port)
    request = (f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()
    for byte in request:
        slow[1].write(bytes([byte]))
        await slow[1].drain()
    head = await asyncio.wait_for(slow[0].readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 101") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    slow[1].close()
