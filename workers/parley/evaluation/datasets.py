# SPDX-License-Identifier: MIT
"""Readers of the data sets which the models are trained on and measured with.

Training and evaluation read through the same functions, so a text held out here is held
out everywhere.  Where a set has no split of its own, the text itself decides: its hash,
ignoring case and spacing, puts it (and every copy of it) into "train", "tune" (thresholds
and calibration) or "test" (only ever measured).  Sets under `eval_only` have one split,
"test", and no training code may call their readers.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Iterator

import numpy as np

TOXICITY_LABELS = ("toxic", "insult", "threat", "identity", "profane")
EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
    "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral")
SENTIMENTS = ("negative", "neutral", "positive")
_POSITIVE = frozenset(("admiration", "amusement", "approval", "caring", "desire",
                       "excitement", "gratitude", "joy", "love", "optimism", "pride",
                       "relief"))
_NEGATIVE = frozenset(("anger", "annoyance", "disappointment", "disapproval", "disgust",
                       "embarrassment", "fear", "grief", "nervousness", "remorse",
                       "sadness"))

_IRC_LINE = re.compile(r"^\[\d\d:\d\d\] <[^>]+> (.*)$")
_SPAN_TYPES = {"Insult": "insult", "Insu": "insult", "Threat": "threat",
               "Identity based Attack": "identity", "Identity based ": "identity",
               "Profane/Obscene": "profane"}


@dataclass
class Texts:
    """Texts with labels.

    `labels` float [n, k]: the share of annotators who saw the label (0 or 1 where there
    is one annotator only); nan where nobody was asked.  `spans` (civil comments only):
    for each text the (start, end) code point ranges that at least half marked.
    """

    name: str
    texts: list[str] = field(default_factory=list)
    labels: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    spans: list[list[tuple[int, int]]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)


class DatasetError(Exception):
    """A data set is missing or is not what the readers expect."""


def _path(root: Path, *parts: str) -> Path:
    path = root.joinpath(*parts)
    if not path.exists():
        raise DatasetError(f"{path} is missing: --datasets must name the folder that holds "
                           f"the folder '{parts[0]}'")
    return path


def split_of(text: str) -> str:
    """"train" (75 %), "tune" (10 %) or "test" (15 %) for a text, by its hash."""
    canonical = " ".join(text.lower().split())
    share = int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:4], "big") / 2**32
    return "train" if share < 0.75 else "tune" if share < 0.85 else "test"


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def goemotions(root: Path, split: str) -> Texts:
    """GoEmotions, labels [n, 28] of 0/1.  Its own dev file is "test"; a tenth of its
    train file, by hash, is "tune"."""
    path = _path(root, "goemotions", "dev.tsv" if split == "test" else "train.tsv")
    texts, rows = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        text, ids, _ = line.split("\t")
        if split != "test" and (split_of(text) == "test") != (split == "tune"):
            continue
        row = np.zeros(len(EMOTIONS))
        row[[int(i) for i in ids.split(",")]] = 1
        texts.append(text)
        rows.append(row)
    return Texts(f"goemotions/{split}", texts, np.array(rows))


def goemotions_sentiment(root: Path, split: str) -> Texts:
    """GoEmotions, labels [n, 3] in SENTIMENTS order, by the sentiment groups of its paper.

    Confusion, curiosity, realization and surprise are neutral; a comment with both positive
    and negative emotions is left out.
    """
    data = goemotions(root, split)
    positive = data.labels[:, [name in _POSITIVE for name in EMOTIONS]].any(axis=1)
    negative = data.labels[:, [name in _NEGATIVE for name in EMOTIONS]].any(axis=1)
    kept = np.flatnonzero(~(positive & negative))
    labels = np.stack((negative, ~positive & ~negative, positive), axis=1).astype(float)
    return Texts(f"goemotions-sentiment/{split}", [data.texts[i] for i in kept],
                 labels[kept])


_Votes = list[list[tuple[str, int, int]]]
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def _civil_votes(root: Path, split: str) -> Iterator[tuple[str, _Votes]]:
    """Each comment with the spans (type, start, end) of each of its annotators."""
    folder = "toxic_spans_civilcomments"
    spans_by = defaultdict(list)
    for row in _csv_rows(_path(root, folder, "spans.csv")):
        spans_by[row["annotation"]].append((row["type"], int(row["start"]), int(row["end"])))
    annotations = defaultdict(list)
    for row in _csv_rows(_path(root, folder, "annotations.csv")):
        annotations[row["comment_id"]].append(spans_by.get(row["annotation"], []))
    for row in _csv_rows(_path(root, folder, "comments.csv")):
        text, votes = row["comment_text"], annotations[row["comment_id"]]
        if split_of(text) == split and votes:
            yield text, votes


def _civil_label(votes: _Votes) -> np.ndarray:
    """Shares of annotators, in TOXICITY_LABELS order."""
    label = np.zeros(5)
    for vote in votes:
        label[0] += bool(vote)
        for name in {_SPAN_TYPES.get(kind) for kind, _, _ in vote} - {None}:
            label[TOXICITY_LABELS.index(name)] += 1
    return label / len(votes)


def civil(root: Path, split: str) -> Texts:
    """Civil Comments with typed spans, labels [n, 5] in TOXICITY_LABELS order.

    A label is the share of annotators who marked a span of that type; "toxic" counts any
    span.  Every comment had been called toxic by a first crowd, so one where nobody found
    a span is unclear, not clean: its "toxic" is nan.
    """
    out, rows = Texts(f"civil/{split}"), []
    for text, votes in _civil_votes(root, split):
        label, marked = _civil_label(votes), np.zeros(len(text) + 1)
        for vote in votes:
            seen = np.zeros(len(text) + 1)
            for _, start, end in vote:
                seen[start:end] = 1
            marked += seen
        if label[0] == 0:
            label[0] = np.nan
        out.texts.append(text)
        out.spans.append(_ranges(marked * 2 >= len(votes)))
        rows.append(label)
    out.labels = np.array(rows)
    return out


def civil_sentences(root: Path, split: str) -> Texts:
    """The sentences of those Civil Comments of more than one in which somebody marked
    something, labels [n, 5]: the share of annotators with a span of the type in the
    sentence.  Those that nobody marked are argument without abuse."""
    out, rows, known = Texts(f"civil-sentences/{split}"), [], set()
    for text, votes in _civil_votes(root, split):
        ends = [match.span() for match in _SENTENCE.finditer(text)] + [(len(text), 0)]
        if len(ends) < 2 or not any(votes):
            continue
        start = 0
        for end, after in ends:
            part = text[start:end]
            if 12 < len(part) < 250 and part not in known:
                known.add(part)
                out.texts.append(part)
                rows.append(_civil_label([[span for span in vote if span[1] < end
                                           and span[2] > start] for vote in votes]))
            start = after
    out.labels = np.array(rows)
    return out


def _ranges(mask: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(int), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def davidson(root: Path, split: str) -> Texts:
    """Tweets called hate, offensive or neither, labels [n, 5] in TOXICITY_LABELS order.

    toxic = share of hate and offensive votes, identity = share of hate votes; the other
    kinds were not asked for (nan).
    """
    out, rows = Texts(f"davidson/{split}"), []
    for row in _csv_rows(_path(root, "davidson_hate_offensive", "train.csv")):
        text = html.unescape(row["tweet"])
        if split_of(text) != split:
            continue
        votes = float(row["count"])
        hate = float(row["hate_speech"]) / votes
        out.texts.append(text)
        rows.append([hate + float(row["offensive_language"]) / votes, np.nan, np.nan, hate,
                     np.nan])
    out.labels = np.array(rows)
    return out


def irc(root: Path, split: str) -> Texts:
    """What people typed on a technical channel.  "test" is the folder dev; of the folder
    train, the files from 2006-05 on, a third, are "tune"."""
    folder = _path(root, "irc_ubuntu", "dev" if split == "test" else "train")
    out = Texts(f"irc/{split}")
    for path in sorted(folder.glob("*.raw.txt")):
        if split != "test" and (path.name >= "2006-05") != (split == "tune"):
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _IRC_LINE.match(line)
            if match and match[1].strip():
                out.texts.append(match[1])
    return out


def sms(root: Path, split: str) -> Texts:
    """Text messages, labels [n, 1]: 1 for spam."""
    out, rows = Texts(f"sms/{split}"), []
    for line in _path(root, "sms_spam", "train.tsv").read_text("utf-8").splitlines():
        label, text = line.split("\t", 1)
        if split_of(text) == split:
            out.texts.append(text)
            rows.append([float(label == "spam")])
    out.labels = np.array(rows)
    return out


def clinc(root: Path, split: str) -> tuple[Texts, list[str]]:
    """Requests to an assistant, and the intent of each."""
    data = json.loads(_path(root, "clinc150", "train_val.json").read_text("utf-8"))
    out, intents = Texts(f"clinc/{split}"), []
    for part in sorted(data):
        for text, intent in data[part]:
            if split_of(text) == split:
                out.texts.append(text)
                intents.append(intent)
    return out, intents


def clean(root: Path, split: str) -> Texts:
    """Harmless chat: technical IRC, requests to an assistant, private messages."""
    ham = sms(root, split)
    texts = [*irc(root, split).texts, *clinc(root, split)[0].texts,
             *(text for text, (spam,) in zip(ham.texts, ham.labels) if not spam)]
    return Texts(f"clean/{split}", texts)


def presidio(root: Path) -> list[tuple[str, set[tuple[str, int, int]]]]:
    """Synthetic texts, and the (label, start, end) of the personal data with a form of its
    own in each.  One split: rules are checked with it, nothing is trained."""
    labels = {"PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "EMAIL_ADDRESS": "email",
              "IBAN_CODE": "iban", "US_SSN": "ssn", "IP_ADDRESS": "ip", "DOMAIN_NAME": "url"}
    rows = json.loads(_path(root, "presidio_pii", "first_half.json").read_text("utf-8"))
    return [(row["full_text"], {(labels[span["entity_type"]], span["start_position"],
                                 span["end_position"]) for span in row["spans"]
                                if span["entity_type"] in labels}) for row in rows]


def tweet_offensive(root: Path) -> Texts:
    """Evaluation only: TweetEval offensive, labels [n, 1]."""
    folder = _path(root, "eval_only", "tweeteval", "offensive")
    return _tweeteval(folder, "tweeteval/offensive", lambda y: [y])


def tweet_sentiment(root: Path) -> Texts:
    """Evaluation only: TweetEval sentiment, labels [n, 3] in SENTIMENTS order."""
    folder = _path(root, "eval_only", "tweeteval", "sentiment")
    return _tweeteval(folder, "tweeteval/sentiment", lambda y: np.eye(3)[y])


def _tweeteval(folder: Path, name: str, label: Callable[[int], Iterable[float]]) -> Texts:
    texts = (folder / "val_text.txt").read_text("utf-8").split("\n")
    values = (folder / "val_labels.txt").read_text("utf-8").split()
    return Texts(name, texts[:len(values)], np.array([label(int(v)) for v in values]))


def game_chat(root: Path) -> Texts:
    """Evaluation only: CONDA game chat, labels [n, 1]: 1 for explicit or implicit
    toxicity."""
    out, rows = Texts("conda"), []
    for row in _csv_rows(_path(root, "eval_only", "conda_game_chat", "train.csv")):
        if row["utterance"] and row["intentClass"] in {"E", "I", "A", "O"}:
            out.texts.append(row["utterance"].replace("[SEPA]", " "))
            rows.append([float(row["intentClass"] in "EI")])
    out.labels = np.array(rows)
    return out


def vader_tweets(root: Path) -> Texts:
    """Evaluation only: tweets with their mean human valence, labels [n, 1], -4 to 4."""
    out, rows = Texts("vader"), []
    path = _path(root, "eval_only", "vader_tweets", "tweets_GroundTruth.txt")
    for line in path.read_text("utf-8").splitlines():
        _, valence, text = line.split("\t", 2)
        out.texts.append(text)
        rows.append([float(valence)])
    out.labels = np.array(rows)
    return out
