#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tables and charts of the benchmark are those of its results file, not edited by hand or out of step.

`tests/bench/run --render` makes them again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from common import ROOT, Check, Finding, main

sys.path.insert(0, str(ROOT / "tests/bench"))

import render  # noqa: E402


def bench_figures() -> Iterator[Finding]:
    for path in render.outdated():
        yield Finding(path, 1, "its figures are not those of tests/bench/results: tests/bench/run --render")


CHECKS: dict[str, Check] = {"figures in the docs are those of the benchmark's results": bench_figures}

if __name__ == "__main__":
    main(CHECKS)
