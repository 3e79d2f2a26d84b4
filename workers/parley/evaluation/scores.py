# SPDX-License-Identifier: MIT
"""Which scores each model's card carries, and how they are measured.

Training writes them into the card and `parley eval` measures them again; both call
`measure`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, Sequence

import numpy as np

from parley import personal
from parley.analyzers.question import MARKED, asks
from parley.api import MODELS as FOLDER
from parley.evaluation import (
    datasets, functions, identity, intents, languages, metrics, questions, unwanted)
from parley.features import Features
from parley.intent import IntentModel
from parley.langid import LanguageModel
from parley.linear import LinearModel, read_weights
from parley.spam import SpamModel
from parley.windows import judge

_CHUNK = 256


@dataclass
class Score:
    """One measured value: metric(*columns), over n texts.

    `resample` is False for metrics that a bootstrap biases (calibration errors only grow
    when texts repeat), for which an interval would mislead.
    """

    name: str
    metric: Callable[..., float]
    columns: Sequence[np.ndarray]
    resample: bool = True

    @property
    def n(self) -> int:
        return len(self.columns[0])

    @property
    def value(self) -> float:
        return self.metric(*self.columns)


def predict(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Probabilities, float64 [texts, labels]."""
    parts = [model.scores(Features(texts[at:at + _CHUNK]))
             for at in range(0, len(texts), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, len(model.labels)))


def kind_of(name: str) -> Any:
    """The class of model `name`, which has from_arrays()."""
    return _KINDS.get(name, LinearModel)


def load(name: str) -> tuple[Any, str]:
    """(the shipped model `name`, SHA-256 of its weights or rules).  Raises ModelError."""
    if name == "pii":
        return personal, hashlib.sha256(Path(personal.__file__).read_bytes()).hexdigest()
    arrays, sha256 = read_weights(FOLDER / f"{name}.npz")
    return kind_of(name).from_arrays(arrays), sha256


