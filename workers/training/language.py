# SPDX-License-Identifier: MIT
"""The language table: spelling models from the n-gram counts that the Apache-licensed package
lingua-language-detector 1.4.2 brings along (they were counted in news and web sentences).

From its counts within words the beginnings and endings of words follow by subtraction: what
is not continued ended.  Each language becomes a Witten-Bell smoothed model of letters, written
as one weight an n-gram (parley/langid.py); the n-grams that move the most stay.
"""

from __future__ import annotations

import importlib.util
import json
import math
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Callable

import numpy as np

from parley.evaluation import languages as data
from parley.langid import LETTERS, ORDER, LanguageModel, hash_of, keys_of, slots_of
from teachers import TeacherError

Counts = list[dict[str, float]]
Say = Callable[[str], None]

COMMON = tuple("en es pt fr de it nl pl ru uk tr ar fa hi bn zh ja ko vi id".split())
FURTHER = tuple("sv da nb fi cs ro hu bg ur mr el he th ka hy ta te gu pa si".split())
"""Known as well; a little less likely beforehand, so that they cost the common ones little."""
LANGUAGES = COMMON + FURTHER

SETTINGS = {"keep": 690_000, "unit": 0.1, "unknown": 3.1e-6, "without_marks": 0.1,
            "further_prior": -1.5}
_LETTER = {"zh": {0x4E00: 0.98, 0x3042: 1e-5}, "ja": {0x3042: 0.6, 0x4E00: 0.39},
           "ko": {0xAC00: 0.985, 0x4E00: 0.005}, "bn": {0x980: 0.98}, "el": {0x370: 0.98},
           "he": {0x590: 0.98}, "th": {0xE00: 0.98}, "ka": {0x10A0: 0.98},
           "hy": {0x530: 0.98}, "ta": {0xB80: 0.98}, "te": {0xC00: 0.98},
           "gu": {0xA80: 0.98}, "pa": {0xA00: 0.98}, "si": {0xD80: 0.98}}
"""Shares of letters that stand for a whole script: these models need nothing more."""
_NAMES = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")


def _folder() -> Path:
    spec = importlib.util.find_spec("lingua")
    folder = Path(spec.origin).parent / "language-models" if spec and spec.origin else Path()
    if spec is None or not (folder / "en" / "unigrams.json.br").exists():
        raise TeacherError("the Python package lingua-language-detector 1.4.2 is missing: "
                           "install what training/requirements.txt names")
    return folder


def _counts(folder: Path, language: str) -> Counts:
    """How often each n-gram of length 1 to 5 stands inside a word; [0] is empty.

    The files hold shares of the next shorter n-gram: "num/den" and the n-grams."""
    import brotli
    counts: Counts = [{}]
    for n, name in enumerate(_NAMES, 1):
        raw = brotli.decompress((folder / language / f"{name}.json.br").read_bytes())
        shares = [(tuple(map(int, share.split("/"))), ngrams.split(" "))
                  for share, ngrams in sorted(json.loads(raw)["ngrams"].items())]
        total = max(below for (_, below), _ in shares)
        shorter = counts[-1]
        counts.append({gram: over / below * (shorter[gram[:-1]] if n > 1 else total)
                       for (over, below), ngrams in shares for gram in ngrams})
    return counts


def _with_edges(counts: Counts) -> Counts:
    """The same and the n-grams that hold a word's edge, a blank."""
    out = [dict(part) for part in counts]
    before, after, around = (tuple(defaultdict(float) for _ in range(ORDER + 1))
                             for _ in range(3))
    for n in range(2, ORDER + 1):
        for gram, count in counts[n].items():
            before[n - 1][gram[1:]] += count
            after[n - 1][gram[:-1]] += count
            around[max(n - 2, 0)][gram[1:-1]] += count
    for n in range(1, ORDER):
        for gram, count in counts[n].items():
            found = {f" {gram}": count - before[n][gram], f"{gram} ": count - after[n][gram]}
            if n + 2 <= ORDER:
                found[f" {gram} "] = (count - before[n][gram] - after[n][gram]
                                      + around[n][gram])
            for edged, times in found.items():
                if times > 0.5:
                    out[len(edged)][edged] = times
    return out


def _folded(gram: str) -> str:
    return "".join(unicodedata.normalize("NFD", char)[0] for char in gram)


def _as_typed(counts: Counts, language: str) -> None:
    """Add what people type: words without their accents; and for Spanish words that lost
    such letters altogether, as they did in the data set."""
    for n in range(1, ORDER + 1):
        for gram, count in list(counts[n].items()):
            if gram.isascii():
                continue
            plain = _folded(gram)
            if plain != gram and plain.isascii():
                counts[n][plain] = counts[n].get(plain, 0) + SETTINGS["without_marks"] * count
            if language == "es":
                left = "".join(char for char in gram if char.isascii())
                if len(left) == n - 1 and left.strip() and gram[0].isascii() \
                        and gram[-1].isascii():
                    counts[n - 1][left] = counts[n - 1].get(left, 0) + count / 2


def _by_letters(counts: Counts, letters: dict[str, str]) -> Counts:
    """Counts of the n-grams as the analyzer sees them: scripts as one letter each."""
    out: Counts = [{} for _ in counts]
    for n in range(1, ORDER + 1):
        for gram, count in counts[n].items():
            seen = "".join(letters.get(char, char) for char in gram)
            if "\0" not in seen:
                out[n][seen] = out[n].get(seen, 0) + count
    return out


