# SPDX-License-Identifier: MIT
"""The spam model: one for texts, one for the names of sites.

Threshold and calibration come from scores that each text got from a model trained without
its part (text messages, sentences of chat), or without its video (comments).
"""

from __future__ import annotations

import html
import random
import re
import subprocess
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Callable

import numpy as np
import scipy.sparse as sparse

import promotion
import solver
from parley import links
from parley.evaluation import datasets, unwanted
from parley.evaluation.datasets import split_of
from parley.features import SLOTS, Features
from parley.linear import LinearModel
from parley.spam import AdFeatures
from solver import Examples, Settings
from teachers import TeacherError

Say = Callable[[str], None]
Arrays = dict[str, np.ndarray]
SEED = 20260101
FOLDS = 5
TEXT = Settings(penalty=0.1, keep=600_000, iterations=60, bits=16, min_messages=2, ratio=0.75)
LINK = Settings(penalty=0.05, keep=40_000, iterations=100, bits=16, min_messages=2)
CHAT_WEIGHT = 0.3
COMMENT_WEIGHT = 4.0
WRITTEN = 11000
HARMLESS_WEIGHT = 0.1
"""Of the harmless sentences among those written by hand; the spam among them weighs 1."""
MOST_FALSE_CHAT, MOST_FALSE_SMS = 0.0020, 0.0015
MOST_FALSE_SITES = 0.0005
SETTINGS = {"text": asdict(TEXT), "link": asdict(LINK), "weight of clean chat": CHAT_WEIGHT,
            "weight of comments": COMMENT_WEIGHT, "weight of harmless sentences": HARMLESS_WEIGHT,
            "false alarms": {
                "chat": MOST_FALSE_CHAT, "messages": MOST_FALSE_SMS, "sites": MOST_FALSE_SITES}}
_TAG = re.compile(r"<[^>]{1,200}>")


def matrix(texts: list[str]) -> sparse.csr_matrix:
    """0/1 matrix [texts, SLOTS] of AdFeatures."""
    slots, ends, base = [], [np.zeros(1, np.int64)], 0
    for at in range(0, len(texts), 512):
        some = texts[at:at + 512]
        features = AdFeatures(Features(some), some)
        slots.append(features.slots.astype(np.int32))
        ends.append(features.starts[1:] + base)
        base += len(features.slots)
    columns = np.concatenate(slots)
    return sparse.csr_matrix((np.ones(len(columns), np.float32), columns,
                              np.concatenate(ends)), shape=(len(texts), SLOTS))


