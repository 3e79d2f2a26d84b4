# SPDX-License-Identifier: MIT
"""Whether a message asks something, with or without a question mark."""

from __future__ import annotations

import re

from parley.api import Batch, Context, Result, analyzer

LINK = re.compile(r"\S*(?:://|www\.)\S+")
MARK = re.compile(r"\s*\?[?!]*(?=\s|$|[\"')*])")
MARKED = 0.9
"""At least this sure is a sentence that ends in a question mark."""


def asks(text: str) -> bool:
    """Whether a sentence of `text` ends in a question mark; links do not count."""
    return "?" in text and MARK.search(LINK.sub("", text)) is not None


@analyzer("question", version="1.1.0")
class Question:
    """One calibrated probability."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("question")

    def analyze(self, batch: Batch) -> list[Result]:
        threshold = self.model.thresholds[0]
        scores = self.model.scores(batch.features)[:, 0].tolist()
        return [Result("question", max(score, MARKED) if asks(text) else score, (), threshold)
                for text, score in zip(batch.texts, scores)]
