# SPDX-License-Identifier: MIT
"""What each model is trained on, and how its scores are calibrated and thresholds chosen.

Only folders marked as shippable are read, of them only the splits "train" (weights) and
"tune" (calibration, thresholds).  Emotion and sentiment are in feelings.py, toxicity is in
toxicity.py.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable

import numpy as np

import asking
import feelings
import toxicity as abuse
from parley.evaluation import questions
from parley.evaluation.scores import predict
from parley.linear import LinearModel
from solver import Examples, Settings, best_f1_threshold, calibrate_all, logits, train

Arrays = dict[str, np.ndarray]
Say = Callable[[str], None]
SEED = 20260101
WRITTEN, WRITTEN_WEIGHT = 8000, 0.5
"""Sentences by asking.py, and the weight of each."""

SETTINGS = {
    "emotion": feelings.EMOTION,
    "sentiment": feelings.SENTIMENT,
    "toxicity": abuse.SETTINGS,
    "question": Settings(penalty=0.2, keep=60_000, bits=16),
}
emotion = feelings.emotion
sentiment = feelings.sentiment
toxicity = abuse.toxicity


def question(root: Path, say: Say) -> Arrays:
    """Messages with their marks and without, and what asking.py makes; unmarked ones which a
    first model takes for questions are left out of the second."""
    sets = questions.sets(root, "train")
    examples = Examples()
    for name, data in sets:
        weight = 0.4 if "as written" in name else 1.0
        examples.add(data.texts, data.labels, weight)
    written = asking.messages(random.Random(SEED), WRITTEN)
    examples.add([text for text, _ in written],
                 np.array([[float(asks)] for _, asks in written]), WRITTEN_WEIGHT)
    first = train(examples, SETTINGS["question"], ("question",), say)
    score = predict(LinearModel.from_arrays(first), examples.texts)[:, 0]
    kept = Examples()
    for text, label, weight, p in zip(examples.texts, examples.labels, examples.weights,
                                      score.tolist()):
        if label[0] or p < 0.75:
            kept.add([text], label, weight)
    say(f"{len(examples) - len(kept)} likely questions without a mark left out")
    arrays = train(kept, SETTINGS["question"], ("question",), say)
    tune = [data for _, data in questions.sets(root, "tune")]
    texts = [text for data in tune for text in data.texts]
    labels = np.concatenate([data.labels for data in tune])
    calibrate_all(arrays, logits(arrays, texts), labels)
    scores = predict(LinearModel.from_arrays(arrays), texts)[:, 0]
    arrays["threshold"] = np.array([best_f1_threshold(scores, labels[:, 0])])
    return arrays
