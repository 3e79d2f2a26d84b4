# SPDX-License-Identifier: MIT
"""What the emotion and the sentiment model are trained on, and how their thresholds are
chosen.  Only shippable folders: their splits "train" (weights) and "tune" (the rest)."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np

from parley.evaluation import datasets
from parley.evaluation.scores import predict
from parley.linear import LinearModel
from solver import (Examples, Settings, best_f1_threshold, calibrate_all, logits,
                    precise_threshold, train)
from teachers import Valence

EMOTION = Settings(penalty=0.2, keep=100_000)
SENTIMENT = Settings(link="share", penalty=1.0, keep=120_000, bits=16, scaled=True)


def emotion(root: Path, say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """GoEmotions; each label calibrated, and its threshold the one of the best F1."""
    data = datasets.goemotions(root, "train")
    examples = Examples()
    examples.add(data.texts, data.labels)
    arrays = train(examples, EMOTION, datasets.EMOTIONS, say)
    tune = datasets.goemotions(root, "tune")
    calibrate_all(arrays, logits(arrays, tune.texts), tune.labels)
    scores = predict(LinearModel.from_arrays(arrays), tune.texts)
    arrays["threshold"] = np.array([best_f1_threshold(scores[:, k], tune.labels[:, k])
                                    for k in range(len(datasets.EMOTIONS))])
    return arrays


def sentiment(root: Path, say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """GoEmotions by its sentiment groups and VADER's words make a first model.  Its opinion
    and VADER's, averaged, label tweets, comments and chat that no person labelled, at half
    weight.  The three classes weigh the same throughout."""
    teacher = Valence()
    examples = Examples()
    data = datasets.goemotions_sentiment(root, "train")
    examples.add(data.texts, data.labels, _balanced(data.labels))
    words, labels = teacher.words()
    examples.add(words, labels, 2.0)
    first = LinearModel.from_arrays(train(examples, SENTIMENT, datasets.SENTIMENTS, say))
    pool = [*datasets.davidson(root, "train").texts,
            *datasets.civil_sentences(root, "train").texts[:15000],
            *datasets.irc(root, "train").texts[:8000], *datasets.sms(root, "train").texts,
            *datasets.clinc(root, "train")[0].texts[:4000]]
    say("VADER and the first model judge texts without a label")
    labels = (teacher.judge(pool) + predict(first, pool)) / 2
    examples.add(pool, labels, 0.5 * _balanced(labels))
    arrays = train(examples, SENTIMENT, datasets.SENTIMENTS, say)
    tune = datasets.goemotions_sentiment(root, "tune")
    scores = predict(LinearModel.from_arrays(arrays), tune.texts)
    arrays["threshold"] = np.array([precise_threshold(scores[:, k], tune.labels[:, k], 0.8)
                                    for k in range(3)])
    return arrays


def _balanced(labels: np.ndarray) -> np.ndarray:
    """A weight for each text by which all columns sum to the same."""
    total = labels.sum(axis=0)
    return (labels * (total.sum() / len(total) / total)).sum(axis=1) / labels.sum(axis=1)
