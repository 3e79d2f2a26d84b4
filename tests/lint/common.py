# SPDX-License-Identifier: MIT
"""What the lint scripts share: the files of the project, findings, and one way to report them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Not ours, or made by a command.
SKIPPED = {".git", "build", "data", "node_modules", "dist", "__pycache__", ".pytest_cache", ".test"}


@dataclass(frozen=True)
class Finding:
    path: Path
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.rule}"


Check = Callable[[], Iterator[Finding]]


def files(*suffixes: str, under: str = ".") -> list[Path]:
    """Every file of the project below `under` with one of the suffixes (all files for none)."""
    found: list[Path] = []
    folders = [ROOT / under]
    while folders:
        for entry in sorted(folders.pop().iterdir()):
            if entry.is_symlink() or entry.name in SKIPPED:
                continue
            if entry.is_dir():
                folders.append(entry)
            elif not suffixes or entry.suffix in suffixes:
                found.append(entry)
    return sorted(found)


def lines_of(path: Path) -> list[str]:
    """The lines of a text file; none for a binary one."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


_C_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)


def c_code(path: Path) -> list[str]:
    """The lines of a C file with comments, strings and character constants blanked."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    return _C_NOISE.sub(blank, path.read_text(encoding="utf-8")).splitlines()


def run(checks: dict[str, Check]) -> tuple[int, int]:
    """Runs the checks, prints every finding, and returns how many checks passed and failed."""
    passed = failed = 0
    for name, check in checks.items():
        findings = list(check())
        for finding in findings:
            print(finding)
        print(f"{'FAILED' if findings else 'ok':6} {name}")
        passed += not findings
        failed += bool(findings)
    return passed, failed


def main(checks: dict[str, Check]) -> None:
    passed, failed = run(checks)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
