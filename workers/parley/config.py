# SPDX-License-Identifier: MIT
"""Settings of an analyzer: declared by its author, given by the operator.

    @dataclass
    class Settings:
        at_least: int = Field(4, ge=1, le=100, doc="shortest text that can shout")
        mode: str = Field("strict", choices=("strict", "loose"))

    @analyzer("shout", config=Settings)

Values come from NAME.toml in the drop-in folder (shout.toml here); what it does not name
keeps its default.  Everything is checked before the analyzer is set up, and what is wrong
is told with the file, the key, the value and what would be right.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
import typing
from pathlib import Path
from typing import Any, Sequence

from parley.api import AnalyzerError

_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def Field(default: Any = dataclasses.MISSING, *, ge: float | None = None,
          le: float | None = None, choices: Sequence[Any] | None = None, doc: str = "") -> Any:
    """One setting: a dataclass field with limits.

    default  the value without a file; left out, the file must give one
    ge, le   least and greatest number (of a list: of each entry)
    choices  the values allowed (of a list: for each entry)
    doc      one line for people
    """
    metadata = {"ge": ge, "le": le, "choices": None if choices is None else tuple(choices),
                "doc": doc}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    if isinstance(default, (list, dict, set)):
        return dataclasses.field(default_factory=lambda: type(default)(default),
                                 metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass
class Nothing:
    """The settings of an analyzer that declares none."""


@dataclasses.dataclass
class Threshold:
    """What every analyzer's file may set."""

    threshold: float = Field(0.5, ge=0, le=1, doc="score from which a label counts")


def names(declared: type) -> list[str]:
    """The settings' names."""
    return [field.name for field in dataclasses.fields(declared)]


def read(path: Path) -> dict[str, Any]:
    """The values in a file; none when there is no file.  Raises AnalyzerError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise AnalyzerError(f"{path} is no TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AnalyzerError(f"{path} cannot be read: {error}") from None


def build(declared: type, values: dict[str, Any], origin: str) -> Any:
    """An instance of the dataclass `declared` from `values`; `origin` names the file in
    errors.  Raises AnalyzerError that lists everything that is wrong."""
    types = _types(declared)
    fields = {field.name: field for field in dataclasses.fields(declared) if field.init}
    problems = [_unknown(key, fields) for key in values if key not in fields]
    given: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            problem, given[name] = _check(name, values[name], types[name], field.metadata)
            problems += problem
        elif field.default is dataclasses.MISSING \
                and field.default_factory is dataclasses.MISSING:
            problems.append(f"{name} is missing; give {_wanted(types[name], field.metadata)}")
    if problems:
        raise AnalyzerError("\n".join(f"{origin}: {problem}" for problem in problems))
    return declared(**given)


def check_declaration(analyzer: str, declared: Any) -> None:
    """Raises AnalyzerError when `declared` cannot be settings, or a default breaks its own
    limits."""
    if not (isinstance(declared, type) and dataclasses.is_dataclass(declared)):
        raise AnalyzerError(f"analyzer '{analyzer}': config={declared!r} must be a class with "
                            f"@dataclass above it")
    for field in dataclasses.fields(declared):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if default is dataclasses.MISSING or not field.init:
            continue
        limits = field.metadata
        problem = _limits(default if isinstance(default, list) else [default], limits)
        if problem:
            raise AnalyzerError(f"analyzer '{analyzer}': the default of {declared.__name__}."
                                f"{field.name} is {default!r}, but it {problem}")


def _types(declared: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(declared)
    except Exception as error:
        raise AnalyzerError(f"the types of {declared.__name__} cannot be read: {error}") \
            from None


def _unknown(key: str, fields: dict[str, Any]) -> str:
    near = difflib.get_close_matches(key, fields, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    known = ", ".join(fields) or "none"
    return f"there is no setting {key}{hint} (settings: {known})"


def _check(name: str, value: Any, wanted: Any, limits: Any) -> tuple[list[str], Any]:
    """(problems, the value in its type)."""
    inner = typing.get_args(wanted)[0] if typing.get_origin(wanted) is list else None
    entries = value if inner and isinstance(value, list) else [value]
    if (inner is not None and not isinstance(value, list)) \
            or not all(_fits(entry, inner or wanted) for entry in entries):
        return [f"{name} = {value!r} is not {_wanted(wanted, limits)}"], None
    problem = _limits(entries, limits)
    if problem:
        return [f"{name} = {value!r}, but it {problem}"], None
    if (inner or wanted) is float:
        entries = [float(entry) for entry in entries]
    return [], entries if inner else entries[0]


def _fits(value: Any, wanted: Any) -> bool:
    if wanted is Any:
        return True
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) \
            and math.isfinite(value)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, typing.get_origin(wanted) or wanted)


def _limits(entries: Sequence[Any], limits: Any) -> str | None:
    """What the values must be and are not."""
    least, most, choices = limits.get("ge"), limits.get("le"), limits.get("choices")
    if choices is not None and any(entry not in choices for entry in entries):
        return "must be one of " + ", ".join(map(repr, choices))
    if (least is not None and any(entry < least for entry in entries)) \
            or (most is not None and any(entry > most for entry in entries)):
        return _range(least, most)
    return None


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return f"must be at least {least}"
    if least is None:
        return f"must be at most {most}"
    return f"must be from {least} to {most}"


def _wanted(wanted: Any, limits: Any) -> str:
    if limits.get("choices"):
        return "one of " + ", ".join(map(repr, limits["choices"]))
    if typing.get_origin(wanted) is list:
        return f"a list, each entry {_wanted(typing.get_args(wanted)[0], limits)}"
    name = _PLAIN.get(wanted, getattr(wanted, "__name__", str(wanted)))
    bounds = limits.get("ge") is not None or limits.get("le") is not None
    return f"{name} ({_range(limits.get('ge'), limits.get('le'))})" if bounds else name
