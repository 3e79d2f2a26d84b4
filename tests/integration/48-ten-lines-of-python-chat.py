# SPDX-License-Identifier: MIT
"""The ordinary websockets library, with no option at all, can hello, join, send and receive."""
import asyncio
import json

import websockets

from harness import Scenario


async def run(t: Scenario) -> None:
    server = await t.server()
    async with websockets.connect(server.url) as socket:
        async def read(**wanted):
            while True:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
                if wanted.items() <= frame.items():
                    return frame

        async def ask(**request):
            await socket.send(json.dumps(request))
            return await read(id=request["id"])

        assert (await ask(id=1, type="hello", name="ada"))["type"] == "ok"
        assert (await ask(id=2, type="join", room="lobby"))["seq"] == 0
        reply = await ask(id=3, type="send", room="lobby", cid="1", text="hi")
        frame = await read(type="event")
        assert frame["text"] == "hi" and frame["seq"] == reply["seq"] == 1
        assert socket.subprotocol is None
    async with websockets.connect(server.url, subprotocols=["other", "parley.v1"]) as socket:
        assert socket.subprotocol == "parley.v1"
