# SPDX-License-Identifier: MIT
"""Linear models over hashed n-grams: the file format, scoring, and spans.

The score of label k for a message with the feature set S is

    link( scale[k] * sum(weights[f, k] for f in S) / sqrt(sum(norm[f] for f in S)) + bias[k] )

over the features f the model knows; `weights` are small integers into which each feature's
inverse document frequency is folded, and `norm` its square.  Sums of integers do not
depend on their order, so a message scores the same alone and in a batch.

File NAME.npz (no pickles), arrays:
    features  int64 []        version of the feature definition
    steps     uint16 [m]      ascending slots, each as the difference from the one before
    weights   int8/16 [m, k]  norm uint16 [m] (fixed point, 1/256)
    scale, bias, threshold    float64 [k]
    labels    unicode [k]     link unicode []: "sigmoid", labels independent of each other,
                              or "share", sigmoids divided by their sum
Beside it NAME.json, the machine-readable card, holds the file's SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parley.features import SLOTS, VERSION, Features

NORM_UNIT = 256.0
_WORD = re.compile(r"(?<!\S)\w(?:[ ._-]\w){2,}(?!\w)|\S+")  # s p a c e d letters: one word
_EDGE = ".,;:?!\"'()[]{}<>\u2026\u201c\u201d"


class ModelError(Exception):
    """Weights are missing, altered, or of another format."""


def read_weights(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """(arrays, SHA-256) of the weight file PATH, checked against the card beside it.  Raises
    ModelError."""
    card_path = path.with_suffix(".json")
    try:
        data = path.read_bytes()
        expected = json.loads(card_path.read_text("utf-8"))["weights_sha256"]
    except OSError as error:
        raise ModelError(f"model file {error.filename} cannot be read: "
                         f"{error.strerror}; train it again or restore it") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{card_path} is not a model card: {error!r}") from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        raise ModelError(f"{path} has SHA-256 {actual}, but its card says {expected}: "
                         f"the file was altered or the card is of another training")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}, actual
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is not a weight file: {error!r}") from error


def _check_shapes(arrays: dict[str, np.ndarray]) -> None:
    """Raises ValueError where an array does not belong to the others."""
    (slots,), (labels,) = arrays["steps"].shape, arrays["labels"].shape
    for name, shape in (("weights", (slots, labels)), ("norm", (slots,)), ("scale", (labels,)),
                        ("bias", (labels,)), ("threshold", (labels,))):
        if arrays[name].shape != shape:
            raise ValueError(f"'{name}' has the shape {arrays[name].shape}, but {slots} slots and "
                             f"{labels} labels make {shape}")
    if int(arrays["steps"].sum(dtype=np.int64)) >= SLOTS:
        raise ValueError(f"'steps' lead beyond the {SLOTS} slots of the features")


@dataclass(frozen=True)
class LinearModel:
    """A loaded model; see the module's text for its arrays."""

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    sha256: str
    link: str
    rows: np.ndarray     # int32 [SLOTS]: row of a slot; 0, a row of zeros, if unknown
    weights: np.ndarray  # [m + 1, k]
    norm: np.ndarray     # uint16 [m + 1]
    scale: np.ndarray
    bias: np.ndarray

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """Read and check PATH against the card beside it.  Raises ModelError."""
        arrays, sha256 = read_weights(path)
        try:
            return cls.from_arrays(arrays, sha256)
        except (ValueError, KeyError) as error:
            raise ModelError(f"{path} is not a weight file: {error!r}") from error

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray], sha256: str = "") -> LinearModel:
        if int(arrays["features"]) != VERSION:
            raise ModelError(f"the model was trained on features version "
                             f"{int(arrays['features'])}, this package makes version "
                             f"{VERSION}: train it again")
        _check_shapes(arrays)
        slots = np.cumsum(arrays["steps"], dtype=np.int64)
        rows = np.zeros(SLOTS, np.int32)
        rows[slots] = np.arange(1, len(slots) + 1)
        zero = np.zeros((1, arrays["weights"].shape[1]), arrays["weights"].dtype)
        return cls(tuple(map(str, arrays["labels"])), tuple(map(float, arrays["threshold"])),
                   sha256, str(arrays["link"]), rows, np.concatenate((zero, arrays["weights"])),
                   np.concatenate((np.zeros(1, np.uint16), arrays["norm"])),
                   arrays["scale"], arrays["bias"])

    def scores(self, features: Features) -> np.ndarray:
        """Probabilities, float64 [messages, labels]."""
        p = 1.0 / (1.0 + np.exp(-np.clip(self.logits(features), -60, 60)))
        if self.link == "share":
            p /= p.sum(axis=1, keepdims=True)
        # Rounding hides the last bit of exp(), which depends on the array's length.
        return np.round(p, 6)

    def logits(self, features: Features) -> np.ndarray:
        """What goes into the link, float64 [messages, labels]."""
        total, length = self._sums(features)
        return total * self.scale / length[:, None] + self.bias

    def _sums(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """(sum of weights [n, k], length of the feature vector [n]) of each message."""
        rows = self.rows.take(features.slots)
        known = np.flatnonzero(rows)
        rows = np.append(rows.take(known), 0)
        starts = np.searchsorted(known, features.starts)
        # take() gathers rows several times as fast as an index does.
        total = np.add.reduceat(self.weights.take(rows, axis=0), starts[:-1], axis=0,
                                dtype=np.int64)
        square = np.add.reduceat(self.norm.take(rows), starts[:-1], dtype=np.int64)
        none = starts[1:] == starts[:-1]
        total[none], square[none] = 0, 0
        return total, np.sqrt(np.maximum(square, 1) / NORM_UNIT)

    def spans(self, features: Features, message: int, text: str, label: int,
              share: float = 0.4) -> tuple[tuple[int, int], ...]:
        """The words of `text` (message number `message`) that made `label`.

        Every feature's weight is spread evenly over its occurrences and their characters;
        a word counts when it gathered at least `share` of what the strongest word did.
        Neighbouring words become one span.  Half-open ranges of code points.
        """
        slot, start, end = features.trace(message)
        row = self.rows[slot]
        seen = row > 0
        slot, start, end, row = slot[seen], start[seen], end[seen], row[seen]
        if not len(slot):
            return ()
        _, which, times = np.unique(slot, return_inverse=True, return_counts=True)
        weight = self.weights[row, label] / (times[which] * np.maximum(end - start, 1))
        change = np.bincount(start, weight, len(text) + 2) - np.bincount(
            end, weight, len(text) + 2)
        gathered = np.concatenate(([0.0], np.cumsum(np.cumsum(change))))
        words = [_trim(text, *match.span()) for match in _WORD.finditer(text)]
        made = [gathered[b] - gathered[a] for a, b in words]
        top = max(made, default=0.0)
        if top <= 0:
            return ()
        out: list[tuple[int, int]] = []
        for (a, b), value in zip(words, made):
            if value < share * top:
                continue
            if out and text[out[-1][1]:a].isspace():
                a = out.pop()[0]
            out.append((a, b))
        return tuple(out)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without punctuation at its ends, unless nothing else is in it."""
    a, b = start, end
    while a < b and text[a] in _EDGE:
        a += 1
    while b > a and text[b - 1] in _EDGE:
        b -= 1
    return (a, b) if a < b else (start, end)


def save(path: Path, arrays: dict[str, Any]) -> str:
    """Write a weight file whose bytes depend on the arrays alone; returns its SHA-256."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(arrays[name]), allow_pickle=False)
            archive.writestr(member, content.getvalue())
    path.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()
