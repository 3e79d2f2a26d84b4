# SPDX-License-Identifier: MIT
"""Intents: CLINC150's requests, and what people say to each other, which are none."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from parley.evaluation import datasets
from parley.evaluation.datasets import Texts
from parley.features import Features
from parley.intent import IntentModel

OUT_OF_SCOPE = "oos"
_CHUNK = 256


def _private(root: Path, split: str) -> Texts:
    """Text messages between people."""
    data = datasets.sms(root, split)
    return Texts(data.name, [text for text, (spam,) in zip(data.texts, data.labels) if not spam])


TALK: tuple[tuple[str, Callable[[Path, str], Texts]], ...] = (
    ("technical IRC", datasets.irc), ("GoEmotions", datasets.goemotions),
    ("text messages", _private))


def requests(root: Path, split: str) -> tuple[list[str], list[str]]:
    """(requests, their intents); OUT_OF_SCOPE is one of them."""
    data, intents = datasets.clinc(root, split)
    return data.texts, intents


def best(model: IntentModel, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(number of the likeliest intent, -1 for none; its score) of each text."""
    label, score = np.full(len(texts), -1), np.zeros(len(texts))
    for at in range(0, len(texts), _CHUNK):
        messages, scores = model.scores(Features(texts[at:at + _CHUNK]))
        if len(messages):
            label[at + messages] = scores.argmax(axis=1)
            score[at + messages] = scores.max(axis=1)
    return label, score
