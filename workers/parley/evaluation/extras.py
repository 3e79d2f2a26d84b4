# SPDX-License-Identifier: MIT
"""`python3 -m parley eval --extras`: the analyzers that need packages from PyPI, beside ours.

Nothing is compared with cards: what a package's next version says is not ours to promise.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from parley import registry
from parley.analyzers import extras, language
from parley.api import MODELS, Batch
from parley.evaluation import datasets, languages, metrics

_COMMON = 20
_CHUNK = 64


def run(root: Path) -> int:
    """Print the tables.  0; 2 when a package is missing."""
    entries = [registry.set_up(registry.spec_of(target), MODELS, None)
               for target in (language.Language, extras.Lingua)]
    for entry in entries:
        if entry.run is None:
            print(f"eval: '{entry.name}' is {entry.status}: {entry.detail}")
            return 2
    for name, texts, truth in _language_sets(root):
        for entry in entries:
            started = time.process_time()
            guess = [_top(found) for at in range(0, len(texts), _CHUNK)
                     for found in entry.run(Batch.of(texts[at:at + _CHUNK]))]
            cpu = (time.process_time() - started) / len(texts) * 1e6
            print(f"{name:44} {entry.name:16} {_value(guess, truth):.4f}  n {len(texts):5}  "
                  f"{cpu:5.0f} us", flush=True)
    return 0


def _language_sets(root: Path) -> list[tuple[str, list[str], list[str] | None]]:
    sets: list[tuple[str, list[str], list[str] | None]] = []
    known = extras.Languages().languages
    for kind in languages.KINDS:
        for some in (known[:_COMMON], known):
            sets.append((f"{kind}, {len(some)} languages: mean accuracy",
                         *languages.texts(root, kind, "test", some)))
    sets.append(("technical IRC: flagged as not English", datasets.irc(root, "test").texts, None))
    return sets


def _top(found: list[Any]) -> tuple[str, bool]:
    """The likeliest language, and whether it is flagged."""
    best = max(found, key=lambda result: result.score, default=None)
    return ("", False) if best is None else (best.label, best.score >= 0.5)


def _value(guess: list[tuple[str, bool]], truth: list[str] | None) -> float:
    if truth is None:
        return metrics.share(np.array([flagged and label != "en" for label, flagged in guess]))
    number = {code: k for k, code in enumerate(dict.fromkeys(truth))}
    return metrics.macro_recall(np.array([number.get(label, -1) for label, _ in guess]),
                                np.array([number[code] for code in truth]))
