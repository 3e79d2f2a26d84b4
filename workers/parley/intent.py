# SPDX-License-Identifier: MIT
"""Intents: which of 150 requests to an assistant a message makes, if it makes one.

Two models in one weight file.  The first, with one column, tells requests from everything else
that people say, and decides which messages the second, with a column an intent, looks at: in
most rooms hardly any, so intents cost next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parley.features import Features
from parley.linear import LinearModel

LOOK = 0.02
"""From this probability of being a request on, its intent is looked for."""


@dataclass(frozen=True)
class Part:
    """Some messages of a batch: what LinearModel reads of `Features`."""

    slots: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, features: Features, messages: np.ndarray) -> Part:
        """The messages with these numbers, ascending."""
        length = np.diff(features.starts)
        chosen = np.zeros(len(length), bool)
        chosen[messages] = True
        return cls(features.slots[np.repeat(chosen, length)],
                   np.concatenate(([0], np.cumsum(length[messages]))))


@dataclass(frozen=True)
class IntentModel:
    """Arrays of parley.linear under "request_…" and "kind_…"; the threshold is the latter's.

    Of a message's score for an intent: how likely it is a request at all, times how likely
    the intent is if it is one.
    """

    request: LinearModel
    kind: LinearModel

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> IntentModel:
        def part(prefix: str) -> LinearModel:
            return LinearModel.from_arrays({name.removeprefix(prefix): array for name, array
                                            in arrays.items() if name.startswith(prefix)})
        return cls(part("request_"), part("kind_"))

    @property
    def labels(self) -> tuple[str, ...]:
        return self.kind.labels

    @property
    def threshold(self) -> float:
        return self.kind.thresholds[0]

    def scores(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """(numbers of the messages that were looked at, ascending; their probabilities,
        float64 [those, labels])."""
        request = self.request.scores(features)[:, 0]
        messages = np.flatnonzero(request >= LOOK)
        if not len(messages):
            return messages, np.zeros((0, len(self.labels)))
        kinds = self.kind.scores(Part.of(features, messages))
        return messages, np.round(request[messages, None] * kinds, 6)
