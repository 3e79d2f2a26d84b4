# SPDX-License-Identifier: MIT
"""`python3 -m parley eval --extras`: the analyzers that need packages from PyPI, beside ours.

Nothing is compared with cards: what a package's next version says is not ours to promise.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np

from parley import registry
from parley.analyzers import extras, language
from parley.api import MODELS, Batch
from parley.evaluation import campaigns, datasets, languages, metrics
from parley.recap.talk import Line
from parley.room import Message
from parley.rooms.near_duplicate import NearDuplicate
from parley.rooms.raid import is_same, sketch
from parley.rooms.trending import terms
from parley.search import search

_COMMON = 20
_CHUNK = 64
_SENDERS = 5
_HITS = 10


def run(root: Path) -> int:
    """Print the tables.  0; 2 when a package is missing."""
    entries = [registry.set_up(registry.spec_of(target), MODELS, None)
               for target in (language.Language, extras.Lingua, NearDuplicate)]
    for entry in entries:
        if entry.status != registry.READY:
            print(f"eval: '{entry.name}' is {entry.status}: {entry.detail}")
            return 2
    _campaigns(root, entries.pop().instance)
    _searches(root)
    for name, texts, truth in _language_sets(root):
        for entry in entries:
            started = time.process_time()
            guess = [_top(found) for at in range(0, len(texts), _CHUNK)
                     for found in entry.run(Batch.of(texts[at:at + _CHUNK]))]
            cpu = (time.process_time() - started) / len(texts) * 1e6
            print(f"{name:44} {entry.name:16} {_value(guess, truth):.4f}  n {len(texts):5}  "
                  f"{cpu:5.0f} us", flush=True)
    return 0


def _language_sets(root: Path) -> list[tuple[str, list[str], list[str] | None]]:
    sets: list[tuple[str, list[str], list[str] | None]] = []
    known = extras.Languages().languages
    for kind in languages.KINDS:
        for some in (known[:_COMMON], known):
            sets.append((f"{kind}, {len(some)} languages: mean accuracy",
                         *languages.texts(root, kind, "test", some)))
    sets.append(("technical IRC: flagged as not English", datasets.irc(root, "test").texts, None))
    return sets


def _top(found: list[Any]) -> tuple[str, bool]:
    """The likeliest language, and whether it is flagged."""
    best = max(found, key=lambda result: result.score, default=None)
    return ("", False) if best is None else (best.label, best.score >= 0.5)


def _value(guess: list[tuple[str, bool]], truth: list[str] | None) -> float:
    if truth is None:
        return metrics.share(np.array([flagged and label != "en" for label, flagged in guess]))
    number = {code: k for k, code in enumerate(dict.fromkeys(truth))}
    return metrics.macro_recall(np.array([number.get(label, -1) for label, _ in guess]),
                                np.array([number[code] for code in truth]))


Finder = Callable[[Message], bool]
"""Of one room, given its messages in order: whether this one is of a campaign."""


def _by_letters(analyzer: NearDuplicate) -> Finder:
    """Under the same rules, by the sketch of `raid`."""
    recent: list[tuple[Message, list[int]]] = []

    def is_found(message: Message) -> bool:
        since = message.time_ms - analyzer.config.minutes * 60_000
        recent[:] = [pair for pair in recent if pair[0].time_ms >= since][-200:]
        made = sketch(message.text)
        people = {said.user for said, other in recent if is_same(made, other)}
        recent.append((message, made))
        return len(people | {message.user}) >= analyzer.config.authors \
            and len(message.text.split()) >= analyzer.config.words
    return is_found


def _by_meaning(analyzer: NearDuplicate) -> Finder:
    state = analyzer.new_state()

    def is_found(message: Message) -> bool:
        analyzer.update(state, message, {})
        return bool(state["found"]) and state["found"][-1]["seq"] == message.seq
    return is_found


def _campaigns(root: Path, analyzer: NearDuplicate) -> None:
    """What near-duplicate finds in reworded spam and in plain chat, and what comparing letters
    finds."""
    spam = [[Message("r", f"u{n}", n * 60_000, text, n + 1) for n, text in enumerate(texts)]
            for texts in campaigns.campaigns(root, "test", _SENDERS)]
    chat = [[Message("r", user, at, text, n + 1) for n, (at, user, text) in enumerate(hour)]
            for hour in campaigns.talk(root, "dev")]
    for name, new in (("near-duplicate", _by_meaning), ("letters alone", _by_letters)):
        found = [list(map(new(analyzer), room)) for room in spam]
        late = [one for row in found for one in row[analyzer.config.authors - 1:]]
        _tell("reworded spam: campaigns found", name, [any(row) for row in found])
        _tell("reworded spam: messages found from the third on", name, late)
        _tell("technical IRC: messages found", name,
              [one for hour in chat for one in map(new(analyzer), hour)])


def _searches(root: Path) -> None:
    """Of the ten best of 3,000 utterances (CLINC150), how many have the question's intent."""
    data = json.loads((root / "clinc150" / "train_val.json").read_text("utf-8"))
    lines = [Line(n + 1, 0, "", "", text, 0) for n, (text, _) in enumerate(data["val"])]
    intent = {n + 1: kind for n, (_, kind) in enumerate(data["val"])}
    known = [frozenset(terms(line.text)) for line in lines]
    often = Counter(word for words in known for word in words)

    def by_words(question: str) -> list[int]:
        asked = frozenset(terms(question))
        score = [sum(math.log(len(lines) / often[word]) for word in asked & words)
                 / math.sqrt(len(words) + 1) for words in known]
        return [lines[at].seq for at in sorted(range(len(lines)), key=lambda at: -score[at])]

    def by_meaning(question: str) -> list[int]:
        return [hit["seq"] for hit in search(question, lines, _HITS)]

    for name, find in (("semantic", by_meaning), ("words alone", by_words)):
        shares = [sum(intent[seq] == kind for seq in find(question)[:_HITS]) / _HITS
                  for question, kind in data["train"][::25]]
        _tell("search: of the ten best, as meant", name, shares)


def _tell(what: str, who: str, values: Sequence[float]) -> None:
    print(f"{what:50} {who:16} {float(np.mean(values)):.4f}  n {len(values)}", flush=True)
