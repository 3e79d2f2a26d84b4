# SPDX-License-Identifier: MIT
"""Search of a room's messages by what they mean: the nearest to the question by cosine.

Needs the extra of parley.meaning.  Pure but for the vectors that are remembered there.
"""

from __future__ import annotations

import re
from typing import Any, Sequence

import numpy as np

from parley import meaning
from parley.recap.talk import Line

_LEAST = 0.2
"""Cosine below which a message is no answer."""
_WORDS = 3
_WORD_LEAST = 0.3
_WORD = re.compile(r"\w+(?:['’]\w+)?")


def search(question: str, lines: Sequence[Line], limit: int) -> list[dict[str, Any]]:
    """The best `limit` messages, best first, of equals the newest first: {"seq", "ts", "user",
    "text", "score", "words"}, where `words` are the ranges [start, end) of code points of the
    words that are nearest to the question, best first."""
    know = meaning.shared()
    asked = know.vectors([question])[0]
    scores = know.vectors([line.text for line in lines]) @ asked
    best = sorted(range(len(lines)), key=lambda at: (-scores[at], -lines[at].seq))
    return [_hit(lines[at], float(scores[at]), _nearest_words(know, lines[at].text, asked))
            for at in best[:limit] if scores[at] >= _LEAST]


def _hit(line: Line, score: float, words: list[list[int]]) -> dict[str, Any]:
    return {"seq": line.seq, "ts": line.ts, "user": {"id": line.user, "name": line.name},
            "text": line.text, "score": round(min(score, 1.0), 3), "words": words}


def _nearest_words(know: meaning.Meaning, text: str, asked: np.ndarray) -> list[list[int]]:
    found = list(_WORD.finditer(text[:meaning.READ]))
    scores = know.vectors([match[0] for match in found]) @ asked
    best = sorted(range(len(found)), key=lambda at: -scores[at])
    return [list(found[at].span()) for at in best[:_WORDS] if scores[at] >= _WORD_LEAST]
