# SPDX-License-Identifier: MIT
"""Train the shipped models: weights, cards and scores.

    cd workers && /usr/bin/python3 training/train.py --datasets ../../shared/datasets [MODEL…]

MODEL is emotion, sentiment, toxicity, question, language, spam, pii, intent or all (the
default).  Writes parley/models/MODEL.npz (weights), .json (card for machines) and .md (card for
people).  Seeds are fixed: the same data and library versions on the same kind of machine give
the same weights.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy; repeatable
    os.environ.setdefault(_variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cards  # noqa: E402
import intents  # noqa: E402
import language  # noqa: E402
import recipes  # noqa: E402
import spam  # noqa: E402
from parley.api import MODELS as FOLDER  # noqa: E402
from parley.evaluation.datasets import DatasetError  # noqa: E402
from parley.evaluation.scores import kind_of, load, measure  # noqa: E402
from parley.linear import save  # noqa: E402
from teachers import TeacherError  # noqa: E402

RECIPES = {**{name: (getattr(recipes, name), dataclasses.asdict(settings))
              for name, settings in recipes.SETTINGS.items()},
           "language": (language.train, language.SETTINGS), "spam": (spam.train, spam.SETTINGS),
           "pii": (None, {}), "intent": (intents.train, intents.SETTINGS)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(RECIPES) + " or all")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the models go")
    options = parser.parse_args()
    wanted = options.models or ["all"]
    unknown = set(wanted) - {*RECIPES, "all"}
    if unknown:
        parser.error(f"unknown model {', '.join(sorted(unknown))}: choose from "
                     f"{', '.join(RECIPES)}, all")
    for name in RECIPES if "all" in wanted else dict.fromkeys(wanted):
        started = time.monotonic()

        def say(text: str) -> None:
            print(f"{name:10} {time.monotonic() - started:6.1f} s  {text}", flush=True)

        if name == "pii":  # rules: nothing to train, a card to write
            rules, sha256 = load(name)
            cards.write(options.out, name, {}, sha256, {}, measure(name, rules, options.datasets),
                        options.datasets)
            continue
        train, settings = RECIPES[name]
        arrays = train(options.datasets, say)
        path = options.out / f"{name}.npz"
        sha256 = save(path, arrays)
        say(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, SHA-256 {sha256[:16]}…; measure")
        scores = measure(name, kind_of(name).from_arrays(arrays), options.datasets)
        cards.write(options.out, name, arrays, sha256, settings, scores, options.datasets)
        for score in scores:
            print(f"  {score.name:72} {score.value:8.4f}   n = {score.n}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, TeacherError) as error:
        sys.exit(f"train.py: {error}")
