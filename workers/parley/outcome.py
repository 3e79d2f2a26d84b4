# SPDX-License-Identifier: MIT
"""From what an analyzer returned to clean verdicts, or to a sentence for its author."""

from __future__ import annotations

import math
import operator
from functools import lru_cache
from numbers import Real
from typing import Any, Iterable, Sequence

from parley.api import AnalyzerError, Error, Result, Scores, Spec

MAX_LABELS = 64
MAX_LABEL = 39
"""Bytes of UTF-8, as worker.proto says."""
MAX_SPANS = 64

Verdict = tuple[str, str, str, float, float, bool, tuple[tuple[int, int], ...]]
"""(analyzer, version, label, score, threshold, flagged, spans)"""

_RETURNS = ("return None, a bool, a number from 0 to 1, a label, a dict of labels and "
            "scores, a Result, a list of Results, or an Error")


def check_length(spec: Spec, outputs: Any, count: int) -> list[Any]:
    """The list analyze() must return: one entry a message.  Raises AnalyzerError."""
    if not isinstance(outputs, (list, tuple)) or isinstance(outputs, (Result, Error)):
        raise AnalyzerError(
            f"analyze() of '{spec.name}' returned {_kind(outputs)} for a batch of {count}; "
            f"return a list with one entry a message, or Scores")
    if len(outputs) != count:
        raise AnalyzerError(
            f"analyze() of '{spec.name}' returned {len(outputs)} entries for a batch of "
            f"{count}; return exactly one a message, in their order (None for nothing to say)")
    return list(outputs)


class Checked(list[Verdict]):
    """Clean verdicts of one message that came out of Scores."""


def of_scores(spec: Spec, table: Scores, texts: Sequence[str]) -> Sequence[Any]:
    """Of each message its clean verdicts; or, when a value is wrong anywhere, its Results, to
    be looked at one by one.  Raises AnalyzerError when the shapes do not fit."""
    import numpy as np
    thresholds = table.thresholds
    if thresholds is None:
        thresholds = [spec.threshold] * len(table.labels)
    table = Scores(list(table.labels), np.asarray(table.scores), list(thresholds),
                   None if table.flagged is None else np.asarray(table.flagged), table.spans)
    _check_shapes(spec, table, len(texts))
    if not _is_clean(table):
        return list(table)
    if spec.fixed_threshold is not None:
        table.thresholds[:] = [spec.fixed_threshold] * len(table.labels)
    flagged = table.scores >= np.array(table.thresholds)
    if table.flagged is not None:
        flagged = table.flagged if spec.fixed_threshold is None else table.flagged & flagged
    spans = _spans_of_rows(spec, table, texts)
    count = len(table.labels)
    names, versions, nowhere = [spec.name] * count, [spec.version] * count, [()] * count
    return [Checked(zip(names, versions, table.labels, scores, table.thresholds, flags,
                        spans.get(index, nowhere)))
            for index, (scores, flags) in enumerate(zip(table.scores.tolist(),
                                                        flagged.tolist()))]


def _check_shapes(spec: Spec, table: Scores, count: int) -> None:
    shape = (count, len(table.labels))
    for name, array in (("scores", table.scores), ("flagged", table.flagged)):
        if array is not None and array.shape != shape:
            raise AnalyzerError(
                f"'{spec.name}' returned Scores whose {name} have the shape {array.shape}; for "
                f"{count} messages and {shape[1]} labels it must be {shape}")
    if len(table.thresholds) != shape[1]:
        raise AnalyzerError(
            f"'{spec.name}' returned Scores with {len(table.thresholds)} thresholds for "
            f"{shape[1]} labels; give one for each, or None for the analyzer's own")
    for at in table.spans:
        if not (isinstance(at, tuple) and len(at) == 2 and all(
                isinstance(x, int) and 0 <= x < size for x, size in zip(at, shape))):
            raise AnalyzerError(
                f"'{spec.name}' returned Scores with spans at {_short(at)}; they belong at "
                f"(message, column) of {count} messages and {shape[1]} labels")


def _is_clean(table: Scores) -> bool:
    """Whether all that is checked of a Result holds for the whole table, spans aside."""
    return (table.scores.dtype.kind == "f"
            and (table.flagged is None or table.flagged.dtype.kind == "b")
            and len(table.labels) <= MAX_LABELS
            and all(type(label) is str and _is_label(label) for label in table.labels)
            and all(type(least) is float and 0 <= least <= 1 for least in table.thresholds)
            and bool(((table.scores >= 0) & (table.scores <= 1)).all()))