def _letters(counts: Counts) -> dict[str, str]:
    """Characters that the analyzer reads as another one."""
    found = {}
    for char in counts[1]:
        letter = int(LETTERS[ord(char)]) if ord(char) < len(LETTERS) else 0
        if letter != ord(char):
            found[char] = chr(letter)
    return found


def spelling(language: str) -> tuple[dict[str, float], dict[str, float]]:
    """(weight, frequency) of each n-gram of one language.

    A weight is log P(last | rest) - log P(last | rest without its first) with the part of
    backing off divided out, which belongs to the n-gram that is the context: summed over the
    n-grams of a text the logarithm of its interpolated probability remains.
    """
    if language in _LETTER:
        share = {chr(letter): p for letter, p in _LETTER[language].items()}
        return {gram: math.log(p) for gram, p in share.items()}, share
    counts = _with_edges(_counts(_folder(), language))
    _as_typed(counts, language)
    counts = _by_letters(counts, _letters(counts))
    frequency = {gram: count for part in counts for gram, count in part.items()}
    weight, total = _smoothed(counts)
    return weight, {gram: count / total for gram, count in frequency.items()}


def _smoothed(counts: Counts) -> tuple[dict[str, float], float]:
    """(weight of each n-gram, how many letters were counted)."""
    kinds, times = defaultdict(int), defaultdict(float)
    for part in counts:
        for gram, count in part.items():
            kinds[gram[:-1]] += 1
            times[gram[:-1]] += count
    left = {rest: kinds[rest] / (times[rest] + kinds[rest]) for rest in kinds}
    p = {"": SETTINGS["unknown"]}
    weight, total = {}, times[""]
    for n in range(1, ORDER + 1):
        for gram, count in counts[n].items():
            rest = gram[:-1]
            if n == 1:
                p[gram] = max(count / total, SETTINGS["unknown"])
                weight[gram] = math.log(p[gram])
                continue
            shorter = p.get(gram[1:], SETTINGS["unknown"])
            p[gram] = (count + kinds[rest] * shorter) / (times[rest] + kinds[rest])
            weight[gram] = math.log(p[gram] / shorter)
            if rest != " ":
                weight[gram] -= math.log(left[rest])
    for rest, share in left.items():
        if rest.strip() and len(rest) < ORDER:
            weight[rest] = weight.get(rest, 0.0) + math.log(share)
    return weight, total


def train(root: Path, say: Say) -> dict[str, np.ndarray]:
    """The arrays of the weight file."""
    kept = _choose(say)
    row = {gram: index for index, gram in enumerate(kept)}
    table = np.zeros((len(kept), len(LANGUAGES)))
    single = [index for gram, index in row.items() if len(gram) == 1]
    table[single] = math.log(SETTINGS["unknown"])
    for column, language in enumerate(LANGUAGES):
        for gram, value in spelling(language)[0].items():
            if gram in row:
                table[row[gram], column] = value
    units = np.clip(np.round(table / SETTINGS["unit"]), -127, 127).astype(np.int8)
    arrays = {
        "languages": np.array(LANGUAGES),
        "steps": np.diff(_keys(kept), prepend=0).astype(np.uint32),
        "weights": units, "unit": np.float64(SETTINGS["unit"]),
        "prior": np.where(np.isin(LANGUAGES, COMMON), 0.0, SETTINGS["further_prior"]),
        "sharpness": np.zeros(2), "threshold": np.float64(0.5)}
    say("calibrate")
    arrays["sharpness"] = _sharpness(LanguageModel.from_arrays(arrays), root)
    return arrays


def _choose(say: Say) -> list[str]:
    """The n-grams to keep, by their keys: those that move a language's score most against
    the others', as often as they occur in it; at most one for each slot."""
    moved, shared, often = (defaultdict(float) for _ in range(3))
    for language in LANGUAGES:
        weight, frequency = spelling(language)
        for gram, value in weight.items():
            times = frequency.get(gram, 0.0)
            if len(gram) < 3 or times > 3e-7:
                moved[gram] += times * abs(value)
                shared[gram] += value
                often[gram] += times
    for gram in moved:
        moved[gram] -= 0.9 * min(often[gram] * abs(shared[gram]) / 20, moved[gram])
        moved[gram] += len(gram) == 1
    say(f"{len(moved)} n-grams of {len(LANGUAGES)} languages")
    kept = sorted(moved, key=lambda gram: (-moved[gram], gram))[:SETTINGS["keep"]]
    _, first = np.unique(slots_of(_keys(kept)), return_index=True)
    kept = [kept[index] for index in first]
    order = np.argsort(_keys(kept), kind="stable")
    return [kept[index] for index in order]


def _keys(grams: list[str]) -> np.ndarray:
    return keys_of(np.array([hash_of(gram) for gram in grams], np.uint64))


def _sharpness(model: LanguageModel, root: Path) -> np.ndarray:
    """The (a, b) of the least log loss on "tune", words, pairs and sentences alike."""
    texts, truth = [], []
    for kind in data.KINDS:
        some, labels = data.texts(root, kind, "tune", model.languages)
        texts += some
        truth += labels
    likelihood, letters = model.likelihoods(texts)
    right = np.array([model.languages.index(label) for label in truth])
    letters = np.maximum(letters, 1)

    def loss(a: float, b: float) -> float:
        logits = likelihood * (np.exp(a) * letters ** b)[:, None] + model.prior
        logits -= logits.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(logits).sum(axis=1))
                             - logits[np.arange(len(right)), right]))

    grid = [(a, b) for a in np.arange(-1.5, 2.05, 0.1) for b in np.arange(-1.2, 0.05, 0.1)]
    return np.round(min(grid, key=lambda pair: loss(*pair)), 4)
