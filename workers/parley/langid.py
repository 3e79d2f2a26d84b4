# SPDX-License-Identifier: MIT
"""Language identification: character n-gram models of words, as one table of integers.

Each language is a model of how its words are spelled: the probability of a letter after
the four before it, backing off to shorter contexts.  Written as sums of logarithms, a
text's likelihood is a sum over its n-grams of at most five letters, where a blank stands for
a word's edge:

    log P(text | language) = sum over n-grams g of weights[g, language]

`training/language.py` makes the table.  Scripts that one language writes are one letter
each.  Sums of integers do not depend on their order, so a message scores the same alone and
in a batch.

File NAME.npz, arrays:
    languages  unicode [k]     ISO 639-1 codes
    steps      uint32 [m]      ascending keys of the n-grams, each as the difference from the
                               one before; the upper bits of a key are its slot, no two alike
    weights    int8 [m, k]     units of `unit`
    unit       float64 []      natural logarithm
    prior      float64 [k]     logarithm of how likely each is before a letter is seen
    sharpness  float64 [2]     (a, b): log-likelihoods are worth exp(a) * letters ** b of what
                               they say, as letters of one text are not independent
    threshold  float64 []
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple, Sequence

import numpy as np

READ = 400
"""Characters of a text that are looked at: enough to be sure, and bounded."""
ORDER = 5

_U64 = np.uint64
_BASE, _MIX = _U64(0x9E3779B97F4A7C15), _U64(0xD6E8FEB86659FD93)
_KEY_BITS, _SLOT_BITS = 40, 22
_TABLE = 0x30000
_OPAQUE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+|\[NAME\]|\[RELIGION\]"
                     r"|<[a-z/!][^<>]{0,80}>|&[a-z]{2,6};", re.ASCII | re.IGNORECASE)
_CASED = (0, 0x600)
_ALPHABETS = ((0x600, 0x780), (0x900, 0xE00), (0x1E00, 0x2000), (0xFB50, 0xFE00),
              (0xFE70, 0xFF70))
_SCRIPTS = ((0x530, 0x590), (0x590, 0x600), (0x370, 0x400), (0x0A00, 0x0A80),
            (0x980, 0xA00), (0x0A80, 0x0B00), (0x0B80, 0x0C00), (0x0C00, 0x0C80),
            (0x0C80, 0x0D00), (0x0D00, 0x0D80), (0x0D80, 0x0E00), (0x0E00, 0x0E80),
            (0x10A0, 0x1100), (0x1C90, 0x1CC0), (0x1F00, 0x2000))
_WHOLE = {0x4E00: ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x30000)),
          0xAC00: ((0x1100, 0x1200), (0x3130, 0x3190), (0xAC00, 0xD7B0)),
          0x3042: ((0x3041, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFFA0))}


def _build_letters() -> np.ndarray:
    """uint32 [_TABLE]: the letter that stands for each code point, 0 for no letter."""
    table = np.zeros(_TABLE, np.uint32)
    for low, high in (_CASED, *_ALPHABETS):
        table[low:high] = [ord(chr(code).lower()[0]) if chr(code).isalpha() else 0
                           for code in range(low, high)]
    for low, high in _SCRIPTS:
        letters = [low if chr(code).isalpha() else 0 for code in range(low, high)]
        table[low:high] = letters
    table[0x1F00:0x2000][table[0x1F00:0x2000] > 0] = 0x370
    table[0x1C90:0x1CC0][table[0x1C90:0x1CC0] > 0] = 0x10A0
    for letter, ranges in _WHOLE.items():
        for low, high in ranges:
            table[low:high] = letter
    table[[0xAA, 0xBA]] = 0  # ordinals
    return table


LETTERS = _build_letters()


class Ngrams(NamedTuple):
    """Occurrences of n-grams of one length: message ascending, and hash."""

    message: np.ndarray
    hash: np.ndarray


def letters_of(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(letters uint32 [m], message int64 [m]) of all texts in one stream: runs of
    anything else are one 0, each text stands between two."""
    parts = []
    for text in texts:
        text = text[:READ]
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if "@" in text or "/" in text or "." in text or "<" in text or "&" in text \
                or "[" in text:
            text = _OPAQUE.sub(" ", text)
        parts.append(text)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    joined = " ".join(("", *parts, ""))
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    letters = LETTERS[np.minimum(codes, _TABLE - 1)]
    message = np.repeat(np.arange(len(parts)), lengths + 1)
    message = np.concatenate((np.zeros(1, np.int64), message))
    keep = letters != 0
    keep[1:] |= letters[:-1] != 0
    keep[0] = True
    return letters[keep], message[keep]


