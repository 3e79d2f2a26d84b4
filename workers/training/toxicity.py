# SPDX-License-Identifier: MIT
"""What the toxicity model is trained on, and how its scores are calibrated and thresholds
chosen.  Only shippable folders: their splits "train" (weights) and "tune" (the rest)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable

import numpy as np

import augment
import lexicon
from parley.evaluation import datasets, identity
from parley.evaluation.metrics import binary_macro_f1
from parley.evaluation.scores import predict_long
from parley.linear import LinearModel
from solver import Examples, Settings, calibrate_all, precise_threshold, train
from teachers import Offence, Talk

SEED = 20260101
SETTINGS = Settings(penalty=0.15, keep=200_000, iterations=30, bits=16, scaled=True)
_KIND = ("gratitude", "admiration", "joy", "love", "curiosity", "optimism", "caring")
_ANGRY = {"anger": 0.15, "annoyance": 0.08, "disgust": 0.15, "disapproval": 0.001}
"""How much likelier than the published models think a comment with this emotion is toxic."""
_HARMLESS_SHARE = 0.0025
"""Share of technical messages that the threshold of "toxic" may flag on "tune"."""
_CALM_WEIGHT = 5.0
"""Weight of a line of clean chat: what keeps technical talk far below any threshold."""
_RIGHT = (0.0, 0.8, 0.8, 0.6, 0.8)
"""Share of the flags of each label that shall be right; people agree least on identity."""
_LEAST = (0.0, 0.5, 0.3, 0.5, 0.5)
"""No threshold is below.  Threats are so rare in what is tuned on that their scores stay low;
0.3 is twice what the share of right flags asks for."""
_CALM = 500
"""How many technical messages calibration sees."""


def examples(root: Path, say: Callable[[str], None]) -> Examples:
    """Comments and tweets judged by people, clean chat, phrases written by hand, templates
    about groups of people, and sentences and words judged by published models."""
    rng = random.Random(SEED)
    talk, offence = Talk(), Offence()

    def suspicion(texts: list[str]) -> np.ndarray:
        """[n, 5] by both published models, in the order of TOXICITY_LABELS."""
        p = 1 / (1 + np.exp(-talk.judge(texts).astype(np.float64)))
        toxic = (p[:, 0] + offence.judge(texts)) / 2
        return np.stack((toxic, p[:, 4], p[:, 3], p[:, 5], p[:, 2]), axis=1)

    out = Examples()
    civil = datasets.civil(root, "train")
    _swears(civil, 0.7)
    out.add(civil.texts, civil.labels, 0.1)
    _add_spans(out, civil)
    tweets = datasets.davidson(root, "train")
    _swears(tweets, 1.0)
    out.add(tweets.texts, tweets.labels, 0.2)
    say("published models judge sentences, chat and words")
    parts = datasets.civil_sentences(root, "train")
    parts.labels = 0.7 * parts.labels + 0.3 * suspicion(parts.texts)
    _swears(parts, 0.7)
    out.add(parts.texts, parts.labels, 0.6)
    clean = _add_clean(out, datasets.clean(root, "train").texts, suspicion)
    _add_reddit(out, root, suspicion)
    _add_words(out, clean, talk, offence, suspicion)
    _add_grumbling(out, datasets.irc(root, "train").texts, rng)
    _add_written(out, clean, rng)
    _add_disguised(out, rng)
    return out


def _add_clean(out: Examples, texts: list[str],
               suspicion: Callable[[list[str]], np.ndarray]) -> list[str]:
    """Clean chat but for what is likely abuse; the more where a published model doubts it.
    Returns what was added."""
    doubt = suspicion(texts)[:, 0]
    kept = doubt < 0.8
    out.add([text for text, keep in zip(texts, kept) if keep], np.zeros(5),
            _CALM_WEIGHT * (1 + 4 * (doubt[kept] > 0.1)))
    return [text for text, keep in zip(texts, kept) if keep]


def _add_scorn(out: Examples, clean: list[str], rng: random.Random) -> None:
    """Contempt and harmless words about the same people; complaints about things."""
    rude, kind = lexicon.scornful(rng, 8000)
    for text in rude:
        out.add([text], np.array([1.0, 1.0, 0.0, 0.0, float(lexicon.swears(text))]), 0.5)
    out.add(kind, np.zeros(5), 0.5)
    out.add(rude, np.array([np.nan, np.nan, np.nan, 0.0, np.nan]), 3.0)  # no group is named
    texts = [_among(text, clean, rng) for text in lexicon.grumbling(rng, 6000)]
    out.add(texts, np.array([0.05, 0.0, 0.0, 0.0, np.nan]), 1.5)


def _add_written(out: Examples, clean: list[str], rng: random.Random) -> None:
    """Phrases written by hand, alone and among other words, and templates."""
    short = [text for text in clean if len(text) < 60]
    abuse = lexicon.abusive(rng, 16000)
    out.add([_among(text, short, rng) for text, _ in abuse], np.array([y for _, y in abuse]),
            0.25)
    out.add([_among(text, short, rng) for text in lexicon.harmless(rng, 8000)], np.zeros(5),
            0.5)
    texts, toxic, named, _ = identity.templates("train")
    unknown = np.full(len(toxic), np.nan)
    out.add(texts, np.stack((toxic, toxic, unknown, toxic * named, unknown), axis=1),
            np.where(named, 1.0, named.sum() / (~named).sum()))
    _add_scorn(out, short, rng)
    threats, plans = lexicon.menacing(rng, 4000)
    out.add([_among(text, short, rng) for text in threats],
            np.array([1.0, 0.2, 1.0, 0.0, np.nan]), 0.3)
    out.add([_among(text, short, rng) for text in plans], np.zeros(5), 0.3)


def _add_grumbling(out: Examples, lines: list[str], rng: random.Random) -> None:
    """Technical messages with a curse put in: profane, but at nobody."""
    lines = [line for line in lines if 25 < len(line) < 140]
    for line in rng.sample(lines, 5000):
        words = line.split()
        words.insert(rng.randrange(len(words) + 1), rng.choice(lexicon.CURSES))
        text = " ".join(words)
        out.add([text], np.array([0.1, 0.0, 0.0, 0.0, float(lexicon.swears(text))]), 1.5)


def _add_words(out: Examples, clean: list[str], talk: Talk, offence: Offence,
               suspicion: Callable[[list[str]], np.ndarray]) -> None:
    """Single words: those the published models know, and the commonest of clean chat."""
    out.add(lexicon.MILD, np.array([0.1, 0.0, 0.0, 0.0, np.nan]), 5.0)
    words, p = offence.words()
    unknown = np.full((len(words), 5), np.nan)
    unknown[:, 0] = np.clip(p, 0.02, 0.9)
    unknown[[word in lexicon.MILD for word in words], 0] = 0.1
    out.add(words, unknown, 0.3)
    words = [word for word in talk.words() if word not in lexicon.MILD]
    out.add(words, np.clip(suspicion(words), 0.01, 0.95), 0.2)
    count: dict[str, int] = {}
    for text in clean:
        for word in set(text.lower().split()):
            count[word] = count.get(word, 0) + 1
    common = sorted(word for word, times in count.items() if times >= 3)
    common = [word for word, p in zip(common, suspicion(common)[:, 0]) if p < 0.5]
    out.add(common, np.zeros(5), 0.2)


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


def _add_spans(out: Examples, civil: datasets.Texts) -> None:
    """What people marked, as a text of its own: where in the comment the label comes from."""
    for text, spans, label in zip(civil.texts, civil.spans, civil.labels):
        for start, end in spans:
            if 2 < end - start < 40:
                shown = np.where(label >= 0.5, label, np.nan)
                shown[0] = 1.0
                out.add([text[start:end]], shown, 0.05)


def _add_reddit(out: Examples, root: Path,
                suspicion: Callable[[list[str]], np.ndarray]) -> None:
    """GoEmotions: the published models' word; comments without suspicion or anger are clean
    in every respect."""
    data = datasets.goemotions(root, "train")
    judged = suspicion(data.texts)
    emotions = data.labels[:, [datasets.EMOTIONS.index(name) for name in _ANGRY]]
    for text, label, heat in zip(data.texts, judged, emotions @ list(_ANGRY.values())):
        if label[0] < 0.3 and not heat:
            out.add([text], np.zeros(5), 0.8)
        else:
            label[4] = float(lexicon.swears(text))
            label[0] = 1 - (1 - label[0]) * (1 - heat)  # whichever sees it
            out.add([text], label, 1.0)


def _add_disguised(out: Examples, rng: random.Random) -> None:
    """Short texts once more with words disguised, abuse and harmless alike."""
    rude = frozenset(word for phrase in (*lexicon.INSULTS, *lexicon.PROFANE, *lexicon.SLURS)
                     for word in phrase.split())
    for index in range(len(out)):
        text, label = out.texts[index], out.labels[index]
        bad = label[0] >= 0.5
        if len(text) > 150 or " " not in text or rng.random() > (0.3 if bad else 0.2):
            continue
        new = augment.disguise(text, rng, rude if bad else None)
        if new != text:
            out.add([new], label, min(out.weights[index], 1.0) * 0.7)


def toxicity(root: Path, say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """The arrays of the weight file."""
    arrays = train(examples(root, say), SETTINGS, datasets.TOXICITY_LABELS, say)
    return tune(arrays, root)


def tuning_set(root: Path) -> tuple[list[str], np.ndarray]:
    """Held-out tweets, sentences of comments, requests to an assistant, kind comments and
    some technical chat, with labels [n, 5]: what a chat of many topics may look like.  Whole
    comments are left out, all of which are toxic, and so is most of the technical chat: with
    them a score would be the probability of another place."""
    judged = [datasets.civil_sentences(root, "tune"), datasets.davidson(root, "tune")]
    for data, sure in zip(judged, (0.7, 1.0)):
        _swears(data, sure)
    reddit = datasets.goemotions(root, "tune")
    kind = reddit.labels[:, [datasets.EMOTIONS.index(name) for name in _KIND]].any(axis=1)
    calm = datasets.irc(root, "tune").texts
    clean = [*calm[::max(1, len(calm) // _CALM)], *datasets.clinc(root, "tune")[0].texts,
             *(text for text, is_kind in zip(reddit.texts, kind) if is_kind)]
    labels = [*(data.labels for data in judged), np.zeros((len(clean), 5))]
    return [text for data in judged for text in data.texts] + clean, np.concatenate(labels)


def tune(arrays: dict[str, np.ndarray], root: Path) -> dict[str, np.ndarray]:
    """Calibrate, and choose thresholds."""
    texts, labels = tuning_set(root)
    scores = np.clip(predict_long(LinearModel.from_arrays(arrays), texts), 1e-6, 1 - 1e-6)
    calibrate_all(arrays, np.log(scores / (1 - scores)), labels)
    arrays["threshold"] = thresholds(LinearModel.from_arrays(arrays), texts, labels,
                                     datasets.irc(root, "tune").texts)
    return arrays


def thresholds(model: LinearModel, texts: list[str], labels: np.ndarray,
               calm: list[str]) -> np.ndarray:
    """"toxic" where the mean F1 of toxic and harmless is best, but not so low that more than
    _HARMLESS_SHARE of technical chat is flagged; the kinds of toxicity where 4 of 5 flags
    are right (3 of 5 for identity, and 19 of 20 plain insults without it).  Swearing is what
    "profane" is for: only "toxic" must leave technical curses alone."""
    scores, calm_scores = predict_long(model, texts), predict_long(model, calm)
    curses = np.array([lexicon.swears(text) for text in calm])
    out = np.zeros(5)
    for k in range(5):
        known = np.isfinite(labels[:, k])
        score, label = scores[known, k], labels[known, k]
        # A flag is wrong when hardly anybody (under a third) saw it.
        least = precise_threshold(score, label >= 0.3, _RIGHT[k]) if k else \
            _best_macro_f1(score, label >= 0.5)
        seen = calm_scores[~curses] if k else calm_scores
        least = max(least, float(np.quantile(seen[:, k], 1 - (5e-4 if k else _HARMLESS_SHARE))))
        out[k] = np.round(np.clip(least, _LEAST[k], 0.98), 6)
    plain = (labels[:, 1] >= 0.5) & (labels[:, 3] == 0)
    out[3] = max(out[3], np.round(np.quantile(scores[plain, 3], 0.95), 6))
    return out


def _best_macro_f1(score: np.ndarray, truth: np.ndarray) -> float:
    """The threshold, in hundredths, with the best mean F1 of `truth` and of its absence."""
    steps = np.arange(0.05, 0.95, 0.01)
    value = [binary_macro_f1((score >= step).astype(float), truth) for step in steps]
    return float(steps[int(np.argmax(value))])