def _spans_of_rows(spec: Spec, table: Scores, texts: Sequence[str]) -> dict[int, list[Any]]:
    """Spans by message, of each label."""
    out: dict[int, list[Any]] = {}
    for (message, column), spans in table.spans.items():
        row = out.setdefault(message, [()] * len(table.labels))
        row[column] = _spans(spec, table.labels[column], spans, len(texts[message]))
    return out


def verdicts(spec: Spec, output: Any, text: str) -> list[Verdict]:
    """Clean verdicts of one message.  Raises AnalyzerError naming what was wrong."""
    results = list(_results(spec, output))
    if len(results) > MAX_LABELS:
        raise AnalyzerError(f"'{spec.name}' gave {len(results)} labels to one message; at "
                            f"most {MAX_LABELS} are taken")
    length = len(text)
    return [_verdict(spec, result, length) for result in results]


def _results(spec: Spec, output: Any) -> Iterable[Result]:
    if output is None:
        return ()
    if isinstance(output, Result):
        return (output,)
    if isinstance(output, str):
        return (Result(output, 1.0),)
    if isinstance(output, dict):
        return [Result(label, score) for label, score in output.items()]
    if isinstance(output, (list, tuple)):
        for entry in output:
            if not isinstance(entry, Result):
                raise AnalyzerError(f"'{spec.name}' returned a list holding "
                                    f"{_kind(entry)}; a list may hold Results only")
        return output
    if _is_number(output):
        return (Result(spec.name, output),)
    raise AnalyzerError(f"'{spec.name}' returned {_kind(output)}; {_RETURNS}")


@lru_cache(maxsize=4096)
def _is_label(label: str) -> bool:
    return label.isprintable() and 0 < len(label.encode()) <= MAX_LABEL


def _verdict(spec: Spec, result: Result, length: int) -> Verdict:
    label, score, spans, threshold, flagged = result
    if type(label) is not str or not _is_label(label):
        raise AnalyzerError(f"'{spec.name}' returned the label {_short(label)}; a label is a "
                            f"printable string of 1 to {MAX_LABEL} bytes")
    score = _share(spec, label, "score", score)
    threshold = spec.threshold if threshold is None \
        else _share(spec, label, "threshold", threshold)
    if flagged is not None and not _is_bool(flagged):
        raise AnalyzerError(f"'{spec.name}' set flagged={_short(flagged)} on label '{label}'; "
                            f"use True, False or None")
    if spec.fixed_threshold is not None:
        threshold = spec.fixed_threshold
        flagged = score >= threshold and (flagged is None or bool(flagged))
    if flagged is None:
        flagged = score >= threshold
    if not isinstance(spans, (list, tuple)):
        raise AnalyzerError(f"'{spec.name}' gave spans={_short(spans)} to label '{label}'; "
                            f"give a list of (start, end) pairs")
    if spans:
        spans = _spans(spec, label, spans, length)
    return spec.name, spec.version, label, score, threshold, bool(flagged), tuple(spans)


def _share(spec: Spec, label: str, what: str, value: Any) -> float:
    if type(value) is not float:
        if not _is_number(value):
            raise AnalyzerError(f"'{spec.name}' gave the {what} {_short(value)} "
                                f"({_kind(value)}) to label '{label}'; a {what} is a number "
                                f"from 0 to 1")
        value = float(value)
    if not 0.0 <= value <= 1.0:
        hint = "; check for a division by zero or a log of zero" if math.isnan(value) else ""
        raise AnalyzerError(f"'{spec.name}' gave the {what} {value} to label '{label}'; a "
                            f"{what} is a number from 0 to 1{hint}")
    return value


def _spans(spec: Spec, label: str, spans: Any, length: int) -> tuple[tuple[int, int], ...]:
    out = []
    for span in spans:
        try:
            start, end = map(operator.index, span)
        except (TypeError, ValueError):
            raise AnalyzerError(
                f"'{spec.name}' gave the span {_short(span)} to label '{label}'; a span is a "
                f"pair of integers (start, end)") from None
        if not 0 <= start < end <= length:
            raise AnalyzerError(
                f"'{spec.name}' gave the span ({start}, {end}) to label '{label}' of a text "
                f"of {length} code points; it must be 0 <= start < end <= {length}")
        out.append((start, end))
    if len(out) > MAX_SPANS:
        out.sort()
        # Too much is marked rather than too little: a mask must not leave any of it bare.
        out[MAX_SPANS - 1:] = [(out[MAX_SPANS - 1][0], max(end for _, end in out))]
    return tuple(out)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) or _is_bool(value)


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
