# SPDX-License-Identifier: MIT
"""Analyzers by name or by file, and texts out of files, for the commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Iterator

from parley import order, registry
from parley.registry import Entry


class Unusable(Exception):
    """The command cannot be done; the message says why and what would be right."""


def analyzers(names: list[str], folder: Path | None = None) -> list[Entry]:
    """The analyzers of these names and files, ready, with all that they use.

    A name is one of the package's own, an installed one or one of `folder`; a file is a path
    that ends in .py.  No names: all.  Raises Unusable.
    """
    entries = registry.discover(str(folder) if folder else None)
    added = [registry.set_up(spec, Path(name).parent, Path(name).parent)
             for name in names if name.endswith(".py") for spec in specs(Path(name))]
    own = {entry.name for entry in added}
    entries = order.arrange([entry for entry in entries if entry.name not in own] + added)
    wanted = own | {name for name in names if not name.endswith(".py")}
    known = {entry.name for entry in entries}
    for name in sorted(wanted - known):
        raise Unusable(f"there is no analyzer '{name}': choose from {', '.join(sorted(known))}, "
                       f"or name a file that ends in .py")
    kept = _with_used(entries, wanted) if names else entries
    for entry in kept:
        _complain_unless_ready(entry, entry.name in wanted)
    return [entry for entry in kept if entry.status == registry.READY]


def _complain_unless_ready(entry: Entry, is_wanted: bool) -> None:
    told = f"'{entry.name}' is {entry.status}: {entry.detail}"
    if entry.status != registry.READY and is_wanted:
        raise Unusable(told)
    if entry.status != registry.READY:
        print(f"left out: {told}", file=sys.stderr)


def specs(path: Path) -> list[registry.Spec]:
    """What a file declares.  Raises Unusable."""
    if not path.is_file():
        raise Unusable(f"{path} is not there, or no file")
    try:
        return registry.specs_of_file(path)
    except registry.AnalyzerError as error:
        raise Unusable(str(error)) from None


def _with_used(entries: list[Entry], wanted: set[str]) -> list[Entry]:
    by_name = {entry.name: entry for entry in entries}
    left, kept = list(wanted), set()
    while left:
        name = left.pop()
        spec = by_name[name].spec if name in by_name else None
        if name not in kept:
            kept.add(name)
            left += spec.uses if spec else ()
    return [entry for entry in entries if entry.name in kept]


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, record) of a file: JSON objects, one a line, with at least "text", when
    it ends in .jsonl or .json; else each line is a text.  Raises Unusable."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read as UTF-8 text: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if path.suffix not in (".jsonl", ".json", ".ndjson"):
            yield number, {"text": line.rstrip("\r")}
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise Unusable(f"{path}, line {number}: no JSON: {error}") from None
        if not isinstance(record, dict) or not isinstance(record.get("text", ""), str):
            raise Unusable(f"{path}, line {number}: wanted an object with a \"text\", such as "
                           f"{{\"text\": \"hello\"}}")
        yield number, record
