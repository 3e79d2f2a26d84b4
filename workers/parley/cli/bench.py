# SPDX-License-Identifier: MIT
"""`python3 -m parley bench NAME --data FILE`: what an analyzer costs."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

from parley import host
from parley.api import Batch
from parley.cli import find
from parley.cli.terminal import bar
from parley.registry import Entry
from parley.testing.texts import ORDINARY

HELP = "measure what a message costs, by batch size"

_SIZES = (1, 8, 64, 256)
_LEAST_S = 0.3
"""Each size is measured for at least this long."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="analyzers or files ending in .py (default: all)")
    parser.add_argument("--data", type=Path, metavar="FILE",
                        help="texts: one a line, or .jsonl with a \"text\" each (default: a few "
                             "that come along)")
    parser.add_argument("--folder", type=Path, help="drop-in folder")
    parser.add_argument("--seconds", type=float, default=_LEAST_S,
                        help=f"how long to measure each batch size (default {_LEAST_S})")


def run(options: argparse.Namespace) -> int:
    texts = [record["text"] for _, record in find.records(options.data)] if options.data \
        else list(ORDINARY)
    if not texts:
        raise find.Unusable(f"{options.data} holds no text")
    entries = [entry for entry in find.analyzers(options.names, options.folder)
               if entry.run is not None]
    if not entries:
        raise find.Unusable("room analyzers are not measured here: use `parley replay`")
    print(f"{', '.join(entry.name for entry in entries)} on {len(texts)} texts of "
          f"{sum(map(len, texts)) / len(texts):.0f} characters (CPU time, one core)")
    print(f"  {'batch':>5}  {'µs a message':>12}  {'p50':>9}  {'p99':>9}   of a batch, ms")
    rows = [(size, *_measure(entries, texts, size, options.seconds)) for size in _SIZES]
    most = max(mean for _, mean, _, _ in rows)
    for size, mean, p50, p99 in rows:
        print(f"  {size:5}  {mean:12.1f}  {p50:9.3f}  {p99:9.3f}   {bar(mean, most)}")
    _shares(entries, texts)
    return 0


def _measure(entries: list[Entry], texts: list[str], size: int,
             seconds: float) -> tuple[float, float, float]:
    """(µs a message, p50 and p99 of a batch in ms)."""
    took: list[float] = []
    start = 0
    _batch(entries, texts, 0, size)  # the first one pays for caches
    while sum(took) < seconds or len(took) < 20:
        begun = time.process_time()
        _batch(entries, texts, start, size)
        took.append(time.process_time() - begun)
        start = (start + size) % len(texts)
    took.sort()
    return (sum(took) / len(took) / size * 1e6, took[len(took) // 2] * 1e3,
            took[min(len(took) - 1, math.ceil(len(took) * 0.99) - 1)] * 1e3)


def _batch(entries: list[Entry], texts: list[str], start: int,
           size: int) -> list[host.Timing]:
    chosen = [texts[(start + n) % len(texts)] for n in range(size)]
    return host.run(entries, Batch.of(chosen), lambda: None)[2]


def _shares(entries: list[Entry], texts: list[str]) -> None:
    """Who takes how much; the first that reads the shared features pays for them."""
    if len(entries) < 2:
        return
    spent = {entry.name: 0.0 for entry in entries}
    rounds = 10
    for turn in range(rounds):
        for name, seconds, _ in _batch(entries, texts, turn * 64, 64):
            spent[name] += seconds
    print("\n  µs a message in batches of 64 (the first to read the shared features pays for "
          "them)")
    for name, total in spent.items():
        each = total / rounds / 64 * 1e6
        print(f"  {name:20} {each:8.1f}   {bar(total, max(spent.values()))}")
