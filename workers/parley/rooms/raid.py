# SPDX-License-Identifier: MIT
"""Notices a raid: many new people, much talk, the same thing again and again, all at once.

Time is cut into buckets of five seconds.  Four measures of each are compared with the
room's own last half hour by a robust z (median and MAD, which a storm cannot move; the
floors keep a silent room from being startled by three people):
    joins       people who came            floor 1.5
    messages    messages                   floor 3
    newcomers   share of the messages and joins by people who came within ten minutes or
                whose account is new        floor 0.15
    duplicates  share of messages nearly the same as another of the last thirty seconds
                                            floor 0.15
It is a raid when joins or messages stand out by `z` and one more measure stands out by half
of it, or when joins or messages, newcomers and duplicates all stand out by half of it, in
the bucket as it grows; and told once `people` take part: one who floods is no raid.  It is
over when nothing stood out for `hold_s`; a new one is not told before that.  Buckets of a
raid are not learned from.  tests/bench/raid.py measures it on hours of real IRC.
"""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any, Mapping

from parley.api import Found, analyzer
from parley.config import Field
from parley.room import Message, RoomAnalyzer
from parley.sketch import Baseline

_BUCKET_MS = 5000
_HISTORY = 360
_FLOORS = {"joins": 1.5, "messages": 3.0, "newcomers": 0.15, "duplicates": 0.15}
_VOLUME = ("joins", "messages")
_NEW_MS = 10 * 60 * 1000
_SAME_MS = 30_000
_SKETCHES = 200
_NEWCOMERS = 1000
_PEOPLE = 50


@dataclass
class Settings:
    z: float = Field(6.0, ge=2, le=50, doc="robust standard deviations that make a raid")
    people: int = Field(5, ge=2, le=50, doc="people who take part, at least")
    hold_s: int = Field(60, ge=5, le=3600, doc="seconds of calm that end one")


def sketch(text: str) -> list[int]:
    """Five numbers that near-duplicates share: the smallest hashes of its letters' 4-grams.
    Case, spacing, punctuation, accents and stretched letters do not count."""
    letters: list[str] = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        if char.isalnum() and letters[-2:] != [char, char]:
            letters.append(char)
    flat = "".join(letters)
    grams = {flat[at:at + 4] for at in range(max(1, len(flat) - 3))}
    return sorted(zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams)[:5]


def is_same(a: list[int], b: list[int]) -> bool:
    """Whether two sketches are of nearly the same text."""
    return len(set(a) & set(b)) >= max(1, 0.8 * max(len(a), len(b)))


@analyzer("raid", version="1.1.0", config=Settings, priority="background")
class Raid(RoomAnalyzer):
    """Tells {"raid": true, "since_ms", "why": [measures], "z": {…}, "people": [ids]} when one
    begins or grows in kind, and {"raid": false, "since_ms", "lasted_ms"} when it is over."""

    tick_s = 0.5
    config: Settings

    def new_state(self) -> dict[str, Any]:
        return {"bucket": None, "now": _empty(), "history": {key: [] for key in _FLOORS},
                "arrived": {}, "recent": [], "raid": None, "over": None}

    def join(self, state: dict[str, Any], user: str, is_new: bool, time_ms: int) -> None:
        self._advance(state, time_ms)
        state["arrived"][user] = time_ms
        while len(state["arrived"]) > _NEWCOMERS:
            del state["arrived"][next(iter(state["arrived"]))]
        now = state["now"]
        now["joins"] += 1
        now["acts"] += 1
        now["new"] += int(is_new)
        self._judge(state, time_ms, user)

    def update(self, state: dict[str, Any], message: Message,
               found: Mapping[str, Found]) -> None:
        self._advance(state, message.time_ms)
        now, made = state["now"], sketch(message.text)
        now["messages"] += 1
        now["acts"] += 1
        came = state["arrived"].get(message.user)
        now["new"] += int(came is not None and message.time_ms - came <= _NEW_MS)
        now["same"] += int(any(is_same(made, other) for _, other in state["recent"]))
        state["recent"] = [pair for pair in state["recent"]
                           if message.time_ms - pair[0] <= _SAME_MS][-_SKETCHES + 1:]
        state["recent"].append([message.time_ms, made])
        self._judge(state, message.time_ms, message.user)

    def tick(self, state: dict[str, Any], now_ms: int) -> dict[str, Any] | None:
        self._advance(state, now_ms)
        raid = state["raid"]
        if raid is not None and now_ms - raid["last_ms"] > self.config.hold_s * 1000:
            state["raid"], state["over"] = None, None
            if raid["told"]:
                return {"raid": False, "since_ms": raid["since_ms"],
                        "lasted_ms": raid["last_ms"] - raid["since_ms"]}
            return None
        if raid is None or raid["told"] == raid["why"] \
                or len(raid["people"]) < self.config.people:
            return None
        raid["told"] = list(raid["why"])
        return {"raid": True, "since_ms": raid["since_ms"], "why": raid["why"],
                "z": raid["z"], "people": raid["people"]}

    def _judge(self, state: dict[str, Any], now_ms: int, user: str) -> None:
        """Look at the bucket as it is so far."""
        z = {key: round(Baseline(_HISTORY, _FLOORS[key], state["history"][key]).z(value), 1)
             for key, value in _measures(state["now"]).items()}
        loud = [key for key in _FLOORS if z[key] >= self.config.z / 2]
        told_apart = "newcomers" in loud and "duplicates" in loud
        least = self.config.z / 2 if told_apart else self.config.z
        if not any(z[key] >= least for key in _VOLUME) or len(loud) < 2:
            return
        raid = state["raid"]
        if raid is None:
            raid = state["raid"] = {"since_ms": now_ms, "last_ms": now_ms, "why": [], "z": z,
                                    "people": [], "told": []}
            raid["people"] = [other for other, came in state["arrived"].items()
                              if now_ms - came <= 2 * _BUCKET_MS][:_PEOPLE]
        raid["last_ms"] = now_ms
        raid["why"] = sorted(set(raid["why"]) | set(loud))
        raid["z"] = {key: max(value, raid["z"][key]) for key, value in z.items()}
        if user not in raid["people"] and len(raid["people"]) < _PEOPLE:
            raid["people"].append(user)

    def _advance(self, state: dict[str, Any], now_ms: int) -> None:
        """Close the buckets that are over; an empty one is a value like any other."""
        bucket = now_ms // _BUCKET_MS
        if state["bucket"] is None:
            # Nobody knows yet what is usual here; silence is the careful guess.
            state["bucket"] = bucket
            state["history"] = {key: [0.0] for key in _FLOORS}
        for step in range(min(bucket - state["bucket"], _HISTORY)):
            if state["raid"] is None:
                measures = _measures(state["now"] if step == 0 else _empty())
                for key, values in state["history"].items():
                    values.append(round(measures[key], 4))
                    del values[:-_HISTORY]
            state["now"] = _empty()
        state["bucket"] = max(bucket, state["bucket"])


def _empty() -> dict[str, int]:
    return {"joins": 0, "messages": 0, "acts": 0, "new": 0, "same": 0}


def _measures(now: dict[str, int]) -> dict[str, float]:
    return {"joins": float(now["joins"]), "messages": float(now["messages"]),
            "newcomers": now["new"] / now["acts"] if now["acts"] else 0.0,
            "duplicates": now["same"] / now["messages"] if now["messages"] else 0.0}
