# SPDX-License-Identifier: MIT
"""An ordinary client (python3-websockets) that holds the server to its order promises at every frame.

Whatever a scenario is about, each Client checks: one reply a request; no id on a push; the events of a
room are pushed in steps of exactly one from the top that `join` told; nothing of a room before the ok of
`join` or after the ok of `leave`; the ok of a send before its own event; `bye` is the last frame.
"""
from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from typing import Any, Callable

import websockets

from .record import Recorder

PATIENCE_S = 20.0


class Closed(Exception):
    """The connection closed while something was awaited."""


class Room:
    """What a client knows of a room: `events` by seq, and `top`, the last seq told."""

    def __init__(self, epoch: str, top: int) -> None:
        self.epoch = epoch
        self.top = top
        self.events: dict[int, dict] = {}
        self.joined = True


class Client:
    def __init__(self, socket: Any, recorder: Recorder) -> None:
        self._socket = socket
        self._recorder = recorder
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[str, dict, asyncio.Future]] = {}
        self._pulse = asyncio.Event()
        self.rooms: dict[str, Room] = {}
        self.pushes: list[dict] = []      # ephemeral ones and bye, in order
        self.stray_errors: list[dict] = []  # error replies that carry no id
        self.frames = 0
        self.bye: dict | None = None
        self.close_code: int | None = None
        self.problems: list[str] = []
        self.answers_pings = True
        self.user: dict = {}
        self.session = ""
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str, recorder: Recorder, **options: Any) -> "Client":
        socket = await websockets.connect(
            url, subprotocols=["parley.v1"], ping_interval=None, compression=None, max_size=None,
            max_queue=None, open_timeout=PATIENCE_S, close_timeout=PATIENCE_S, **options)
        return cls(socket, recorder)

    # requests

    async def post(self, type: str, **fields: Any) -> asyncio.Future:
        """Sends a request; its reply is the future's result."""
        number = next(self._ids)
        answer: asyncio.Future = asyncio.get_running_loop().create_future()
        self._waiting[number] = (type, fields, answer)
        try:
            await self._socket.send(json.dumps({"id": number, "type": type, **fields}))
        except websockets.ConnectionClosed:
            self._waiting.pop(number, None)
            if not answer.done():
                answer.set_exception(Closed(f"{type}: closed with {self.close_code}"))
        return answer

    async def request(self, type: str, **fields: Any) -> dict:
        return await asyncio.wait_for(await self.post(type, **fields), PATIENCE_S)

    async def ok(self, type: str, **fields: Any) -> dict:
        reply = await self.request(type, **fields)
        assert reply["type"] == "ok", f"{type} {_short(fields)}: {reply}"
        return reply

    async def error(self, code: str, type: str, **fields: Any) -> dict:
        reply = await self.request(type, **fields)
        assert reply["type"] == "error", f"{type} {_short(fields)}: wanted {code}, got {reply}"
        assert reply["code"] == code, f"{type} {_short(fields)}: wanted {code}, got {reply}"
        return reply

    async def send_text(self, text: str | bytes) -> None:
        """Any frame at all."""
        await self._socket.send(text)

    async def hello(self, name: str | None = None, token: str | None = None) -> dict:
        who = {"token": token} if token is not None else {"name": name}
        reply = await self.ok("hello", client="integration tests", **who)
        self.user, self.session = reply["user"], reply["session"]
        return reply

    async def join(self, room: str, **fields: Any) -> dict:
        return await self.ok("join", room=room, **fields)

    async def send(self, room: str, text: str, **fields: Any) -> dict:
        fields.setdefault("cid", new_cid())
        return await self.ok("send", room=room, text=text, **fields)

    # waiting

    async def until(self, predicate: Callable[[], Any], what: str, timeout: float = PATIENCE_S) -> Any:
        """Waits for something to become true; it is looked at after every frame."""
        deadline = time.monotonic() + timeout
        while not (found := predicate()):
            if self.problems:
                raise AssertionError(self.problems[0])
            if self.close_code is not None:
                raise Closed(f"closed with {self.close_code} ({self.bye}) before: {what}")
            self._pulse.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.user.get('name')}: {timeout:g} s passed without: {what}")
            try:
                await asyncio.wait_for(self._pulse.wait(), left)
            except asyncio.TimeoutError:
                pass
        return found

    async def top(self, room: str, seq: int, timeout: float = PATIENCE_S) -> None:
        """Waits until everything up to seq was pushed."""
        await self.until(lambda: self.rooms[room].top >= seq, f"seq {seq} of {room}", timeout)

    async def push(self, timeout: float = PATIENCE_S, **wanted: Any) -> dict:
        """Waits for an ephemeral push with these fields."""
        def find() -> dict | None:
            return next((p for p in self.pushes if wanted.items() <= p.items()), None)
        return await self.until(find, f"a push {wanted}", timeout)

    async def closed(self, timeout: float = PATIENCE_S) -> int:
        """Waits for the end of the connection; its close code (1006 without one)."""
        await asyncio.wait_for(asyncio.shield(self._reader), timeout)
        assert self.close_code is not None
        return self.close_code

    def texts(self, room: str) -> list[str]:
        events = self.rooms[room].events
        return [events[seq]["text"] for seq in sorted(events) if events[seq]["kind"] == "message"]

    async def close(self) -> None:
        await self._socket.close()
        await self._reader

    def cut(self) -> None:
        """Ends the connection without a word, as a lost network does."""
        self._socket.transport.abort()

    # reading

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._take(text)
                self._pulse.set()
        except websockets.ConnectionClosed:
            pass
        self.close_code = self._socket.close_code or 1006
        self._recorder.close(self.close_code)
        for type, _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Closed(f"{type}: closed with {self.close_code}"))
                answer.exception()  # not everyone waits for it
        self._waiting.clear()
        self._pulse.set()

    def _take(self, text: str | bytes) -> None:
        self.frames += 1
        if isinstance(text, bytes):
            self._complain(f"a binary frame of {len(text)} bytes")
            return
        try:
            frame = json.loads(text)
        except ValueError:
            self._recorder.raw(text)
            self._complain(f"not JSON: {text[:200]}")
            return
        if self.bye is not None:
            self._complain(f"a frame after bye: {text[:200]}")
        if frame.get("type") in ("ok", "error"):
            self._take_reply(frame)
        else:
            self._recorder.frame(frame, None)
            self._take_push(frame)

    def _take_reply(self, frame: dict) -> None:
        if frame["type"] == "error" and "id" not in frame:
            self._recorder.frame(frame, None)
            self.stray_errors.append(frame)
            return
        type, fields, answer = self._waiting.pop(frame.get("id"), (None, {}, None))
        self._recorder.frame(frame, type)
        if answer is None:
            if frame["type"] == "error":  # to a frame that went out through send_text
                self.stray_errors.append(frame)
            else:
                self._complain(f"a reply that nobody waits for: {frame}")
            return
        if frame["type"] == "ok":
            self._apply(type, fields, frame)
        if not answer.done():
            answer.set_result(frame)

    def _apply(self, type: str, fields: dict, reply: dict) -> None:
        if type == "join":
            room = self.rooms.get(reply["room"])
            if room is None or room.epoch != reply["epoch"]:
                room = self.rooms[reply["room"]] = Room(reply["epoch"], reply["seq"])
            room.top, room.joined = reply["seq"], True
            self._keep(reply["room"], reply["events"])
        elif type == "leave":
            self.rooms[reply["room"]].joined = False
        elif type == "history":
            self._keep(fields["room"], reply["events"])
        elif type == "send" and str(fields["cid"]).startswith(FRESH):
            if reply.get("seq", 0) <= self.rooms[fields["room"]].top:
                self._complain(f"the event of a send before its ok: {reply}")

    def _keep(self, name: str, events: list[dict]) -> None:
        """A page of events: ascending by one, and nothing told before has changed."""
        room = self.rooms[name]
        for before, event in zip([None, *events], events):
            if before is not None and event["seq"] != before["seq"] + 1:
                self._complain(f"{name}: a page goes from {before['seq']} to {event['seq']}")
            self._remember(name, room, event)

    def _remember(self, name: str, room: Room, event: dict) -> None:
        known = room.events.setdefault(event["seq"], event)
        if {**known, "cid": None} != {**event, "cid": None}:
            self._complain(f"{name} {event['seq']} was {known} and is {event}")

    def _take_push(self, frame: dict) -> None:
        if "id" in frame:
            self._complain(f"a push with an id: {frame}")
        kind = frame.get("type")
        room = self.rooms.get(frame.get("room", ""))
        if "room" in frame and (room is None or not room.joined):
            self._complain(f"a push of a room that is not joined: {frame}")
            return
        if kind == "event":
            if frame["seq"] != room.top + 1:
                self._complain(f"{frame['room']}: after seq {room.top} came {frame['seq']}")
            room.top = frame["seq"]
            self._remember(frame["room"], room, frame)
            return
        self.pushes.append(frame)
        if kind == "bye":
            self.bye = frame
        elif kind == "ping" and self.answers_pings:
            asyncio.ensure_future(self._pong())

    async def _pong(self) -> None:
        try:
            await self._socket.send('{"type":"pong"}')
        except websockets.ConnectionClosed:
            pass

    def _complain(self, problem: str) -> None:
        self.problems.append(f"{self.user.get('name', 'a client')}: {problem}")
        self._pulse.set()


FRESH = "fresh-"


def new_cid() -> str:
    return FRESH + uuid.uuid4().hex


def _short(fields: dict) -> str:
    text = json.dumps(fields)
    return text if len(text) < 200 else text[:200] + "…"
