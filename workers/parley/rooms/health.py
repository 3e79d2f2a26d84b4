# SPDX-License-Identifier: MIT
"""How a room feels and whether it works, over 1 minute, 15 minutes and 24 hours.

Every figure is a fading mean whose span is the window, so nothing jumps when something
leaves it:
    mood        mean of P(positive) - P(negative), from -1 to 1
    toxic       share of messages with a flagged label of `toxicity`
    replies     share of messages that answer somebody (reply_to, or a mention in front)
    gini        how unequally people take part: 0 all the same, towards 1 one alone talks
    answered    share of questions that got a reply of somebody else within 10 minutes
    burstiness  (s - m) / (s + m) of the gaps between messages (Goh, Barabasi 2008): -1
                regular, 0 random, towards 1 in bursts
    rate        messages a minute
    health      0 to 100, a convention and not a measurement: 50 for the absence of toxicity
                (none left at one message in five), 20 for the mood, 15 for answered
                questions, 15 for taking part equally; what is unknown counts as usual
A figure without enough to judge by is null.
"""

from __future__ import annotations

import math
import re
from typing import Any, Mapping

from parley.api import Found, Result, analyzer
from parley.room import Message, RoomAnalyzer
from parley.sketch import Fading, gini

WINDOWS = {"1m": 60_000, "15m": 900_000, "24h": 86_400_000}
_PEOPLE = 300
_ANSWER_MS = 10 * 60 * 1000
_OPEN_QUESTIONS = 50
_MENTION = re.compile(r"\s*@\w")


@analyzer("health", version="1.0.0", uses=["sentiment?", "toxicity?", "question?"],
          priority="background")
class Health(RoomAnalyzer):
    """Tells {"1m": {figure: number or null}, "15m": …, "24h": …}."""

    tick_s = 2.0

    def new_state(self) -> dict[str, Any]:
        return {"last_ms": None, "questions": [], "told": None,
                "windows": {name: {"sums": [0, {}], "people": [0, {}]} for name in WINDOWS}}

    def update(self, state: dict[str, Any], message: Message,
               found: Mapping[str, Found]) -> None:
        now = message.time_ms
        values = _values(message, found)
        self._close_questions(state, now)
        values["answered"] = self._answers(state, message)
        if _flagged(found, "question"):
            state["questions"] = (state["questions"] + [[now, message.user, message.seq]])[
                -_OPEN_QUESTIONS:]
            values["questions"] = 1.0
        if state["last_ms"] is not None:
            gap = max(0.0, now - state["last_ms"]) / 1000
            values.update(gaps=1.0, gap=gap, gap2=gap * gap)
        state["last_ms"] = max(now, state["last_ms"] or 0)
        for name, window in state["windows"].items():
            sums = Fading(WINDOWS[name], *window["sums"])
            sums.add(now, **values)
            people = Fading(WINDOWS[name], *window["people"])
            people.add(now, **{message.user: 1.0})
            if len(people.sums) > _PEOPLE:
                quiet = min(people.sums, key=lambda user: (people.sums[user], user))
                del people.sums[quiet]
            window["sums"], window["people"] = sums.pack(), people.pack()

    def tick(self, state: dict[str, Any], now_ms: int) -> dict[str, Any] | None:
        said = {name: _figures(name, window, now_ms)
                for name, window in state["windows"].items()}
        if said == state["told"]:
            return None
        state["told"] = said
        return said

    def _answers(self, state: dict[str, Any], message: Message) -> float:
        """Questions that this message answers: the one it replies to, or, when it names
        none, the newest of somebody else."""
        asked = state["questions"]
        for index in range(len(asked) - 1, -1, -1):
            _, user, seq = asked[index]
            if user != message.user and message.reply_to in (0, seq):
                del asked[index]
                return 1.0
        return 0.0

    def _close_questions(self, state: dict[str, Any], now_ms: int) -> None:
        state["questions"] = [asked for asked in state["questions"]
                              if now_ms - asked[0] <= _ANSWER_MS]


def _flagged(found: Mapping[str, Found], name: str) -> bool:
    labels = found.get(name)
    return isinstance(labels, list) and any(label.flagged for label in labels)


def _values(message: Message, found: Mapping[str, Found]) -> dict[str, float]:
    """What one message adds."""
    values = {"n": 1.0, "toxic": float(_flagged(found, "toxicity")),
              "replies": float(bool(message.reply_to or _MENTION.match(message.text)))}
    sentiment = found.get("sentiment")
    if isinstance(sentiment, list) and sentiment and isinstance(sentiment[0], Result):
        scores = {label.label: label.score for label in sentiment}
        values.update(felt=1.0,
                      mood=scores.get("positive", 0.0) - scores.get("negative", 0.0))
    return values


def _figures(name: str, window: dict[str, Any], now_ms: int) -> dict[str, float | None]:
    sums = Fading(WINDOWS[name], *window["sums"])
    sums.fade(now_ms)
    toxic, mood = sums.share("toxic", "n"), sums.share("mood", "felt")
    answered = sums.share("answered", "questions")
    if answered is not None:
        answered = min(1.0, answered)
    people = [weight for weight in window["people"][1].values() if weight > 1e-3]
    uneven = gini(people) if len(people) > 1 else None
    figures = {"mood": mood, "toxic": toxic, "replies": sums.share("replies", "n"),
               "gini": uneven, "answered": answered, "burstiness": _burstiness(sums),
               "rate": sums.get("n") * 60_000 / WINDOWS[name],
               "health": None if toxic is None else _health(toxic, mood, answered, uneven)}
    return {key: None if value is None else round(value, 3) for key, value in figures.items()}


def _burstiness(sums: Fading) -> float | None:
    if sums.get("gaps") < 3:
        return None
    mean = sums.get("gap") / sums.get("gaps")
    spread = math.sqrt(max(0.0, sums.get("gap2") / sums.get("gaps") - mean * mean))
    return (spread - mean) / (spread + mean) if spread + mean > 0 else None


def _health(toxic: float, mood: float | None, answered: float | None,
            uneven: float | None) -> float:
    return (50 * (1 - min(1.0, 5 * toxic)) + 10 * (1 + (mood or 0.0))
            + 15 * (0.7 if answered is None else answered)
            + 15 * (1 - (0.3 if uneven is None else uneven)))
