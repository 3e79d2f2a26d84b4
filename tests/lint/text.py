#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What no file may hold, and what every file or directory must have."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from common import ROOT, Check, Finding, c_code, files, lines_of, main

_BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|localtime|gmtime|rand|srand)\s*\("
)
_HTML = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write)\b"
    r"|\beval\(|\bnew Function\("
)
_MACHINE = re.compile(r"(?<![\w.~$})/-])/(?:home|Users|root|mnt|media|work|workspace)/\w")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
SOURCES = {".c", ".h", ".py", ".ts", ".tsx", ".mjs", ".yaml", ".proto"}


def search(pattern: re.Pattern[str], paths: Iterable[Path], rule: str, c: bool = False) -> Iterator[Finding]:
    for path in paths:
        for number, line in enumerate(c_code(path) if c else lines_of(path), 1):
            match = pattern.search(line)
            if match:
                yield Finding(path, number, rule.format(match.group().rstrip("( ")))


def banned_calls() -> Iterator[Finding]:
    paths = [path for path in files(".c", ".h") if ROOT / "tests/unit" not in path.parents]
    yield from search(_BANNED, paths, "{} is banned: unbounded or not thread-safe", c=True)


def text_as_text() -> Iterator[Finding]:
    pages = [path for path in files(".ts", ".tsx", ".mjs", ".js", ".html", under="web")
             if ".test." not in path.name]
    yield from search(_HTML, pages, "{} turns text into markup or code")


def lock_files() -> Iterator[Finding]:
    paths = [path for path in files() if path.name == "package-lock.json" or
             (path.suffix == ".txt" and "requirements" in path.name)]
    yield from search(re.compile(r'"resolved"|://(?=\S*\.(?:tgz|whl|tar))'), paths,
                      "a lock file names versions and hashes, not where to download: {}")


def machine_paths() -> Iterator[Finding]:
    paths = [path for path in files() if path.suffix not in (".json", ".bin", ".npz", ".png")]
    yield from search(_MACHINE, paths, "a path of one machine: {}…")


def file_heads() -> Iterator[Finding]:
    for path in files(".c", ".h"):
        head = lines_of(path)[:3]
        if not head or not head[0].startswith("/* SPDX-License-Identifier: MIT"):
            yield Finding(path, 1, "the first line must be /* SPDX-License-Identifier: MIT")
        elif path.suffix == ".c" and path.with_suffix(".h").is_file():
            continue  # its header says it
        elif len(head) < 3 or not (head[1].startswith(("/*", " *")) and head[1] != " */"):
            yield Finding(path, 2, "a comment must say what the file is, who owns it and its thread")


def directories() -> Iterator[Finding]:
    """A directory of sources says what it is for: server/chat does; web says it for web/chat."""
    for folder in sorted({path.parent for path in files(*SOURCES)}):
        parts = folder.relative_to(ROOT).parts
        if len(parts) == 1 or (len(parts) == 2 and parts[0] in ("server", "tests")):
            if not any((folder / name).is_file() for name in ("README.md", "ARCHITECTURE.md")):
                yield Finding(folder / "README.md", 1, "is missing: say what the directory is for")


def links() -> Iterator[Finding]:
    for path in files(".md"):
        for number, line in enumerate(lines_of(path), 1):
            for target in _LINK.findall(line):
                if "://" not in target and not (path.parent / target).exists():
                    yield Finding(path, number, f"the link to {target} leads nowhere")


def shell() -> Iterator[Finding]:
    for path in files():
        first = next(iter(lines_of(path)), "") if path.suffix in ("", ".sh") else ""
        if path.suffix != ".sh" and not first.startswith("#!/usr/bin/env bash"):
            continue
        result = subprocess.run(["bash", "-n", str(path)], text=True, capture_output=True)
        if result.returncode != 0:
            yield Finding(path, 1, result.stderr.splitlines()[0])
        if path.suffix != ".sh" and "set -euo pipefail" not in lines_of(path):
            yield Finding(path, 1, "a script sets -euo pipefail")


CHECKS: dict[str, Check] = {
    "no banned calls": banned_calls,
    "the pages show text as text": text_as_text,
    "lock files hold no download addresses": lock_files,
    "no file names a path of one machine": machine_paths,
    "every C file opens with what it is": file_heads,
    "every directory of sources has a README": directories,
    "links in the docs lead somewhere": links,
    "scripts parse and stop at errors": shell,
}

if __name__ == "__main__":
    main(CHECKS)
