# SPDX-License-Identifier: MIT
"""Small memories of streams, which JSON can hold: heavy hitters, decaying sums, robust
baselines.  Time is a number that only grows; nothing reads a clock."""

from __future__ import annotations

import heapq
import math
from collections import deque
from statistics import median
from typing import Any, Iterable, Mapping


class Hitters:
    """The heaviest keys of a stream in bounded memory: Space-Saving (Metwally et al., 2005),
    which throws out the lightest half at once rather than one at a time.

    A key's weight is at most its error above the truth; a key that is not held weighs at
    most `floor`.
    """

    def __init__(self, capacity: int, packed: Mapping[str, Any] = {}) -> None:
        self.capacity = capacity
        self.floor: float = packed.get("floor", 0.0)
        self.held: dict[str, list[float]] = packed.get("held", {})
        """key -> [weight, error]"""

    def add(self, key: str, weight: float = 1.0) -> None:
        pair = self.held.get(key)
        if pair is not None:
            pair[0] += weight
            return
        self.held[key] = [self.floor + weight, self.floor]
        if len(self.held) > 2 * self.capacity:
            self._prune()

    def _prune(self) -> None:
        order = sorted(self.held, key=lambda key: (-self.held[key][0], key))
        self.floor = max(self.floor, self.held[order[self.capacity]][0])
        self.held = {key: self.held[key] for key in order[:self.capacity]}

    def decay(self, factor: float, least: float = 0.05) -> None:
        """All weights times `factor`; what falls below `least` is forgotten."""
        self.floor *= factor
        self.held = {key: [weight * factor, error * factor]
                     for key, (weight, error) in self.held.items() if weight * factor >= least}

    def top(self, count: int) -> list[tuple[str, float]]:
        """The heaviest, by what is certain of their weight; ties by name."""
        sure = ((key, weight - error) for key, (weight, error) in self.held.items())
        return heapq.nsmallest(count, (pair for pair in sure if pair[1] > 0),
                               key=lambda pair: (-pair[1], pair[0]))

    def pack(self) -> dict[str, Any]:
        return {"floor": self.floor, "held": self.held}


class Fading:
    """Sums that fade: what happened `span` ago counts 1/e of what happens now."""

    def __init__(self, span_ms: float, at_ms: float = 0.0,
                 sums: Mapping[str, float] = {}) -> None:
        self.span_ms, self.at_ms, self.sums = span_ms, at_ms, dict(sums)

    def fade(self, now_ms: float) -> None:
        if now_ms > self.at_ms:
            factor = math.exp((self.at_ms - now_ms) / self.span_ms)
            self.sums = {key: value * factor for key, value in self.sums.items()}
            self.at_ms = now_ms

    def add(self, now_ms: float, **values: float) -> None:
        """Values of now; late ones count as if they came now."""
        self.fade(now_ms)
        for key, value in values.items():
            self.sums[key] = self.sums.get(key, 0.0) + value

    def get(self, key: str) -> float:
        return self.sums.get(key, 0.0)

    def share(self, part: str, whole: str) -> float | None:
        """part / whole, or None while there is hardly anything to judge by."""
        total = self.get(whole)
        return self.get(part) / total if total > 1e-3 else None

    def pack(self) -> list[Any]:
        return [self.at_ms, self.sums]


class Surprise:
    """Mean and variance of a count per bucket, fading, and how far a new one stands out."""

    def __init__(self, memory: float, mean: float = 0.0, variance: float = 0.0) -> None:
        self.memory, self.mean, self.variance = memory, mean, variance

    def z(self, count: float) -> float:
        """Standard deviations above what was usual; a Poisson count's own are the least."""
        return (count - self.mean) / math.sqrt(self.variance + self.mean + 1.0)

    def learn(self, count: float) -> None:
        share = 1.0 / self.memory
        gap = count - self.mean
        self.mean += share * gap
        self.variance = (1 - share) * (self.variance + share * gap * gap)


class Baseline:
    """The usual range of a measure: median and MAD of the last values, which a short storm
    cannot move."""

    def __init__(self, length: int, floor: float, values: Iterable[float] = ()) -> None:
        self.floor = floor
        self.values: deque[float] = deque(values, length)

    def z(self, value: float) -> float:
        """Robust z: (value - median) / max(1.4826 MAD, floor)."""
        if not self.values:
            return 0.0
        middle = median(self.values)
        spread = 1.4826 * median(abs(v - middle) for v in self.values)
        return (value - middle) / max(spread, self.floor)

    def learn(self, value: float) -> None:
        self.values.append(value)


def gini(weights: Iterable[float]) -> float:
    """How unequal: 0 all the same, towards 1 one has everything."""
    ordered = sorted(weights)
    total = sum(ordered)
    if len(ordered) < 2 or total <= 0:
        return 0.0
    ranked = sum((2 * rank - len(ordered) - 1) * value
                 for rank, value in enumerate(ordered, 1))
    return ranked / (len(ordered) * total)
