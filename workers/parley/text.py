# SPDX-License-Identifier: MIT
"""A batch of messages as one clean stream of characters, with the way back.

Folding maps one code point to one code point (lower case, no accent, plain width; links
and mentions become one placeholder each), invisible characters are dropped, and spaces
and runs longer than two are squeezed.  `origin` keeps where each character came from, so
whatever is found in the stream can be shown in the message.  Nothing loops over messages
or characters in Python.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Sequence

import numpy as np

SPACE, WORD, SYMBOL, DROP = 0, 1, 2, 3
URL, MENTION = "\ue000", "\ue001"

_TABLE = 0x20000
_OPAQUE = re.compile(
    r"https?://\S+|www\.\S+|(?<!\w)@\w+|\[NAME\]|\[RELIGION\]", re.ASCII)
_WALKED = ((0, 0x600), (0x1E00, 0x2E80), (0x3000, 0x3040), (0xFE00, 0xFE10),
           (0xFE20, 0xFE30), (0xFEFF, 0xFFF0), (0x1D400, 0x1D800))
_MARKED = ((0x600, 0x1E00), (0xA000, 0xAC00))


def _fold_one(char: str) -> int:
    """The code point that stands for `char`: lower case, no accent, plain width."""
    for part in unicodedata.normalize("NFKD", char).lower():
        if not unicodedata.combining(part):
            return ord(part)
    return ord(char)


def _kind_one(char: str) -> int:
    category = unicodedata.category(char)
    if char in "'_" or category[0] in "LN":
        return WORD
    if category[0] == "Z" or category == "Cc":
        return SPACE
    if category in ("Mn", "Me", "Cf"):
        return DROP
    return WORD if category == "Mc" else SYMBOL


def _build_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(fold, kind, is upper case) of every code point below _TABLE.

    Only blocks whose letters fold or whose kinds are mixed are walked, which keeps the
    start-up to milliseconds; the rest is letters (scripts without case) or, from 0x1F000,
    symbols (emoji).
    """
    fold = np.arange(_TABLE, dtype=np.uint32)
    kind = np.full(_TABLE, WORD, np.uint8)
    upper = np.zeros(_TABLE, bool)
    for low, high in _WALKED:
        chars = [chr(code) for code in range(low, high)]
        fold[low:high] = [_fold_one(char) for char in chars]
        kind[low:high] = [_kind_one(char) for char in chars]
        upper[low:high] = [char.isupper() for char in chars]
    for low, high in _MARKED:
        kind[low:high] = [_kind_one(chr(code)) for code in range(low, high)]
    for quote in "\u2019\u2018\u02bc`":
        fold[ord(quote)], kind[ord(quote)] = ord("'"), WORD
    kind[0xD800:0xE000] = DROP  # lone surrogates are not text
    kind[0xFE00:0xFE10] = DROP
    kind[0x1F000:] = SYMBOL
    kind[0x1F3FB:0x1F400] = DROP  # skin tones
    fold[kind == SPACE] = 32
    return fold, kind, upper


_FOLD, _KIND, _UPPER = _build_tables()


def _mask(match: re.Match[str]) -> str:
    fill = URL if match.group()[0] in "hw" else MENTION
    return fill * (match.end() - match.start())


class Stream:
    """`count` messages as one character stream.

    chars    uint32 [m]  folded code points; messages are set apart by one space, and one
                         space stands in front of the first
    kind     uint8  [m]  SPACE, WORD or SYMBOL
    origin   int64  [m]  index of each character in the joined originals
    message  int64  [m]  which message each belongs to
    offsets  int64  [count + 1]  where each message starts in the joined originals
    capitals, letters, stretched  int64 [count]  of each message, before folding
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        lengths = np.fromiter(map(len, texts), np.int64, self.count)
        self.offsets = np.concatenate(([1], 1 + np.cumsum(lengths + 1)))
        joined = _OPAQUE.sub(_mask, "\n".join(("", *texts, "")))
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
        owner = np.repeat(np.arange(self.count), lengths + 1)
        owner = np.concatenate((np.zeros(1, np.int64), owner))

        index = np.minimum(codes, _TABLE - 1)
        kind = _KIND[index]
        chars = np.where(codes < _TABLE, _FOLD[index], codes)
        self.capitals = np.bincount(owner[_UPPER[index]], minlength=self.count)
        self.letters = np.bincount(owner[kind == WORD], minlength=self.count)

        if DROP in kind:
            kept = np.flatnonzero(kind != DROP)
            chars, kind = chars[kept], kind[kept]
        else:
            kept = np.arange(len(chars))
        same = np.zeros(len(chars), bool)
        same[1:] = chars[1:] == chars[:-1]
        third = same.copy()
        third[1:] &= same[:-1]
        single = (kind == SPACE) | (chars == ord(URL)) | (chars == ord(MENTION))
        squeeze = third | (same & single)
        self.stretched = np.bincount(owner[kept[third & (kind == WORD)]],
                                     minlength=self.count)
        keep = ~squeeze
        self.chars, self.kind, self.origin = chars[keep], kind[keep], kept[keep]
        self.message = owner[self.origin]

    def where(self, message: int, index: np.ndarray) -> np.ndarray:
        """Code point offsets inside `message` of stream positions `index`."""
        start, end = self.offsets[message], self.offsets[message + 1] - 1
        origin = self.origin[np.minimum(index, len(self.origin) - 1)]
        return np.clip(origin, start, end) - start
