# SPDX-License-Identifier: MIT
"""Campaigns for measuring `near-duplicate`: real spam texts, reworded by rules.

A person or a model rewords more freely than these rules (other words for some, sentences in
another order, words left out, other numbers and links, a greeting before), so the recall
measured with them is an upper bound of what a determined sender would meet.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Iterator

from parley.evaluation import datasets

_OTHER_WORDS = {word: group for group in (
    ("win", "get", "receive"), ("won", "earned", "received"), ("free", "gratis", "complimentary"),
    ("call", "phone", "ring"), ("now", "today", "at once", "right away"), ("text", "txt", "send"),
    ("prize", "award", "reward", "gift"), ("claim", "collect", "get", "redeem"), ("cash", "money"),
    ("urgent", "important", "attention"), ("mobile", "phone", "handset"), ("reply", "answer"),
    ("customer", "client", "member"), ("guaranteed", "certain", "sure"), ("offer", "deal"),
    ("selected", "chosen", "picked"), ("latest", "newest"), ("contact", "reach"),
    ("chat", "talk"), ("week", "7 days"), ("stop", "end", "quit"), ("see", "look at", "view"),
    ("your", "ur", "the"), ("you", "u"), ("have", "have just"), ("please", "pls", "kindly"),
    ("new", "fresh"), ("chance", "opportunity"), ("message", "msg", "note"), ("service", "line"),
    ("visit", "go to", "open"), ("only", "just"), ("join", "enter"), ("holiday", "vacation", "trip"),
    ("draw", "raffle"), ("awarded", "given"), ("valid", "good"), ("try", "attempt"),
) for word in group}
_GREETINGS = ("", "", "hi, ", "hey everyone! ", "psst: ", "dear friend, ", "omg ")
_PIECE = re.compile(r"https?://\S+|www\.\S+|\w+(?:'\w+)?|\W+")


def reworded(text: str, rng: random.Random) -> str:
    """The same said otherwise."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    if rng.random() < 0.5:
        rng.shuffle(sentences)
    pieces = []
    for piece in _PIECE.findall(" ".join(sentences)):
        if piece.startswith(("http", "www.")):
            piece = f"http://{''.join(rng.choices('bcdfghklmnprst', k=7))}.example"
        elif any(char.isdigit() for char in piece):
            piece = re.sub(r"\d", lambda _: str(rng.randrange(10)), piece)
        elif piece.lower() in _OTHER_WORDS and rng.random() < 0.7:
            piece = rng.choice(_OTHER_WORDS[piece.lower()])
        elif piece[0].isalpha() and rng.random() < 0.1:
            continue
        pieces.append(piece)
    return rng.choice(_GREETINGS) + " ".join("".join(pieces).split())


def campaigns(root: Path, split: str, size: int, seed: int = 1) -> Iterator[list[str]]:
    """Of each spam text of a split, `size` rewordings."""
    rng = random.Random(seed)
    data = datasets.sms(root, split)
    for text, label in zip(data.texts, data.labels[:, 0]):
        if label == 1:
            yield [reworded(text, rng) for _ in range(size)]


_SAID = re.compile(r"\[(\d\d):(\d\d)\] <([^>]+)> (.*)")


def talk(root: Path, folder: str) -> Iterator[list[tuple[int, str, str]]]:
    """(milliseconds, who, text) of each hour of technical chat; nobody reworded anything there."""
    for path in sorted((root / "irc_ubuntu" / folder).glob("*.raw.txt")):
        lines = (_SAID.match(line)
                 for line in path.read_text("utf-8", errors="replace").splitlines())
        yield [((int(m[1]) * 60 + int(m[2])) * 60_000, m[3], m[4]) for m in lines if m]
