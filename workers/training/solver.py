# SPDX-License-Identifier: MIT
"""From texts with soft labels to a weight file: features, L-BFGS, pruning, rounding,
calibration.  Needs SciPy, at training time only.  Everything is deterministic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import fmin_l_bfgs_b

from parley.features import SLOTS, VERSION, Features
from parley.linear import NORM_UNIT, LinearModel

_CHUNK = 512


@dataclass
class Examples:
    """Texts, soft labels [n, k] (nan: unknown), and a weight for each text."""

    texts: list[str] = field(default_factory=list)
    labels: list[np.ndarray] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, texts: Sequence[str], labels: np.ndarray, weight: Any = 1.0) -> None:
        self.texts.extend(texts)
        self.labels.extend(np.broadcast_to(labels, (len(texts), np.shape(labels)[-1])))
        self.weights.extend(np.broadcast_to(weight, len(texts)))

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters; they go into the card."""

    link: str = "sigmoid"
    penalty: float = 0.2          # weight of |w|^2 / 2 against the summed loss
    min_messages: int = 3         # a feature in fewer training messages is left out
    keep: int = 100_000           # features kept after pruning
    iterations: int = 80
    bits: int = 8                 # of each stored weight
    scaled: bool = False          # search in coordinates scaled by the curvature
    ratio: float = 0.0            # share of a weight's reach that its naive Bayes ratio gives


def matrix(texts: Sequence[str]) -> sparse.csr_matrix:
    """0/1 matrix [texts, SLOTS]."""
    slots, ends, base = [], [np.zeros(1, np.int64)], 0
    for at in range(0, len(texts), _CHUNK):
        part = Features(texts[at:at + _CHUNK])
        slots.append(part.slots.astype(np.int32))
        ends.append(part.starts[1:] + base)
        base += len(part.slots)
    columns = np.concatenate(slots)
    return sparse.csr_matrix((np.ones(len(columns), np.float32), columns,
                              np.concatenate(ends)), shape=(len(texts), SLOTS))


