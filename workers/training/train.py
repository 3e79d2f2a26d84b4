# SPDX-License-Identifier: MIT
"""Train the shipped models: weights, cards and scores.

    cd workers && /usr/bin/python3 training/train.py --datasets ../../shared/datasets [MODEL…]

MODEL is emotion, sentiment, toxicity, question or all (the default).  Writes
parley/models/MODEL.npz (weights), .json (card for machines) and .md (card for people).
Seeds are fixed: the same data and library versions on the same kind of machine give the
same weights.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy; repeatable
    os.environ.setdefault(_variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cards  # noqa: E402
import recipes  # noqa: E402
from parley.api import MODELS as FOLDER  # noqa: E402
from parley.evaluation.datasets import DatasetError  # noqa: E402
from parley.evaluation.scores import MODELS, measure  # noqa: E402
from parley.linear import LinearModel, save  # noqa: E402
from teachers import TeacherError  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(MODELS) + " or all")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the models go")
    options = parser.parse_args()
    wanted = options.models or ["all"]
    unknown = set(wanted) - {*MODELS, "all"}
    if unknown:
        parser.error(f"unknown model {', '.join(sorted(unknown))}: choose from "
                     f"{', '.join(MODELS)}, all")
    for name in MODELS if "all" in wanted else dict.fromkeys(wanted):
        started = time.monotonic()

        def say(text: str) -> None:
            print(f"{name:10} {time.monotonic() - started:6.1f} s  {text}", flush=True)

        arrays = getattr(recipes, name)(options.datasets, say)
        path = options.out / f"{name}.npz"
        sha256 = save(path, arrays)
        say(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, SHA-256 {sha256[:16]}…; measure")
        scores = measure(name, LinearModel.from_arrays(arrays, sha256), options.datasets)
        cards.write(options.out, name, arrays, sha256, recipes.SETTINGS[name], scores,
                    options.datasets)
        for score in scores:
            print(f"  {score.name:72} {score.value:8.4f}   n = {score.n}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, TeacherError) as error:
        sys.exit(f"train.py: {error}")