def hash_ngrams(letters: np.ndarray, message: np.ndarray) -> list[Ngrams]:
    """The n-grams of one to five letters that hold no blank except at their ends."""
    blank = letters == 0
    chars = letters.astype(_U64) + _U64(1)
    hashes, inner, out = chars.copy(), ~blank, []
    at = np.flatnonzero(inner)
    out.append(Ngrams(message[at], hashes[at]))
    inner = np.ones(len(chars), bool)
    for n in range(2, ORDER + 1):
        if len(chars) < n:
            break
        hashes = hashes[:-1] * _BASE + chars[n - 1:]
        inner = inner[:-1]
        if n > 2:
            inner = inner & ~blank[n - 2:-1]
        at = np.flatnonzero(inner)
        # The second letter is never the blank that ends the message before.
        out.append(Ngrams(message[at + 1], hashes[at]))
    return out


def hash_of(ngram: str) -> int:
    """The hash of one n-gram, blanks as spaces; for the training."""
    value = 0
    for char in ngram:
        value = value * int(_BASE) + (0 if char == " " else ord(char)) + 1
    return value & 0xFFFFFFFFFFFFFFFF


def keys_of(hashes: np.ndarray) -> np.ndarray:
    """int64: what an n-gram is known by."""
    mixed = hashes * _MIX
    mixed ^= mixed >> _U64(31)
    return ((mixed * _BASE) >> _U64(64 - _KEY_BITS)).astype(np.int64)


def slots_of(keys: np.ndarray) -> np.ndarray:
    """Where to look an n-gram up; the table holds at most one for each slot."""
    return keys >> (_KEY_BITS - _SLOT_BITS)


@dataclass(frozen=True)
class LanguageModel:
    """A loaded table; see the module's text."""

    languages: tuple[str, ...]
    threshold: float
    rows: np.ndarray     # int32 [2 ** _SLOT_BITS]: row of a slot; 0, a row of zeros, if unknown
    keys: np.ndarray     # int64 [m + 1]: whose each row is
    weights: np.ndarray  # int8 [m + 1, k]
    unit: float
    prior: np.ndarray
    sharpness: tuple[float, float]

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> LanguageModel:
        keys = np.cumsum(arrays["steps"], dtype=np.int64)
        rows = np.zeros(1 << _SLOT_BITS, np.int32)
        rows[slots_of(keys)] = np.arange(1, len(keys) + 1)
        weights = arrays["weights"]
        return cls(tuple(map(str, arrays["languages"])), float(arrays["threshold"]), rows,
                   np.concatenate((np.full(1, -1), keys)),
                   np.concatenate((np.zeros((1, weights.shape[1]), np.int8), weights)),
                   float(arrays["unit"]), arrays["prior"],
                   tuple(map(float, arrays["sharpness"])))

    def likelihoods(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(log-likelihoods float64 [n, k], letters int64 [n])."""
        count = len(texts)
        letters, message = letters_of(texts)
        total = np.zeros((count, len(self.languages)), np.int64)
        for ngrams in hash_ngrams(letters, message):
            keys = keys_of(ngrams.hash)
            row = self.rows.take(slots_of(keys))
            known = np.flatnonzero(self.keys.take(row) == keys)
            if not len(known):
                continue
            owner = ngrams.message[known]
            first = np.ones(len(owner), bool)
            first[1:] = owner[1:] != owner[:-1]
            start = np.flatnonzero(first)
            total[owner[start]] += np.add.reduceat(
                self.weights.take(row.take(known), axis=0), start, axis=0, dtype=np.int32)
        return total * self.unit, np.bincount(message[letters > 0], minlength=count)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logarithms of unscaled probabilities, float64 [n, k]."""
        likelihood, letters = self.likelihoods(texts)
        a, b = self.sharpness
        worth = np.exp(a) * np.maximum(letters, 1) ** b
        return likelihood * worth[:, None] + self.prior

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities float64 [n, k] that sum to one over the languages."""
        logits = self.logits(texts)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return np.round(p, 6)
