# SPDX-License-Identifier: MIT
"""Whether a message asks something, with or without a question mark."""

from __future__ import annotations

from parley.api import Batch, Context, Result, analyzer


@analyzer("question", version="1.0.0")
class Question:
    """One calibrated probability."""

    def setup(self, ctx: Context) -> None:
        self.model = ctx.model("question")

    def analyze(self, batch: Batch) -> list[Result]:
        threshold = self.model.thresholds[0]
        return [Result("question", score, (), threshold)
                for score in self.model.scores(batch.features)[:, 0].tolist()]
