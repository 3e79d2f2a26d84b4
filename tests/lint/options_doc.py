#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The option table, the sample file, the reference and every command line in the docs agree.

    options_doc.py            checks
    options_doc.py --write    rewrites the reference in server/config/README.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from common import ROOT, Check, Finding, files, lines_of, main

TABLE = ROOT / "server/config/options.inc"
REFERENCE = ROOT / "server/config/README.md"
SAMPLE = ROOT / "docker/parley.conf"
BEGIN, END = "<!-- options: begin -->", "<!-- options: end -->"
# Words of parleyd that are no rows of the table.
REQUESTS = {"config", "print-config", "help", "version"}

_STRING = r'"((?:[^"\\]|\\.)*)"'
_ROW = re.compile(
    rf"^OPTION\((\w+), {_STRING}, (\w+), {_STRING}, (-?\d+), (-?\d+), (\w+), {_STRING},\s+{_STRING}\)",
    re.M,
)
_COMMAND = re.compile(r"(?:(?<![\w-])parleyd|server/run)\s((?:[^`\n]|\\\n)*)")


@dataclass(frozen=True)
class Option:
    field: str
    name: str
    type: str
    default: str
    min: int
    max: int
    reload: str
    values: str
    help: str


def options() -> list[Option]:
    rows = _ROW.findall(TABLE.read_text(encoding="utf-8"))
    return [Option(f, n, t, d, int(low), int(high), r, v, h) for f, n, t, d, low, high, r, v, h in rows]


def accepts(option: Option) -> str:
    if option.type == "CHOICE":
        return option.values.replace("|", ", ")
    if option.type in ("NUMBER", "SIZE"):
        unit = " bytes" if option.type == "SIZE" else ""
        return f"{option.min} to {option.max}{unit}"
    return {"ADDRESS": "HOST:PORT", "PATH": "a path", "LIST": "a,b"}[option.type]


def reference() -> list[str]:
    lines = ["| option | default | takes | what it is |", "|---|---|---|---|"]
    for o in options():
        default = f"`{o.default}`" if o.default else ""
        live = " (live)" if o.reload == "LIVE" else ""
        lines.append(f"| `{o.name}` | {default} | {accepts(o)} | {o.help}{live} |")
    return lines


def table_is_sound() -> Iterator[Finding]:
    written = len(re.findall(r"^OPTION\(", TABLE.read_text(encoding="utf-8"), re.M))
    if written != len(options()):
        yield Finding(TABLE, 1, f"{written} rows, {len(options())} of the form this script reads")
    for o in options():
        if o.field != o.name.replace("-", "_"):
            yield Finding(TABLE, 1, f"the field of {o.name} must be {o.name.replace('-', '_')}")


def sample_is_fresh() -> Iterator[Finding]:
    wanted = [f"#{o.name} = {o.default}".rstrip() for o in options()]
    found = [line for line in lines_of(SAMPLE) if re.match(r"#[a-z]", line)]
    if wanted != found:
        yield Finding(SAMPLE, 1, "stale; make it with: parleyd --print-config >docker/parley.conf")


def reference_is_fresh() -> Iterator[Finding]:
    lines = lines_of(REFERENCE)
    if BEGIN not in lines or END not in lines:
        yield Finding(REFERENCE, 1, f"has no {BEGIN} … {END}")
    elif lines[lines.index(BEGIN) + 1 : lines.index(END)] != reference():
        yield Finding(REFERENCE, lines.index(BEGIN) + 1,
                      "stale; make it with: tests/lint/options_doc.py --write")


def commands_exist() -> Iterator[Finding]:
    known = {o.name for o in options()} | REQUESTS
    for path in files(".md", ".yaml", ".service") + [ROOT / "docker/Dockerfile"]:
        text = path.read_text(encoding="utf-8")
        for command in _COMMAND.finditer(text):
            if "--parleyd" in text[text.rfind("\n", 0, command.start()) + 1 : command.start()]:
                continue  # a test runner's option whose value is a parleyd
            for name in re.findall(r"(?<!\S)--([a-z][a-z-]*)", command.group(1)):
                if name not in known:
                    line = text.count("\n", 0, command.start()) + 1
                    yield Finding(path, line, f"parleyd has no option --{name}")


def write() -> None:
    lines = lines_of(REFERENCE)
    lines[lines.index(BEGIN) + 1 : lines.index(END)] = reference()
    REFERENCE.write_text("\n".join(lines) + "\n", encoding="utf-8")


CHECKS: dict[str, Check] = {
    "the option table reads as rows": table_is_sound,
    "docker/parley.conf equals the option table": sample_is_fresh,
    "server/config/README.md equals the option table": reference_is_fresh,
    "commands in the docs use options that exist": commands_exist,
}

if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else main(CHECKS)