def collect(root: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """(texts, labels, weights, parts).  Part k of FOLDS is left out together; a video's
    comments are one part, so are some days of the channel; texts written by hand are never
    left out (-1)."""
    texts: list[str] = []
    columns: list[tuple[float, float, int]] = []

    def add(some: list[str], label: object, weight: float, part: object) -> None:
        texts.extend(some)
        columns.extend(zip(np.broadcast_to(label, len(some)).tolist(),
                           np.broadcast_to(weight, len(some)).tolist(),
                           np.broadcast_to(part, len(some)).tolist()))

    rng = random.Random(SEED)
    for split in ("train", "tune"):
        sms = datasets.sms(root, split)
        add(sms.texts, sms.labels[:, 0], 1.0, _parts(sms.texts))
        chat = datasets.irc(root, split).texts
        add(chat, 0.0, CHAT_WEIGHT, _blocks(len(chat)))
        asked = datasets.clinc(root, split)[0].texts[:2000]
        add(asked, 0.0, CHAT_WEIGHT, _parts(asked))
        reddit = datasets.goemotions(root, split).texts[:6000]
        add(reddit, 0.0, CHAT_WEIGHT, _parts(reddit))
    for number, video in enumerate(unwanted.VIDEOS):
        data = unwanted.comments(root, video)
        keep = [split_of(text) != "test" for text in data.texts]
        some = [text for text, kept in zip(data.texts, keep) if kept]
        add(some, data.labels[keep, 0], COMMENT_WEIGHT / 2, number)
        add([_TAG.sub(" ", html.unescape(text)) for text in some], data.labels[keep, 0],
            COMMENT_WEIGHT / 2, number)
    written = promotion.messages(rng, WRITTEN)
    add([text for text, _ in written], [float(spam) for _, spam in written],
        [1.0 if spam else HARMLESS_WEIGHT for _, spam in written], -1)
    label, weight, part = (np.array(column) for column in zip(*columns))
    return texts, label, weight, part.astype(int)


def _parts(texts: list[str]) -> list[int]:
    """The part of each text, by its words, so that copies stay together."""
    return [zlib.crc32(" ".join(text.lower().split()).encode()) % FOLDS for text in texts]


def _blocks(count: int) -> np.ndarray:
    """The part of each of `count` lines, in the order of time."""
    return np.arange(count) * FOLDS // max(count, 1)


def left_out(x: sparse.csr_matrix, label: np.ndarray, weight: np.ndarray,
             part: np.ndarray) -> np.ndarray:
    """Each text's logit by the model that did not see its part.  Nothing is pruned, here or
    in the model that ships: fitting again what is left would move the scores."""
    logit = np.full(len(label), np.nan)
    for k in range(FOLDS):
        inside = part == k
        scaling = _scaling(x[~inside])
        w, b = solver.fit_scaled(x[~inside], scaling, label[~inside, None], weight[~inside], TEXT)
        logit[inside] = (scaling(x[inside]) @ w + b)[:, 0]
    return logit


def _scaling(x: sparse.csr_matrix) -> solver._Scaling:
    count = np.asarray((x > 0).sum(axis=0)).ravel()
    return solver._Scaling(x, np.flatnonzero(count >= TEXT.min_messages))


def train(root: Path, say: Say) -> Arrays:
    """The arrays of the weight file."""
    texts, label, weight, part = collect(root)
    say(f"features of {len(texts)} texts")
    x = matrix(texts)
    say("score each part by a model that did not see it")
    logit = left_out(x, label, weight, part)
    known = np.isfinite(logit)
    a, b = solver.platt(logit[known], label[known])
    kinds = _kinds(root)
    p = 1 / (1 + np.exp(-(a * logit + b)))
    threshold = max(_share_above(p[kinds == "sms"][label[kinds == "sms"] == 0], MOST_FALSE_SMS),
                    _share_above(p[kinds == "chat"], MOST_FALSE_CHAT))
    _tell(say, p, label, kinds, part, threshold)
    say("fit the model of texts")
    text = solver.train_matrix(x, label[:, None], weight, TEXT, ("spam",), say)
    solver.calibrate(text, 0, a, b)
    text["threshold"] = np.array([threshold])
    link, listed = _train_links(root, threshold, say)
    return {**{f"text_{name}": array for name, array in text.items()},
            **{f"link_{name}": array for name, array in link.items()}, "listed": listed}


def _share_above(scores: np.ndarray, share: float) -> float:
    """The least score that at most `share` of `scores` reach, with a little room."""
    ordered = np.sort(scores)[::-1]
    at = int(share * len(ordered))
    return float(np.round(0.8 * ordered[at] + 0.2 * ordered[max(at - 1, 0)], 6))


def _kinds(root: Path) -> np.ndarray:
    """Where each text of collect() is from."""
    kinds = []
    for split in ("train", "tune"):
        kinds += ["sms"] * len(datasets.sms(root, split))
        kinds += ["chat"] * len(datasets.irc(root, split))
        kinds += ["other"] * len(datasets.clinc(root, split)[0].texts[:2000])
        kinds += ["other"] * len(datasets.goemotions(root, split).texts[:6000])
    for video in unwanted.VIDEOS:
        count = sum(split_of(text) != "test" for text in unwanted.comments(root, video).texts)
        kinds += ["comment"] * count + ["other"] * count
    return np.array(kinds + ["own"] * len(promotion.messages(random.Random(SEED), WRITTEN)))


def _tell(say: Say, p: np.ndarray, label: np.ndarray, kinds: np.ndarray, part: np.ndarray,
          threshold: float) -> None:
    """Scores of texts left out; the card's are of the texts in no part."""
    flagged = p >= threshold

    def f1(use: np.ndarray) -> float:
        return 2 * (flagged & (label > 0))[use].sum() / (flagged[use].sum() + label[use].sum())

    sms, comment = kinds == "sms", kinds == "comment"
    say(f"left out: SMS F1 {f1(sms):.4f}, false {flagged[sms & (label == 0)].mean():.4%}; "
        f"comments by video {', '.join(f'{f1(comment & (part == k)):.4f}' for k in range(3))}; "
        f"chat flagged {flagged[kinds == 'chat'].mean():.4%}; threshold {threshold:.4f}")


def _train_links(root: Path, threshold: float, say: Say) -> tuple[Arrays, np.ndarray]:
    """(arrays of the model of names, hashes of the known sites)."""
    rng = random.Random(SEED)
    honest = sorted({*_homepages(), *unwanted.linked_in_chat(root, "train"),
                     *unwanted.linked_in_chat(root, "tune"), *promotion.HONEST_SITES})
    brands = [name for name in links.BRANDS if len(name) >= 5]
    examples = Examples()
    for hosts, truth, weight in (
            (unwanted.phishing(root, "train"), 1.0, 1.0),
            (promotion.imitations(brands, rng, 4000), 1.0, 0.5),
            ([host for host in honest if _part_of(host) == "train"], 0.0, 3.0)):
        examples.add([links.describe(host) for host in hosts], np.array([truth]), weight)
    arrays = solver.train(examples, LINK, ("scam",), say)
    model = LinearModel.from_arrays(arrays)
    bad = _logits(model, unwanted.phishing(root, "tune"))
    good = _logits(model, [host for host in honest if _part_of(host) == "tune"])
    truth = np.concatenate((np.ones(len(bad)), np.zeros(len(good))))
    a, b = solver.platt(np.concatenate((bad, good)), truth)
    everything = np.concatenate((good, _logits(model, [host for host in honest
                                                       if _part_of(host) == "train"])))
    least = max(_share_above(good, 2 * MOST_FALSE_SITES), _share_above(everything, MOST_FALSE_SITES))
    # Both models flag from one threshold on: the names' log-odds are moved to it.
    wanted = np.log(threshold / (1 - threshold))
    solver.calibrate(arrays, 0, a, wanted - a * least)
    say(f"names: {(bad >= least).mean():.4f} of unseen scams, {(good >= least).mean():.4%} of "
        f"honest sites at the threshold")
    listed = np.unique(np.array([links.hash_host(host) for host in unwanted.phishing(root)],
                                np.uint64))
    return arrays, listed


def _part_of(host: str) -> str:
    """"train" or "tune": honest sites have no test part but those of the dev channel."""
    return "tune" if split_of(links.registrable(host)) != "train" else "train"


def _logits(model: LinearModel, hosts: list[str]) -> np.ndarray:
    return np.concatenate([model.logits(Features([links.describe(host) for host in
                                                  hosts[at:at + 512]]))[:, 0]
                           for at in range(0, len(hosts), 512)])


def _homepages() -> list[str]:
    """Home pages of Debian's packages, as honest names: from the package index of the system."""
    try:
        index = subprocess.run(("apt-cache", "dumpavail"), capture_output=True, check=True,
                               timeout=120).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise TeacherError(f"apt-cache dumpavail, for the home pages of Debian's packages, "
                           f"failed: {error}") from error
    hosts = {match.lower() for match in re.findall(r"^Homepage: *https?://([\w.-]+\.[A-Za-z]{2,})",
                                                   index, re.MULTILINE | re.IGNORECASE)}
    if len(hosts) < 1000:
        raise TeacherError("the package index of the system is empty: run apt-get update")
    return sorted(hosts)
