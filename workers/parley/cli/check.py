# SPDX-License-Identifier: MIT
"""`python3 -m parley check FILE`: everything that can be found out before a server runs it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any, Callable, Sequence

from parley import registry
from parley.cli import find
from parley.room import RoomAnalyzer
from parley.testing import Harness
from parley.testing.texts import ORDINARY

HELP = "try an analyzer's file on everything that chat may bring"

_TELLING = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system",
            "os.remove", "os.rename", "os.mkdir", "os.listdir", "import")
_SLOW_US = 400.0
"""A message should cost less than this, since that is what the whole default set takes."""

_watched: list[str] | None = None
_is_watching = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="an analyzer's .py file")


def run(options: argparse.Namespace) -> int:
    specs = find.specs(options.file)
    return 1 if sum(_check(spec) for spec in specs) else 0


def _check(spec: registry.Spec) -> int:
    """Print what was found; returns how many checks failed."""
    kind = "room analyzer" if _is_room(spec) else "class" if spec.is_class else "function"
    print(f"{spec.name} {spec.version}  ({kind}, {spec.priority})")
    try:
        harness = Harness(spec.target)
    except AssertionError as error:
        _tell("is set up", str(error))
        return 1
    _tell("is set up", None)
    _show_settings(spec)
    checks: dict[str, Callable[[], Any]]
    if _is_room(spec):
        checks = {"its state survives checkpoints, and odd texts": harness.check_state}
    else:
        checks = {"ordinary texts": lambda: harness.say(*ORDINARY),
                  "odd texts": harness.check_odd_texts,
                  "the same again": harness.check_repeats,
                  "any batch size": harness.check_batch_sizes,
                  "any order": harness.check_order,
                  "no input or output": lambda: _purity(harness)}
    failed = sum(_passes(what, check) for what, check in checks.items())
    if not failed and not _is_room(spec):
        _speed(harness)
    return failed


def _is_room(spec: registry.Spec) -> bool:
    return isinstance(spec.target, type) and issubclass(spec.target, RoomAnalyzer)


def _passes(what: str, check: Callable[[], Any]) -> int:
    try:
        check()
    except AssertionError as error:
        _tell(what, str(error))
        return 1
    _tell(what, None)
    return 0


def _tell(what: str, problem: str | None) -> None:
    print(f"  {'ok    ' if problem is None else 'FAILED'} {what}")
    for line in (problem or "").strip().splitlines():
        print(f"           {line}")


def _show_settings(spec: registry.Spec) -> None:
    for setting in dataclasses.fields(spec.config) if spec.config else ():
        default = setting.default
        if setting.default_factory is not dataclasses.MISSING:
            default = setting.default_factory()
        shown = "no default: give one" if default is dataclasses.MISSING else repr(default)
        print(f"         setting {setting.name} = {shown}  {setting.metadata.get('doc', '')}")


def _watch(event: str, arguments: Sequence[Any]) -> None:
    if _is_watching and _watched is not None and event in _TELLING:
        _watched.append(f"{event} {arguments[0] if arguments else ''}")


def _purity(harness: Harness) -> None:
    """It has run already, so what it still opens it opens for every batch."""
    global _watched, _is_watching
    if _watched is None:
        sys.addaudithook(_watch)  # cannot be taken off again
    _watched = []
    _is_watching = True
    try:
        harness.judge(ORDINARY)
    finally:
        _is_watching = False
    if _watched:
        raise AssertionError("it does input or output while it analyzes (do that in setup()): "
                             + ", ".join(dict.fromkeys(_watched)))


def _speed(harness: Harness) -> None:
    texts = (ORDINARY * 3)[:64]
    best = min(_timed(lambda: harness.judge(texts)) for _ in range(20))
    each = best / len(texts) * 1e6
    hint = "" if each <= _SLOW_US else \
        f": the whole default set takes {_SLOW_US:g}; see `parley bench`"
    print(f"         about {each:.0f} µs a message in batches of {len(texts)}{hint}")


def _timed(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
