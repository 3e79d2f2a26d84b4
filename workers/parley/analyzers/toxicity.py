# SPDX-License-Identifier: MIT
"""Toxic, insulting, threatening, identity-attacking and profane messages, and which words."""

from __future__ import annotations

from parley.api import Batch, Context, Result, analyzer
from parley.windows import judge


@analyzer("toxicity", version="1.1.0")
class Toxicity:
    """Five calibrated probabilities; spans of the words that made each flagged label.  A
    long message is as toxic as its worst sentence."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("toxicity")

    def analyze(self, batch: Batch) -> list[list[Result]]:
        model = self.model
        judged = judge(model, batch.texts, batch.features)
        shown = [min(threshold, 0.5) for threshold in model.thresholds]
        return [[Result(label, score,
                        judged.spans(index, column) if score >= shown[column] else (),
                        model.thresholds[column])
                 for column, (label, score) in enumerate(zip(model.labels, row))]
                for index, row in enumerate(judged.scores.tolist())]
