# SPDX-License-Identifier: MIT
"""The intent model: CLINC150's requests against its out-of-scope ones and people's talk."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Callable

import numpy as np

import solver
from parley.evaluation.intents import OUT_OF_SCOPE, TALK, best, requests
from parley.intent import IntentModel
from solver import Examples, Settings

Arrays = dict[str, np.ndarray]
REQUEST = Settings(penalty=0.1, keep=60_000, bits=16)
KIND = Settings(link="share", penalty=0.1, keep=25_000, iterations=40)
OUT_WEIGHT = 4.0
"""Of CLINC's out-of-scope requests, of which there are a hundred times fewer."""
MOST_FALSE = 0.0015
SETTINGS = {"request": asdict(REQUEST), "kind": asdict(KIND),
            "weight of out-of-scope requests": OUT_WEIGHT, "false alarms": MOST_FALSE}


def train(root: Path, say: Callable[[str], None]) -> Arrays:
    """The arrays of the weight file."""
    texts, intents = requests(root, "train")
    names = sorted(set(intents) - {OUT_OF_SCOPE})
    within = [text for text, intent in zip(texts, intents) if intent != OUT_OF_SCOPE]
    without = [text for text, intent in zip(texts, intents) if intent == OUT_OF_SCOPE]
    asked = Examples()
    asked.add(within, np.array([1.0]))
    asked.add(without, np.array([0.0]), OUT_WEIGHT)
    for _, read in TALK:
        asked.add(read(root, "train").texts, np.array([0.0]))
    request = solver.train(asked, REQUEST, ("request",), say)
    number = {name: k for k, name in enumerate(names)}
    kinds = Examples()
    kinds.add(within, np.eye(len(names))[[number[i] for i in intents if i != OUT_OF_SCOPE]])
    kind = solver.train(kinds, KIND, names, say)
    _calibrate(root, request, kind, say)
    return {**{f"request_{name}": array for name, array in request.items()},
            **{f"kind_{name}": array for name, array in kind.items()}}


def _calibrate(root: Path, request: Arrays, kind: Arrays, say: Callable[[str], None]) -> None:
    """Requests by Platt's scaling; one factor for all intents, by which the likeliest is right
    as often as it says; and the threshold which few of what people say to each other reach."""
    texts, intents = requests(root, "tune")
    talk = [text for _, read in TALK for text in read(root, "tune").texts]
    logits = np.concatenate((solver.logits(request, texts), solver.logits(request, talk)))
    truth = np.array([float(intent != OUT_OF_SCOPE) for intent in intents] + [0.0] * len(talk))
    solver.calibrate_all(request, logits, truth[:, None])

    names = kind["labels"].tolist()
    inside = [i for i, intent in enumerate(intents) if intent != OUT_OF_SCOPE]
    logits = solver.logits(kind, [texts[i] for i in inside])
    want = np.array([names.index(intents[i]) for i in inside])
    factor = max(np.arange(0.5, 3.01, 0.1), key=lambda a: _likelihood(a * logits, want))
    say(f"intents' log-odds times {factor:.1f}")
    kind["scale"] *= factor
    kind["bias"] *= factor

    model = IntentModel.from_arrays({
        **{f"request_{name}": array for name, array in request.items()},
        **{f"kind_{name}": array for name, array in kind.items()}})
    _, score = best(model, talk)
    reached = float(np.sort(score)[::-1][int(MOST_FALSE * len(talk))])
    say(f"{MOST_FALSE:.2%} of the talk reaches {reached:.4f}")
    least = max(0.5, reached)
    kind["threshold"] = np.full(len(names), np.round(least + 1e-6, 6))


def _likelihood(logits: np.ndarray, want: np.ndarray) -> float:
    p = 1 / (1 + np.exp(-logits))
    return float(np.log(p[np.arange(len(want)), want] / p.sum(axis=1)).mean())
