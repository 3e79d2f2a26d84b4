# SPDX-License-Identifier: MIT
"""Spam: further features of a message, and the model.

The features are what `parley.features` folds away.  Numbers by their shape ("call 00000000000", "000p"), money, words in capitals, parts of
links, word pairs with a gap, and counts.  Each is a slot like those of `Features`, and the two
sets together are what the model reads.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from itertools import repeat
from typing import Sequence

import numpy as np

from parley import links
from parley.features import SLOT_BITS, SLOTS, Features
from parley.linear import LinearModel
from parley.links import LinkModel

READ = 1500
"""Characters of a text that are looked at."""
_TOKEN = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|\d[\d.,:/-]{0,30}|[^\W\d_]+(?:'[a-z]+)?|[\u00a3$\u20ac]|[!?]+"
    r"|<a href|<br|&[a-z]+;|&#\d+;|[#@*+=%]", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w@])[a-z0-9-]{2,40} ?\. ?(?:com|net|org|co\.uk|info|tv|gg|ru|me|xyz)"
                   r"(?![\w])", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_MONEY = re.compile("[$\u00a3\u20ac]")
_HOST = re.compile(r"(?:https?://)?(?:www\.)?([^/?#\s:]{0,100})(\S*)", re.IGNORECASE)
_SEED = 0x5BD1E995


def _tokens(text: str) -> tuple[list[str], list[str]]:
    """(normalised words, number shapes and marks, in order; the parts of links)."""
    out, parts = [], []
    for token in _TOKEN.findall(text):
        if token.isalpha():  # a word: most are
            out.append(token.lower()[:30])
        elif token[0].isdigit():
            out.append(_DIGIT.sub("0", token.rstrip(".,:/-")))
        elif "://" in token[:9] or token[:4].lower() == "www.":
            out.append("\x01link")
            parts += _link_parts(token)
        else:
            out.append(token.lower()[:30])
    return out, parts


def _link_parts(link: str) -> list[str]:
    host, path = _HOST.match(link).groups()
    labels = host.lower().split(".")
    return [f"host:{host.lower()}", f"top:{labels[-1]}", f"name:{'.'.join(labels[-2:])}",
            f"path:{min(path.count('/'), 4)}", f"query:{'?' in path}"]


def _levels(text: str, tokens: list[str], capitals: list[str]) -> list[str]:
    """Counts in coarse steps."""
    words = sum(token[0].isalpha() for token in tokens)
    digits = len(_DIGIT.findall(text))
    links = tokens.count("\x01link")
    numbers = [token for token in tokens if token[0] == "0"] if digits else []
    longest = max((token.count("0") for token in numbers), default=0)
    bare = "." in text and _BARE.search(text) is not None
    return [
        f"digits:{min(digits.bit_length(), 6)}",
        f"capitals:{min(len(capitals).bit_length(), 4)}",
        f"share:{5 * len(capitals) // max(words, 1)}", f"links:{min(links, 3)}",
        f"bare:{bare}", f"length:{len(text).bit_length()}",
        f"words:{min(words.bit_length(), 7)}", f"longest:{min(longest, 12)}",
        f"numbers:{min(len(numbers), 5)}", f"alone:{links > 0 and words < 4}",
        f"links-digits:{min(links, 1)}{min(digits, 5)}",
        f"money:{_MONEY.search(text) is not None}"]


def describe(text: str) -> list[str]:
    """The features of one text, by name, some more than once; none holds a line feed."""
    text = text[:READ]
    tokens, parts = _tokens(text)
    capitals = [word for word in text.split() if len(word) > 1 and word.isupper()]
    edged = ["\x02", *tokens, "\x03"]
    out = [f"2 {a} {b}" for a, b in zip(edged, edged[1:])]
    out += [f"3 {a} {b} {c}" for a, b, c in zip(edged, edged[1:], edged[2:])]
    out += [f"gap {a} {c}" for a, c in zip(edged, edged[2:])]
    out += [f"1 {token}" for token in tokens if not token.isalpha()]
    out += [f"caps {word}" for word in capitals if len(word) > 2]
    return out + _levels(text, tokens, capitals) + parts


def _hashes(text: str) -> np.ndarray:
    """int64: of each name in describe(text)."""
    # Encoded together, which takes a third of the time of one by one.
    names = "\n".join(describe(text)).encode("utf-8", "surrogatepass").split(b"\n")
    return np.fromiter(map(zlib.crc32, names, repeat(_SEED)), np.int64, len(names))


class AdFeatures:
    """`Features` and those of this module together: what LinearModel.scores reads.

    slots   int64 [m]          the slots of each message
    starts  int64 [count + 1]  message i owns slots[starts[i]:starts[i + 1]]
    """

    def __init__(self, features: Features, texts: Sequence[str]) -> None:
        found = [_hashes(text) for text in texts]
        owner = np.repeat(np.arange(len(texts)), [len(hashes) for hashes in found])
        further = np.unique((owner << SLOT_BITS) | (np.concatenate(found) & (SLOTS - 1)))
        at = np.searchsorted(features.keys, further)
        new = features.keys.take(at, mode="clip") != further
        keys = np.insert(features.keys, at[new], further[new])
        self.count = len(texts)
        self.slots = keys & (SLOTS - 1)
        self.starts = np.searchsorted(keys, np.arange(self.count + 1) << SLOT_BITS)


@dataclass(frozen=True)
class SpamModel:
    """The model of texts and that of the sites they link to, in one weight file: arrays of
    parley.linear under "text_…" and "link_…", and `listed`, the hashes of known sites."""

    text: LinearModel
    links: LinkModel

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> SpamModel:
        def part(prefix: str) -> LinearModel:
            return LinearModel.from_arrays({name.removeprefix(prefix): array for name, array
                                            in arrays.items() if name.startswith(prefix)})
        return cls(part("text_"), LinkModel(arrays["listed"], part("link_")))

    @property
    def threshold(self) -> float:
        return self.text.thresholds[0]

    def scores(self, texts: Sequence[str], features: Features) \
            -> tuple[list[float], list[list[links.Link]]]:
        """(probability of each text, its links that are likely scams): the text's own or that
        of its worst link, whichever is more."""
        scores = self.text.scores(AdFeatures(features, texts))[:, 0].tolist()
        found = [links.find(text) for text in texts]
        judged = iter(self.links.scores([link.host for some in found for link in some]))
        bad: list[list[links.Link]] = []
        for index, some in enumerate(found):
            worth = [(next(judged), link) for link in some]
            scores[index] = max([scores[index], *(score for score, _ in worth)])
            bad.append([link for score, link in worth if score >= self.threshold])
        return scores, bad
