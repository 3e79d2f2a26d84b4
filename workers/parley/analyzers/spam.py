# SPDX-License-Identifier: MIT
"""Advertising and scams: by a message's words and numbers, and by the sites it links to."""

from __future__ import annotations

from parley.api import Batch, Context, Result, analyzer
from parley.spam import SpamModel


@analyzer("spam", version="1.0.0")
class Spam:
    """One probability; spans of the scam links, or else of the words that made it."""

    def setup(self, ctx: Context) -> None:
        self.model = SpamModel.from_arrays(ctx.weights("spam"))

    def analyze(self, batch: Batch) -> list[Result]:
        model, threshold = self.model, self.model.threshold
        scores, links = model.scores(batch.texts, batch.features)
        out = []
        for index, (score, bad) in enumerate(zip(scores, links)):
            spans = [(link.start, link.end) for link in bad]
            if score >= threshold and not spans:
                spans = model.text.spans(batch.features, index, batch.texts[index], 0)
            out.append(Result("spam", score, spans, threshold))
        return out
