# SPDX-License-Identifier: MIT
"""`python3 -m parley eval`: measure the shipped models again and compare with their cards."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from parley.api import MODELS as FOLDER
from parley.evaluation import metrics
from parley.evaluation.datasets import DatasetError
from parley.evaluation.scores import MODELS, load, measure
from parley.linear import ModelError

TOLERANCE = 0.0005
"""How far a measured score may be from its card: rounding, and the last bits of exp()."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs="*", metavar="MODEL",
                        help=f"{', '.join(MODELS)} (default: all)")
    parser.add_argument("--datasets", type=Path, required=True,
                        help="folder that holds the data sets")
    parser.add_argument("--rounds", type=int, default=200,
                        help="bootstrap rounds for the intervals (default 200)")
    parser.add_argument("--extras", action="store_true",
                        help="instead: the analyzers that need packages from PyPI, beside ours")


def run(options: argparse.Namespace) -> int:
    """0 when every score of every card is reproduced, 1 when one is not, 2 on bad input."""
    if options.extras:
        from parley.evaluation import extras
        return extras.run(options.datasets)
    unknown = set(options.models) - set(MODELS)
    if unknown:
        print(f"eval: unknown model {', '.join(sorted(unknown))}: choose from "
              f"{', '.join(MODELS)}", file=sys.stderr)
        return 2
    try:
        missed = sum(_compare(name, options) for name in options.models or MODELS)
    except (DatasetError, ModelError) as error:
        print(f"eval: {error}", file=sys.stderr)
        return 2
    if missed:
        print(f"\n{missed} score(s) differ from their card")
    return 1 if missed else 0


def _compare(name: str, options: argparse.Namespace) -> int:
    """Print the table of one model; returns how many scores differ from the card."""
    model, sha256 = load(name)
    card = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    expected = {score["name"]: score["value"] for score in card["scores"]}
    print(f"\n{name}  ({card['title']}; SHA-256 {sha256[:16]}…)")
    print(f"  {'metric':72} {'card':>7} {'now':>7}  {'95 % interval':17} {'n':>6}")
    missed = 0
    for score in measure(name, model, options.datasets):
        value, claimed = score.value, expected.pop(score.name, None)
        interval = ""
        if score.resample:
            low, high = metrics.interval(score.metric, score.columns, options.rounds)
            interval = f"[{low:.4f}, {high:.4f}]"
        good = claimed is not None and abs(value - claimed) <= TOLERANCE
        missed += not good
        shown = "-" if claimed is None else f"{claimed:.4f}"
        print(f"  {score.name:72} {shown:>7} {value:7.4f}  {interval:17} "
              f"{score.n:6}{'' if good else '  DIFFERS'}", flush=True)
    for left, value in expected.items():
        missed += 1
        print(f"  {left:72} {value:7.4f} {'-':>7}  DIFFERS: no longer measured")
    return missed
