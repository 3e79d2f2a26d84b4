# SPDX-License-Identifier: MIT
"""What the soak calls flat, and what it does not."""
from __future__ import annotations

import random

import pytest
from steady import growth, problem_of


def noisy(level: float, count: int = 600) -> list[float]:
    chance = random.Random(1)
    return [level * chance.uniform(0.98, 1.02) for _ in range(count)]


def test_a_noisy_level_is_flat() -> None:
    assert problem_of("rss", noisy(1e8), 0.05) is None


def test_one_spike_is_no_growth() -> None:
    values = noisy(1e8)
    values[550] *= 10
    assert problem_of("rss", values, 0.05) is None


def test_a_slow_leak_is_growth() -> None:
    values = [v * (1 + 0.08 * i / 600) for i, v in enumerate(noisy(1e8))]
    assert "grew by" in (problem_of("rss", values, 0.05) or "")
    assert growth(values) == pytest.approx(0.08, abs=0.02)


def test_a_step_is_told_even_when_the_line_is_flat() -> None:
    values = noisy(1e8)
    values[200:300] = [v * 1.2 for v in values[200:300]]
    assert "above its beginning" in (problem_of("rss", values, 0.05) or "")


def test_shrinking_is_fine() -> None:
    assert problem_of("rss", [v * (1 - 0.2 * i / 600) for i, v in enumerate(noisy(1e8))], 0.05) is None


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError):
        growth([1.0] * 10)
