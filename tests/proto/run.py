#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks proto/ itself, then the recordings of the integration scenarios against it.

    tests/proto/run.py                     the documents, schemas and vectors only
    tests/proto/run.py [--partial] DIR…    and recordings, see validate.py

The last line is `N passed, M failed`.
"""
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COUNTS = re.compile(r"(\d+) (passed|failed|error)")


def run(command: list[str]) -> tuple[int, int]:
    """Runs a check, shows its output, returns (passed, failed)."""
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    last = done.stdout.rstrip().rpartition("\n")[2]
    counts = {word: int(number) for number, word in COUNTS.findall(last)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    if done.returncode != 0 or not counts:
        failed = max(failed, 1)
    return counts.get("passed", 0), failed


def main() -> int:
    passed, failed = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE)])
    if sys.argv[1:]:
        more_passed, more_failed = run([str(HERE / "validate.py"), *sys.argv[1:]])
        passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
