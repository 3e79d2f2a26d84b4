# SPDX-License-Identifier: MIT
"""The language a message is written in, by its letters."""

from __future__ import annotations

import numpy as np

from parley.api import Batch, Context, Result, analyzer
from parley.langid import LanguageModel

_SHOWN = 5


@analyzer("language", version="1.0.0")
class Language:
    """The five likeliest languages with their probabilities; at most one reaches the
    threshold of one half."""

    def setup(self, ctx: Context) -> None:
        self.model = LanguageModel.from_arrays(ctx.weights("language"))

    def analyze(self, batch: Batch) -> list[list[Result]]:
        model = self.model
        scores = model.scores(batch.texts)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :_SHOWN].tolist()
        return [[Result(model.languages[k], row[k], (), model.threshold) for k in columns]
                for row, columns in zip(scores.tolist(), best)]
