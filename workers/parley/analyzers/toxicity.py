# SPDX-License-Identifier: MIT
"""Toxic, insulting, threatening, identity-attacking and profane messages, and which words."""

from __future__ import annotations

import numpy as np

from parley.api import Batch, Context, Scores, analyzer
from parley.windows import judge


@analyzer("toxicity", version="1.1.0")
class Toxicity:
    """Five calibrated probabilities; spans of the words that made each flagged label.  A
    long message is as toxic as its worst sentence."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("toxicity")

    def analyze(self, batch: Batch) -> Scores:
        model = self.model
        judged = judge(model, batch.texts, batch.features)
        shown = np.minimum(model.thresholds, 0.5)
        spans = {(message, column): judged.spans(message, column)
                 for message, column in np.argwhere(judged.scores >= shown).tolist()}
        return Scores(model.labels, judged.scores, model.thresholds, spans=spans)
