# SPDX-License-Identifier: MIT
"""The chat of FastAPI's tutorial (a ConnectionManager that sends to each), with rooms by path, under uvicorn with
uvloop and httptools. usage: server.py PORT"""
from __future__ import annotations

import sys
from collections import defaultdict

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    """Who is in which room."""

    def __init__(self) -> None:
        self.active: defaultdict[str, list[WebSocket]] = defaultdict(list)

    async def connect(self, room: str, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active[room].append(websocket)

    def disconnect(self, room: str, websocket: WebSocket) -> None:
        self.active[room].remove(websocket)

    async def broadcast(self, room: str, message: str) -> None:
        for connection in list(self.active[room]):
            await connection.send_text(message)


app = FastAPI()
manager = ConnectionManager()


@app.websocket("/{room}")
async def chat(websocket: WebSocket, room: str) -> None:
    """One connection."""
    await manager.connect(room, websocket)
    try:
        while True:
            await manager.broadcast(room, await websocket.receive_text())
    except WebSocketDisconnect:
        manager.disconnect(room, websocket)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", backlog=16384,
                log_level="warning", ws_per_message_deflate=False)
