# SPDX-License-Identifier: MIT
"""Personal and secret data: e-mail addresses, telephone, card and bank account numbers, IP
addresses, social security numbers, links, keys and passwords.  What to mask are the spans."""

from __future__ import annotations

import numpy as np

from parley import personal
from parley.api import Batch, Scores, analyzer

_THRESHOLD = 0.5
_THRESHOLDS = (_THRESHOLD,) * len(personal.LABELS)
_MOST = 256


@analyzer("pii", version="1.0.0", threshold=_THRESHOLD)
class Pii:
    """How sure the surest rule is; spans of whatever reaches the threshold."""

    def analyze(self, batch: Batch) -> Scores:
        scores = np.zeros((len(batch), len(personal.LABELS)))
        spans = {}
        for message, text in enumerate(batch.texts):
            for label, pieces in personal.find(text).items():
                column = personal.LABELS.index(label)
                scores[message, column] = max(piece.score for piece in pieces)
                spans[message, column] = [(piece.start, piece.end) for piece in pieces
                                          if piece.score >= _THRESHOLD][:_MOST]
        return Scores(personal.LABELS, scores, _THRESHOLDS, spans=spans)
