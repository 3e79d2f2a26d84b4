# SPDX-License-Identifier: MIT
"""Long messages judged piece by piece.

One rude sentence in a long, calm message hardly moves a score that weighs every word of the
message.  So a long message is cut into windows, about a sentence each, and gets the highest
score of its windows.  Short messages are their own only window and cost nothing extra.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from parley.features import Features
from parley.linear import LinearModel

LONG = 160
"""Messages of at most so many code points are judged whole."""
_LEAST, _MOST = 30, 240
_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_MOST_WINDOWS = 400


def windows(text: str) -> list[tuple[int, int]]:
    """Where the windows of `text` are: half-open ranges in order, without the space between
    sentences.  At least _LEAST code points each where the text allows, at most _MOST; of a
    very long text the last window is the rest."""
    if len(text) <= LONG:
        return [(0, len(text))]
    cuts = [match.span() for match in _BREAK.finditer(text)] + [(len(text), len(text))]
    out, start = [], 0
    for end, after in cuts:
        if end - start < _LEAST and after < len(text):
            continue
        while end - start > _MOST and len(out) < _MOST_WINDOWS:
            space = text.rfind(" ", start + _LEAST, start + _MOST)
            at = space if space > 0 else start + _MOST
            out.append((start, at))
            start = at + (space > 0)
        if len(out) >= _MOST_WINDOWS:
            return [*out, (start, len(text))]
        if end > start:
            out.append((start, end))
        start = after
    return out


@dataclass(frozen=True)
class Judged:
    """Scores [n, k] of messages, and the windows they come from."""

    model: LinearModel
    scores: np.ndarray
    _texts: Sequence[str]
    _features: Features
    _long: dict[int, int]                # message -> its first window
    _parts: list[tuple[int, int, int]]   # message, start, end
    _inner: Features | None
    _part_scores: np.ndarray

    def spans(self, message: int, label: int) -> tuple[tuple[int, int], ...]:
        """The words that made `label`; of a long message those of each window that has
        reached the label's threshold, or of the highest."""
        if message not in self._long:
            return self.model.spans(self._features, message, self._texts[message], label)
        least = min(self.model.thresholds[label], self.scores[message, label])
        out: list[tuple[int, int]] = []
        at = self._long[message]
        while at < len(self._parts) and self._parts[at][0] == message:
            _, start, end = self._parts[at]
            if self._part_scores[at, label] >= least:
                part = self._texts[message][start:end]
                out += [(start + a, start + b)
                        for a, b in self.model.spans(self._inner, at, part, label)]
            at += 1
        return tuple(out)


def judge(model: LinearModel, texts: Sequence[str], features: Features) -> Judged:
    """Score `texts`, whose features are `features`, long ones by their windows."""
    scores = model.scores(features)
    parts = [(index, start, end) for index, text in enumerate(texts) if len(text) > LONG
             for start, end in windows(text)]
    if not parts:
        return Judged(model, scores, texts, features, {}, [], None, scores[:0])
    inner = Features([texts[index][start:end] for index, start, end in parts])
    part_scores = model.scores(inner)
    owners = [index for index, _, _ in parts]
    first = {index: owners.index(index) for index in dict.fromkeys(owners)}
    highest = np.maximum.reduceat(part_scores, list(first.values()), axis=0)
    scores[list(first)] = highest
    return Judged(model, scores, texts, features, first, parts, inner, part_scores)
