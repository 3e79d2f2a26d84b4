# SPDX-License-Identifier: MIT
"""In which order analyzers run: what one uses comes before it, gate before background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

from parley.room import RoomAnalyzer

if TYPE_CHECKING:
    from parley.registry import Entry


def arrange(entries: list[Entry]) -> list[Entry]:
    """The entries in running order.

    Analyzers that use each other in a circle, or one that does not live, are made to fail
    with a sentence that says so; those that do not live come where they were found.
    """
    by_name = {entry.name: entry for entry in reversed(entries) if entry.spec is not None}
    _break_circles(by_name)
    _require_living(by_name)
    out: list[Entry] = []
    placed: set[int] = set()

    def place(entry: Entry) -> None:
        if id(entry) in placed:
            return
        placed.add(id(entry))
        for name in _uses(entry):
            used = by_name.get(name)
            if used is not None:
                used.used = True
                place(used)
        out.append(entry)

    for background in (False, True):
        for entry in entries:
            if (entry.spec is not None and entry.spec.priority == "background") == background:
                place(entry)
    return out


def needed(entries: Sequence[Entry], names: Iterable[str]) -> list[Entry]:
    """Those of these names, and whatever they use, in the order in which they are."""
    by_name = {entry.name: entry for entry in entries if entry.status == "ready"}
    wanted: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in wanted and name in by_name:
            wanted.add(name)
            ahead += _uses(by_name[name])
    return [entry for name, entry in by_name.items() if name in wanted]


def _uses(entry: Entry) -> tuple[str, ...]:
    return entry.spec.uses if entry.spec is not None and entry.status == "ready" else ()


def _spared(entry: Entry) -> frozenset[str]:
    return entry.spec.spared if entry.spec is not None else frozenset()


def _break_circles(by_name: dict[str, Entry]) -> None:
    for entry in by_name.values():
        circle = _circle(entry.name, by_name)
        if circle:
            entry.fail(f"'{entry.name}' uses itself in a circle: {' -> '.join(circle)}; break "
                       f"it at one of them")


def _circle(start: str, by_name: dict[str, Entry]) -> list[str]:
    """A way from `start` back to itself by `uses`, or nothing."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        entry = by_name.get(way[-1])
        for name in entry.spec.uses if entry is not None and entry.spec is not None else ():
            if name == start:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _require_living(by_name: dict[str, Entry]) -> None:
    """Fails what uses something that is not there, until no more follows from it."""
    changed = True
    while changed:
        changed = False
        for entry in by_name.values():
            for name in _uses(entry):
                used = by_name.get(name)
                if used is not None and isinstance(used.instance, RoomAnalyzer):
                    entry.fail(f"it uses '{name}', which judges rooms, not messages")
                    changed = True
                    break
                if name not in _spared(entry) and (used is None or used.status != "ready"):
                    why = "is not there" if used is None else f"is {used.status}"
                    entry.fail(f"it uses the analyzer '{name}', which {why} (analyzers: "
                               f"{', '.join(sorted(by_name))})")
                    changed = True
                    break
