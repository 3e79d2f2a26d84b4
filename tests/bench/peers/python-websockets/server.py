# SPDX-License-Identifier: MIT
"""A broadcast server as the documentation of websockets writes it, on uvloop; the path of the URL is the room.
usage: server.py PORT"""
from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def handler(connection: ServerConnection) -> None:
    """One connection."""
    members = rooms[connection.request.path]
    members.add(connection)
    try:
        async for message in connection:
            broadcast(members, message)
    except ConnectionClosed:
        pass
    finally:
        members.discard(connection)


async def main() -> None:
    """Serves for ever. The client offers no compression, so there is none."""
    async with serve(handler, "127.0.0.1", int(sys.argv[1]), backlog=16384) as server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
