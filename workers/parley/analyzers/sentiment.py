# SPDX-License-Identifier: MIT
"""What a message feels like: its sentiment (3 labels) and its emotions (28 labels)."""

from __future__ import annotations

import numpy as np

from parley.api import Batch, Context, Scores, analyzer
from parley.linear import LinearModel

_SURE_EMOTION = 0.5
"""Below this even the likeliest emotion is not worth showing beside a message."""


def _with_winner(model: LinearModel, batch: Batch, least: float) -> Scores:
    """Every label with its score; `flagged` marks at most one, the one to show: the
    likeliest, when it is not "neutral", reached its threshold, and `least`.  The server's
    `POST /api/v1/analyze` compares scores and thresholds instead, label by label."""
    scores = model.scores(batch.features)
    best = scores.argmax(axis=1)
    everyone = np.arange(len(batch))
    flagged = np.zeros(scores.shape, bool)
    flagged[everyone, best] = (best != model.labels.index("neutral")) & (
        scores[everyone, best] >= np.maximum(least, model.thresholds)[best])
    return Scores(model.labels, scores, model.thresholds, flagged)


@analyzer("sentiment", version="1.0.0")
class Sentiment:
    """negative, neutral, positive: probabilities that sum to one."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("sentiment")

    def analyze(self, batch: Batch) -> Scores:
        return _with_winner(self.model, batch, 0.0)


@analyzer("emotion", version="1.0.0")
class Emotion:
    """The 28 GoEmotions names: independent probabilities, each with the threshold that
    had the best F1 on held-out data."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("emotion")

    def analyze(self, batch: Batch) -> Scores:
        return _with_winner(self.model, batch, _SURE_EMOTION)
