# SPDX-License-Identifier: MIT
"""What texts mean, as vectors: static embeddings of word pieces, averaged (WordLlama, an extra).

The weights are in the package's wheel; nothing is fetched.  Texts that mean alike have a cosine
near one.  One per process, for all who need it; one thread.
"""

from __future__ import annotations

import importlib.util
import os
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Sequence

import numpy as np

PACKAGE = "wordllama"
SIZE = 256
READ = 400
"""Characters of a text that count."""
_REMEMBERED = 8192
"""Texts whose vectors are kept: 8 MB."""
_AT_ONCE = 64


def is_installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


class Meaning:
    """Vectors of texts.  The newest ones asked for are remembered: searches of a room look at the
    same messages again and again."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        # One thread: the worker's other core is somebody else's.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import wordllama
        # It looks for its tokenizer in the cache folder only, although it brings it along.
        self._model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent,
                                               dim=SIZE, disable_download=True)
        self._remembered = remembered
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32[len(texts), SIZE], each row of length one, or zero where a text says nothing.
        Case does not count."""
        keys = [_plain(text) for text in texts]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        for at in range(0, len(new), _AT_ONCE):
            part = new[at:at + _AT_ONCE]
            for key, row in zip(part, self._embed(part)):
                self._known[key] = row
        out = np.zeros((len(keys), SIZE), np.float32)
        for row, key in zip(out, keys):
            row[:] = self._known[key]
            self._known.move_to_end(key)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return out

    def _embed(self, texts: list[str]) -> np.ndarray:
        rows = self._model.embed(texts)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


@cache
def shared() -> Meaning:
    """The process's own.  ImportError when the package is not installed."""
    return Meaning()


def _plain(text: str) -> str:
    return " ".join(text[:READ].casefold().encode("utf-8", "replace").decode().split())
