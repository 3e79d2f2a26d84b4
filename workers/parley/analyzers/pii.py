# SPDX-License-Identifier: MIT
"""Personal and secret data: e-mail addresses, telephone, card and bank account numbers, IP
addresses, social security numbers, links, keys and passwords.  What to mask are the spans."""

from __future__ import annotations

from parley import personal
from parley.api import Batch, Result, analyzer

_THRESHOLD = 0.5
_MOST = 256
_NOTHING = [Result(label, 0.0, (), _THRESHOLD) for label in personal.LABELS]


@analyzer("pii", version="1.0.0", threshold=_THRESHOLD)
class Pii:
    """How sure the surest rule is; spans of whatever reaches the threshold."""

    def analyze(self, batch: Batch) -> list[list[Result]]:
        return [_results(text) for text in batch.texts]


def _results(text: str) -> list[Result]:
    found = personal.find(text)
    if not found:
        return _NOTHING
    results = []
    for label, nothing in zip(personal.LABELS, _NOTHING):
        pieces = found.get(label)
        if pieces is None:
            results.append(nothing)
            continue
        spans = [(piece.start, piece.end) for piece in pieces if piece.score >= _THRESHOLD]
        results.append(Result(label, max(piece.score for piece in pieces), spans[:_MOST],
                              _THRESHOLD))
    return results
