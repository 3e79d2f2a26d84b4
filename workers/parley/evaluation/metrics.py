# SPDX-License-Identifier: MIT
"""Metrics on NumPy alone, and their bootstrap intervals."""

from __future__ import annotations

from typing import Callable, Sequence

import numpy as np

SEED = 20260101


def auc(score: np.ndarray, truth: np.ndarray) -> float:
    """Area under the ROC curve; ties count half.  nan when one class is missing."""
    rank = _ranks(score)
    positive = truth > 0.5
    p, n = int(positive.sum()), int((~positive).sum())
    if not p or not n:
        return float("nan")
    return float((rank[positive].sum() - p * (p + 1) / 2) / (p * n))


def f1(guess: np.ndarray, truth: np.ndarray) -> float:
    """F1 of a 0/1 guess; 0 when nothing is right."""
    right = float((guess * truth).sum())
    return 2 * right / max(float(guess.sum() + truth.sum()), 1.0)


def macro_f1(guess: np.ndarray, truth: np.ndarray) -> float:
    """Mean over columns of F1."""
    return float(np.mean([f1(guess[:, k], truth[:, k]) for k in range(truth.shape[1])]))


def binary_macro_f1(guess: np.ndarray, truth: np.ndarray) -> float:
    """Mean of the F1 of the class and of its absence."""
    return (f1(guess, truth) + f1(1 - guess, 1 - truth)) / 2


def macro_recall(guess: np.ndarray, truth: np.ndarray) -> float:
    """Mean over classes of recall; both hold class numbers."""
    return float(np.mean([(guess[truth == k] == k).mean() for k in np.unique(truth)]))


def calibration_error(score: np.ndarray, truth: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins; `truth` may be a share."""
    which = np.minimum((score * bins).astype(int), bins - 1)
    weight = np.bincount(which, minlength=bins)
    gap = np.abs(np.bincount(which, score, bins) - np.bincount(which, truth, bins))
    return float(gap[weight > 0].sum() / len(score))


def share(guess: np.ndarray) -> float:
    """Share of ones."""
    return float(np.mean(guess))


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation; ties share their mean rank."""
    return pearson(_ranks(a), _ranks(b))


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[inverse]


def interval(metric: Callable[..., float], columns: Sequence[np.ndarray],
             rounds: int = 200) -> tuple[float, float]:
    """95 % bootstrap interval of metric(*columns) over their common first axis."""
    rng = np.random.default_rng(SEED)
    count = len(columns[0])
    values = []
    for _ in range(rounds):
        pick = rng.integers(0, count, count)
        values.append(metric(*(column[pick] for column in columns)))
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return float(low), float(high)
