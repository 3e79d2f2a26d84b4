# SPDX-License-Identifier: MIT
"""Notices campaigns: messages that say nearly what others said shortly before, in other words.

The server's flood rules see the same letters again; this compares what is meant (parley.meaning,
an extra), so it sees a text whose words, numbers and links change from sender to sender.  A
message is found when `authors` people, its own among them, have said within `minutes` what is
that `similarity`.  One person who repeats himself is no campaign, and texts of few words ("thank
you, that works") are alike without being one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, Mapping, NamedTuple

import numpy as np

from parley import meaning
from parley.api import Context, Found, analyzer
from parley.config import Field
from parley.room import Message, RoomAnalyzer

_SIZE = 64
"""The first numbers of a vector say the most: the model was trained so."""
_RECENT = 200
_FOUND = 10
_FOUND_MS = 60 * 60 * 1000
_LIKE = 5
_QUOTE = 80
_UNIT = 127.0
_VARIES = re.compile(r"https?://|www\.|\d")
"""In links, numbers and codes: what a campaign changes first."""


@dataclass
class Settings:
    similarity: float = Field(0.75, ge=0.5, le=1, doc="cosine from which two texts mean the same")
    authors: int = Field(3, ge=2, le=50, doc="people who say it, at least")
    minutes: int = Field(10, ge=1, le=60, doc="within so long")
    words: int = Field(5, ge=1, le=50, doc="shorter texts are not compared")


class Said(NamedTuple):
    """One message that later ones are compared with.  vector: int8[_SIZE]."""

    time_ms: int
    seq: int
    user: str
    quote: str
    vector: np.ndarray


@analyzer("near-duplicate", version="1.0.0", requires=meaning.PACKAGE, config=Settings,
          priority="background")
class NearDuplicate(RoomAnalyzer):
    """Tells {"campaigns": [{"seq", "user", "time_ms", "text", "authors": [ids], "like":
    [{"seq", "user", "text", "similarity"}]}]}: the newest found of the last hour, and for each
    what it resembles, one message a person, the nearest first."""

    config: Settings

    def setup(self, ctx: Context) -> None:
        self.meaning = meaning.shared()

    def new_state(self) -> dict[str, Any]:
        return {"recent": [], "found": [], "news": False}

    def update(self, state: dict[str, Any], message: Message,
               found: Mapping[str, Found]) -> None:
        words = [word for word in message.text[:meaning.READ].split()
                 if not _VARIES.search(word)]
        if len(words) < self.config.words:
            return
        since = message.time_ms - self.config.minutes * 60_000
        recent = state["recent"] = [said for said in state["recent"] if said.time_ms >= since]
        row = self.meaning.vectors([" ".join(words)])[0, :_SIZE]
        length = float(np.linalg.norm(row))
        if length == 0:
            return
        vector = np.rint(row / length * _UNIT).astype(np.int8)
        like = self._like(recent, message.user, vector)
        if len(like) + 1 >= self.config.authors:
            state["found"] = [*state["found"], {
                "seq": message.seq, "user": message.user, "time_ms": message.time_ms,
                "text": message.text[:_QUOTE],
                "authors": [message.user, *(near["user"] for near in like)],
                "like": like[:_LIKE]}][-_FOUND:]
            state["news"] = True
        recent.append(Said(message.time_ms, message.seq, message.user, message.text[:_QUOTE],
                           vector))
        del recent[:-_RECENT]

    def tick(self, state: dict[str, Any], now_ms: int) -> dict[str, Any] | None:
        kept = [found for found in state["found"] if now_ms - found["time_ms"] <= _FOUND_MS]
        if len(kept) < len(state["found"]):
            state["found"], state["news"] = kept, True
        if not state["news"]:
            return None
        state["news"] = False
        return {"campaigns": list(kept)}

    def _like(self, recent: list[Said], user: str, vector: np.ndarray) -> list[dict[str, Any]]:
        """What means the same, of each other person the nearest, the nearest first."""
        if not recent:
            return []
        rows = np.stack([said.vector for said in recent]).astype(np.float32)
        cosines = rows @ vector.astype(np.float32) / _UNIT**2
        best: dict[str, dict[str, Any]] = {}
        for at in np.argsort(-cosines, kind="stable"):
            said, cosine = recent[at], float(cosines[at])
            if cosine < self.config.similarity:
                break
            if said.user != user and said.user not in best:
                best[said.user] = {"seq": said.seq, "user": said.user, "text": said.quote,
                                   "similarity": round(min(cosine, 1.0), 3)}
        return list(best.values())

    def pack(self, state: dict[str, Any]) -> dict[str, Any]:
        return {**state, "recent": [[*said[:-1], base64.b64encode(said.vector.tobytes()).decode()]
                                    for said in state["recent"]]}

    def unpack(self, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "recent": [
            Said(*rest, np.frombuffer(base64.b64decode(vector), np.int8))
            for *rest, vector in data["recent"]]}