def fit(x: sparse.csr_matrix, y: np.ndarray, weight: np.ndarray, settings: Settings,
        start: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the weighted log loss of all columns of `y` at once: (weights, bias).

    `start` is (weights, bias) stacked.  With `settings.scaled` the search runs in
    coordinates that are scaled by the curvature's rough diagonal, without which many texts
    of different kinds take hundreds of rounds; few rounds without it stop early, which is
    as good as a penalty.
    """
    n, k = y.shape
    transposed = x.T.tocsr()
    known = np.isfinite(y)
    target = np.where(known, y, 0).astype(np.float32)
    factor = (known * weight[:, None] / settings.penalty).astype(np.float32)
    unit = np.ones((x.shape[1] + 1, k), np.float32)
    if settings.scaled:
        squares = transposed.multiply(transposed) @ factor
        unit = np.vstack((1 / np.sqrt(1 + 0.1 * squares),
                          1 / np.sqrt(1 + 0.1 * factor.sum(axis=0)))).astype(np.float32)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scaled = flat.astype(np.float32).reshape(unit.shape) * unit
        w, b = scaled[:-1], scaled[-1]
        z = x @ w + b
        loss, p = np.logaddexp(0, z) - target * z, 1 / (1 + np.exp(-z))
        slope = (p - target) * factor
        value = float((loss * factor).sum(dtype=np.float64)) \
            + 0.5 * float((w * w).sum(dtype=np.float64))
        gradient = np.vstack((transposed @ slope + w, slope.sum(axis=0))) * unit
        return value, gradient.ravel().astype(np.float64)

    first = np.zeros(unit.size) if start is None else (start / unit).ravel()
    flat, _, _ = fmin_l_bfgs_b(objective, first, maxiter=settings.iterations, m=6,
                               factr=1e7, pgtol=1e-3)
    best = flat.reshape(unit.shape) * unit
    return best[:-1], best[-1]


class _Scaling:
    """Inverse document frequency and unit length, over the chosen slots."""

    def __init__(self, x: sparse.csr_matrix, slots: np.ndarray) -> None:
        count = np.asarray(x[:, slots].sum(axis=0)).ravel()
        self.slots = slots
        self.idf = (np.log((1 + x.shape[0]) / (1 + count)) + 1).astype(np.float32)

    def __call__(self, x: sparse.csr_matrix) -> sparse.csr_matrix:
        x = (x[:, self.slots] @ sparse.diags(self.idf)).tocsr()
        length = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
        return (sparse.diags((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ x).tocsr()


def fit_scaled(x: sparse.csr_matrix, scaling: _Scaling, y: np.ndarray, weight: np.ndarray,
               settings: Settings, start: np.ndarray | None = None) \
        -> tuple[np.ndarray, np.ndarray]:
    """fit() on scaling(x).  With `settings.ratio` (one label only) a feature's weight may go
    the further the more the feature tells by itself (Wang and Manning, 2012)."""
    if not settings.ratio:
        return fit(scaling(x), y, weight, settings, start)
    reach = settings.ratio * _ratio(x[:, scaling.slots], y[:, 0], weight) + 1 - settings.ratio
    if start is not None:
        start = start / np.append(reach, 1.0)[:, None]
    w, b = fit((scaling(x) @ sparse.diags(reach)).tocsr(), y, weight, settings, start)
    return w * reach[:, None], b


def _ratio(x: sparse.csr_matrix, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """|log(share of the texts of a class which hold the feature, by the other's)|, of mean 1."""
    def share(chosen: np.ndarray) -> np.ndarray:
        return (x[chosen].T @ weight[chosen] + 1) / (weight[chosen].sum() + 1)
    found = np.abs(np.log(share(y > 0.5) / share(y <= 0.5)))
    return (found / found.mean()).astype(np.float32)


def train(examples: Examples, settings: Settings, labels: Sequence[str],
          say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """The arrays of a weight file; thresholds 0.5 and not yet calibrated."""
    say(f"features of {len(examples)} texts")
    return train_matrix(matrix(examples.texts), np.array(examples.labels),
                        np.array(examples.weights), settings, labels, say)


def train_matrix(x: sparse.csr_matrix, y: np.ndarray, weight: np.ndarray, settings: Settings,
                 labels: Sequence[str], say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """The same from the texts' features, 0/1 [texts, SLOTS]."""
    count = np.asarray((x > 0).sum(axis=0)).ravel()
    scaling = _Scaling(x, np.flatnonzero(count >= settings.min_messages))
    say(f"fit {len(scaling.slots)} features, {x.nnz / x.shape[0]:.0f} a text")
    w, b = fit_scaled(x, scaling, y, weight, settings)
    if len(scaling.slots) > settings.keep:
        # What a feature can move, times how often it does.
        worth = np.abs(w).max(axis=1) * scaling.idf * np.sqrt(count[scaling.slots])
        best = np.sort(np.argpartition(-worth, settings.keep)[:settings.keep])
        start = np.vstack((w[best], b))
        scaling = _Scaling(x, scaling.slots[best])
        say(f"fit again the best {settings.keep}")
        w, b = fit_scaled(x, scaling, y, weight, settings, start)
    folded = w * scaling.idf[:, None]
    top = 2 ** (settings.bits - 1) - 1
    scale = np.abs(folded).max(axis=0) / top
    return {
        "features": np.int64(VERSION),
        "steps": np.diff(scaling.slots, prepend=0).astype(np.uint16),
        "weights": np.round(folded / scale).astype(np.int8 if settings.bits == 8
                                                   else np.int16),
        "norm": np.round(scaling.idf.astype(np.float64) ** 2 * NORM_UNIT).astype(np.uint16),
        "scale": scale, "bias": b.astype(np.float64),
        "threshold": np.full(len(labels), 0.5), "labels": np.array(labels),
        "link": np.array(settings.link)}


def platt(logit: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """(a, b) that make sigmoid(a * logit + b) fit the (soft) truth, by Newton's method."""
    a, b = 1.0, 0.0
    design = np.stack((logit, np.ones_like(logit)), axis=1)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a * logit + b, -30, 30)))
        gradient = design.T @ (p - truth)
        curvature = (design * (p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-6 * np.eye(2), gradient)
        a, b = a - step[0], b - step[1]
        if np.abs(step).max() < 1e-9:
            break
    return float(a), float(b)


def calibrate(arrays: dict[str, np.ndarray], label: int, a: float, b: float) -> None:
    """Fold a calibration of one label into its scale and bias."""
    arrays["scale"][label] *= a
    arrays["bias"][label] = a * arrays["bias"][label] + b


def calibrate_all(arrays: dict[str, np.ndarray], logits: np.ndarray,
                  labels: np.ndarray) -> None:
    """Platt scaling of every label, from the model's logits of held-out texts."""
    for k in range(labels.shape[1]):
        known = np.isfinite(labels[:, k])
        a, b = platt(logits[known, k], labels[known, k])
        calibrate(arrays, k, a, b)


def logits(arrays: dict[str, np.ndarray], texts: Sequence[str]) -> np.ndarray:
    """What the model's arrays give for `texts`, [n, k]."""
    model = LinearModel.from_arrays(arrays)
    return np.concatenate([model.logits(Features(texts[at:at + 256]))
                           for at in range(0, len(texts), 256)])


def best_f1_threshold(score: np.ndarray, truth: np.ndarray) -> float:
    """The threshold with the best F1, midway between the two scores it lies between."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    f1 = 2 * np.cumsum(truth[order]) / (np.arange(1, len(order) + 1) + truth.sum())
    at = int(f1.argmax())
    below = ranked[at + 1] if at + 1 < len(ranked) else ranked[at]
    return float(np.round((ranked[at] + below) / 2, 6))


def precise_threshold(score: np.ndarray, truth: np.ndarray, precision: float) -> float:
    """The lowest threshold from which on `precision` of the texts are right."""
    order = np.argsort(-score, kind="stable")
    right = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= precision)
    return float(np.round(score[order[enough[-1] if len(enough) else 0]], 6))
