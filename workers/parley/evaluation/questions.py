# SPDX-License-Identifier: MIT
"""Questions without a set of their own: derived from punctuation and from word order.

People mark their own questions: a message with a sentence that ends in "?" asks, one
without any "?" mostly does not.  With the mark taken away the words alone must tell, and
that is what is trained and measured ("marks removed").  Taking it away must not show: the
closing punctuation of the others goes as well.  What the labels miss is a question typed
without its mark, so a measured false alarm may be none: the scores are lower bounds.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from parley.analyzers.question import LINK, MARK, asks
from parley.evaluation import datasets
from parley.evaluation.datasets import Texts

_CLOSING = re.compile(r"[\s.!?\u2026]+$")
_ASKS = re.compile(
    r"(what|whats|what's|when|whens|where|wheres|who|whos|who's|whose|why|how|hows|how's|"
    r"which|is|isn't|are|aren't|am|do|does|did|don't|can|could|would|will|should|was|were|"
    r"has|have)\b")
_TELLS = re.compile(
    r"(set|tell|show|give|remind|play|turn|add|put|please|let|let's|i|i'm|i'd|i'll|my|the|"
    r"make|call|text|send|change|cancel|book|find|get|help|remove|delete|thanks|thank|okay|"
    r"ok|yes|no|sure|order|schedule|start|stop|pause|read|check|look|track|transfer|pay|"
    r"submit|update|go|create|clear|report|share|speak|use|order|hello|hi|good|you|that|"
    r"that's|it's|this|there)\b")


def unmarked(text: str) -> str:
    """`text` without its question marks and without closing punctuation."""
    return _CLOSING.sub("", MARK.sub("", text))


def coin(text: str, salt: str) -> float:
    """A number in [0, 1) that depends on the text alone."""
    return int.from_bytes(hashlib.sha256((salt + text).encode()).digest()[:4], "big") / 2**32


def _marked(data: Texts) -> Texts:
    usable = [text for text in data.texts if len(unmarked(text)) > 1
              and (asks(text) or "?" not in LINK.sub("", text))]
    return Texts(data.name, usable, np.array([[float(asks(text))] for text in usable]))


def _clinc(root: Path, split: str) -> Texts:
    """Requests, by their first word: CLINC holds no punctuation."""
    texts, labels = [], []
    for text in datasets.clinc(root, split)[0].texts:
        if _ASKS.match(text) or _TELLS.match(text):
            texts.append(text)
            labels.append([float(_ASKS.match(text) is not None)])
    return Texts(f"clinc/{split}", texts, np.array(labels))


def sets(root: Path, split: str) -> list[tuple[str, Texts]]:
    """(name, texts with labels [n, 1]) of "train", "tune" or "test"."""
    out = []
    for name, data in (("GoEmotions", datasets.goemotions(root, split)),
                       ("IRC", datasets.irc(root, split))):
        marked = _marked(data)
        bare = Texts(marked.name, [unmarked(text) for text in marked.texts], marked.labels)
        out.append((f"{name}, as written", marked))
        out.append((f"{name}, marks removed", bare))
    out.append(("CLINC150, by first word", _clinc(root, split)))
    return out
