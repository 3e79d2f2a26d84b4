# SPDX-License-Identifier: MIT
"""Clients that follow the protocol through everything: the same cid until it is answered, reconnecting with full jitter
(and as late as the server asks), resuming from epoch and seq, paging on, keeping what was pushed meanwhile apart.

They write down what they do and see (history.py) and judge nothing but what no honest reading of the protocol allows.
"""
from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import wire
from history import Recorder, fingerprint, fingerprint_of_event

PATIENCE_S = 5.0        # an unanswered request for so long: the connection is taken for dead
BACKOFF_S, BACKOFF_MAX_S = 0.05, 1.0
OUTBOX_MAX = 64
WORDS = ("the weather is fine today what do you think of lunch at noon I hate mondays you are an idiot thanks a lot "
         "is anybody there see you tomorrow great work this is terrible why not").split()
EVENT_REQUESTS = {"message": "send", "edit": "edit", "delete": "delete", "reaction": "react"}


@dataclass(eq=False)
class Op:
    """A request that makes an event; it keeps its cid until it is answered."""

    cid: str
    kind: str
    fields: dict[str, Any]
    content: str
    sends: int = 0
    connection: int = 0  # the one that it was last sent on, 0: none


@dataclass
class RoomView:
    """What a client has of a room: pages up to `page`, pushes up to `push`; see checker.View."""

    name: str
    epoch: str = ""
    page: int | None = None
    push: int = 0
    top: int = 0
    joined: bool = False
    told_top: int = 0  # by the ping before
    blocked: bool = False  # an error said: later
    outbox: deque[Op] = field(default_factory=deque)
    mine: deque[int] = field(default_factory=lambda: deque(maxlen=30))

    @property
    def caught_up(self) -> bool:
        return self.joined and self.page is not None and self.page >= self.top

    @property
    def position(self) -> int | None:
        return self.push if self.page is not None and self.page >= self.top else self.page


@dataclass(frozen=True)
class Habits:
    """`rate` messages a second; `window` unanswered ones a room at once; `page` events asked for when joining."""

    rate: float = 5.0
    window: int = 1
    page: int = 100
    receive_buffer: int = 0


# What everybody in a room is pushed is the same bytes: parsed once for all.
_Parsed = tuple[str, int, str, str]
_parsed: dict[bytes, _Parsed] = {}


def parse_event(payload: bytes, frame: dict | None) -> _Parsed:
    """room, seq, kind and fingerprint of a pushed event."""
    known = _parsed.get(payload)
    if known is None:
        event = frame or json.loads(payload)
        known = (event["room"], event["seq"], event["kind"], fingerprint_of_event(event))
        if len(_parsed) > 4000:
            _parsed.clear()
        _parsed[payload] = known
    return known


