# SPDX-License-Identifier: MIT
"""Which messages matter: TF-IDF vectors of them, a score of each, and maximal marginal
relevance (Carbonell, Goldstein 1998), so that what is chosen does not say the same twice."""

from __future__ import annotations

import math
import re
from collections import Counter

from parley.recap.talk import Line, asks

Vector = dict[str, float]

_DECIDES = re.compile(
    r"\b(?:let'?s\s+(?:go|use|do|take|ship|keep|make|meet|move|drop|start|stick|call)|"
    r"(?:we|i)(?:'ll| will| have decided| decided)\b|decided\b|decision\b|agreed\b|"
    r"settled\b|go(?:ing)?\s+with\b|it'?s a deal\b|final(?:ly)?:|approved\b|"
    r"action item|todo:|wir (?:nehmen|machen)|beschlossen|abgemacht|on (?:fait|prend)|"
    r"d'accord|decidido|acordado)", re.IGNORECASE)
_HEDGES = re.compile(r"\b(?:should we|shall we|maybe|might|what if|could we|if we|not sure|"
                     r"i'?ll (?:be|see|have to)|we'?ll see)\b|\?\s*$", re.IGNORECASE)
_AGREES = re.compile(
    r"\s*(?:\+1|👍|✅|(?:ok(?:ay)?|yes|yep|yeah|agreed?|sounds good|sgtm|deal|done|fine|"
    r"works for me|ja|oui|sí|vale|genau)\b)", re.IGNORECASE)


def decides(lines: list[Line], index: int) -> bool:
    """It says that something is settled, and does not merely wonder; or it proposes and two
    others agree."""
    line = lines[index]
    if len(line.text.split()) >= 3 and _DECIDES.search(line.text) \
            and not _HEDGES.search(line.text):
        return True
    agreeing = {lines[reply].user for reply in line.replies
                if lines[reply].user != line.user and _AGREES.match(lines[reply].text)}
    return len(agreeing) + line.reactions >= 2 and len(agreeing) >= 1


def answer(lines: list[Line], index: int, thread: list[int]) -> int:
    """The message that answers the question at `index`, or -1: a reply to it, else the next
    words in its thread, of somebody else and no question themselves."""
    line = lines[index]
    for reply in line.replies:
        if lines[reply].user != line.user and not asks(lines[reply].text):
            return reply
    for other in thread:
        if other > index and lines[other].user != line.user \
                and lines[other].ts - line.ts <= 10 * 60 * 1000 \
                and lines[other].parent < 0 and not asks(lines[other].text) \
                and len(lines[other].text.split()) >= 2:
            return other
    return -1


def vectors(lines: list[Line]) -> list[Vector]:
    """TF-IDF of each message among these, of length 1 (or empty)."""
    document = Counter(word for line in lines for word in line.words)
    out = []
    for line in lines:
        vector = {word: math.log((1 + len(lines)) / (0.5 + document[word]))
                  for word in sorted(line.words)}
        norm = math.sqrt(sum(value * value for value in vector.values()))
        out.append({word: value / norm for word, value in vector.items()} if norm else {})
    return out


def cosine(a: Vector, b: Vector) -> float:
    if len(b) < len(a):
        a, b = b, a
    return sum(value * b.get(word, 0.0) for word, value in a.items())


def centre(of: list[Vector]) -> Vector:
    total: Vector = {}
    for vector in of:
        for word, value in vector.items():
            total[word] = total.get(word, 0.0) + value
    norm = math.sqrt(sum(value * value for value in total.values()))
    return {word: value / norm for word, value in total.items()} if norm else {}


def pick(candidates: list[int], worth: dict[int, float], of: list[Vector],
         count: int) -> list[int]:
    """The `count` of most worth that do not repeat each other, in their order."""
    left = list(candidates)
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda i: (worth[i] - max(
            (cosine(of[i], of[j]) for j in chosen), default=0.0), -i))
        left.remove(best)
        chosen.append(best)
    return sorted(chosen)
