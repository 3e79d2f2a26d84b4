# SPDX-License-Identifier: MIT
"""The analyzer API: what an analyzer's author imports.

An analyzer is a function of one text, or a class that sees whole batches:

    @analyzer("shout", version="1.0.0")
    def shout(text: str) -> bool: ...

    @analyzer("length", version="1.0.0", threshold=0.9)
    class Length:
        def setup(self, ctx: Context) -> None: ...                    # optional, once
        def analyze(self, batch: Batch) -> list[Result | None]: ...   # one entry a message
        def close(self) -> None: ...                                  # optional

What may be said of one message (a function's return value, or one entry of the list):
    None                 nothing
    bool, float          the analyzer's one label, named as the analyzer; True is 1.0
    str                  a label that surely holds
    dict[str, float]     labels and their scores
    Result, list of them labels with spans and thresholds
    Error                this message could not be judged
An analyzer does no input or output after setup(), and keeps nothing of a batch.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence, TypeVar

if TYPE_CHECKING:
    from parley.features import Features
    from parley.linear import LinearModel

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MARK = "__parley_analyzer__"
MODELS = Path(__file__).parent / "models"

Target = TypeVar("Target", bound=Callable[..., Any])


class AnalyzerError(Exception):
    """An analyzer is not what it should be; the message is for its author."""


class Result(NamedTuple):
    """One label of one message.

    label      what was found, e.g. "toxic"
    score      how sure, from 0 to 1; a calibrated probability where the analyzer can
    spans      the half-open ranges [start, end) of code points that made it
    threshold  score from which the label counts; None takes the analyzer's
    flagged    None: the label counts when score >= threshold; else the analyzer's own word
    """

    label: str
    score: float
    spans: Sequence[tuple[int, int]] = ()
    threshold: float | None = None
    flagged: bool | None = None


class Error(NamedTuple):
    """Says that one message could not be judged, and why."""

    message: str
    type: str = "Error"


@dataclass
class Batch:
    """Messages to judge: four columns of the same length.

    texts     the messages
    rooms     the room of each
    users     the id of each author
    times_ms  when the server took each, milliseconds since 1970
    """

    texts: list[str]
    rooms: list[str]
    users: list[str]
    times_ms: list[int]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Batch:
        """A batch of texts alone, for tests and tools."""
        count = len(texts)
        return cls(list(texts), ["test"] * count, ["u1"] * count, [0] * count)

    @cached_property
    def features(self) -> Features:
        """Hashed n-grams of the texts, computed once and shared by all analyzers."""
        from parley.features import Features
        return Features(self.texts)


class Context:
    """What setup() gets.

    name, version  as declared
    folder         where the analyzer's file is: for data files it brings along
    log            a logger; what it says ends in the server's log
    """

    def __init__(self, name: str, version: str, folder: Path) -> None:
        self.name, self.version, self.folder = name, version, folder
        self.log = logging.getLogger(f"parley.{name}")
        self.model_sha256: str | None = None

    def model(self, name: str, folder: Path | None = None) -> LinearModel:
        """Load the weights NAME.npz, checked against the hash in NAME.json.

        They are looked for in `folder`, by default the package's own models.  Raises
        parley.linear.ModelError when a file is missing, altered or of another format.
        """
        from parley.linear import LinearModel
        model = LinearModel.load((folder or MODELS) / f"{name}.npz")
        self.model_sha256 = model.sha256
        return model


@dataclass(frozen=True)
class Spec:
    """What @analyzer declared about `target`, a function or a class."""

    name: str
    version: str
    threshold: float
    requires: tuple[str, ...]
    target: Callable[..., Any]

    @property
    def is_class(self) -> bool:
        return isinstance(self.target, type)


def analyzer(name: str, *, version: str = "1.0.0", threshold: float = 0.5,
             requires: Sequence[str] = ()) -> Callable[[Target], Target]:
    """Declare the function or class below to be the analyzer `name`.

    version    shown beside each verdict; raise it when verdicts change
    threshold  score from which a label counts, unless a Result brings its own
    requires   modules it needs; while one is missing it is "not installed", not broken
    The function or class itself is returned unchanged, so tests can call it.
    """
    if callable(name):
        raise AnalyzerError("@analyzer wants a name: write @analyzer(\"shout\")")
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise AnalyzerError(
            f"analyzer name {name!r}: use 1 to 32 of a-z 0-9 _ - beginning with a letter")
    if not (isinstance(version, str) and 0 < len(version) <= 32):
        raise AnalyzerError(f"analyzer '{name}': version {version!r} must be a string of 1 "
                            f"to 32 characters, such as \"1.0.0\"")
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) \
            or not 0 <= threshold <= 1:
        raise AnalyzerError(f"analyzer '{name}': threshold {threshold!r} must be a number "
                            f"from 0 to 1")
    modules = (requires,) if isinstance(requires, str) else tuple(requires)

    def declare(target: Target) -> Target:
        if isinstance(target, type) and not callable(getattr(target, "analyze", None)):
            raise AnalyzerError(f"analyzer '{name}': class {target.__name__} has no method "
                                f"analyze(self, batch)")
        if not callable(target):
            raise AnalyzerError(f"analyzer '{name}': put @analyzer above a function or a "
                                f"class, not {type(target).__name__}")
        setattr(target, MARK, Spec(name, version, float(threshold), modules, target))
        return target

    return declare
