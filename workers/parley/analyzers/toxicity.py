# SPDX-License-Identifier: MIT
"""Toxic, insulting, threatening, identity-attacking and profane messages, and which words."""

from __future__ import annotations

from parley.api import Batch, Context, Result, analyzer


@analyzer("toxicity", version="1.0.0")
class Toxicity:
    """Five calibrated probabilities; spans of the words that made each flagged label."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("toxicity")

    def analyze(self, batch: Batch) -> list[list[Result]]:
        model, features = self.model, batch.features
        out = []
        for index, row in enumerate(model.scores(features).tolist()):
            results = []
            for column, score in enumerate(row):
                threshold = model.thresholds[column]
                spans = () if score < threshold else model.spans(
                    features, index, batch.texts[index], column)
                results.append(Result(model.labels[column], score, spans, threshold))
            out.append(results)
        return out