class Person:
    """`port` is asked for at each connection: the server's, or a proxy's."""

    def __init__(self, name: str, rooms: list[str], port: Callable[[], int], recorder: Recorder,
                 chance: random.Random, habits: Habits) -> None:
        self.name = name
        self.rooms = {room: RoomView(room) for room in rooms}
        self.talking = False
        self.asleep = False  # reads nothing
        self.connections = 0
        self.resumes = {"recovered": 0, "not": 0}
        self.acks = 0
        self.closes: dict[int, int] = {}
        self._port, self._recorder, self._chance, self._habits = port, recorder, chance, habits
        self._user = self._token = ""
        self._wire: wire.Wire | None = None
        self._ended: asyncio.Future | None = None
        self._ready = False
        self._ids = 0
        self._cids = 0
        self._waiting: dict[int, tuple[float, str, Any]] = {}
        self._heartbeat_s = 30.0
        self._heard = 0.0
        self._delay_s = 0.0  # asked for by the server
        self._failures = 0
        self._tasks: list[asyncio.Task] = []

    # life

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._live()), loop.create_task(self._talk()), loop.create_task(self._watch())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._wire is not None:
            self._wire.cut()

    def failure(self) -> BaseException | None:
        """What one of its tasks died of: a fault of this file."""
        return next((t.exception() for t in self._tasks if t.done() and not t.cancelled()), None)

    @property
    def settled(self) -> bool:
        """Connected, caught up everywhere, and nothing unanswered."""
        return self._ready and all(view.caught_up and not view.outbox for view in self.rooms.values())

    @property
    def can_talk(self) -> bool:
        """It has been told who it is."""
        return bool(self._user)

    def cut(self) -> None:
        if self._wire is not None:
            self._wire.cut()

    def sleep(self, asleep: bool) -> None:
        """Reads nothing while asleep; the connection stays."""
        self.asleep = asleep
        if self._wire is not None:
            (self._wire.pause if asleep else self._wire.resume)()

    def finish(self) -> None:
        """Writes down where it stands."""
        for view in self.rooms.values():
            self._recorder.write(self.name, "end", room=view.name, epoch=view.epoch, at=view.position,
                                 open=len(view.outbox))

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._ended = loop.create_future()
            self.connections += 1
            self._heard = loop.time()
            try:
                self._wire = await asyncio.wait_for(
                    wire.connect(self._port(), self._on_open, self._on_text, self._on_end,
                                 self._habits.receive_buffer), PATIENCE_S)
            except (OSError, asyncio.TimeoutError):
                self._failures += 1
            else:
                code = await self._ended
                self.closes[code] = self.closes.get(code, 0) + 1
                self._recorder.write(self.name, "close", code=code)
            self._wire = None
            await asyncio.sleep(self._pause_s())

    def _pause_s(self) -> float:
        """Full jitter; at least what the server asked for."""
        longest = min(BACKOFF_MAX_S, BACKOFF_S * 2 ** min(self._failures, 10))
        pause = self._delay_s + self._chance.uniform(0, longest)
        self._delay_s = 0.0
        return pause

    async def _watch(self) -> None:
        """Takes a connection for dead that says nothing, or does not answer."""
        loop = asyncio.get_running_loop()
        awake = 0.0
        while True:
            await asyncio.sleep(0.5)
            if self._wire is None or self.asleep:
                self._heard = awake = loop.time()
                continue
            oldest = max(awake, min((t for t, _, _ in self._waiting.values()), default=loop.time()))
            silence_s = 2 * self._heartbeat_s if self._ready else PATIENCE_S
            if loop.time() - self._heard > silence_s or loop.time() - oldest > PATIENCE_S:
                self.cut()

    # talking

    async def _talk(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(self._habits.rate) if self.talking else 0.1)
            if self.talking and self.can_talk:
                view = self._chance.choice(list(self.rooms.values()))
                if len(view.outbox) < OUTBOX_MAX:
                    self._compose(view)
                    self._pump(view)

    def _compose(self, view: RoomView) -> None:
        draw = self._chance.random()
        target = self._chance.choice(view.mine) if view.mine else 0
        if not target or draw < 0.85:
            fields = {"reply_to": target} if target and draw < 0.05 else {}
            length = 200 if draw < 0.02 else self._chance.randrange(3, 12)
            self.say(view.name, " ".join(self._chance.choices(WORDS, k=length)), **fields)
        elif draw < 0.92:
            add = draw < 0.89
            self._add(view, "reaction", {"on": target, "emoji": "👍", "add": add}, target, add, "👍")
        elif draw < 0.98:
            text = f"{self._chance.choice(WORDS)}, edited"
            self._add(view, "edit", {"on": target, "text": text}, target, None, text)
        else:
            self._add(view, "delete", {"on": target}, target, None, "")

    def say(self, room: str, text: str, **fields: Any) -> None:
        """Puts a message into the outbox; the text is made unlike any other."""
        text = f"{text} ({self.name} {self._cids + 1})"
        self._add(self.rooms[room], "message", {"text": text, **fields}, fields.get("reply_to", 0), None, text)
        self._pump(self.rooms[room])

    def _add(self, view: RoomView, kind: str, fields: dict, on: int, add: bool | None, text: str) -> None:
        self._cids += 1
        content = fingerprint(self._user, kind, on, add, text)
        view.outbox.append(Op(f"{self.name}-{self._cids}", kind, fields, content))

    def _pump(self, view: RoomView) -> None:
        """Sends what may be sent, in order."""
        if not view.joined or view.blocked:
            return
        for _, op in zip(range(self._habits.window), view.outbox):
            if op.connection != self.connections:
                op.connection = self.connections
                op.sends += 1
                self._recorder.write(self.name, "invoke", room=view.name, cid=op.cid, kind=op.kind, h=op.content,
                                     n=op.sends)
                self._ask(EVENT_REQUESTS[op.kind], self._on_op, (view, op), room=view.name, cid=op.cid, **op.fields)

    # asking

    def _ask(self, type: str, then: Callable[[dict, Any], None], context: Any, **fields: Any) -> None:
        self._ids += 1
        self._waiting[self._ids] = (asyncio.get_running_loop().time(), type, (then, context))
        if self._wire is not None:
            self._wire.send(json.dumps({"id": self._ids, "type": type, **fields}, ensure_ascii=False).encode())

    def _odd(self, what: str) -> None:
        self._recorder.write(self.name, "odd", what=what)
        self.cut()

    def _later(self, reply: dict, retry: Callable[[], None]) -> None:
        """After a temporary error, on this connection only."""
        connection = self.connections
        delay = reply.get("retry_after_ms", 200) / 1000 * self._chance.uniform(0.5, 1.0)

        def again() -> None:
            if connection == self.connections and self._wire is not None:
                retry()
        asyncio.get_running_loop().call_later(delay, again)

    # answers

    def _on_open(self, opened: wire.Wire) -> None:
        self._wire = opened
        if self.asleep:
            opened.pause()
        who = {"token": self._token} if self._token else {"name": self.name}
        self._ask("hello", self._on_hello, who, client="chaos", **who)

    def _on_hello(self, reply: dict, who: dict) -> None:
        if reply["type"] == "error":
            if reply["code"] == "conflict" and "suggest" in reply and not self._token:
                # Our own first hello, whose answer was lost: it still bears the name.
                self._ask("hello", self._on_hello, who, client="chaos", name=reply["suggest"])
            elif reply.get("temporary"):
                self.cut()
            else:
                self._odd(f"hello: {reply}")
            return
        if not self._user or self._user != reply["user"]["id"]:
            self._recorder.write(self.name, "hello", user=reply["user"]["id"])
        self._user, self._token = reply["user"]["id"], reply["session"]
        self._heartbeat_s = reply["heartbeat_ms"] / 1000
        for view in self.rooms.values():
            self._join(view)

    def _join(self, view: RoomView) -> None:
        at = view.position if view.epoch else None
        fields = {} if at is None else {"epoch": view.epoch, "seq": at}
        limit = self._habits.page
        self._ask("join", self._on_join, (view, at, limit), room=view.name, limit=limit, **fields)

    def _on_join(self, reply: dict, context: Any) -> None:
        view, at, limit = context
        if reply["type"] == "error":
            if reply.get("temporary"):
                self._later(reply, lambda: self._join(view))
            else:
                self._odd(f"join: {reply}")
            return
        recovered = bool(reply["recovered"])
        self._recorder.write(self.name, "join", room=view.name, epoch=reply["epoch"], recovered=recovered,
                             top=reply["seq"], limit=limit, **{"from": at})
        if at is not None:
            self.resumes["recovered" if recovered else "not"] += 1
        if reply["epoch"] != view.epoch:
            view.mine.clear()  # numbers of another count
        view.epoch, view.top, view.push, view.joined = reply["epoch"], reply["seq"], reply["seq"], True
        view.page, view.told_top, view.blocked = (at if recovered else None), 0, False
        self._take_page(view, reply["events"])
        if view.page is None and (view.top == 0 or limit == 0):
            view.page = view.top
        self._failures, self._ready = 0, True
        self._page_on(view)
        self._pump(view)

    def _take_page(self, view: RoomView, events: list[dict]) -> None:
        for event in events:
            if event["seq"] <= view.top:
                view.page = event["seq"]
                self._recorder.received(self.name, view.name, event["seq"], event["kind"],
                                        fingerprint_of_event(event), "page")

    def _page_on(self, view: RoomView) -> None:
        if view.page is None:
            self._odd(f"join of {view.name}: top {view.top}, limit {self._habits.page}, yet no events")
        elif view.page < view.top:
            self._ask("history", self._on_history, view, room=view.name, after=view.page, limit=200)

    def _on_history(self, reply: dict, view: RoomView) -> None:
        if reply["type"] == "error":
            if reply.get("temporary"):
                self._later(reply, lambda: self._page_on(view))
            else:
                self._odd(f"history: {reply}")
            return
        before = view.page
        if before is not None and reply["events"] and reply["events"][0]["seq"] > before + 1:
            self._join(view)  # retention was faster: joining says recovered:false
            return
        self._take_page(view, reply["events"])
        if view.page == before:
            self._odd(f"history of {view.name} after {before}: nothing, but the top is {view.top}")
            return
        self._page_on(view)

    def _on_op(self, reply: dict, context: Any) -> None:
        view, op = context
        if reply["type"] == "ok":
            self._recorder.write(self.name, "ack", room=view.name, cid=op.cid, seq=reply["seq"], epoch=view.epoch)
            self.acks += 1
            if op.kind == "message":
                view.mine.append(reply["seq"])
            self._done(view, op)
            return
        final = not reply.get("temporary")
        self._recorder.write(self.name, "error", room=view.name, cid=op.cid, code=reply["code"], final=final)
        if not final:
            op.connection = 0
            view.blocked = True
            self._later(reply, lambda: self._unblock(view))
            return
        if op.kind == "message" and "reply_to" not in op.fields:
            self._odd(f"a message was refused: {reply}")
        self._done(view, op)

    def _unblock(self, view: RoomView) -> None:
        view.blocked = False
        self._pump(view)

    def _done(self, view: RoomView, op: Op) -> None:
        view.outbox.remove(op)
        self._pump(view)

    # frames

    def _on_text(self, payload: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        known = _parsed.get(payload)
        if known is not None:
            self._on_event(known)
            return
        frame = json.loads(payload)
        type = frame["type"]
        if type == "event":
            self._on_event(parse_event(payload, frame))
        elif type in ("ok", "error"):
            self._on_reply(frame)
        elif type == "ping":
            self._on_ping(frame)
        elif type == "bye":
            self._delay_s = self._chance.uniform(0, frame.get("spread_ms", 0) / 1000)

    def _on_event(self, event: _Parsed) -> None:
        room, seq, kind, content = event
        view = self.rooms.get(room)
        if view is None or not view.joined:
            self._odd(f"{room} {seq} was pushed, though the room is not joined")
            return
        view.push = seq
        self._recorder.received(self.name, room, seq, kind, content, "push")

    def _on_reply(self, frame: dict) -> None:
        waiting = self._waiting.pop(frame.get("id"), None)
        if waiting is None:
            self._odd(f"a reply to nothing: {frame}")
            return
        then, context = waiting[2]
        then(frame, context)

    def _on_ping(self, frame: dict) -> None:
        if self._wire is not None:
            self._wire.send(b'{"type":"pong"}')
        for room, top in frame.get("tops", {}).items():
            view = self.rooms.get(room)
            if view is not None and view.joined:
                if view.push < view.told_top:
                    self._recorder.write(self.name, "stall", room=room, top=view.told_top, at=view.push)
                    self.cut()
                view.told_top = top

    def _on_end(self, code: int, status: int, retry_after: float) -> None:
        if status not in (0, 101):
            self._delay_s = retry_after
            if status != 503:
                self._recorder.write(self.name, "odd", what=f"the handshake was answered with {status}")
        if not self._ready:
            self._failures += 1
        self._ready = False
        self._waiting.clear()
        for view in self.rooms.values():
            view.joined = view.blocked = False
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(code)
