# SPDX-License-Identifier: MIT
"""The ways people write around a word filter: swaps, stretches, spacing, stars.

Applied to harmless words as well, so that the disguise itself is no evidence.
"""

from __future__ import annotations

import random
import re

_SWAPS = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "9"}
_WORD = re.compile(r"[A-Za-z]{3,}")


def _swap(word: str, rng: random.Random) -> str:
    spots = [i for i, c in enumerate(word.lower()) if c in _SWAPS]
    chosen = set(rng.sample(spots, max(1, len(spots) // 2))) if spots else set()
    return "".join(rng.choice(_SWAPS[c.lower()]) if i in chosen else c
                   for i, c in enumerate(word))


def _stretch(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] * rng.randrange(2, 6) + word[at + 1:]


def _space(word: str, rng: random.Random) -> str:
    return rng.choice((" ", ".", "-", "_")).join(word)


def _star(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + "*" + word[at + 1:]


def _drop(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1:]


def _upper(word: str, rng: random.Random) -> str:
    return word.upper()


_WAYS = (_swap, _swap, _stretch, _space, _star, _drop, _upper)


def disguise(text: str, rng: random.Random, words: frozenset[str] | None = None) -> str:
    """`text` with up to three words disguised: those in `words` if given, else any."""
    found = [m for m in _WORD.finditer(text) if words is None or m.group().lower() in words]
    for match in sorted(rng.sample(found, min(3, len(found))), key=lambda m: -m.start()):
        new = rng.choice(_WAYS)(match.group(), rng)
        text = text[:match.start()] + new + text[match.end():]
    return text
