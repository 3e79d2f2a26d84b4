# SPDX-License-Identifier: MIT
"""Two small published models, used at training time to label what nobody labelled.

vaderSentiment (MIT): a lexicon of words with valences judged by people, and rules.
alt-profanity-check (MIT): a bag-of-words model trained on Wikipedia talk and tweets.
Neither is needed, or shipped, at run time.
"""

from __future__ import annotations

import importlib.util
import pickle
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
        """[n, 3] negative, neutral, positive.  As its authors advise, from +-0.05 on the
        compound value leaves neutral behind."""
        c = np.array([self._analyzer.polarity_scores(text)["compound"] for text in texts])
        neutral = 0.7 / (1 + np.abs(c) / 0.12)
        positive = 0.5 + 0.48 * np.clip(c / 0.1, -1, 1)
        return np.stack(((1 - neutral) * (1 - positive), neutral, (1 - neutral) * positive),
                        axis=1)


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


class Talk:
    """tox-block: a recurrent network (bidirectional LSTM over GloVe words) which its author
    trained on the talk pages of Wikipedia (Jigsaw, CC0).  Run here in NumPy, from the
    weights in its wheel."""

    LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
    _LENGTH, _VOCABULARY = 100, 20000
    _FILTER = str.maketrans({c: " " for c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'})

    def __init__(self) -> None:
        import h5py
        folder = _package("tox_block", "tox-block") / "trained_models"
        with (folder / "encoder_0.1.2.pkl").open("rb") as file:
            self._index = _Unpickler(file).load().tokenizer.word_index
        with h5py.File(folder / "lstm_model_0.1.2.h5") as file:
            weights = file["model_weights"]

            def get(name: str) -> np.ndarray:
                return np.asarray(weights[name], np.float32)

            self._embedding = get("embedding/embedding/embeddings:0")
            self._ways = [[get(f"bidirectional/bidirectional/{way}_lstm/{part}:0")
                           for part in ("kernel", "recurrent_kernel", "bias")]
                          for way in ("forward", "backward")]
            self._dense = [(get(f"{name}/{name}/kernel:0"), get(f"{name}/{name}/bias:0"))
                           for name in ("dense", "dense_1")]

    def judge(self, texts: Sequence[str]) -> np.ndarray:
        """Logits [n, 6] in LABELS order."""
        return np.concatenate([self._judge(texts[at:at + 1024])
                               for at in range(0, len(texts), 1024)])

    def words(self) -> list[str]:
        """The words it knows, commonest first."""
        return [word for word, index in sorted(self._index.items(), key=lambda item: item[1])
                if index < self._VOCABULARY]

    def _judge(self, texts: Sequence[str]) -> np.ndarray:
        ids = np.zeros((len(texts), self._LENGTH), np.int64)
        for row, text in enumerate(texts):
            words = text.lower().translate(self._FILTER).split()
            known = [i for i in map(self._index.get, words) if i and i < self._VOCABULARY]
            known = known[-self._LENGTH:]
            if known:
                ids[row, -len(known):] = known
        x = self._embedding[ids]
        top = np.concatenate((_lstm_top(x, *self._ways[0]),
                              _lstm_top(x[:, ::-1], *self._ways[1])), axis=1)
        (a, b), (c, d) = self._dense
        return np.maximum(top @ a + b, 0) @ c + d


class _Saved:
    """Stands for a class of a package that is not installed."""


class _Unpickler(pickle.Unpickler):
    """Reads the vocabulary without Keras."""

    def find_class(self, module: str, name: str) -> type:
        if module in ("builtins", "collections"):
            return super().find_class(module, name)
        return type(name, (_Saved,), {})


def _lstm_top(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray,
              bias: np.ndarray) -> np.ndarray:
    """Largest output over time of Keras's LSTM with hard sigmoids: [n, units]."""
    units = len(recurrent)
    inputs = x @ kernel + bias
    state = np.zeros((len(x), units), np.float32)
    out, top = state, np.full_like(state, -np.inf)
    for step in range(x.shape[1]):
        z = inputs[:, step] + out @ recurrent
        gate = np.clip(0.2 * z + 0.5, 0, 1)
        state = (gate[:, units:2 * units] * state
                 + gate[:, :units] * np.tanh(z[:, 2 * units:3 * units]))
        out = gate[:, 3 * units:] * np.tanh(state)
        top = np.maximum(top, out)
    return top
