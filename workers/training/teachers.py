# SPDX-License-Identifier: MIT
"""Two small published models, used at training time to label what nobody labelled.

vaderSentiment (MIT): a lexicon of words with valences judged by people, and rules.
alt-profanity-check (MIT): a bag-of-words model trained on Wikipedia talk and tweets.
Neither is needed, or shipped, at run time.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Sequence

import numpy as np


class TeacherError(Exception):
    """A teacher's package is not installed."""


def _package(name: str, project: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise TeacherError(f"the Python package {project} is missing: install what "
                           f"training/requirements.txt names")
    return Path(spec.origin).parent


class Valence:
    """VADER: valence of words, and of texts."""

    def __init__(self) -> None:
        _package("vaderSentiment", "vaderSentiment")
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
        self._analyzer = SentimentIntensityAnalyzer()

    def words(self) -> tuple[list[str], np.ndarray]:
        """(words, [n, 3] negative, neutral, positive) of the lexicon."""
        items = sorted(self._analyzer.lexicon.items())
        valence = np.array([value for _, value in items])
        neutral = np.where(np.abs(valence) > 0.8, 0.0, 0.5)
        labels = np.stack((np.clip(-valence / 2, 0, 1), neutral, np.clip(valence / 2, 0, 1)), 1)
        return [word for word, _ in items], labels / labels.sum(axis=1, keepdims=True)

    def judge(self, texts: Sequence[str]) -> np.ndarray:
        """[n, 3] negative, neutral, positive."""
        c = np.array([self._analyzer.polarity_scores(text)["compound"] for text in texts])
        labels = np.stack((np.clip(-1.2 * c, 0, 1), np.clip(1 - 1.5 * np.abs(c), 0, 1),
                           np.clip(1.2 * c, 0, 1)), axis=1)
        return labels / labels.sum(axis=1, keepdims=True)


class Offence:
    """alt-profanity-check: how likely a text is offensive."""

    def __init__(self) -> None:
        import joblib
        folder = _package("profanity_check", "alt-profanity-check") / "data"
        self._vectors = joblib.load(folder / "vectorizer.joblib")
        self._model = joblib.load(folder / "model.joblib")

    def judge(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities [n]."""
        return self._model.predict_proba(self._vectors.transform(list(texts)))[:, 1]

    def words(self) -> tuple[list[str], np.ndarray]:
        """Its vocabulary, and the probability of each word alone."""
        words = sorted(self._vectors.vocabulary_)
        return words, self.judge(words)
