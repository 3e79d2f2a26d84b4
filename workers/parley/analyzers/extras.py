# SPDX-License-Identifier: MIT
"""Analyzers that need packages from PyPI; without them they are shown as not installed.

They run after the others.  VADER is a lexicon of sentiment whose scores many know.
"""

from __future__ import annotations

from parley.api import Batch, Context, Result, analyzer

_READ = 400


@analyzer("sentiment-vader", version="1.0.0", requires="vaderSentiment", priority="background")
class Vader:
    """VADER's shares of negative, neutral and positive words (MIT)."""

    def setup(self, ctx: Context) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
        self.lexicon = SentimentIntensityAnalyzer()

    def analyze(self, batch: Batch) -> list[list[Result]]:
        out = []
        for text in batch.texts:
            shares = self.lexicon.polarity_scores(text[:_READ])
            compound = shares["compound"]
            out.append([Result("negative", shares["neg"], flagged=compound <= -0.05),
                        Result("neutral", shares["neu"], flagged=False),
                        Result("positive", shares["pos"], flagged=compound >= 0.05)])
        return out
