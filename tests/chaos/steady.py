# SPDX-License-Identifier: MIT
"""Whether a series of samples is flat: what the soak is judged by. Pure."""
from __future__ import annotations

import statistics
from collections.abc import Sequence

PARTS = 12


def growth(values: Sequence[float]) -> float:
    """By which share the series grows over its length: the line through the medians of its twelfths
    (Theil-Sen, so that neither one spike nor one part decides), end against begin."""
    if len(values) < 2 * PARTS:
        raise ValueError(f"{len(values)} samples are too few; at least {2 * PARTS}")
    size = len(values) / PARTS
    medians = [statistics.median(values[int(n * size):int((n + 1) * size)]) for n in range(PARTS)]
    slopes = [(medians[j] - medians[i]) / (j - i) for i in range(PARTS) for j in range(i + 1, PARTS)]
    slope = statistics.median(slopes)
    begin = statistics.median(m - slope * i for i, m in enumerate(medians))
    return slope * (PARTS - 1) / max(begin, 1.0)


def spread(values: Sequence[float]) -> float:
    """How far the highest twelfth's median is above the first's, as a share of it."""
    size = len(values) / PARTS
    medians = [statistics.median(values[int(n * size):int((n + 1) * size)]) for n in range(PARTS)]
    return (max(medians) - medians[0]) / max(medians[0], 1.0)


def problem_of(name: str, values: Sequence[float], tolerance: float) -> str | None:
    """One sentence when the series grows or wanders up by more than the tolerance, else None."""
    grown, above = growth(values), spread(values)
    if grown > tolerance:
        return f"{name} grew by {grown:.1%} (at most {tolerance:.0%})"
    if above > tolerance:
        return f"{name} stood {above:.1%} above its beginning (at most {tolerance:.0%})"
    return None
