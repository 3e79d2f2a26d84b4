# SPDX-License-Identifier: MIT
"""What a room talks about (keywords), and what it suddenly talks about (trending).

Keywords are the heaviest words and pairs of words, Space-Saving with a half-life of an
hour.  Trending are those whose count in the current ten minutes stands at least `z` standard
deviations above their usual count (fading mean and variance over two days of buckets), said
by at least two people: one person alone makes no trend.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from parley.api import Found, analyzer
from parley.config import Field
from parley.room import Message, RoomAnalyzer
from parley.sketch import Hitters, Surprise

_BUCKET_MS = 10 * 60 * 1000
_USUAL_BUCKETS = 288.0
_HALF_LIFE_BUCKETS = 6
_TERMS = 400
_PEOPLE = 8
"""More people than this are not told apart: they are enough for any trend."""
_WORD = re.compile(r"https?://\S+|@\w+|[^\W\d_][\w'’-]+")
_STOP = frozenset("""
a about after all also am an and any are as at be because been before but by can could did do
does don't dont for from get go going good got had has have he her here him his how i i'm i'll
if im in into is isn't it it's its just know like lol make me more most much my new no not now
of off oh ok okay on one only or other our out over people please really right said same say
see she should so some still such than thank thanks that that's the their them then there these
they thing think this those time to too up us use very want was way we well were what when
where which while who why will with would yeah yes you you're your
aber als am an auch auf aus bei bin bis da das dass dem den der des die doch du ein eine einen er
es für hat ich ihr im in ist ja kann mal man mein mich mir mit nach nicht noch nur oder schon
sich sie sind so und uns von vor war was wenn wie wir wird zu zum
au avec ce ces cette dans de des du elle en est et eux il je la le les leur lui mais me même mes
moi mon ne nos nous on ou par pas pour qu que qui sa se ses son sur ta te tes toi ton tu un une
vos vous
al como con de del el ella en entre era es esta este está hay la las lo los más me mi muy no nos
o para pero por porque que se si sin su sus te tu un una y ya yo
""".split())


@dataclass
class Settings:
    z: float = Field(4.0, ge=1, le=20, doc="standard deviations that make a trend")
    least: int = Field(4, ge=2, le=1000, doc="times a term must be said in ten minutes")
    shown: int = Field(10, ge=1, le=50, doc="terms told of each kind")


def terms(text: str) -> Iterator[str]:
    """The words of a text worth counting, and its pairs of neighbouring ones."""
    before = ""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = match.group().replace("’", "'")
        if word in _STOP or word[0] in "@" or word.startswith(("http:", "https:")) \
                or not 2 < len(word) <= 30:
            before = ""
            continue
        yield word
        if before:
            yield f"{before} {word}"
        before = word


@analyzer("trending", version="1.0.0", config=Settings, priority="background")
class Trending(RoomAnalyzer):
    """Tells {"keywords": [{"term", "weight"}], "trending": [{"term", "count", "usual", "z"}]}."""

    tick_s = 5.0
    config: Settings

    def new_state(self) -> dict[str, Any]:
        return {"bucket": None, "weights": Hitters(_TERMS).pack(), "counts": {}, "usual": {}, "told": None}

    def update(self, state: dict[str, Any], message: Message,
               found: Mapping[str, Found]) -> None:
        self._advance(state, message.time_ms)
        heavy = Hitters(_TERMS, state["weights"])
        for term in sorted(set(terms(message.text))):
            heavy.add(term)
            if term not in state["counts"] and len(state["counts"]) >= 4 * _TERMS:
                continue
            count = state["counts"].setdefault(term, [0, []])
            count[0] += 1
            if message.user not in count[1] and len(count[1]) < _PEOPLE:
                count[1].append(message.user)
        state["weights"] = heavy.pack()

    def tick(self, state: dict[str, Any], now_ms: int) -> dict[str, Any] | None:
        self._advance(state, now_ms)
        said = {"keywords": [{"term": term, "weight": round(weight, 2)} for term, weight
                             in Hitters(_TERMS, state["weights"]).top(self.config.shown)],
                "trending": self._trends(state)}
        if said == state["told"]:
            return None
        state["told"] = said
        return said

    def _trends(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        out = []
        for term, (count, people) in state["counts"].items():
            if count < self.config.least or len(people) < 2:
                continue
            usual = Surprise(_USUAL_BUCKETS, *state["usual"].get(term, ()))
            z = usual.z(count)
            if z >= self.config.z:
                out.append({"term": term, "count": count, "usual": round(usual.mean, 2),
                            "z": round(z, 2)})
        out.sort(key=lambda trend: (-trend["z"], -len(trend["term"]), trend["term"]))
        return out[:self.config.shown]

    def _advance(self, state: dict[str, Any], now_ms: int) -> None:
        """Close the buckets that are over."""
        bucket = now_ms // _BUCKET_MS
        if state["bucket"] is None:
            state["bucket"] = bucket
        passed = min(bucket - state["bucket"], 3 * int(_USUAL_BUCKETS))
        for step in range(passed):
            counts = state["counts"] if step == 0 else {}
            usual = {}
            for term in sorted(state["usual"].keys() | counts.keys()):
                surprise = Surprise(_USUAL_BUCKETS, *state["usual"].get(term, ()))
                surprise.learn(counts[term][0] if term in counts else 0)
                if surprise.mean > 1e-3:
                    usual[term] = [surprise.mean, surprise.variance]
            heaviest = sorted(usual, key=lambda term: (-usual[term][0], term))[:_TERMS]
            state["usual"] = {term: usual[term] for term in heaviest}
            heavy = Hitters(_TERMS, state["weights"])
            heavy.decay(0.5 ** (1 / _HALF_LIFE_BUCKETS))
            state["weights"] = heavy.pack()
            state["counts"] = {}
        if passed > 0:
            state["bucket"] = bucket
