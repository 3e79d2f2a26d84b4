# SPDX-License-Identifier: MIT
"""A drop-in analyzer that does, for chosen texts, what analyzers should not. For the chaos suite."""
from __future__ import annotations

import ctypes
import os

from parley.api import Batch, Result, analyzer


def _act(text: str) -> object:
    word = text.partition(" ")[0].removeprefix("poison:")
    if word == "segfault":
        ctypes.string_at(0)
    elif word == "exit":
        os._exit(3)
    elif word == "loop":
        sum(range(10 ** 12))  # one long call in C: never looks for signals
    elif word == "memory":
        bytearray(b"x" * (200 << 20)).clear()
    elif word == "raise":
        raise ValueError("this text is not to my taste")
    elif word == "garbage":
        return [Result("x", float("nan")), 7, Result("y", 0.9, spans=[(5, 1)])]
    return None


@analyzer("poison", version="1.0.0")
class Poison:
    """Acts on texts that begin with "poison:"."""

    def analyze(self, batch: Batch) -> list:
        return [_act(text) if text.startswith("poison:") else None for text in batch.texts]
