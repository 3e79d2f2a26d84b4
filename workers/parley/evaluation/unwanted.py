# SPDX-License-Identifier: MIT
"""Spam data: text messages, video comments, phishing sites and honest ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from parley import links
from parley.evaluation import datasets
from parley.evaluation.datasets import DatasetError, Texts, split_of

VIDEOS = ("Youtube01-Psy.csv", "Youtube02-KatyPerry.csv", "Youtube03-LMFAO.csv")


def comments(root: Path, video: str) -> Texts:
    """Comments below one video, labels [n, 1]: 1 for spam."""
    path = root / "youtube_spam" / video
    if not path.exists():
        raise DatasetError(f"{path} is missing: --datasets must name the folder that holds "
                           f"the folder 'youtube_spam'")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return Texts(video, [row["CONTENT"] for row in rows],
                 np.array([[float(row["CLASS"])] for row in rows]))


def all_comments(root: Path, split: str) -> Texts:
    """Of all videos, the texts that fall into `split`."""
    out, rows = Texts(f"youtube/{split}"), []
    for video in VIDEOS:
        data = comments(root, video)
        for text, label in zip(data.texts, data.labels):
            if split_of(text) == split:
                out.texts.append(text)
                rows.append(label)
    out.labels = np.array(rows)
    return out


def phishing(root: Path, split: str | None = None) -> list[str]:
    """Known phishing sites; those whose registered name falls into `split`."""
    path = root / "discord_phishing" / "domains.json"
    if not path.exists():
        raise DatasetError(f"{path} is missing: --datasets must name the folder that holds "
                           f"the folder 'discord_phishing'")
    hosts = sorted(set(json.loads(path.read_text("utf-8"))))
    return [host for host in hosts
            if split is None or split_of(links.registrable(host)) == split]


def linked_in_chat(root: Path, split: str) -> list[str]:
    """Sites which people on a technical channel linked to."""
    return sorted({link.host for text in datasets.irc(root, split).texts
                   for link in links.find(text)})
