# SPDX-License-Identifier: MIT
"""The analyzer API: what an analyzer's author imports.

An analyzer is a function of one text, or a class that sees whole batches:

    @analyzer("shout", version="1.0.0")
    def shout(text: str) -> bool: ...          # or (text, config) with config=Settings

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
A class may return Scores instead of a list: the same labels of all messages, as arrays.
An analyzer does no input or output after setup(), and keeps nothing of a batch: a batch in
which it raised is tried again in halves, so that only the guilty message is left unjudged.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence, TypeVar

from parley import duration

if TYPE_CHECKING:
    import numpy as np

    from parley.features import Features
    from parley.linear import LinearModel

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MARK = "__parley_analyzer__"
MODELS = Path(__file__).parent / "models"
PRIORITIES = ("gate", "background")

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


Found = list[Result] | Error
"""What another analyzer said of one message: its labels, all with thresholds, or why not."""


@dataclass(frozen=True)
class Scores:
    """The same labels of every message of a batch, as arrays: what costs least.

    labels      of the columns
    scores      float [messages, labels], each from 0 to 1
    thresholds  of each label; None takes the analyzer's for all
    flagged     bool [messages, labels]; None: a label counts when score >= threshold
    spans       (message, column) -> half-open ranges of code points, where there are any

    As a sequence it is what a list would have been: the Results of each message.
    """

    labels: Sequence[str]
    scores: np.ndarray
    thresholds: Sequence[float] | None = None
    flagged: np.ndarray | None = None
    spans: Mapping[tuple[int, int], Sequence[tuple[int, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, message: int) -> list[Result]:
        count = len(self.labels)
        flagged = [None] * count if self.flagged is None else self.flagged[message].tolist()
        return [Result(label, score, self.spans.get((message, column), ()),
                       None if self.thresholds is None else self.thresholds[column],
                       flagged[column])
                for column, (label, score)
                in enumerate(zip(self.labels, self.scores[message].tolist()))]


@dataclass
class Batch:
    """Messages to judge: columns of the same length.

    texts     the messages
    rooms     the room of each
    users     the id of each author
    times_ms  when the server took each, milliseconds since 1970
    gate      somebody waits for these verdicts: the messages are not delivered yet
    results   what the analyzers named in `uses` said: name -> one entry a message
    """

    texts: list[str]
    rooms: list[str]
    users: list[str]
    times_ms: list[int]
    gate: bool = False
    results: Mapping[str, list[Found]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Batch:
        """A batch of texts alone, for tests and tools."""
        count = len(texts)
        return cls(list(texts), ["test"] * count, ["u1"] * count, [0] * count)

    def part(self, start: int, stop: int) -> Batch:
        """The messages [start, stop) as a batch of their own."""
        at = slice(start, stop)
        return Batch(self.texts[at], self.rooms[at], self.users[at], self.times_ms[at],
                     self.gate, {name: found[at] for name, found in self.results.items()})

    def only(self, at: Sequence[int]) -> Batch:
        """The messages at these places as a batch of their own, which nothing was said of yet."""
        return Batch(*([column[i] for i in at] for column in
                       (self.texts, self.rooms, self.users, self.times_ms)), self.gate)

    @cached_property
    def features(self) -> Features:
        """Hashed n-grams of the texts, computed once and shared by all analyzers."""
        from parley.features import Features
        return Features(self.texts)

    @cached_property
    def utf8(self) -> np.ndarray:
        """All texts as UTF-8, one behind the other: uint8[bytes], read-only.

        Made once for all analyzers; message i is the view utf8[offsets[i]:offsets[i + 1]].
        """
        import numpy as np
        return np.frombuffer("".join(self.texts).encode("utf-8", "surrogatepass"), np.uint8)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Where each text begins in `utf8`, and its end: int64[len + 1], read-only."""
        import numpy as np
        out = np.zeros(len(self.texts) + 1, np.int64)
        if len(self.utf8) == sum(map(len, self.texts)):
            lengths = [len(text) for text in self.texts]
        else:
            lengths = [len(text.encode("utf-8", "surrogatepass")) for text in self.texts]
        np.cumsum(lengths, out=out[1:])
        out.flags.writeable = False
        return out


class Context:
    """What setup() gets.

    name, version  as declared
    folder         where the analyzer's file is: for data files it brings along
    log            a logger; what it says ends in the server's log
    config         the settings, an instance of what config= declared, or None
    """

    def __init__(self, name: str, version: str, folder: Path, config: Any = None) -> None:
        self.name, self.version, self.folder, self.config = name, version, folder, config
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

    def weights(self, name: str, folder: Path | None = None) -> dict[str, np.ndarray]:
        """The arrays of NAME.npz, found and checked like those of model(): for models of
        another kind."""
        from parley.linear import read_weights
        arrays, self.model_sha256 = read_weights((folder or MODELS) / f"{name}.npz")
        return arrays