def predict_long(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """The same, long texts by their windows as the toxicity analyzer does."""
    parts = [judge(model, texts[at:at + _CHUNK], Features(texts[at:at + _CHUNK])).scores
             for at in range(0, len(texts), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, len(model.labels)))


def measure(name: str, model: Any, root: Path) -> list[Score]:
    """All scores of the card of model `name`."""
    return list(_MEASURES[name](model, root))


def _emotion(model: LinearModel, root: Path) -> Iterator[Score]:
    data = datasets.goemotions(root, "test")
    scores = predict(model, data.texts)
    guess = (scores >= np.array(model.thresholds)).astype(float)
    yield Score("GoEmotions dev: macro-F1 of 28", metrics.macro_f1, (guess, data.labels))
    yield Score("GoEmotions dev: micro-F1", metrics.f1, (guess, data.labels))
    yield Score("GoEmotions dev: mean AUC", _mean_auc, (scores, data.labels))
    yield Score("GoEmotions dev: calibration error", _mean_ece, (scores, data.labels),
                resample=False)


def _mean_auc(scores: np.ndarray, truth: np.ndarray) -> float:
    return float(np.nanmean([metrics.auc(scores[:, k], truth[:, k])
                             for k in range(truth.shape[1])]))


def _mean_ece(scores: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([metrics.calibration_error(scores[:, k], truth[:, k])
                          for k in range(truth.shape[1])]))


def _sentiment(model: LinearModel, root: Path) -> Iterator[Score]:
    data = datasets.goemotions_sentiment(root, "test")
    guess, truth = predict(model, data.texts).argmax(1), data.labels.argmax(1)
    yield Score("GoEmotions dev, mapped: macro-recall of 3", metrics.macro_recall,
                (guess, truth))
    yield Score("GoEmotions dev, mapped: macro-F1 of 3", metrics.macro_f1,
                (np.eye(3)[guess], data.labels))
    tweets = datasets.tweet_sentiment(root)
    guess = predict(model, tweets.texts).argmax(1)
    yield Score("out of domain, TweetEval sentiment: macro-recall of 3",
                metrics.macro_recall, (guess, tweets.labels.argmax(1)))
    valence = datasets.vader_tweets(root)
    scores = predict(model, valence.texts)
    yield Score("out of domain, tweets with human valence: Pearson r", metrics.pearson,
                (scores[:, 2] - scores[:, 0], valence.labels[:, 0]))


def _toxicity(model: LinearModel, root: Path) -> Iterator[Score]:
    yield from _comments(model, root)
    tweets = datasets.davidson(root, "test")
    scores = predict_long(model, tweets.texts)
    yield Score("Davidson tweets: AUC toxic", metrics.auc,
                (scores[:, 0], (tweets.labels[:, 0] >= 0.5).astype(float)))
    yield Score("Davidson tweets: AUC identity (hate)", metrics.auc,
                (scores[:, 3], (tweets.labels[:, 3] >= 0.5).astype(float)))
    irc = predict_long(model, datasets.irc(root, "test").texts)
    flagged = (irc >= np.array(model.thresholds)).astype(float)
    yield Score("technical IRC: share flagged toxic", metrics.share, (flagged[:, 0],))
    yield Score("technical IRC: share flagged with any label", metrics.share,
                (flagged.max(1),))
    yield from _identity(model)
    for name, toxic, texts in functions.FUNCTIONS:
        hit = predict_long(model, texts)[:, 0] >= model.thresholds[0]
        kind = "toxic" if toxic else "harmless"
        yield Score(f"own sentences, {kind}, {name}: share right", metrics.share,
                    ((hit == toxic).astype(float),))
    yield from _elsewhere(model, root)


def _comments(model: LinearModel, root: Path) -> Iterator[Score]:
    """Civil Comments: against clean chat, among themselves, by sentence, spans."""
    civil, clean = datasets.civil(root, "test"), datasets.clean(root, "test")
    scores, clean_scores = predict_long(model, civil.texts), predict_long(model, clean.texts)
    for k, label in enumerate(datasets.TOXICITY_LABELS):
        marked = civil.labels[:, k] >= 0.5
        score = np.concatenate((scores[marked, k], clean_scores[:, k]))
        truth = np.concatenate((np.ones(marked.sum()), np.zeros(len(clean))))
        yield Score(f"Civil Comments against clean chat: AUC {label}", metrics.auc,
                    (score, truth))
    for k, label in enumerate(datasets.TOXICITY_LABELS[1:], 1):
        yield Score(f"Civil Comments, all of them toxic: AUC {label}", metrics.auc,
                    (scores[:, k], (civil.labels[:, k] >= 0.5).astype(float)))
    parts = datasets.civil_sentences(root, "test")
    part_scores, share = predict_long(model, parts.texts)[:, 0], parts.labels[:, 0]
    clear = (share == 0) | (share >= 0.5)
    yield Score("Civil Comments, marked sentences against unmarked: AUC toxic", metrics.auc,
                (part_scores[clear], (share[clear] >= 0.5).astype(float)))
    yield Score("Civil Comments, sentences: rank correlation of toxic with severity",
                metrics.spearman, (part_scores, share))
    yield Score("Civil Comments, sentences: calibration error of toxic",
                metrics.calibration_error, (part_scores, share), resample=False)
    yield Score("Civil Comments: span F1 of toxic words", _mean, (_span_f1(model, civil),))


def _elsewhere(model: LinearModel, root: Path) -> Iterator[Score]:
    """Sets that are only ever measured."""
    threshold = model.thresholds[0]
    offensive = datasets.tweet_offensive(root)
    score, truth = predict_long(model, offensive.texts)[:, 0], offensive.labels[:, 0]
    yield Score("out of domain, TweetEval offensive: AUC", metrics.auc, (score, truth))
    yield Score("out of domain, TweetEval offensive: macro-F1 at 0.5",
                metrics.binary_macro_f1, ((score >= 0.5).astype(float), truth))
    yield Score("out of domain, TweetEval offensive: macro-F1 at the shipped threshold",
                metrics.binary_macro_f1, ((score >= threshold).astype(float), truth))
    game = datasets.game_chat(root)
    score, truth = predict_long(model, game.texts)[:, 0], game.labels[:, 0]
    yield Score("out of domain, CONDA game chat: AUC", metrics.auc, (score, truth))
    yield Score("out of domain, CONDA game chat: precision when flagged", _mean,
                (truth[score >= threshold],))


def _identity(model: LinearModel) -> Iterator[Score]:
    """AUC over templates that name groups of people, and of the worst group."""
    texts, toxic, named, which = identity.templates("test")
    columns = (predict_long(model, texts)[:, 0], toxic, named, which)
    for name in ("overall", "subgroup", "BPSN", "BNSP"):
        worst = "" if name == "overall" else ", worst term"
        yield Score(f"identity templates: AUC {name}{worst}",
                    lambda *some, name=name: identity.bias(*some)[name][0], columns,
                    resample=name == "overall")


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _span_f1(model: LinearModel, data: datasets.Texts) -> np.ndarray:
    """Character F1 of the spans of "toxic" for each text in which people marked some."""
    values = []
    for at in range(0, len(data), _CHUNK):
        texts = data.texts[at:at + _CHUNK]
        judged = judge(model, texts, Features(texts))
        for index, marked in enumerate(data.spans[at:at + _CHUNK]):
            if not marked:
                continue
            found = _characters(judged.spans(index, 0))
            wanted = _characters(marked)
            values.append(2 * len(found & wanted) / max(len(found) + len(wanted), 1))
    return np.array(values)


def _characters(spans: Sequence[tuple[int, int]]) -> set[int]:
    return {index for start, end in spans for index in range(start, end)}


def _question(model: LinearModel, root: Path) -> Iterator[Score]:
    def sure(texts: Sequence[str]) -> np.ndarray:
        """As the analyzer says it."""
        return np.maximum(predict(model, texts)[:, 0],
                          [MARKED * asks(text) for text in texts])

    for name, data in (*questions.sets(root, "test"), ("own sentences", questions.own())):
        score, truth = sure(data.texts), data.labels[:, 0]
        yield Score(f"{name}: AUC", metrics.auc, (score, truth))
        yield Score(f"{name}: F1 at the shipped threshold", metrics.f1,
                    ((score >= model.thresholds[0]).astype(float), truth))
    for name, asking, some in questions.OWN:
        right = (sure(some) >= model.thresholds[0]) == asking
        yield Score(f"own sentences, {name}: share right", metrics.share,
                    (right.astype(float),))


def _intent(model: IntentModel, root: Path) -> Iterator[Score]:
    texts, wanted = intents.requests(root, "test")
    label, score = intents.best(model, texts)
    within = np.array([intent != intents.OUT_OF_SCOPE for intent in wanted])
    names = np.array([*model.labels, ""])
    right, flagged = names[label] == np.array(wanted), score >= model.threshold
    yield Score("CLINC150, in scope: the likeliest intent is right", metrics.share,
                (right[within].astype(float),))
    yield Score("CLINC150, in scope: right and flagged", metrics.share,
                ((right & flagged)[within].astype(float),))
    yield Score("CLINC150: right when flagged", _mean, (right[flagged].astype(float),))
    yield Score("CLINC150, out of scope: share not flagged", metrics.share,
                ((~flagged[~within]).astype(float),))
    for name, read in intents.TALK:
        _, score = intents.best(model, read(root, "test").texts)
        yield Score(f"{name}: share flagged", metrics.share,
                    ((score >= model.threshold).astype(float),))


def _language(model: LanguageModel, root: Path) -> Iterator[Score]:
    common = [language for language, prior in zip(model.languages, model.prior) if prior == 0]
    for kind in languages.KINDS:
        for who, some in ((f"the {len(common)} most common", common),
                          (f"all {len(model.languages)}", model.languages)):
            texts, truth = languages.texts(root, kind, "test", some)
            number = {language: k for k, language in enumerate(model.languages)}
            guess = _by_chunks(model.scores, texts).argmax(1)
            yield Score(f"{kind} of {who} languages: mean accuracy", metrics.macro_recall,
                        (guess, np.array([number[language] for language in truth])))
    texts = datasets.irc(root, "test").texts
    scores = _by_chunks(model.scores, texts)
    other = (scores.argmax(1) != model.languages.index("en")) & (
        scores.max(1) >= model.threshold)
    yield Score("technical IRC (English): share flagged as another language", metrics.share,
                (other.astype(float),))


def _by_chunks(score: Callable[[Sequence[str]], np.ndarray], texts: Sequence[str]) \
        -> np.ndarray:
    return np.concatenate([score(texts[at:at + _CHUNK]) for at in range(0, len(texts), _CHUNK)])


def _spam(model: SpamModel, root: Path) -> Iterator[Score]:
    def flags(texts: Sequence[str]) -> np.ndarray:
        scores = _by_chunks(lambda some: np.array(model.scores(some, Features(some))[0]), texts)
        return (scores >= model.threshold).astype(float)

    for name, data in (("SMS", datasets.sms(root, "test")),
                       ("video comments", unwanted.all_comments(root, "test"))):
        guess, truth = flags(data.texts), data.labels[:, 0]
        yield Score(f"{name}: F1 at the shipped threshold", metrics.f1, (guess, truth))
        yield Score(f"{name}: share of the clean flagged", metrics.share, (guess[truth == 0],))
    chat = datasets.irc(root, "test").texts
    yield Score("technical IRC: share flagged", metrics.share, (flags(chat),))
    yield Score("GoEmotions dev: share flagged", metrics.share,
                (flags(datasets.goemotions(root, "test").texts),))
    for name, hosts in (
            ("phishing sites, taken as not listed: recall by name",
             unwanted.phishing(root, "test")),
            ("sites linked to on IRC: share flagged by name",
             unwanted.linked_in_chat(root, "test"))):
        yield Score(name, metrics.share,
                    ((np.array(model.links.guess(hosts)) >= model.threshold).astype(float),))


def _pii(rules: ModuleType, root: Path) -> Iterator[Score]:
    data = datasets.presidio(root)
    counts: dict[str, list[tuple[int, int, int]]] = {label: [] for label in ("all",
                                                                             *_STRUCTURED)}
    for text, wanted in data:
        found = {(label, piece.start, piece.end) for label, pieces in rules.find(text).items()
                 for piece in pieces if piece.score >= 0.5}
        for label, rows in counts.items():
            want = {span for span in wanted if label in ("all", span[0])}
            got = {span for span in found if label in ("all", span[0])}
            rows.append((len(want & got), len(got), len(want)))
    for label, rows in counts.items():
        name = "all kinds that have a form" if label == "all" else label
        yield Score(f"Presidio's synthetic texts: F1 of spans, {name}", _counted_f1,
                    (np.array(rows),))
    chat = [rules.find(text) for text in datasets.irc(root, "test").texts]
    for label in ("phone", "card", "iban", "ssn", "secret"):
        yield Score(f"technical IRC: share flagged {label}", metrics.share, (np.array(
            [any(piece.score >= 0.5 for piece in found.get(label, ())) for found in chat],
            float),))


def _counted_f1(rows: np.ndarray) -> float:
    """F1 of rows (right, found, wanted)."""
    right, found, wanted = rows.sum(axis=0)
    return float(2 * right / max(found + wanted, 1))


_STRUCTURED = ("email", "phone", "card", "iban", "ip", "ssn", "url")
_KINDS = {"intent": IntentModel, "language": LanguageModel, "spam": SpamModel}
_MEASURES = {"emotion": _emotion, "sentiment": _sentiment, "toxicity": _toxicity,
             "question": _question, "language": _language, "spam": _spam,
             "pii": _pii, "intent": _intent}
MODELS = tuple(_MEASURES)
