# SPDX-License-Identifier: MIT
"""What each model is trained on, and how its scores are calibrated and thresholds chosen.

Only folders marked as shippable are read, of them only the splits "train" (weights) and
"tune" (calibration, thresholds).
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable

import numpy as np

import augment
import lexicon
from parley.evaluation import datasets, identity, questions
from parley.evaluation.scores import predict
from parley.features import Features
from parley.linear import LinearModel
from solver import (Examples, Settings, best_f1_threshold, calibrate, platt, train)
from teachers import Offence, Valence

Arrays = dict[str, np.ndarray]
Say = Callable[[str], None]
SEED = 20260101

SETTINGS = {
    "emotion": Settings(penalty=0.2, keep=100_000),
    "sentiment": Settings(link="share", penalty=1.0, keep=120_000, bits=16),
    "toxicity": Settings(penalty=0.1, keep=160_000, iterations=120, bits=16),
    "question": Settings(penalty=0.2, keep=60_000, bits=16),
}


def emotion(root: Path, say: Say) -> Arrays:
    """GoEmotions; each label calibrated, and its threshold the one of the best F1."""
    data = datasets.goemotions(root, "train")
    examples = Examples()
    examples.add(data.texts, data.labels)
    arrays = train(examples, SETTINGS["emotion"], datasets.EMOTIONS, say)
    tune = datasets.goemotions(root, "tune")
    _calibrate_all(arrays, tune.texts, tune.labels)
    scores = predict(LinearModel.from_arrays(arrays), tune.texts)
    arrays["threshold"] = np.array([best_f1_threshold(scores[:, k], tune.labels[:, k])
                                    for k in range(len(datasets.EMOTIONS))])
    return arrays


def sentiment(root: Path, say: Say) -> Arrays:
    """GoEmotions by its sentiment groups; VADER's words, and its word on texts that no
    person labelled, at half weight.  The three classes weigh the same."""
    teacher = Valence()
    examples = Examples()
    data = datasets.goemotions_sentiment(root, "train")
    examples.add(data.texts, data.labels, _balanced(data.labels))
    words, labels = teacher.words()
    examples.add(words, labels, 2.0)
    say("VADER judges texts without a label")
    pool = [*datasets.irc(root, "train").texts[:12000],
            *datasets.davidson(root, "train").texts, *datasets.sms(root, "train").texts,
            *datasets.clinc(root, "train")[0].texts[:5000],
            *datasets.civil(root, "train").texts[:6000]]
    labels = teacher.judge(pool)
    examples.add(pool, labels, 0.5 * _balanced(labels))
    arrays = train(examples, SETTINGS["sentiment"], datasets.SENTIMENTS, say)
    tune = datasets.goemotions_sentiment(root, "tune")
    scores = predict(LinearModel.from_arrays(arrays), tune.texts)
    arrays["threshold"] = np.array([_precise(scores[:, k], tune.labels[:, k], 0.8)
                                    for k in range(3)])
    return arrays


def _balanced(labels: np.ndarray) -> np.ndarray:
    """A weight for each text by which all columns sum to the same."""
    total = labels.sum(axis=0)
    return (labels * (total.sum() / len(total) / total)).sum(axis=1) / labels.sum(axis=1)


def _precise(score: np.ndarray, truth: np.ndarray, precision: float) -> float:
    """The lowest threshold from which on `precision` of the texts are right."""
    order = np.argsort(-score, kind="stable")
    right = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= precision)
    return float(np.round(score[order[enough[-1] if len(enough) else 0]], 6))


def toxicity(root: Path, say: Say) -> Arrays:
    """Comments and tweets judged by people, clean chat, phrases written by hand,
    templates about groups of people, and Reddit comments judged by a teacher."""
    rng = random.Random(SEED)
    teacher = Offence()
    examples = Examples()
    civil = datasets.civil(root, "train")
    _swears(civil, 0.7)
    examples.add(civil.texts, civil.labels)
    _add_spans(examples, civil)
    tweets = datasets.davidson(root, "train")
    _swears(tweets, 1.0)
    examples.add(tweets.texts, tweets.labels, 0.5)
    nothing = np.zeros(5)
    clean = datasets.clean(root, "train").texts
    say("a teacher judges clean chat and Reddit comments")
    doubt = teacher.judge(clean)
    clean = [text for text, p in zip(clean, doubt) if p < 0.6]
    examples.add(clean, nothing, 0.5)
    _add_reddit(examples, root, teacher)
    words, p = teacher.words()
    unknown = np.full((len(words), 5), np.nan)
    unknown[:, 0] = np.clip(p, 0.02, 0.9)
    examples.add(words, unknown, 0.3)
    short = [text for text in clean if len(text) < 60]
    abuse = lexicon.abusive(rng, 16000)
    examples.add([_among(text, short, rng) for text, _ in abuse],
                 np.array([y for _, y in abuse]), 0.5)
    examples.add([_among(text, short, rng) for text in lexicon.harmless(rng, 8000)], nothing,
                 0.5)
    texts, toxic, named = identity.templates("train")
    labels = np.stack((toxic, toxic, np.full(len(toxic), np.nan), toxic * named,
                       np.full(len(toxic), np.nan)), axis=1)
    examples.add(texts, labels)
    _add_disguised(examples, rng)
    arrays = train(examples, SETTINGS["toxicity"], datasets.TOXICITY_LABELS, say)
    return _tune_toxicity(arrays, root)


def _among(text: str, others: list[str], rng: random.Random) -> str:
    """`text` alone, or with harmless words before or after it: what is in it stays."""
    way = rng.random()
    if way < 0.5:
        return text
    other = rng.choice(others)
    joint = rng.choice((" ", ", ", ". ", " ... ", "! "))
    return f"{other}{joint}{text}" if way < 0.75 else f"{text}{joint}{other}"


def _swears(data: datasets.Texts, sure: float) -> None:
    """Fill in "profane" by word: whoever judged a text was asked about its worst side, and
    often left plain swearing unmarked."""
    profane = datasets.TOXICITY_LABELS.index("profane")
    known = np.nan_to_num(data.labels[:, profane])
    data.labels[:, profane] = [max(people, sure) if lexicon.swears(text) else people
                               for text, people in zip(data.texts, known)]


def _add_spans(examples: Examples, civil: datasets.Texts) -> None:
    """What people marked, as a text of its own: where in the comment the label comes from."""
    for text, spans, label in zip(civil.texts, civil.spans, civil.labels):
        for start, end in spans:
            if 2 < end - start < 40:
                shown = np.where(label >= 0.5, label, np.nan)
                shown[0] = 1.0
                examples.add([text[start:end]], shown, 0.3)


def _add_reddit(examples: Examples, root: Path, teacher: Offence) -> None:
    """GoEmotions: the teacher's word on "toxic"; kind emotions without its suspicion are
    clean in every respect."""
    data = datasets.goemotions(root, "train")
    p = teacher.judge(data.texts)
    hostile = data.labels[:, [datasets.EMOTIONS.index(name) for name in
                              ("anger", "annoyance", "disgust", "disapproval")]].any(axis=1)
    for text, suspicion, angry in zip(data.texts, p.tolist(), hostile.tolist()):
        if suspicion < 0.3 and not angry:
            examples.add([text], np.zeros(5), 0.5)
        else:
            label = np.full(5, np.nan)
            label[0] = suspicion * (0.9 if angry else 0.6)
            label[4] = float(lexicon.swears(text))
            examples.add([text], label, 0.3)


def _add_disguised(examples: Examples, rng: random.Random) -> None:
    """Short texts once more with words disguised, abuse and harmless alike."""
    rude = frozenset(word for phrase in (*lexicon.INSULTS, *lexicon.PROFANE, *lexicon.SLURS)
                     for word in phrase.split())
    for index in range(len(examples)):
        text, label = examples.texts[index], examples.labels[index]
        bad = label[0] >= 0.5
        if len(text) > 150 or rng.random() > (0.5 if bad else 0.08):
            continue
        new = augment.disguise(text, rng, rude if bad else None)
        if new != text:
            examples.add([new], label, examples.weights[index] * 0.7)


def _tune_toxicity(arrays: Arrays, root: Path) -> Arrays:
    """Calibration on held-out comments, tweets and clean chat; thresholds for precision: at
    most 0.05 % of technical messages that swear at nothing, and 10 % of wrong flags."""
    civil, tweets = datasets.civil(root, "tune"), datasets.davidson(root, "tune")
    _swears(civil, 0.7)
    _swears(tweets, 1.0)
    clean = datasets.clean(root, "tune").texts
    reddit = datasets.goemotions(root, "tune")
    kind = reddit.labels[:, [datasets.EMOTIONS.index(name) for name in
                             ("gratitude", "admiration", "joy", "love", "curiosity",
                              "optimism", "caring")]].any(axis=1)
    clean += [text for text, is_kind in zip(reddit.texts, kind) if is_kind]
    texts = civil.texts + tweets.texts + clean
    labels = np.concatenate((civil.labels, tweets.labels, np.zeros((len(clean), 5))))
    _calibrate_all(arrays, texts, labels)
    model = LinearModel.from_arrays(arrays)
    scores = predict(model, texts)
    calm = predict(model, [text for text in datasets.irc(root, "tune").texts
                           if not lexicon.swears(text)])
    for k in range(5):
        known = np.isfinite(labels[:, k])
        # A flag is wrong when hardly anybody (under a third) saw it.
        score, truth = scores[known, k], (labels[known, k] >= 0.3).astype(float)
        least = max(_precise(score, truth, 0.9), float(np.quantile(calm[:, k], 0.9995)))
        arrays["threshold"][k] = np.round(np.clip(least, 0.5, 0.98), 6)
    return arrays


def question(root: Path, say: Say) -> Arrays:
    """Messages with their marks and without; unmarked ones which a first model takes for
    questions are left out of the second."""
    sets = questions.sets(root, "train")
    examples = Examples()
    for name, data in sets:
        weight = 0.4 if "as written" in name else 1.0
        examples.add(data.texts, data.labels, weight)
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
    _calibrate_all(arrays, texts, labels)
    scores = predict(LinearModel.from_arrays(arrays), texts)[:, 0]
    arrays["threshold"] = np.array([best_f1_threshold(scores, labels[:, 0])])
    return arrays


def _calibrate_all(arrays: Arrays, texts: list[str], labels: np.ndarray) -> None:
    """Platt scaling of every label on held-out texts."""
    model = LinearModel.from_arrays(arrays)
    logits = np.concatenate([model.logits(Features(texts[at:at + 256]))
                             for at in range(0, len(texts), 256)])
    for k in range(labels.shape[1]):
        known = np.isfinite(labels[:, k])
        a, b = platt(logits[known, k], labels[known, k])
        calibrate(arrays, k, a, b)
