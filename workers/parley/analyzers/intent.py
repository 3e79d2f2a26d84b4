# SPDX-License-Identifier: MIT
"""What a message asks an assistant or a bot to do, if it does."""

from __future__ import annotations

import numpy as np

from parley.api import Batch, Context, Result, analyzer
from parley.intent import IntentModel

_SHOWN = 3


@analyzer("intent", version="1.0.0")
class Intent:
    """The three likeliest intents of a message that may be a request; nothing for others."""

    def setup(self, ctx: Context) -> None:
        self.model = IntentModel.from_arrays(ctx.weights("intent"))

    def analyze(self, batch: Batch) -> list[list[Result]]:
        model = self.model
        out: list[list[Result]] = [[] for _ in batch.texts]
        messages, scores = model.scores(batch.features)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :_SHOWN]
        for message, row, columns in zip(messages.tolist(), scores.tolist(), best.tolist()):
            out[message] = [Result(model.labels[k], row[k], (), model.threshold)
                            for k in columns]
        return out
