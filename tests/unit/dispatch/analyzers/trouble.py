# SPDX-License-Identifier: MIT
"""Analyzers that do, for a chosen text, what analyzers should not; for tests of dispatch."""

import ctypes
import os
import time

from parley.api import Batch, Result, analyzer


def _act(text: str) -> None:
    if text == "segfault":
        ctypes.string_at(0)
    elif text == "exit":
        os._exit(3)
    elif text == "loop":
        while True:
            pass
    elif text == "long C call":
        sum(range(10 ** 12))  # never looks for signals
    elif text.startswith("wait "):
        time.sleep(float(text.split()[1]))


@analyzer("trouble")
class Trouble:
    def analyze(self, batch: Batch) -> list[Result | None]:
        for text in batch.texts:
            _act(text)
        return [Result("word", 0.75, spans=[(0, len(text))]) if text else None
                for text in batch.texts]


@analyzer("picky")
def picky(text: str) -> bool:
    if text == "raise":
        raise ValueError("this text is not to my taste")
    return text.isupper()