@dataclass(frozen=True)
class Spec:
    """What @analyzer declared about `target`, a function or a class."""

    name: str
    version: str
    threshold: float
    requires: tuple[str, ...]
    target: Callable[..., Any]
    uses: tuple[str, ...] = ()
    spared: frozenset[str] = frozenset()
    """Those of `uses` that it can do without."""
    config: type | None = None
    batch_size: int | None = None
    timeout_s: float | None = None
    priority: str = "gate"
    fixed_threshold: float | None = None
    """The operator's, which goes before those of Results."""

    @property
    def is_class(self) -> bool:
        return isinstance(self.target, type)


def analyzer(name: str, *, version: str = "1.0.0", threshold: float = 0.5,
             requires: str | Sequence[str] = (), uses: str | Sequence[str] = (),
             config: type | None = None, batch_size: int | None = None,
             timeout: str | float | None = None,
             priority: str = "gate") -> Callable[[Target], Target]:
    """Declare the function or class below to be the analyzer `name`.

    version     shown beside each verdict; raise it when verdicts change
    threshold   score from which a label counts, unless a Result brings its own
    requires    Python packages it needs: "numpy", or "package:module" where they are named
                differently; while one is missing it is "not installed", not broken
    uses        analyzers whose results it reads from `batch.results`; they run before it,
                and it fails without them, except those named with a "?" behind
    config      a dataclass of settings (see parley.config.Field), filled from NAME.toml
    batch_size  most messages it wants at once; by default what the server gathers
    timeout     for one batch ("50ms", or seconds): SoftTimeout is raised in it when over
    priority    "gate", or "background": those run after all others
    The function or class itself is returned unchanged, so tests can call it.
    """
    if callable(name):
        raise AnalyzerError("@analyzer wants a name: write @analyzer(\"shout\")")
    _check_name(name, version)
    _check_numbers(name, threshold, batch_size)
    if priority not in PRIORITIES:
        raise AnalyzerError(f"analyzer '{name}': priority {priority!r} must be \"gate\" or "
                            f"\"background\"")
    try:
        timeout_s = None if timeout is None else duration.seconds(timeout)
    except ValueError as error:
        raise AnalyzerError(f"analyzer '{name}': timeout: {error}") from None
    if timeout_s == 0:
        raise AnalyzerError(f"analyzer '{name}': timeout {timeout!r} leaves no time at all")
    if config is not None:
        from parley.config import check_declaration
        check_declaration(name, config)

    def declare(target: Target) -> Target:
        if isinstance(target, type):
            _check_class(name, target)
        if not callable(target):
            raise AnalyzerError(f"analyzer '{name}': put @analyzer above a function or a "
                                f"class, not {type(target).__name__}")
        setattr(target, MARK, Spec(name, version, float(threshold), _names(requires), target,
                                   used, spared, config, batch_size, timeout_s, priority))
        return target

    used = tuple(use.rstrip("?") for use in _names(uses))
    spared = frozenset(use[:-1] for use in _names(uses) if use.endswith("?"))
    return declare


def _check_class(name: str, target: type) -> None:
    from parley.room import RoomAnalyzer
    if issubclass(target, RoomAnalyzer):
        for method in ("new_state", "update"):
            if getattr(target, method) is getattr(RoomAnalyzer, method):
                raise AnalyzerError(f"analyzer '{name}': room analyzer {target.__name__} has "
                                    f"no method {method}()")
    elif not callable(getattr(target, "analyze", None)):
        raise AnalyzerError(f"analyzer '{name}': class {target.__name__} has no method "
                            f"analyze(self, batch)")


def _check_name(name: Any, version: Any) -> None:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise AnalyzerError(
            f"analyzer name {name!r}: use 1 to 32 of a-z 0-9 _ - beginning with a letter")
    if not (isinstance(version, str) and 0 < len(version) <= 23 and version.isascii()
            and version.isprintable()):
        raise AnalyzerError(f"analyzer '{name}': version {version!r} must be a string of 1 "
                            f"to 23 characters, such as \"1.0.0\"")


def _check_numbers(name: str, threshold: Any, batch_size: Any) -> None:
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) \
            or not 0 <= threshold <= 1:
        raise AnalyzerError(f"analyzer '{name}': threshold {threshold!r} must be a number "
                            f"from 0 to 1")
    if batch_size is not None and (isinstance(batch_size, bool)
                                   or not isinstance(batch_size, int) or batch_size < 1):
        raise AnalyzerError(f"analyzer '{name}': batch_size {batch_size!r} must be a whole "
                            f"number of at least 1")


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
