# SPDX-License-Identifier: MIT
"""The process in which Harness.isolated() runs an analyzer: {"file", "name", "texts"} on
standard input, {"verdicts", "failures"} on standard output, Python's stack on standard error
when it dies."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path

from parley import host, order, registry
from parley.api import Batch


def main() -> int:
    faulthandler.enable()
    job = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # what the analyzer prints is no answer
    specs = registry.specs_of_file(Path(job["file"]))
    mine = [registry.set_up(spec, Path(job["file"]).parent, None) for spec in specs]
    entries = order.arrange([*registry.discover(None), *mine])
    verdicts, failures, _ = host.run(entries, Batch.of(job["texts"]), lambda: None)
    name = job["name"]
    with open(answer, "w", encoding="utf-8") as out:
        json.dump({"verdicts": [[v for v in of if v[0] == name] for of in verdicts],
                   "failures": [f for f in failures if f[0] == name]}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
