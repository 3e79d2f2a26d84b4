#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files, functions and lines stay small enough to read. There is no list of exceptions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common import Check, Finding, c_code, files, lines_of, main

FILE_LINES = 700
FUNCTION_LINES = 80
COMPLEXITY = 15  # decisions in a function, plus one; a whole switch is one decision
COLUMNS = 100

SOURCES = (".c", ".h", ".inc", ".py", ".ts", ".tsx", ".mjs", ".sh")
_DECISION = re.compile(r"\b(?:if|for|while|switch)\b|&&|\|\||\?")
_NAME = re.compile(r"(\w+)\s*\(")


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int
    complexity: int


def c_functions(path: Path) -> Iterator[Function]:
    """Functions as the house style lays them out: a body between braces in column one."""
    code = c_code(path)
    start = 0
    for i, line in enumerate(code):
        if line.rstrip() == "{":
            start = i
        elif line.startswith("}") and code[start].rstrip() == "{":
            head = start - 1
            while head > 0 and code[head - 1].strip() and code[head - 1][0] not in "}#":
                head -= 1
            match = _NAME.search(" ".join(code[head:start]))
            decisions = sum(len(_DECISION.findall(text)) for text in code[start:i])
            if match:
                yield Function(match.group(1), head + 1, i - head + 1, decisions + 1)
            start = i


def python_functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    decisions = (ast.If, ast.For, ast.While, ast.IfExp, ast.ExceptHandler, ast.comprehension,
                 ast.Match)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            complexity = 1
            for part in ast.walk(node):
                complexity += isinstance(part, decisions)
                complexity += len(part.values) - 1 if isinstance(part, ast.BoolOp) else 0
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(node.name, node.lineno, length, complexity)


def functions() -> Iterator[tuple[Path, Function]]:
    for path in files(".c", ".h"):
        yield from ((path, function) for function in c_functions(path))
    for path in files(".py"):
        yield from ((path, function) for function in python_functions(path))


def file_length() -> Iterator[Finding]:
    for path in files(*SOURCES):
        count = len(lines_of(path))
        if count > FILE_LINES:
            yield Finding(path, count, f"the file has {count} lines; at most {FILE_LINES}")


def function_length() -> Iterator[Finding]:
    for path, f in functions():
        if f.lines > FUNCTION_LINES:
            yield Finding(path, f.line, f"{f.name} has {f.lines} lines; at most {FUNCTION_LINES}")


def function_complexity() -> Iterator[Finding]:
    for path, f in functions():
        if f.complexity > COMPLEXITY:
            yield Finding(path, f.line, f"{f.name} takes {f.complexity} ways; at most {COMPLEXITY}")


def line_length() -> Iterator[Finding]:
    for path in files(".c", ".h", ".inc"):
        for number, line in enumerate(lines_of(path), 1):
            if len(line) > COLUMNS:
                yield Finding(path, number, f"{len(line)} columns; at most {COLUMNS}")


CHECKS: dict[str, Check] = {
    f"files have at most {FILE_LINES} lines": file_length,
    f"functions have at most {FUNCTION_LINES} lines": function_length,
    f"functions take at most {COMPLEXITY} ways": function_complexity,
    f"lines of C have at most {COLUMNS} columns": line_length,
}

if __name__ == "__main__":
    main(CHECKS)
