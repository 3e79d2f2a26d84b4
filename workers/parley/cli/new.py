# SPDX-License-Identifier: MIT
"""`python3 -m parley new NAME`: a working analyzer to begin with, and its test."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from parley.api import NAME

HELP = "write a new analyzer and its test"

_FUNCTION = '''"""TELL WHAT IT FINDS, in one line."""

from parley import analyzer


@analyzer("{name}", version="0.1.0")
def {python}(text: str) -> bool:
    return "{name}" in text.lower()
'''
_CLASS = '''"""TELL WHAT IT FINDS, in one line."""

from dataclasses import dataclass

from parley import Batch, Context, Field, Result, analyzer


@dataclass
class Settings:
    word: str = Field("{name}", doc="what is looked for; set it in {name}.toml")


@analyzer("{name}", version="0.1.0", config=Settings, timeout="50ms")
class {python}:
    config: Settings

    def setup(self, ctx: Context) -> None:
        self.word = self.config.word.lower()
        ctx.log.info("%s looks for %r", ctx.name, self.word)

    def analyze(self, batch: Batch) -> list[Result | None]:
        return [self.judge(text) for text in batch.texts]

    def judge(self, text: str) -> Result | None:
        at = text.find(self.word)
        return None if at < 0 else Result("{name}", 1.0, [(at, at + len(self.word))])
'''
_ROOM = '''"""TELL WHAT IT KNOWS OF A ROOM, in one line."""

from typing import Any

from parley import Message, RoomAnalyzer, analyzer


@analyzer("{name}", version="0.1.0")
class {python}(RoomAnalyzer):
    def new_state(self) -> dict[str, Any]:
        return {{"messages": 0, "people": []}}

    def update(self, state: dict[str, Any], message: Message, found: Any) -> None:
        state["messages"] += 1
        if message.user not in state["people"]:
            state["people"] = (state["people"] + [message.user])[-100:]

    def tick(self, state: dict[str, Any], now_ms: int) -> dict[str, Any] | None:
        return {{"messages": state["messages"], "people": len(state["people"])}}
'''
_TEST = '''from parley.testing import Harness

from {module} import {python}


def test_it_finds_what_it_should() -> None:
    h = Harness({python})
    assert [result.flagged for result in h.say("look, {name} here")] == [True]
    assert not any(result.flagged for result in h.say("nothing to see"))


def test_it_stands_whatever_chat_brings() -> None:
    Harness({python}).check()
'''
_TEST_ROOM = '''from parley.testing import Harness

from {module} import {python}


def test_it_knows_its_room() -> None:
    h = Harness({python})
    h.message("hello", user="ada")
    h.message("hi", user="bob")
    h.advance("1m")
    assert h.told[-1] == {{"messages": 2, "people": 2}}


def test_it_stands_whatever_chat_brings() -> None:
    Harness({python}).check()
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a-z 0-9 _ -, beginning with a letter")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--class", dest="kind", action="store_const", const="class",
                      help="a class that sees whole batches and has settings")
    kind.add_argument("--room", dest="kind", action="store_const", const="room",
                      help="one with a memory of each room")
    parser.add_argument("--folder", type=Path, default=Path("."),
                        help="where to write them (default: here)")


def run(options: argparse.Namespace) -> int:
    """Writes NAME.py and test_NAME.py; never over a file that is there."""
    name = options.name
    if not NAME.fullmatch(name):
        print(f"new: {name!r} is no name for an analyzer: use 1 to 32 of a-z 0-9 _ - beginning "
              f"with a letter", file=sys.stderr)
        return 2
    module = name.replace("-", "_")
    python = module if options.kind is None else \
        "".join(part.capitalize() for part in module.split("_"))
    source = {None: _FUNCTION, "class": _CLASS, "room": _ROOM}[options.kind]
    test = _TEST_ROOM if options.kind == "room" else _TEST
    files = {options.folder / f"{module}.py": source,
             options.folder / f"test_{module}.py": test}
    for path in files:
        if path.exists():
            print(f"new: {path} is there already; choose another name", file=sys.stderr)
            return 2
    try:
        for path, text in files.items():
            path.write_text(text.format(name=name, module=module, python=python), "utf-8")
    except OSError as error:
        print(f"new: cannot write: {error}", file=sys.stderr)
        return 2
    first, second = files
    print(f"wrote {first} and {second}\n"
          f"try:  {sys.executable} -m parley check {first}\n"
          f"test: {sys.executable} -m pytest {second}\n"
          f"use:  copy {first.name} into the folder analyzers.d of the data directory")
    return 0
