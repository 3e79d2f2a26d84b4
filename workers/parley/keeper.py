# SPDX-License-Identifier: MIT
"""Who keeps the rooms' states: one per room and room analyzer, in the process that owns the
room.  One thread.  An analyzer's fault is noted for its author and stops nobody else.
"""

from __future__ import annotations

import json
import traceback
from typing import Any, Callable, Iterable, Iterator, Mapping

from parley.api import AnalyzerError, Found, Result
from parley.room import Message, RoomAnalyzer

Told = tuple[str, str, str]
"""(room, analyzer, JSON object)"""
Checkpoint = tuple[str, str, bytes]
"""(room, analyzer, state)"""

MAX_TOLD = 64 * 1024
"""Bytes of JSON that a room analyzer may tell at once."""
_TICK_ALL_MS = 1000


class _Kept:
    """The state of one room for one analyzer."""

    __slots__ = ("state", "ticked_ms", "is_changed", "is_unsaved")

    def __init__(self, state: Any) -> None:
        self.state = state
        self.ticked_ms: int | None = None
        self.is_changed = False
        self.is_unsaved = False


class Keeper:
    """Feeds the room analyzers.

    analyzers  by name, with the names of those whose results each uses
    complain   gets (analyzer, type, message, traceback) of each fault
    """

    def __init__(self, analyzers: Mapping[str, tuple[RoomAnalyzer, tuple[str, ...]]],
                 complain: Callable[[str, str, str, str], None]) -> None:
        self._analyzers = dict(analyzers)
        self._complain = complain
        self._rooms: dict[str, dict[str, _Kept]] = {}

    def observe(self, messages: Iterable[tuple[Message, Mapping[str, Found]]]) -> list[Told]:
        """Messages with what was found in them, in their order; what is to be told now."""
        touched: dict[str, int] = {}
        for message, found in messages:
            touched[message.room] = max(message.time_ms, touched.get(message.room, 0))
            for name, analyzer, uses, kept in self._of(message.room):
                wanted = {use: found.get(use, []) for use in uses}
                self._try(name, analyzer.update, kept.state, message, wanted)
                kept.is_changed = kept.is_unsaved = True
        told: list[Told] = []
        for room, now_ms in touched.items():
            told += self._tick(room, now_ms, due_only=True)
        return told

    def join(self, room: str, user: str, is_new: bool, time_ms: int) -> None:
        """Somebody came into a room."""
        for name, analyzer, _, kept in self._of(room):
            self._try(name, analyzer.join, kept.state, user, is_new, time_ms)
            kept.is_changed = kept.is_unsaved = True

    def tick(self, now_ms: int) -> list[Told]:
        """Time passed; what is to be told of all rooms."""
        return [told for room in list(self._rooms) for told in self._tick(room, now_ms, False)]

    def checkpoint(self, rooms: Iterable[str] | None = None) -> list[Checkpoint]:
        """The states that changed since the last checkpoint."""
        out = []
        for room in list(self._rooms) if rooms is None else rooms:
            for name, kept in self._rooms.get(room, {}).items():
                if not kept.is_unsaved:
                    continue
                kept.is_unsaved = False
                packed = self._try(name, self._analyzers[name][0].to_bytes, kept.state)
                if packed is not None:
                    out.append((room, name, packed))
        return out

    def restore(self, checkpoints: Iterable[Checkpoint]) -> None:
        """States from an earlier checkpoint; those of analyzers that are gone are ignored."""
        for room, name, data in checkpoints:
            if name in self._analyzers:
                state = self._try(name, self._analyzers[name][0].from_bytes, data)
                if state is not None:
                    self._rooms.setdefault(room, {})[name] = _Kept(state)

    def forget(self, rooms: Iterable[str]) -> list[Checkpoint]:
        """These rooms have another owner now; their last checkpoints."""
        rooms = list(rooms)
        out = self.checkpoint(rooms)
        for room in rooms:
            self._rooms.pop(room, None)
        return out

    def _of(self, room: str) -> Iterator[tuple[str, RoomAnalyzer, tuple[str, ...], _Kept]]:
        states = self._rooms.setdefault(room, {})
        for name, (analyzer, uses) in self._analyzers.items():
            kept = states.get(name)
            if kept is None:
                state = self._try(name, analyzer.new_state)
                if state is None:
                    continue
                kept = states[name] = _Kept(state)
            yield name, analyzer, uses, kept

    def _tick(self, room: str, now_ms: int, due_only: bool) -> list[Told]:
        told = []
        for name, kept in self._rooms.get(room, {}).items():
            analyzer = self._analyzers[name][0]
            every_ms = analyzer.tick_s * 1000 if due_only else _TICK_ALL_MS
            if (due_only and not kept.is_changed) or (
                    kept.ticked_ms is not None and 0 <= now_ms - kept.ticked_ms < every_ms):
                continue
            kept.ticked_ms, kept.is_changed = now_ms, False
            said = self._try(name, analyzer.tick, kept.state, now_ms)
            kept.is_unsaved |= said is not None
            text = None if said is None else self._try(name, _as_json, name, said)
            if text is not None:
                told.append((room, name, text))
        return told

    def _try(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except AnalyzerError as error:
            self._complain(name, "AnalyzerError", str(error), "")
        except (Exception, SystemExit) as error:
            self._complain(name, type(error).__name__, str(error),
                           "".join(traceback.format_exception(error)))
        return None


def _as_json(name: str, said: Any) -> str:
    if not isinstance(said, dict):
        raise AnalyzerError(f"tick() of '{name}' returned a {type(said).__name__}; return a "
                            f"dict that JSON can hold, or None for nothing new")
    try:
        text = json.dumps(said, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError) as error:
        raise AnalyzerError(f"tick() of '{name}' returned what JSON cannot hold: {error}") \
            from None
    if size > MAX_TOLD:
        raise AnalyzerError(f"tick() of '{name}' returned {size} bytes of JSON; at most "
                            f"{MAX_TOLD} are taken")
    return text


def as_found(labels: Iterable[tuple[Any, ...]]) -> dict[str, Found]:
    """The verdicts of one message, as host.analyze() gives them, by analyzer."""
    found: dict[str, Any] = {}
    for analyzer, _, label, score, threshold, flagged, spans in labels:
        found.setdefault(analyzer, []).append(Result(label, score, spans, threshold, flagged))
    return found
