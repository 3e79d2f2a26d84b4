# SPDX-License-Identifier: MIT
"""Texts of known language: words, pairs of words and sentences of lingua's test set."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from parley.evaluation.datasets import DatasetError, split_of

KINDS = ("single-words", "word-pairs", "sentences")


def texts(root: Path, kind: str, split: str, languages: Sequence[str]) \
        -> tuple[list[str], list[str]]:
    """(texts, language of each) of "train", "tune" or "test"."""
    out, labels = [], []
    for language in languages:
        path = root / "langid_lingua" / kind / f"{language}.txt"
        if not path.exists():
            raise DatasetError(f"{path} is missing: --datasets must name the folder that holds "
                               f"the folder 'langid_lingua'")
        for line in path.read_text("utf-8").split("\n"):
            if line.strip() and split_of(line) == split:
                out.append(line.strip())
                labels.append(language)
    return out, labels
