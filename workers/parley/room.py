# SPDX-License-Identifier: MIT
"""Analyzers with a memory of each room: what an author of one derives from.

    @analyzer("pulse", version="1.0.0", uses=["sentiment"])
    class Pulse(RoomAnalyzer):
        def new_state(self): return {"n": 0, "told": 0}
        def update(self, state, message, found): state["n"] += 1
        def tick(self, state, now_ms):
            if state["n"] == state["told"]:
                return None
            state["told"] = state["n"]
            return {"messages": state["n"]}

A room has one owner at a time, so its messages come to one process, in their order.  The
state is kept by the host, checkpointed, and restored in another process; it must therefore
be what JSON can hold, or pack() and unpack() must make it so.  Time comes only from the
arguments, never from a clock, so that tests and replays see the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping

from parley.api import AnalyzerError, Context, Found

MAX_STATE = 256 * 1024
"""Bytes of one packed state."""


@dataclass(frozen=True)
class Message:
    """One message of a room.  reply_to is the seq of another, or 0."""

    room: str
    user: str
    time_ms: int
    text: str
    seq: int = 0
    reply_to: int = 0


class RoomAnalyzer:
    """Derive from this, and put @analyzer above.  All methods but two are optional."""

    schema = 1
    """Raise it when the state's form changes; migrate() then sees the old ones."""
    tick_s = 1.0
    """tick() comes this often in the room's time, while there is something new, and
    once a second of the server's time in any case."""
    config: Any = None

    def setup(self, ctx: Context) -> None:
        """Once, before anything else."""

    def new_state(self) -> Any:
        """The state of a room that was never seen."""
        raise NotImplementedError

    def update(self, state: Any, message: Message, found: Mapping[str, Found]) -> None:
        """A message came.  found  what the analyzers named in `uses` said of it."""
        raise NotImplementedError

    def join(self, state: Any, user: str, is_new: bool, time_ms: int) -> None:
        """Somebody came.  is_new  the account was made within the last day, or is a guest."""

    def tick(self, state: Any, now_ms: int) -> dict[str, Any] | None:
        """What is to be told of the room now, as JSON can hold it; None: nothing new."""
        return None

    def pack(self, state: Any) -> Any:
        """The state as JSON can hold it."""
        return state

    def unpack(self, data: Any) -> Any:
        """The way back from pack()."""
        return data

    def migrate(self, data: Any, schema: int) -> Any:
        """The packed state of an older schema in today's form; None begins anew."""
        return None

    def to_bytes(self, state: Any) -> bytes:
        """A checkpoint: {"schema", "state"} as JSON.  Raises AnalyzerError."""
        try:
            packed = json.dumps({"schema": self.schema, "state": self.pack(state)},
                                allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError) as error:
            raise AnalyzerError(f"the state of {type(self).__name__} cannot be kept: {error}; "
                                f"keep what JSON can hold, or write pack() and unpack()") \
                from None
        if len(packed) > MAX_STATE:
            raise AnalyzerError(f"the state of {type(self).__name__} has {len(packed)} bytes; "
                                f"at most {MAX_STATE} are kept: forget the oldest")
        return packed

    def from_bytes(self, data: bytes) -> Any:
        """The state of a checkpoint.  Raises AnalyzerError when it is none."""
        try:
            kept = json.loads(data)
            schema, packed = kept["schema"], kept["state"]
        except (ValueError, KeyError, TypeError) as error:
            raise AnalyzerError(f"no checkpoint of {type(self).__name__}: {error}") from None
        if schema != self.schema:
            packed = self.migrate(packed, schema)
        return self.new_state() if packed is None else self.unpack(packed)
